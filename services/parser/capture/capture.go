// Package capture makes the article of a captured page: what the page says, what follows from that, and who the article is.
package capture

import (
	"context"
	"fmt"

	"dateline/pkg/article"
	"dateline/pkg/charset"
	"dateline/pkg/weburl"
	"dateline/services/parser/derive"
	"dateline/services/parser/extract"
	"dateline/services/parser/rules"
)

// InvalidURL is the reason of a page whose URL is none, beside those of package extract.
const InvalidURL extract.Reason = "invalid_url"

// Article makes the article of a page. The error is an *extract.Error; with it may come what was found nevertheless. Publishers'
// rules may be nil; explain is filled in where it is not nil. decoded tells how the page was encoded, as far as it came to that.
func Article(ctx context.Context, p *article.Page, publishers *rules.Set, explain *extract.Explanation) (a *article.Article, decoded charset.Decoded, err error) {
	url, key, err := identity(p)
	if err != nil {
		return nil, decoded, err
	}
	a, err = extract.Article(ctx, extract.Page{
		URL: url, ContentType: p.ContentType, Body: p.Body, Captured: p.Captured, Truncated: p.Truncated, Item: p.Item,
		Rule: publishers.For(url, p.Captured), Explain: explain, Decoded: &decoded,
	})
	if a == nil {
		return nil, decoded, fmt.Errorf("page %s: %w", url, err)
	}
	derive.Complete(a)
	if p.URL != "" {
		a.URL = p.URL
	}
	a.ID, a.Source = article.IDOfURL(key), weburl.Source(url)
	digest := p.Digest
	if digest == "" {
		digest = article.Digest(p.Body)
	}
	a.Capture = &article.Capture{
		Time: p.Captured, FinalURL: p.FinalURL, Status: p.Status, ContentType: p.ContentType, Digest: digest, Truncated: p.Truncated,
		ReplacementCharacters: decoded.Replaced,
	}
	if err != nil {
		return a, decoded, fmt.Errorf("page %s: %w", url, err)
	}
	return a, decoded, nil
}

// identity is the address that a page's article is known by, and its key. Its error is an *extract.Error.
func identity(p *article.Page) (url, key string, err error) {
	url = p.FinalURL
	if url == "" {
		url = p.URL
	}
	if key, err = weburl.Key(url); err != nil {
		return "", "", &extract.Error{Reason: InvalidURL, Err: err}
	}
	return url, key, nil
}

// Removal is what follows from a page that is gone, for the article that it was. Its error is an *extract.Error.
func Removal(p *article.Page) (*article.Removal, error) {
	url, key, err := identity(p)
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", p.URL, err)
	}
	r := &article.Removal{
		SchemaVersion: article.SchemaVersion, ID: article.IDOfURL(key), URL: p.URL, Source: weburl.Source(url),
		Reason: article.Gone, Status: p.Status, Time: p.Captured,
	}
	if r.URL == "" {
		r.URL = url
	}
	return r, nil
}
