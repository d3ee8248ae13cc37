package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/parser/content"
	"dateline/services/parser/extract"

	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"
)

// page is a line of a corpus's manifest. Of its truth either the whole body is known, or phrases that must and must not be in
// it, or nothing.
type page struct {
	Dataset  string `json:"dataset"`
	ID       string `json:"id"`
	File     string `json:"file"` // gzipped HTML, relative to the manifest
	URL      string `json:"url"`
	Expected struct {
		Body    string   `json:"body"`
		With    []string `json:"body_with"`
		Without []string `json:"body_without"`
	} `json:"expected"`

	result  string
	site    string    // registrable domain
	gzipped []byte    // gzipped
	scores  []float32 // of the second look, given unseen; nil before the first round
}

func readCorpus(dir string) ([]*page, error) {
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var pages []*page
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		p := &page{}
		if err := json.Unmarshal(lines.Bytes(), p); err != nil {
			return nil, fmt.Errorf("manifest.jsonl, line %d: %w", len(pages)+1, err)
		}
		if p.gzipped, err = os.ReadFile(filepath.Join(dir, p.File)); err != nil {
			return nil, err
		}
		host := weburl.Host(p.URL)
		if p.site, err = publicsuffix.EffectiveTLDPlusOne(host); err != nil {
			p.site = host
		}
		if _, _, err := p.tree(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: left out: %v\n", p.File, err)
			continue
		}
		pages = append(pages, p)
	}
	return pages, lines.Err()
}

func (p *page) tree() (*html.Node, content.Hints, error) {
	z, err := gzip.NewReader(bytes.NewReader(p.gzipped))
	if err != nil {
		return nil, content.Hints{}, err
	}
	body, err := io.ReadAll(z)
	if err != nil {
		return nil, content.Hints{}, err
	}
	return extract.Prepare(context.Background(), extract.Page{URL: p.URL, ContentType: "text/html", Body: body})
}

// samples are the page's blocks as the first look sees them or, given its scores, the second.
func (p *page) samples(first []float32) []content.Sample {
	doc, hints, err := p.tree()
	if err != nil { // readCorpus has seen it work
		panic(err)
	}
	return content.Samples(doc, hints, first)
}

// found is the text that Find finds with some weights.
func (p *page) found(w *content.Weights) string {
	doc, hints, err := p.tree()
	if err != nil {
		panic(err)
	}
	return article.PlainText(w.Find(doc, hints).Body)
}

// above is the text of the blocks whose scores are above the threshold.
func (p *page) above(scores []float32) string {
	var b strings.Builder
	for i, s := range p.samples(nil) {
		if scores[i] > content.Threshold {
			b.WriteString(s.Text)
			b.WriteString("\n\n")
		}
	}
	return b.String()
}
