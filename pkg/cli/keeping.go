package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"dateline/pkg/article"
)

// decision is why something is done to an article, and by whom.
type decision struct {
	ID     string `arg:"" name:"id" help:"Id of an article."`
	Reason string `help:"Why; it goes into the audit log." required:""`
	By     string `help:"Who decided it; it goes into the audit log." required:""`
}

// Validate finds what can be known to be wrong before anything is asked.
func (d *decision) Validate() error {
	if !article.ValidID(d.ID) {
		return fmt.Errorf("%q is not the id of an article: 32 hex digits", d.ID)
	}
	return nil
}

func (d *decision) values() url.Values { return url.Values{"reason": {d.Reason}, "by": {d.By}} }

// Takedown erases an article for good.
type Takedown struct {
	Client
	decision
}

// Run asks for it.
func (t *Takedown) Run(ctx context.Context, term *Terminal) error {
	var done struct {
		Seq  uint64    `json:"seq"`
		Time time.Time `json:"time"`
	}
	if err := t.do(ctx, http.MethodPost, "/v1/articles/"+t.ID+"/takedown", t.values(), &done); err != nil {
		return err
	}
	_, err := fmt.Fprintf(term.Out, "%s is taken down as of %s, change %d\n", t.ID, done.Time.Local().Format("2006-01-02 15:04:05"), done.Seq)
	return err
}

// Hold puts an article on legal hold or releases it.
type Hold struct {
	Client
	decision
	Release bool `help:"End the hold."`
}

// Run asks for it.
func (h *Hold) Run(ctx context.Context, term *Terminal) error {
	method, what := http.MethodPost, "is on legal hold: it cannot be taken down"
	if h.Release {
		method, what = http.MethodDelete, "is released"
	}
	if err := h.do(ctx, method, "/v1/articles/"+h.ID+"/hold", h.values(), nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(term.Out, "%s %s\n", h.ID, what)
	return err
}

// Audit prints the audit log, or the legal holds that there are.
type Audit struct {
	Client
	OfPartition
	Holds bool `help:"List the articles that are on legal hold instead."`
	JSON  bool `help:"Print lines of JSON."`
}

// auditLine is a line of the audit log; of a hold, without action and number.
type auditLine struct {
	Number    uint64    `json:"number,omitempty"`
	Time      time.Time `json:"time"`
	Action    string    `json:"action,omitempty"`
	ArticleID string    `json:"article_id,omitempty"`
	Reason    string    `json:"reason"`
	By        string    `json:"by"`
}

// Run prints page after page.
func (a *Audit) Run(ctx context.Context, term *Terminal) error {
	path, query := "/v1/audit", a.values()
	query.Set("limit", "1000")
	if a.Holds {
		path = "/v1/holds"
		query.Set("limit", "100")
	}
	w := tabwriter.NewWriter(term.Out, 2, 0, 2, ' ', 0)
	for {
		var page struct {
			Entries []auditLine `json:"entries"`
			Holds   []auditLine `json:"holds"`
			Next    uint64      `json:"next"`
			Cursor  string      `json:"next_cursor"`
		}
		if err := a.get(ctx, path, query, &page); err != nil {
			return err
		}
		for _, line := range append(page.Entries, page.Holds...) {
			if !a.JSON {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", line.Time.Local().Format("2006-01-02 15:04:05"), line.Action, line.ArticleID, line.By, line.Reason)
				continue
			}
			b, err := json.Marshal(line)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\n", b)
		}
		switch {
		case len(page.Entries) > 0:
			query.Set("after", fmt.Sprint(page.Next))
		case page.Cursor != "":
			query.Set("cursor", page.Cursor)
		default:
			return w.Flush()
		}
	}
}
