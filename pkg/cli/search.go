package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"dateline/pkg/article"

	"github.com/dustin/go-humanize"
)

// Search finds articles.
type Search struct {
	Client
	Filter     `embed:""`
	Sort       string   `help:"relevance or date; by default relevance where there is a query." enum:",relevance,date" default:""`
	Limit      int      `help:"How many to show." default:"10"`
	Collapse   bool     `help:"Of near-duplicates, show one: the one that matches best, or by date the latest."`
	Facets     []string `help:"Count all that match by these, of source, language, day, author, agency and section."`
	FacetLimit int      `help:"How many values of each facet to show. Of days, all are." default:"10"`
	Over       string   `name:"counts" help:"Instead, count by day, week or month, and show the share of all articles." enum:",day,week,month" default:""`
	JSON       bool     `help:"Print the API's answer."`
}

type hit struct {
	Article    article.Article `json:"article"`
	Snippet    string          `json:"snippet"`
	Duplicates int             `json:"duplicates"`
}

type facet struct {
	Values []struct {
		Value string `json:"value"`
		Count int    `json:"count"`
	} `json:"values"`
	Other int `json:"other"`
}

// Run prints the hits, each with its day, source, title, and the words that were found; then the facets.
func (s *Search) Run(ctx context.Context, term *Terminal) error {
	path, query := "/v1/search", s.values()
	if s.Over != "" {
		path = "/v1/counts"
		query.Set("interval", s.Over)
	} else {
		query.Set("limit", strconv.Itoa(s.Limit))
		if s.Sort != "" {
			query.Set("sort", s.Sort)
		}
		if s.Collapse {
			query.Set("collapse", "duplicates")
		}
		if len(s.Facets) > 0 {
			query.Set("facets", strings.Join(s.Facets, ","))
			query.Set("facet_limit", strconv.Itoa(s.FacetLimit))
		}
	}
	var raw json.RawMessage
	if err := s.get(ctx, path, query, &raw); err != nil {
		return pointed(err, query.Get("q"))
	}
	if s.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	if s.Over != "" {
		return printCounts(term.Out, raw)
	}
	var found struct {
		Total  uint64           `json:"total"`
		Hits   []hit            `json:"hits"`
		Facets map[string]facet `json:"facets"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	for _, h := range found.Hits {
		a := h.Article
		fmt.Fprintf(term.Out, "%s  %s  %s\n", day(a.DatePublished), attribution(&a), title(&a))
		if h.Snippet != "" {
			fmt.Fprintf(term.Out, "    %s\n", term.marked(h.Snippet))
		}
		copies := ""
		if h.Duplicates > 1 {
			copies = fmt.Sprintf("  %s copies", humanize.Comma(int64(h.Duplicates)))
		}
		fmt.Fprintf(term.Out, "    %s  %s%s\n\n", a.ID, a.URL, copies)
	}
	for _, name := range s.Facets {
		name = strings.TrimSpace(name)
		if err := printFacet(term.Out, name, found.Facets[name]); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(term.Out, "%d of %s found\n", len(found.Hits), humanize.Comma(int64(found.Total)))
	return err
}

// pointed shows where in a query an error is, under the query.
func pointed(err error, query string) error {
	var api *apiError
	if !errors.As(err, &api) || api.Syntax == nil || api.Syntax.Character > utf8.RuneCountInString(query) {
		return err
	}
	return fmt.Errorf("%w\n  %s\n  %s^", err, query, strings.Repeat(" ", api.Syntax.Character))
}

func printFacet(out io.Writer, name string, f facet) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, v := range f.Values {
		fmt.Fprintf(w, "  %s\t  %s\n", humanize.Comma(int64(v.Count)), v.Value)
	}
	if f.Other > 0 {
		fmt.Fprintf(w, "  %s\t  (others)\n", humanize.Comma(int64(f.Other)))
	}
	fmt.Fprintf(out, "by %s\n", name)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// printCounts prints matches over time, each with its share and a bar for it.
func printCounts(out io.Writer, raw json.RawMessage) error {
	var counts struct {
		Total   uint64 `json:"total"`
		All     uint64 `json:"all"`
		Periods []struct {
			Begin string  `json:"begin"`
			Count int     `json:"count"`
			All   int     `json:"all"`
			Share float64 `json:"share"`
		} `json:"periods"`
	}
	if err := json.Unmarshal(raw, &counts); err != nil {
		return fmt.Errorf("answer of /v1/counts: %w", err)
	}
	const bar = 40
	most := 0.0
	for _, p := range counts.Periods {
		most = max(most, p.Share)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, p := range counts.Periods {
		length := 0
		if most > 0 {
			length = int(p.Share/most*bar + 0.5)
		}
		fmt.Fprintf(w, "%s\t%s\tof %s\t%.2f %%\t  %s\n", p.Begin, humanize.Comma(int64(p.Count)), humanize.Comma(int64(p.All)), 100*p.Share, strings.Repeat("█", length))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s of %s articles match\n", humanize.Comma(int64(counts.Total)), humanize.Comma(int64(counts.All)))
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
	Available    bool   `json:"search_available"`

	Partitions []struct {
		Partition int    `json:"partition"`
		Indexer   string `json:"indexer"`
		Articles  uint64 `json:"articles"`
		Documents uint64 `json:"documents"`
	} `json:"partitions"`
}

func (s *Status) index(ctx context.Context, term *Terminal) error {
	var status indexStatus
	if err := s.get(ctx, "/v1/status", nil, &status); err != nil {
		return err
	}
	_, err := fmt.Fprintf(term.Out, "\n%s articles in %s, %s searchable in %s; change feed at %d, search at %d\n",
		humanize.Comma(int64(status.Articles)), humanize.Bytes(status.StoreBytes), humanize.Comma(int64(status.Documents)), humanize.Bytes(status.IndexBytes),
		status.LastSeq, status.SearchCursor)
	if err == nil && !status.Available {
		_, err = fmt.Fprintln(term.Out, "the search index does not answer; /readyz says why")
	}
	if err != nil || len(status.Partitions) == 0 {
		return err
	}
	w := tabwriter.NewWriter(term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nPARTITION\tARTICLES\tSEARCHABLE\tINDEXER")
	for _, p := range status.Partitions {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", p.Partition, humanize.Comma(int64(p.Articles)), humanize.Comma(int64(p.Documents)), p.Indexer)
	}
	return w.Flush()
}
