package inspect

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"dateline/pkg/article"
	"dateline/pkg/input"
	"dateline/services/parser/derive"
	"dateline/services/parser/extract"
)

// corpusPage is a line of a corpus's manifest.jsonl.
type corpusPage struct {
	Dataset string `json:"dataset"`
	ID      string `json:"id"`
	File    string `json:"file"` // gzipped HTML, relative to the manifest
	URL     string `json:"url"`
}

// result is what a scorer reads of one page.
type result struct {
	Dataset string   `json:"dataset"`
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Authors []string `json:"authors"`
	Date    string   `json:"date"`
	Body    string   `json:"body"`
}

// results parses every page of a corpus, a directory with a manifest.jsonl, and writes a line of JSON for each: dataset, id,
// title, authors, date, body.
func results(ctx context.Context, dir string, out io.Writer) error {
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	enc := json.NewEncoder(out)
	for n := 1; lines.Scan(); n++ {
		var p corpusPage
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return fmt.Errorf("manifest.jsonl, line %d: %w", n, err)
		}
		body, err := input.Read(filepath.Join(dir, p.File), nil, article.MaxPage)
		if err != nil {
			return fmt.Errorf("manifest.jsonl, line %d: %w", n, err)
		}
		a, err := extract.Article(ctx, extract.Page{URL: p.URL, ContentType: "text/html", Body: body})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if a == nil {
			a = &article.Article{}
			fmt.Fprintf(os.Stderr, "%s/%s: %v\n", p.Dataset, p.ID, err)
		}
		derive.Complete(a)
		r := result{Dataset: p.Dataset, ID: p.ID, Title: a.Headline, Authors: []string{}, Body: a.Text}
		for _, author := range a.Authors {
			r.Authors = append(r.Authors, author.Name)
		}
		if a.DatePublished != nil {
			r.Date = a.DatePublished.String()
		}
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return lines.Err()
}
