package parser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

const sentence = "The ministry said on Wednesday November 6 that the talks would go on, and that nobody had left them."

// pipeline is a running parser, with what comes out of it.
type pipeline struct {
	t        *testing.T
	q        *queue.Queue
	adm      *admin.Server
	articles chan *queue.Delivery
	dead     chan *queue.Delivery
}

func start(t *testing.T, cfg Config) *pipeline {
	t.Helper()
	p := &pipeline{t: t, q: queuetest.Start(t), adm: admin.New(""), articles: make(chan *queue.Delivery, 100), dead: make(chan *queue.Delivery, 100)}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 3)
	go func() { ended <- Run(ctx, cfg, p.q, p.adm) }()
	collect := func(c queue.Consumer, into chan *queue.Delivery) {
		ended <- p.q.Consume(ctx, queue.Subscription{Consumer: c, Workers: 1, Batch: 10, Handle: func(_ context.Context, batch []*queue.Delivery) []queue.Outcome {
			for _, d := range batch {
				into <- d
			}
			return slices.Repeat([]queue.Outcome{queue.Done()}, len(batch))
		}})
	}
	go collect(queue.IndexerArticles, p.articles)
	go collect(queue.IndexerDLQ, p.dead)
	t.Cleanup(func() {
		stop()
		for range 3 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

func config() Config {
	return Config{Workers: 2, Batch: 20}
}

func (p *pipeline) publish(m queue.Message) queue.Ack {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	acks, err := p.q.Publish(ctx, m)
	if err != nil {
		p.t.Fatal(err)
	}
	return acks[0]
}

func (p *pipeline) next(from chan *queue.Delivery) *queue.Delivery {
	p.t.Helper()
	select {
	case d := <-from:
		return d
	case <-time.After(30 * time.Second):
		p.t.Fatal("nothing came")
		return nil
	}
}

func (p *pipeline) article() (*queue.Delivery, *article.Article) {
	p.t.Helper()
	d := p.next(p.articles)
	a, err := article.Decode(d.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return d, a
}

func (p *pipeline) receipt(publisher, id string) article.Receipt {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		d, err := p.q.Last(context.Background(), queue.ReceiptSubject(publisher, id))
		if err == nil {
			var r article.Receipt
			if err := json.Unmarshal(d.Body, &r); err != nil {
				p.t.Fatal(err)
			}
			return r
		}
		if !errors.Is(err, queue.ErrNotFound) || time.Now().After(deadline) {
			p.t.Fatal(err)
		}
	}
}

func outcomes(d *queue.Delivery) string {
	var s []string
	for _, h := range article.Hops(d.Header) {
		s = append(s, h.Stage+":"+h.Outcome)
	}
	return strings.Join(s, " ")
}

func TestPublications(t *testing.T) {
	p := start(t, config())
	ack := p.publish(queue.Message{
		Subject: "ext.rasc", ID: "pub-1", Type: article.TypePublication,
		Header: queue.Header{article.HeaderContentType: {"text/plain"}, article.HeaderPublished: {"2024-11-06"}, article.HeaderHops: {`[{"stage":"forged"}]`}},
		Body:   []byte("RASC News Agency: " + sentence),
	})
	d, a := p.article()
	if a.Agency != "RASC News Agency" || a.InLanguage != "en" || a.Source != "rasc" || a.DatePublished.String() != "2024-11-06" {
		t.Errorf("%+v", a)
	}
	if d.Subject != queue.ArticleSubject("en", "rasc", a.ID) || d.ID != d.Origin() || article.HeaderValue(d.Header, article.HeaderContentType) != "application/json" {
		t.Errorf("%s %s %v", d.Subject, d.ID, d.Header)
	}
	if got := outcomes(d); got != "queue:published parser:parsed" {
		t.Errorf("hops %s", got)
	}
	var to article.ReceiptFor
	if err := json.Unmarshal([]byte(article.HeaderValue(d.Header, article.HeaderReceiptFor)), &to); err != nil || to != (article.ReceiptFor{Publisher: "rasc", PublicationID: "pub-1", Sequence: ack.Sequence, Origin: d.Origin()}) {
		t.Errorf("receipt for %+v, %v", to, err)
	}

	// A message id that cannot be in a subject gives way to the origin.
	p.publish(queue.Message{Subject: "ext.rasc", ID: "a.b *", Type: article.TypePublication, Body: []byte(sentence)})
	d, _ = p.article()
	if err := json.Unmarshal([]byte(article.HeaderValue(d.Header, article.HeaderReceiptFor)), &to); err != nil || to.PublicationID != d.Origin() {
		t.Errorf("receipt for %+v, %v", to, err)
	}
}

func TestRejection(t *testing.T) {
	p := start(t, config())
	for _, c := range []struct {
		id, publisher string
		header        queue.Header
		body          string
		field         string
	}{
		{"r-1", "rasc", queue.Header{article.HeaderContentType: {"application/json"}}, `{"schema_version":1,`, "body"},
		{"r-2", "RASC", queue.Header{}, sentence, "publisher"},
		{"r-3", "rasc", queue.Header{article.HeaderPublished: {"2999-01-01"}}, sentence, article.HeaderPublished},
		{"r-4", "rasc", queue.Header{}, "", "body"},
		{"r-5", "rasc", queue.Header{}, strings.Repeat("\u0001\"", 3<<20), "body"}, // grows too large as JSON
	} {
		ack := p.publish(queue.Message{Subject: "ext." + c.publisher, ID: c.id, Type: article.TypePublication, Header: c.header, Body: []byte(c.body)})
		r := p.receipt(c.publisher, c.id)
		if r.Outcome != article.Rejected || r.PublicationID != c.id || r.Publisher != c.publisher || r.Sequence != ack.Sequence || len(r.Errors) == 0 || r.Errors[0].Field != c.field || r.ArticleID != "" {
			t.Errorf("%s: receipt %+v", c.id, r)
		}
		d := p.next(p.dead)
		letter := queue.DeadLetterOf(d)
		if letter.Reason != "rejected" || letter.Subject != "ext."+c.publisher || letter.ID != c.id || !bytes.Equal(d.Body, []byte(c.body)) || d.Origin() != r.Origin || !strings.Contains(letter.Error, r.Errors[0].Field) {
			t.Errorf("%s: dead letter %+v, %d bytes", c.id, letter, len(d.Body))
		}
	}
	if len(p.articles) > 0 {
		t.Error("a rejected publication came out as an article")
	}
}

func (p *pipeline) removal() (*queue.Delivery, *article.Removal) {
	p.t.Helper()
	d := p.next(p.articles)
	r, err := article.DecodeRemoval(d.Body)
	if err != nil || article.HeaderValue(d.Header, "ce-type") != article.TypeRemoval {
		p.t.Fatalf("%v, %v", d.Header, err)
	}
	return d, r
}

// What is withdrawn goes the way of the article, and its publisher is answered.
func TestWithdrawal(t *testing.T) {
	p := start(t, config())
	header := queue.Header{article.HeaderID: {"7"}}
	p.publish(queue.Message{Subject: "ext.rasc", ID: "w-1", Type: article.TypePublication, Header: header, Body: []byte(sentence)})
	_, a := p.article()
	ack := p.publish(queue.Message{Subject: "ext.rasc", ID: "w-2", Type: article.TypePublication, Header: queue.Header{article.HeaderID: {"7"}, article.HeaderPubStatus: {"canceled"}}})
	d, r := p.removal()
	if r.ID != a.ID || r.Source != a.Source || r.Reason != article.Withdrawn || *r.Publication != *a.Publication || time.Since(r.Time) > time.Minute {
		t.Errorf("%+v", r)
	}
	if d.Subject != queue.ArticleSubject("und", "rasc", a.ID) || d.ID != d.Origin() || outcomes(d) != "queue:published parser:removed" {
		t.Errorf("%s %s %s", d.Subject, d.ID, outcomes(d))
	}
	var to article.ReceiptFor
	if err := json.Unmarshal([]byte(article.HeaderValue(d.Header, article.HeaderReceiptFor)), &to); err != nil || to != (article.ReceiptFor{Publisher: "rasc", PublicationID: "w-2", Sequence: ack.Sequence, Origin: d.Origin()}) {
		t.Errorf("receipt for %+v, %v", to, err)
	}
	p.publish(queue.Message{Subject: "ext.rasc", ID: "w-3", Type: article.TypePublication, Header: queue.Header{article.HeaderPubStatus: {"withheld"}}})
	if receipt := p.receipt("rasc", "w-3"); receipt.Outcome != article.Rejected || len(receipt.Errors) != 1 || receipt.Errors[0].Field != "url" {
		t.Errorf("%+v", receipt)
	}
	p.next(p.dead)
}

// A page that is gone takes away the article that it was, by the same rule.
func TestGone(t *testing.T) {
	p := start(t, config())
	page := article.Page{URL: "https://e.example/short", FinalURL: "https://www.e.example/a?utm_source=x", Status: 200, ContentType: "text/html", Captured: time.Now(), Body: []byte("<title>Talks</title>" + strings.Repeat("<p>"+sentence+"</p>", 6))}
	p.capture(&page)
	_, a := p.article()
	page.Status, page.Body = 410, nil
	p.capture(&page)
	d, r := p.removal()
	if r.ID != a.ID || r.URL != a.URL || r.Source != a.Source || r.Reason != article.Gone || r.Status != 410 || r.Publication != nil || !r.Time.Equal(page.Captured) {
		t.Errorf("%+v", r)
	}
	if d.Subject != queue.ArticleSubject("und", a.Source, a.ID) || article.HeaderValue(d.Header, article.HeaderReceiptFor) != "" || outcomes(d) != "fetcher:fetched parser:removed" {
		t.Errorf("%s %v", d.Subject, d.Header)
	}
	p.capture(&article.Page{URL: "mailto:x@e.example", Status: 404, Captured: time.Now()})
	if letter := queue.DeadLetterOf(p.next(p.dead)); letter.Reason != "invalid_url" {
		t.Errorf("%+v", letter)
	}
}

func (p *pipeline) capture(page *article.Page) {
	p.t.Helper()
	h, body, err := page.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	h[article.HeaderHops] = []string{article.FormatHops([]article.Hop{{Stage: "fetcher", Time: time.Now(), Outcome: "fetched"}})}
	p.publish(queue.Message{Subject: queue.RawSubject("e.example", article.PageID(page.URL, article.Digest(page.Body))), ID: article.PageID(page.URL, article.Digest(page.Body)), Type: article.TypePage, Header: h, Body: body})
}

func TestPages(t *testing.T) {
	p := start(t, config())
	at := time.Date(2024, 11, 6, 12, 0, 0, 0, time.UTC)
	body := []byte(`<html lang=en><title>Talks go on</title><meta property="article:published_time" content="2024-11-06T10:00:00Z"><article>` + strings.Repeat("<p>"+sentence+"</p>", 6) + `</article>`)
	p.capture(&article.Page{URL: "https://e.example/short", FinalURL: "https://www.e.example/a?utm_source=x", Status: 200, ContentType: "text/html", Captured: at, Body: body})
	d, a := p.article()
	if a.ID != article.IDOfURL("e.example/a") || a.Source != "www.e.example" || a.URL != "https://e.example/short" || a.CanonicalURL != "https://www.e.example/a" || a.Headline != "Talks go on" || a.Publication != nil {
		t.Errorf("%+v", a)
	}
	if c := a.Capture; c == nil || !c.Time.Equal(at) || c.Status != 200 || c.Digest != article.Digest(body) || c.FinalURL != "https://www.e.example/a?utm_source=x" {
		t.Errorf("capture %+v", c)
	}
	if got := outcomes(d); got != "fetcher:fetched parser:parsed" {
		t.Errorf("hops %s", got)
	}
	if v := article.HeaderValue(d.Header, article.HeaderReceiptFor); v != "" {
		t.Errorf("a page waits for a receipt: %s", v)
	}
	for _, c := range []struct {
		url, contentType, body, reason string
	}{
		{"https://e.example/1", "image/png", "\x89PNG", "not_html"},
		{"https://e.example/2", "text/html", "", "empty_body"},
		{"https://e.example/3", "text/html", "<nav></nav>", "no_article_text"},
		{"mailto:x@e.example", "text/html", string(body), "invalid_url"},
	} {
		p.capture(&article.Page{URL: c.url, FinalURL: c.url, Status: 200, ContentType: c.contentType, Captured: at, Body: []byte(c.body)})
		d := p.next(p.dead)
		if letter := queue.DeadLetterOf(d); letter.Reason != c.reason || letter.Service != "test" {
			t.Errorf("%s: %+v", c.url, letter)
		}
		page, err := article.DecodePage(d.Header, d.Body)
		if err != nil || page.URL != c.url || string(page.Body) != c.body {
			t.Errorf("%s: the dead letter's page is not the page: %v", c.url, err)
		}
	}
	p.publish(queue.Message{Subject: "raw.e_example.x", ID: "x", Type: article.TypePage, Body: []byte("no page")})
	if letter := queue.DeadLetterOf(p.next(p.dead)); letter.Reason != "unreadable" {
		t.Errorf("%+v", letter)
	}
	if n, err := testutil.GatherAndCount(p.adm.Registry, "dateline_parse_failures_total"); err != nil || n != 14 {
		t.Errorf("%d reasons, %v", n, err)
	}
	want := `
# HELP dateline_articles_total Articles that passed a stage, by outcome.
# TYPE dateline_articles_total counter
dateline_articles_total{outcome="failed",stage="parser"} 5
dateline_articles_total{outcome="parsed",stage="parser"} 1
dateline_articles_total{outcome="rejected",stage="parser"} 0
dateline_articles_total{outcome="removed",stage="parser"} 0
`
	if err := testutil.GatherAndCompare(p.adm.Registry, strings.NewReader(want), "dateline_articles_total"); err != nil {
		t.Error(err)
	}
}

func TestCopy(t *testing.T) {
	cfg := config()
	cfg.Copy = true
	p := start(t, cfg)
	p.publish(queue.Message{Subject: "ext.bench", ID: "1", Type: article.TypePublication, Header: queue.Header{article.HeaderID: {"1"}}, Body: []byte("AP: one\ntwo")})
	if _, a := p.article(); a.Text != "AP: one\ntwo" || a.ID != article.IDOfPublication("bench", "1") || len(a.Body) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestConfig(t *testing.T) {
	var flags Config
	k, err := kong.New(&flags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(nil); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for _, c := range []struct {
		cfg  Config
		want string
	}{{Config{Workers: -1, Batch: 1}, "--parser-workers -1"}, {Config{Batch: 0}, "--parser-batch 0"}, {Config{Batch: 1001}, "--parser-batch 1001"}} {
		if err := c.cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	newMetrics(reg)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range families {
		names[f.GetName()] = true
	}
	want := []string{"dateline_article_bytes_total", "dateline_articles_total", "dateline_parse_charset_total", "dateline_parse_failures_total", "dateline_parse_replacement_characters_total", "dateline_parse_rules_reloads_total", "dateline_stage_duration_seconds"}
	if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
