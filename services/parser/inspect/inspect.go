// Package inspect is the parser at the command line: one page, with what spoke for each part of it, or a corpus of them, and
// no queue.
package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/input"
	"dateline/services/parser/capture"
	"dateline/services/parser/extract"
	"dateline/services/parser/rules"
)

// Fetch gets a page of the web.
type Fetch func(ctx context.Context, url string) (*article.Page, error)

// Command is `dateline parse`.
type Command struct {
	URL         string    `name:"url" help:"Address of a page that comes from a file: links are resolved against it, and it is the article's."`
	Captured    time.Time `help:"When a page that comes from a file was captured, as 2024-11-06T09:30:00Z: \"2 hours ago\" counts from there, and dates ahead of it are not believed."`
	ContentType string    `help:"Content-Type that the server gave with a page that comes from a file." default:"text/html"`
	Rules       string    `help:"Directory of rules for publishers." placeholder:"DIR" env:"DATELINE_PARSER_RULES"`
	Text        bool      `help:"Print the plain text." xor:"form"`
	Markdown    bool      `help:"Print the article as CommonMark." xor:"form"`
	Explain     bool      `help:"Print what spoke for each field, and why each piece of the page was kept or dropped." xor:"form"`
	Results     string    `help:"Parse all pages of the corpus in this directory (manifest.jsonl), and print a line of JSON for each." placeholder:"DIR"`
	Page        string    `arg:"" optional:"" help:"Page to parse: a URL, a file (which may be gzipped), or - for standard input."`
}

// Validate finds what can be known to be wrong before anything is read.
func (c *Command) Validate() error {
	switch {
	case c.Page == "" && c.Results == "":
		return errors.New("a page to parse is missing: a URL, a file, or - for standard input")
	case c.Page != "" && c.Results != "":
		return errors.New("--results takes no page")
	}
	return nil
}

// unnamed is the address of a page that comes from a file without one.
const unnamed = "https://page.invalid/"

// Run parses and prints. A page without an article is an error; what was found nevertheless is printed before.
func (c *Command) Run(ctx context.Context, in io.Reader, out io.Writer, fetch Fetch) error {
	if c.Results != "" {
		return results(ctx, c.Results, out)
	}
	p, err := c.read(ctx, in, fetch)
	if err != nil {
		return err
	}
	var publishers *rules.Set
	if c.Rules != "" {
		if publishers, err = rules.Load(c.Rules); err != nil {
			return err
		}
	}
	var x *extract.Explanation
	if c.Explain {
		x = &extract.Explanation{}
	}
	a, _, err := capture.Article(ctx, p, publishers, x)
	if c.Explain {
		return errors.Join(explain(out, x), err)
	}
	if err != nil {
		return err
	}
	switch {
	case c.Text:
		_, err = fmt.Fprintln(out, a.Text)
	case c.Markdown:
		_, err = io.WriteString(out, document(a))
	default:
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(a)
	}
	return err
}

func (c *Command) read(ctx context.Context, in io.Reader, fetch Fetch) (*article.Page, error) {
	if strings.HasPrefix(c.Page, "http://") || strings.HasPrefix(c.Page, "https://") {
		return fetch(ctx, c.Page)
	}
	body, err := input.Read(c.Page, in, article.MaxPage)
	if err != nil {
		return nil, err
	}
	p := &article.Page{URL: c.URL, ContentType: c.ContentType, Captured: c.Captured, Body: body}
	if p.URL == "" {
		p.URL = unnamed
	}
	return p, nil
}
