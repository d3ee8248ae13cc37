package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
)

// Findings prints what a check of the record finds, and how far it is.
type Findings struct {
	term *Terminal
	bar  *progressbar.ProgressBar
	n    int
}

// maxFindings is how many violations are printed. A page that is lost is missed from thousands of rows.
const maxFindings = 1000

// NewFindings makes it.
func NewFindings(term *Terminal) *Findings {
	return &Findings{term: term, bar: term.CountBar(1, "checking rows")}
}

// Progress hears how many rows of how many are seen.
func (f *Findings) Progress(done, total uint64) {
	f.bar.ChangeMax64(int64(max(total, 1)))
	_ = f.bar.Set64(int64(done))
}

// Violation prints one.
func (f *Findings) Violation(text string) {
	f.n++
	if f.n <= maxFindings {
		_ = f.bar.Clear()
		fmt.Fprintln(f.term.Out, text)
	}
}

// Finish prints the sum. Its error is ErrRejected where there were violations.
func (f *Findings) Finish() error {
	_ = f.bar.Finish()
	if f.n == 0 {
		_, err := fmt.Fprintln(f.term.Out, "record, change feed and search index agree")
		return err
	}
	if f.n > maxFindings {
		fmt.Fprintf(f.term.Out, "… and %s more\n", humanize.Comma(int64(f.n-maxFindings)))
	}
	if _, err := fmt.Fprintf(f.term.Out, "%s violations\n", humanize.Comma(int64(f.n))); err != nil {
		return err
	}
	return ErrRejected
}

// Fsck asks a running Dateline to check its record.
func (c Client) Fsck(ctx context.Context, of OfPartition, to *Findings) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/fsck", of.values(), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for event := ""; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("the check broke off: %w", err)
		}
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = strings.TrimSpace(name)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var said struct {
			Done, Total      uint64
			Where, Key, What string
		}
		if err := json.Unmarshal([]byte(data), &said); err != nil {
			return fmt.Errorf("answer of /v1/fsck: %w", err)
		}
		switch event {
		case "progress":
			to.Progress(said.Done, said.Total)
		case "violation":
			to.Violation(strings.TrimSpace(said.Where+" "+said.Key) + ": " + said.What)
		case "end":
			return nil
		}
	}
}
