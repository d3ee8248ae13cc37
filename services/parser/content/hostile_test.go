package content

import (
	"strings"
	"testing"

	"dateline/pkg/lineartest"

	"dateline/pkg/article"

	"golang.org/x/net/html"
)

// Twice the page takes about twice the time, whatever it repeats.
func TestFindIsLinear(t *testing.T) {
	const prose = "The bridge over the Alder was opened on Wednesday, nine years after the first stone was laid. "
	long := strings.Repeat(prose, 17) // more words than a copy needs
	for name, piece := range map[string]string{
		"paragraphs": "<p>" + prose + "</p>", "the headline": "<h1>Bridge opens</h1>", "quotes": "<blockquote>" + prose + "</blockquote><p>" + prose + "</p>",
		"copies": "<div><p>" + long + "</p></div>", "lists": "<ul><li>a one<li>b two<li>c three</ul><p>" + prose + "</p>", "items": "<li>" + prose,
		"tables": "<table><tr><td>a<td>b<tr><td>c<td>d</table><p>" + prose + "</p>", "cells": "<td>a", "captions": "<figure><figcaption>" + prose + "</figcaption></figure>",
		"links": "<a href=x>" + prose + "</a>", "teasers": "<div class=card><h3><a href=x>A title of some words</a></h3><p>A text.</p></div>",
		"classes": "<div class='a-b_c dE related share comments'>x</div>", "words": "word ", "breaks": "a<br><br>", "headings": "<h2>What it cost</h2><p>" + prose + "</p>",
		"nothing": "<div></div>", "wide": "<p>周三大桥通车。</p>",
	} {
		lineartest.Check(t, name, 1_000_000/len(piece), func(n int) func() {
			doc, err := html.Parse(strings.NewReader(strings.Repeat(piece, n)))
			if err != nil {
				t.Fatal(err)
			}
			hints := Hints{Headlines: []string{"Bridge opens"}, Description: prose, ArticleBody: strings.Repeat(prose, 20)}
			return func() {
				c := Find(doc, hints)
				c.Teasers()
				article.PlainText(c.Body)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add("<article><h1>Bridge opens</h1><p>The bridge over the Alder was opened, nine years after.</p><ul><li>a<li>b</ul></article>", "Bridge opens")
	f.Add("<table><tr><td>a<td>b<table><tr><td>c</table><figure><figcaption>d</figure>", "")
	f.Add("<div class='related-links comment'><a>x</a><br><br>\u00a0\u200b</div>", "x")
	f.Fuzz(func(t *testing.T, page, headline string) {
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			return
		}
		c := Find(doc, Hints{Headlines: []string{headline}, Description: page, ArticleBody: page})
		c.Explain()
		c.Teasers()
		for _, b := range append(c.Body, Whole(doc)...) {
			if b.Type != article.List && b.Type != article.Table && strings.TrimSpace(b.Text) == "" || b.Type == article.List && len(b.Items) == 0 || b.Type == article.Table && len(b.Rows) == 0 {
				t.Fatalf("an empty block: %+v", b)
			}
		}
	})
}
