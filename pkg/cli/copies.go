package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"dateline/pkg/article"

	"github.com/dustin/go-humanize"
)

// Copies lists the near-duplicates of an article, and corrects what was grouped wrongly.
type Copies struct {
	Client
	ID      string `arg:"" help:"Id of an article."`
	TakeOut bool   `help:"Take the article out of its group, for good. Only on the indexer's machine." xor:"change"`
	LetIn   bool   `help:"Let an article that was taken out be grouped again. Only on the indexer's machine." xor:"change"`
	JSON    bool   `help:"Print the API's answer, its first page."`
}

type copiesPage struct {
	First   string `json:"first"`
	Best    string `json:"best"`
	Apart   bool   `json:"apart"`
	Total   uint64 `json:"total"`
	Members []struct {
		ArticleID string    `json:"article_id"`
		Source    string    `json:"source"`
		URL       string    `json:"url"`
		Title     string    `json:"title"`
		FirstSeen time.Time `json:"first_seen"`
		Words     int       `json:"words"`
		Walled    bool      `json:"paywalled"`
		OfCopy    float64   `json:"share_of_copy"`
	} `json:"members"`
	Next string `json:"next_cursor"`
}

// Run prints the copies, after the change that is asked for.
func (c *Copies) Run(ctx context.Context, term *Terminal) error {
	if !article.ValidID(c.ID) {
		return fmt.Errorf("%q is not the id of an article: 32 hex digits", c.ID)
	}
	path := "/v1/articles/" + c.ID + "/duplicates"
	for method, wanted := range map[string]bool{http.MethodDelete: c.TakeOut, http.MethodPost: c.LetIn} {
		if !wanted {
			continue
		}
		if err := c.do(ctx, method, path, nil, nil); err != nil {
			return err
		}
	}
	if c.JSON {
		var raw json.RawMessage
		if err := c.get(ctx, path, nil, &raw); err != nil {
			return err
		}
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	query := url.Values{"limit": {"100"}}
	for {
		var page copiesPage
		if err := c.get(ctx, path, query, &page); err != nil {
			return err
		}
		if page.Total == 0 {
			none := "no near-duplicates"
			if page.Apart {
				none = "taken out of its group of near-duplicates"
			}
			_, err := fmt.Fprintln(term.Out, none)
			return err
		}
		if err := page.print(term.Out); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

// print writes a line for each copy on the page.
func (p *copiesPage) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	for _, m := range p.Members {
		mark := ""
		switch {
		case m.ArticleID == p.Best:
			mark = "best"
		case m.Walled:
			mark = "paywalled"
		case m.ArticleID == p.First:
			mark = "first"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s words\t%.0f %% of it copied\t%s\n", m.ArticleID, m.FirstSeen.Local().Format("2006-01-02 15:04"), m.Source,
			humanize.Comma(int64(m.Words)), 100*m.OfCopy, mark)
	}
	return w.Flush()
}

// shownCopies is how many copies an article is shown with.
const shownCopies = 10

// copies prints the other articles that print what one does.
func (s *Show) copies(ctx context.Context, out io.Writer, id string) error {
	var page copiesPage
	err := s.get(ctx, "/v1/articles/"+id+"/duplicates", url.Values{"limit": {fmt.Sprint(shownCopies)}}, &page)
	if err != nil || page.Total == 0 {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n%s copies, this one among them\n", humanize.Comma(int64(page.Total))); err != nil {
		return err
	}
	if err := page.print(out); err != nil {
		return err
	}
	if page.Total > uint64(len(page.Members)) {
		_, err = fmt.Fprintf(out, "  … all of them: dateline copies %s\n", id)
	}
	return err
}
