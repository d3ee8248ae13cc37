package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"

	"github.com/schollz/progressbar/v3"
)

// Publish puts files on the queue as publications, and tells what became of each.
type Publish struct {
	Connection
	Publisher   string   `help:"Who publishes: a-z, 0-9, - and _." required:"" env:"DATELINE_PUBLISHER"`
	ContentType string   `help:"text/plain, text/html, application/json (Dateline's, JSON-LD or ninjs) or application/xml (NITF, NewsML-G2); by default from the file's name and content."`
	URL         string   `name:"url" help:"Address of the article."`
	ID          string   `name:"id" help:"The publisher's own id of the article."`
	Published   string   `help:"Date of publication: a day as 2024-11-06, or an instant as 2024-11-06T09:30:00+04:30."`
	Modified    string   `help:"Date of the last change, likewise."`
	Headline    string   `help:"Headline."`
	Author      []string `help:"Author; may be given several times." sep:"none"`
	Language    string   `help:"Language as a BCP 47 tag."`
	Section     string   `help:"Section."`
	Withdraw    bool     `help:"Withdraw the article that --url or --id names, or that the files would publish."`
	Files       []string `arg:"" optional:"" name:"file" help:"Files to publish; - is standard input."`
}

// Validate finds what can be known to be wrong before anything is published.
func (p *Publish) Validate() error {
	if !article.ValidPublisher(p.Publisher) {
		return fmt.Errorf("--publisher %q: 1 to 63 of a-z, 0-9, - and _, the first a letter or a digit", p.Publisher)
	}
	if len(p.Files) == 0 && (!p.Withdraw || p.URL == "" && p.ID == "") {
		if p.Withdraw {
			return errors.New("--withdraw: give --url or --id of the article, or the files that it was published with")
		}
		return errors.New("no files to publish")
	}
	if len(p.Files) > 1 && (p.URL != "" || p.ID != "") {
		return errors.New("--url and --id name one article, but several files are given")
	}
	return nil
}

// manyFiles is from how many files on a progress bar stands for lines.
const manyFiles = 10

// Run publishes, waits for the receipts, and prints a summary. It returns ErrRejected if any file was refused.
func (p *Publish) Run(ctx context.Context, term *Terminal) error {
	q, err := p.open(ctx, "publisher")
	if err != nil {
		return err
	}
	defer q.Close()
	run := &publishing{cmd: p, q: q, term: term, receipts: map[string]article.Receipt{}, arrived: make(chan struct{}, 1)}
	fctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, fmt.Errorf("no answer within --timeout %s", p.Timeout))
	defer cancel()
	stop, err := q.Follow(fctx, queue.ReceiptsOf(p.Publisher), run.receive)
	if err != nil {
		return err
	}
	defer stop()
	if n := len(run.files()); n >= manyFiles && term.Interactive {
		run.bar = progressbar.NewOptions(n, progressbar.OptionSetWriter(term.Err), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(), progressbar.OptionSetItsString("articles"), progressbar.OptionSetDescription("publishing"), progressbar.OptionClearOnFinish())
	}
	return run.all(ctx)
}

// named stands for a file where a withdrawal has none.
const named = ""

// files are what is to be published.
func (r *publishing) files() []string {
	if len(r.cmd.Files) == 0 {
		return []string{named}
	}
	return r.cmd.Files
}

// publishing is one run.
type publishing struct {
	cmd  *Publish
	q    *queue.Queue
	term *Terminal
	bar  *progressbar.ProgressBar

	accepted, duplicate, rejected, unanswered int

	mu       sync.Mutex
	receipts map[string]article.Receipt // by publication id
	arrived  chan struct{}
}

// sent is a file on the queue that waits for its receipt.
type sent struct {
	file string
	id   string
	ack  queue.Ack
}

// Files go in groups: what is in memory stays bounded, and each group is few atomic batches.
const (
	groupFiles = 100
	groupBytes = 16 << 20
)

func (r *publishing) all(ctx context.Context) error {
	var group []sent
	var messages []queue.Message
	size := 0
	flush := func() error {
		if len(messages) == 0 {
			return nil
		}
		pctx, cancel := context.WithTimeoutCause(ctx, r.cmd.Timeout, fmt.Errorf("not acknowledged within --timeout %s", r.cmd.Timeout))
		acks, err := r.q.Publish(pctx, messages...)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", group[0].file, err)
		}
		for i := range group {
			group[i].ack = acks[i]
		}
		r.settle(ctx, group)
		group, messages, size = nil, nil, 0
		return nil
	}
	for _, file := range r.files() {
		m, err := r.message(file)
		if err != nil {
			r.report(file, article.Receipt{Outcome: article.Rejected, Errors: []article.FieldError{{Field: "file", Message: err.Error()}}})
			continue
		}
		group, messages, size = append(group, sent{file: file, id: m.ID}), append(messages, m), size+len(m.Body)
		if len(group) == groupFiles || size > groupBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if r.bar != nil {
		_ = r.bar.Finish()
	}
	fmt.Fprintf(r.term.Out, "%d %s: %d accepted, %d duplicate, %d rejected", len(r.files()), map[bool]string{false: "published", true: "withdrawn"}[r.cmd.Withdraw], r.accepted, r.duplicate, r.rejected)
	if r.unanswered > 0 {
		fmt.Fprintf(r.term.Out, ", %d safe on the queue but not answered within %s", r.unanswered, r.cmd.Timeout)
	}
	fmt.Fprintln(r.term.Out)
	if r.rejected+r.unanswered > 0 {
		return ErrRejected
	}
	return nil
}

// read reads a file.
func (r *publishing) read(file string) ([]byte, error) {
	in := r.term.In
	switch file {
	case named:
		return nil, nil
	case "-":
	default:
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, queue.MaxMessage+1))
}

// message reads a file as a publication.
func (r *publishing) message(file string) (queue.Message, error) {
	body, err := r.read(file)
	if err != nil {
		return queue.Message{}, err
	}
	if len(body) > queue.MaxMessage-64<<10 {
		return queue.Message{}, fmt.Errorf("larger than the %d bytes that a publication may have", queue.MaxMessage-64<<10)
	}
	h := queue.Header{}
	set := func(name string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			h[name] = values
		}
	}
	if file != named {
		set(article.HeaderContentType, r.cmd.contentType(file, body))
	}
	set(article.HeaderURL, r.cmd.URL)
	set(article.HeaderID, r.cmd.ID)
	set(article.HeaderPublished, r.cmd.Published)
	set(article.HeaderModified, r.cmd.Modified)
	set(article.HeaderHeadline, r.cmd.Headline)
	set(article.HeaderAuthor, r.cmd.Author...)
	set(article.HeaderLanguage, r.cmd.Language)
	set(article.HeaderSection, r.cmd.Section)
	id := article.PublicationID(r.cmd.Publisher, h, body)
	if r.cmd.Withdraw { // what is withdrawn, published again and withdrawn again is withdrawn
		h[article.HeaderPubStatus] = []string{"canceled"}
		id = fmt.Sprintf("%s-withdrawn-%d", id, time.Now().UnixNano())
	}
	return queue.Message{
		Subject: queue.ExtSubject(r.cmd.Publisher), ID: id, Type: article.TypePublication, Header: h, Body: body,
	}, nil
}

func (p *Publish) contentType(file string, body []byte) string {
	if p.ContentType != "" {
		return p.ContentType
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".html", ".htm", ".xhtml":
		return "text/html"
	case ".json", ".jsonld", ".ninjs":
		return "application/json"
	case ".xml", ".nitf":
		return "application/xml"
	case ".txt", ".text", ".md":
		return "text/plain"
	}
	switch head := bytes.TrimSpace(body[:min(len(body), 512)]); {
	case bytes.HasPrefix(head, []byte("<?xml")) && !bytes.Contains(head, []byte("<html")), bytes.HasPrefix(head, []byte("<nitf")), bytes.HasPrefix(head, []byte("<newsItem")), bytes.HasPrefix(head, []byte("<newsMessage")):
		return "application/xml"
	case bytes.HasPrefix(head, []byte("<")):
		return "text/html"
	case bytes.HasPrefix(head, []byte("{")), bytes.HasPrefix(head, []byte("[")):
		return "application/json"
	}
	return "text/plain"
}

func (r *publishing) receive(d *queue.Delivery) {
	var receipt article.Receipt
	if err := json.Unmarshal(d.Body, &receipt); err != nil {
		return // not the indexer's or the parser's
	}
	r.mu.Lock()
	r.receipts[receipt.PublicationID] = receipt
	r.mu.Unlock()
	select {
	case r.arrived <- struct{}{}:
	default:
	}
}

// settle waits for the receipts of a group and reports each.
func (r *publishing) settle(ctx context.Context, group []sent) {
	timeout := time.NewTimer(r.cmd.Timeout)
	defer timeout.Stop()
	for i := 0; i < len(group); {
		s := group[i]
		receipt, ok := r.receipt(s.id)
		if !ok && s.ack.Duplicate { // answered when it was first published
			if d, err := r.q.Last(ctx, queue.ReceiptSubject(r.cmd.Publisher, s.id)); err == nil && json.Unmarshal(d.Body, &receipt) == nil {
				ok = true
			}
		}
		if ok {
			if s.ack.Duplicate && receipt.Outcome == article.Accepted {
				receipt.Outcome = article.Duplicate
			}
			r.report(s.file, receipt)
			i++
			continue
		}
		select {
		case <-r.arrived:
		case <-ctx.Done():
			r.unanswered += len(group) - i
			return
		case <-timeout.C:
			r.unanswered += len(group) - i
			return
		}
	}
}

func (r *publishing) receipt(id string) (article.Receipt, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	receipt, ok := r.receipts[id]
	delete(r.receipts, id)
	return receipt, ok
}

// report counts a receipt and prints it where it is worth a line.
func (r *publishing) report(file string, receipt article.Receipt) {
	switch receipt.Outcome {
	case article.Accepted:
		r.accepted++
	case article.Duplicate:
		r.duplicate++
	default:
		r.rejected++
	}
	if r.bar != nil {
		_ = r.bar.Add(1)
	}
	if file == named {
		file = cmp.Or(r.cmd.URL, r.cmd.ID)
	}
	if receipt.Outcome == article.Rejected {
		fmt.Fprintf(r.term.Out, "rejected   %s: %v\n", file, article.FieldErrors(receipt.Errors))
	} else if len(r.cmd.Files) < manyFiles {
		fmt.Fprintf(r.term.Out, "%-9s  %s  %s\n", receipt.Outcome, receipt.ArticleID, file)
	}
}
