package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
)

// Filter selects articles, as in a search.
type Filter struct {
	Query   []string `arg:"" optional:"" name:"query" help:"Words, \"phrases\", AND, OR, NOT, -word, (…), begin*, field:word, published:2024-11-01..2024-11-07; none for all articles."`
	From    string   `help:"Published in this day, month or year or at this instant, or later."`
	To      string   `help:"Published in this day, month or year or before this instant, or earlier."`
	Source  string   `help:"Only of this source."`
	Lang    string   `help:"Only in this language."`
	Section string   `help:"Only of this section."`
	Author  string   `help:"Only by this author."`
	Agency  string   `help:"Only of this agency."`
	State   string   `name:"body-state" help:"Only with a body in this state: full, partial, paywalled, list or empty; any for all. By default all but lists."`
}

func (f *Filter) values() url.Values {
	values := url.Values{}
	for name, v := range map[string]string{"q": strings.Join(f.Query, " "), "from": f.From, "to": f.To, "source": f.Source, "lang": f.Lang, "section": f.Section, "author": f.Author, "agency": f.Agency, "body_state": f.State} {
		if v != "" {
			values.Set(name, v)
		}
	}
	return values
}

// Export writes all articles that a query selects to a file.
//
// While it is not whole the file is FILE.part, with the name of its snapshot in FILE.part.snapshot: by it --resume gets
// the same articles, and those only that are not in the part.
type Export struct {
	Client
	Filter
	Format string `help:"jsonl (the article as stored, one a line), csv, parquet, ninjs (IPTC News in JSON 3, one a line) or markdown (a tar archive of a file an article)." enum:"jsonl,csv,parquet,ninjs,markdown" default:"jsonl"`
	Output string `short:"o" help:"File to write; - for standard output, as by default." type:"path" placeholder:"FILE"`
	Resume bool   `help:"Go on with an export that broke off: the same command, with this. Of parquet, begin anew with the same articles."`
	BOM    bool   `name:"bom" help:"Begin CSV with a byte order mark, by which Excel tells UTF-8."`
}

// Validate finds what can be known to be wrong before anything is asked.
func (x *Export) Validate() error {
	if x.Output == "-" {
		x.Output = ""
	}
	if x.Resume && x.Output == "" {
		return errors.New("--resume goes on with a file, which --output names")
	}
	if x.BOM && x.Format != "csv" {
		return errors.New("--bom is of --format csv only")
	}
	return nil
}

// How long the indexer may be silent.
const (
	selectPatience = 3 * time.Minute // before it begins: it finds what matches first
	rowPatience    = time.Minute     // between one piece and the next
)

// Run exports. The file is there when it is whole; otherwise the error says how far it came and what to do.
func (x *Export) Run(ctx context.Context, term *Terminal) error {
	if x.Output == "" && term.Styled && (x.Format == "parquet" || x.Format == "markdown") {
		return fmt.Errorf("%s is not for a terminal; --output names a file for it", x.Format)
	}
	run := &exporting{cmd: x, term: term, counter: newRowCounter(x.Format), out: term.Out, part: x.Output + ".part"}
	if x.Output == "" {
		return run.receive(ctx)
	}
	if x.Resume {
		if err := run.reopen(); err != nil {
			return err
		}
	}
	if err := errors.Join(run.receive(ctx), run.close()); err != nil {
		return err
	}
	return run.finish()
}

// exporting is one run.
type exporting struct {
	cmd     *Export
	term    *Terminal
	counter rowCounter
	out     io.Writer
	bytes   int64

	part     string // the file while it is not whole
	file     *os.File
	snapshot string // to go on with; empty to begin
}

func (r *exporting) snapshotFile() string { return r.part + ".snapshot" }

// reopen opens the part to go on with it, and cuts it to the rows that are whole.
func (r *exporting) reopen() error {
	b, err := os.ReadFile(r.snapshotFile())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no export to go on with: %w", err)
	}
	if err != nil {
		return err
	}
	if r.file, err = os.OpenFile(r.part, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return err
	}
	r.snapshot, r.out = strings.TrimSpace(string(b)), r.file
	if _, err = io.Copy(r.counter, r.file); err == nil && r.counter.rows() > 0 {
		err = r.cut(r.counter.end())
	} else if err == nil { // what stands before the first row comes again with it
		r.counter = newRowCounter(r.cmd.Format)
		err = r.cut(0)
	}
	if err != nil {
		return errors.Join(err, r.close())
	}
	return nil
}

func (r *exporting) cut(size int64) error {
	_, err := r.file.Seek(size, io.SeekStart)
	return errors.Join(r.file.Truncate(size), err)
}

// create begins a part when the indexer has answered: only then an older one is given up.
func (r *exporting) create(snapshot string) (err error) {
	if err := os.Remove(r.snapshotFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r.file, err = os.Create(r.part); err != nil {
		return err
	}
	r.out = r.file
	return os.WriteFile(r.snapshotFile(), []byte(snapshot+"\n"), 0o644)
}

// close makes sure that the part's bytes are on the disk.
func (r *exporting) close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.file.Sync(), r.file.Close())
}

// finish gives the whole file its name.
func (r *exporting) finish() error {
	if err := os.Rename(r.part, r.cmd.Output); err != nil {
		return err
	}
	return os.Remove(r.snapshotFile())
}

// receive asks for what is missing and writes it.
func (r *exporting) receive(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(selectPatience, func() { cancel(errors.New("the indexer says nothing any more")) })
	defer silence.Stop()
	query := r.cmd.values()
	query.Set("format", r.cmd.Format)
	if r.cmd.BOM {
		query.Set("bom", "true")
	}
	had := r.counter.rows()
	if r.snapshot != "" {
		query.Set("snapshot", r.snapshot)
		query.Set("skip", strconv.Itoa(had))
	}
	resp, err := r.cmd.send(ctx, http.MethodGet, "/v1/export", query, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	total, err := strconv.Atoi(resp.Header.Get("Dateline-Total"))
	if err != nil {
		return fmt.Errorf("answer of /v1/export: no total: %w", err)
	}
	if r.cmd.Output != "" && r.file == nil {
		if err := r.create(resp.Header.Get("Dateline-Snapshot")); err != nil {
			return err
		}
	}
	began := time.Now()
	err = r.copy(resp.Body, total, silence)
	if err == nil && r.cmd.Format != "parquet" && r.counter.rows() != total {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return r.broken(err, total)
	}
	return r.summary(total, had, time.Since(began))
}

// copy writes what comes, counts its rows, and shows how far it is.
func (r *exporting) copy(in io.Reader, total int, silence *time.Timer) error {
	bar := r.bar(total)
	_ = bar.RenderBlank()
	defer func() { _ = bar.Finish() }()
	for buffer := make([]byte, 64<<10); ; {
		silence.Reset(rowPatience)
		n, err := in.Read(buffer)
		if n > 0 {
			silence.Stop() // it is our disk that is waited for now
			if _, err := r.out.Write(buffer[:n]); err != nil {
				return err
			}
			if _, err := r.counter.Write(buffer[:n]); err != nil {
				return err
			}
			r.bytes += int64(n)
			if r.cmd.Format == "parquet" {
				_ = bar.Add(n)
			} else {
				_ = bar.Set(r.counter.rows())
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// bar is the progress on a terminal that does not show the articles themselves. Of parquet the rows cannot be counted
// from outside, so bytes are.
func (r *exporting) bar(total int) *progressbar.ProgressBar {
	options := []progressbar.Option{progressbar.OptionSetWriter(r.term.Err), progressbar.OptionThrottle(100 * time.Millisecond), progressbar.OptionClearOnFinish()}
	if !r.term.Interactive || (r.file == nil && r.term.Styled) {
		options = append(options, progressbar.OptionSetVisibility(false))
	}
	if r.cmd.Format == "parquet" {
		return progressbar.NewOptions(-1, append(options, progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription(fmt.Sprintf("exporting %s articles", humanize.Comma(int64(total)))))...)
	}
	return progressbar.NewOptions(total, append(options, progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("articles"),
		progressbar.OptionSetDescription("exporting"))...)
}

// broken tells how far it came, and how to go on.
func (r *exporting) broken(err error, total int) error {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	far := fmt.Sprintf("%s of %s articles", humanize.Comma(int64(r.counter.rows())), humanize.Comma(int64(total)))
	if r.cmd.Format == "parquet" {
		far = humanize.Bytes(uint64(r.bytes))
	}
	switch {
	case r.file == nil:
		return fmt.Errorf("the export broke off after %s: %w; written with --output, it could go on", far, err)
	case r.cmd.Format == "parquet":
		return fmt.Errorf("the export broke off after %s: %w; a Parquet file cannot be continued: the same command with --resume begins anew, with the same articles", far, err)
	}
	return fmt.Errorf("the export broke off after %s: %w; the same command with --resume goes on", far, err)
}

// summary is on standard output, unless the articles are.
func (r *exporting) summary(total, had int, took time.Duration) error {
	out, to := r.term.Out, " to "+r.cmd.Output
	if r.file == nil {
		out, to = r.term.Err, ""
	}
	resumed := ""
	if had > 0 {
		resumed = fmt.Sprintf(", %s of them from before", humanize.Comma(int64(had)))
	}
	_, err := fmt.Fprintf(out, "%s articles exported%s%s: %s in %s\n", humanize.Comma(int64(total)), to, resumed, humanize.Bytes(uint64(r.bytes)), took.Round(10*time.Millisecond))
	return err
}
