package queue

import (
	"time"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
)

// Page is the message that hands a page to the parser, with the hop that the fetcher was, of which outcome is how it came
// by the page. The same body at the same URL is the same message. It begins a journey, unless the header names its origin.
func Page(p *article.Page, outcome string) (Message, error) {
	if p.Digest == "" {
		p.Digest = article.Digest(p.Body)
	}
	header, body, err := p.Encode()
	if err != nil {
		return Message{}, err
	}
	header[article.HeaderHops] = []string{article.FormatHops([]article.Hop{{Stage: string(article.StageFetcher), Time: time.Now().UTC(), Outcome: outcome}})}
	id := article.PageID(p.URL, p.Digest)
	return Message{Subject: RawSubject(weburl.Host(p.URL), id), ID: id, Type: article.TypePage, Header: header, Body: body}, nil
}
