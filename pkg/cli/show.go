package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"dateline/pkg/article"
)

// Show prints one article, or what became of what was published or queued.
type Show struct {
	Client
	What      string `arg:"" name:"id-or-url" help:"Id of an article, or a URL."`
	Trace     bool   `help:"Print the way through the pipeline instead." xor:"what"`
	Revisions bool   `help:"Print the article's revisions instead, the latest first." xor:"what"`
	JSON      bool   `help:"Print the API's answer."`
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
	if s.Revisions {
		return s.revisions(ctx, term.Out, id)
	}
	if err := s.get(ctx, "/v1/articles/"+id, nil, &raw); err != nil {
		return err
	}
	if s.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	var record struct {
		Article    article.Article  `json:"article"`
		Removal    *article.Removal `json:"removal"`
		MergedFrom string           `json:"merged_from"`
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		return fmt.Errorf("answer of /v1/articles: %w", err)
	}
	if record.MergedFrom != "" {
		fmt.Fprintf(term.Out, "%s was merged into %s\n\n", record.MergedFrom, record.Article.ID)
	}
	if r := record.Removal; r != nil {
		fmt.Fprintf(term.Out, "%s since %s; this is what it was\n\n", r.Reason, r.Time.Local().Format(minutes))
	}
	if err := printArticle(term.Out, &record.Article); err != nil {
		return err
	}
	if err := s.addresses(ctx, term.Out, record.Article.ID); err != nil {
		return err
	}
	return s.copies(ctx, term.Out, record.Article.ID)
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
			fmt.Fprintf(out, "  %s\n", strings.TrimSuffix(j.Reason+": "+j.Error, ": "))
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
