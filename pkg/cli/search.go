package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/pkg/article"

	"github.com/dustin/go-humanize"
)

// Search finds articles.
type Search struct {
	Client
	Query  []string `arg:"" optional:"" name:"query" help:"Words, \"phrases\", +must -mustnot, field:word; none for all articles."`
	From   string   `help:"Published on this day or at this instant, or later."`
	To     string   `help:"Published on this day or before this instant, or earlier."`
	Source string   `help:"Only of this source."`
	Lang   string   `help:"Only in this language."`
	State  string   `name:"body-state" help:"Only with a body in this state: full, partial, paywalled, list or empty; any for all. By default all but lists."`
	Sort   string   `help:"relevance or date; by default relevance where there is a query." enum:",relevance,date" default:""`
	Limit  int      `help:"How many to show." default:"10"`
	JSON   bool     `help:"Print the API's answer."`
}

type hit struct {
	Article article.Article `json:"article"`
	Snippet string          `json:"snippet"`
}

// Run prints the hits, each with its day, source, title, and the words that were found.
func (s *Search) Run(ctx context.Context, term *Terminal) error {
	query := url.Values{"limit": {strconv.Itoa(s.Limit)}}
	for name, v := range map[string]string{"q": strings.Join(s.Query, " "), "from": s.From, "to": s.To, "source": s.Source, "lang": s.Lang, "body_state": s.State, "sort": s.Sort} {
		if v != "" {
			query.Set(name, v)
		}
	}
	var raw json.RawMessage
	if err := s.get(ctx, "/v1/search", query, &raw); err != nil {
		return err
	}
	if s.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	var found struct {
		Total uint64 `json:"total"`
		Hits  []hit  `json:"hits"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("answer of /v1/search: %w", err)
	}
	for _, h := range found.Hits {
		a := h.Article
		fmt.Fprintf(term.Out, "%s  %s  %s\n", day(a.DatePublished), attribution(&a), title(&a))
		if h.Snippet != "" {
			fmt.Fprintf(term.Out, "    %s\n", term.marked(h.Snippet))
		}
		fmt.Fprintf(term.Out, "    %s  %s\n\n", a.ID, a.URL)
	}
	_, err := fmt.Fprintf(term.Out, "%d of %s found\n", len(found.Hits), humanize.Comma(int64(found.Total)))
	return err
}

func day(d *article.Date) string {
	if d == nil {
		return "no date   "
	}
	return d.Time.Format(time.DateOnly)
}

func attribution(a *article.Article) string {
	switch {
	case a.Agency != "":
		return a.Agency
	case a.Publisher != "":
		return a.Publisher
	}
	return a.Source
}

// title shows a derived title as what it is.
func title(a *article.Article) string {
	if a.DisplayTitle.Derived {
		return "[" + a.DisplayTitle.Text + "]"
	}
	return a.DisplayTitle.Text
}

// marked writes a snippet's HTML for the terminal: hits bold, or in asterisks.
func (t *Terminal) marked(snippet string) string {
	on, off := "**", "**"
	if t.Styled {
		on, off = "\x1b[1m", "\x1b[0m"
	}
	s := strings.NewReplacer("<mark>", on, "</mark>", off).Replace(snippet)
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}

// Show prints one article, or what became of what was published or queued.
type Show struct {
	Client
	What  string `arg:"" name:"id-or-url" help:"Id of an article, or a URL."`
	Trace bool   `help:"Print the way through the pipeline instead."`
	JSON  bool   `help:"Print the API's answer."`
}

type journeys struct {
	Journeys []struct {
		Origin    string          `json:"origin"`
		URL       string          `json:"url"`
		ArticleID string          `json:"article_id"`
		Outcome   article.Outcome `json:"outcome"`
		Reason    string          `json:"reason"`
		Error     string          `json:"error"`
		Hops      []article.Hop   `json:"hops"`
	} `json:"journeys"`
}

// Run prints the article; for a URL that gave none, its trace.
func (s *Show) Run(ctx context.Context, term *Terminal) error {
	id := s.What
	var raw json.RawMessage
	if !article.ValidID(id) || s.Trace {
		query := url.Values{"url": {s.What}}
		if article.ValidID(s.What) {
			query = url.Values{"id": {s.What}}
		}
		if err := s.get(ctx, "/v1/trace", query, &raw); err != nil {
			return err
		}
		var trace journeys
		if err := json.Unmarshal(raw, &trace); err != nil {
			return fmt.Errorf("answer of /v1/trace: %w", err)
		}
		id = ""
		for _, j := range trace.Journeys {
			if j.ArticleID != "" {
				id = j.ArticleID
			}
		}
		if s.Trace || id == "" {
			return s.trace(term.Out, raw, &trace)
		}
	}
	if err := s.get(ctx, "/v1/articles/"+id, nil, &raw); err != nil {
		return err
	}
	if s.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	var record struct {
		Article article.Article `json:"article"`
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		return fmt.Errorf("answer of /v1/articles: %w", err)
	}
	if err := printArticle(term.Out, &record.Article); err != nil {
		return err
	}
	return s.copies(ctx, term.Out, id)
}

func printArticle(out io.Writer, a *article.Article) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	line("id", a.ID)
	line("title", title(a))
	line("source", a.Source)
	line("publisher", a.Publisher)
	line("agency", a.Agency)
	var authors []string
	for _, author := range a.Authors {
		authors = append(authors, author.Name)
	}
	line("authors", strings.Join(authors, ", "))
	for _, d := range []struct {
		name string
		date *article.Date
	}{{"published", a.DatePublished}, {"modified", a.DateModified}} {
		if d.date != nil {
			line(d.name, fmt.Sprintf("%s (to the %s, from %s)", d.date, d.date.Precision, d.date.From))
		}
	}
	for _, d := range a.DateMentions {
		line("mentions", fmt.Sprintf("%q = %s", d.Raw, d))
	}
	line("language", a.InLanguage)
	line("section", a.Section)
	line("keywords", strings.Join(a.Keywords, ", "))
	line("url", a.URL)
	line("body", string(a.BodyState))
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", a.Text)
	return err
}

func (s *Show) trace(out io.Writer, raw json.RawMessage, trace *journeys) error {
	if s.JSON {
		_, err := fmt.Fprintf(out, "%s\n", raw)
		return err
	}
	for _, j := range trace.Journeys {
		fmt.Fprintf(out, "%s  %s  %s\n", j.Origin, j.Outcome, strings.TrimSpace(j.ArticleID+" "+j.URL))
		if j.Reason != "" {
			fmt.Fprintf(out, "  %s: %s\n", j.Reason, j.Error)
		}
		w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
		for _, h := range j.Hops {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", h.Time.Local().Format("2006-01-02 15:04:05.000"), h.Stage, h.Outcome, h.Detail)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Reindex has the search index built anew from the record.
type Reindex struct {
	Client
}

// Run asks for it and shows how far it is.
func (r *Reindex) Run(ctx context.Context, term *Terminal) error {
	if err := r.do(ctx, http.MethodPost, "/v1/reindex", nil, nil); err != nil {
		return err
	}
	began := time.Now()
	for {
		var s indexStatus
		if err := r.get(ctx, "/v1/status", nil, &s); err != nil {
			return err
		}
		if !s.Rebuilding {
			_, err := fmt.Fprintf(term.Out, "%s articles indexed anew in %s\n", humanize.Comma(int64(s.Documents)), time.Since(began).Round(100*time.Millisecond))
			return err
		}
		if term.Interactive {
			fmt.Fprintf(term.Err, "\rindexing, %s", time.Since(began).Round(time.Second))
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted; the indexer goes on")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type indexStatus struct {
	Articles     uint64 `json:"articles"`
	Documents    uint64 `json:"documents"`
	LastSeq      uint64 `json:"last_seq"`
	SearchCursor uint64 `json:"search_cursor"`
	StoreBytes   uint64 `json:"store_bytes"`
	IndexBytes   uint64 `json:"index_bytes"`
	Rebuilding   bool   `json:"rebuilding"`
}

func (s *Status) index(ctx context.Context, term *Terminal) error {
	var status indexStatus
	if err := s.get(ctx, "/v1/status", nil, &status); err != nil {
		return err
	}
	_, err := fmt.Fprintf(term.Out, "\n%s articles in %s, %s searchable in %s; change feed at %d, search at %d\n",
		humanize.Comma(int64(status.Articles)), humanize.Bytes(status.StoreBytes), humanize.Comma(int64(status.Documents)), humanize.Bytes(status.IndexBytes),
		status.LastSeq, status.SearchCursor)
	return err
}
