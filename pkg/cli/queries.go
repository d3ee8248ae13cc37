package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
)

// Queries are the commands about saved queries.
type Queries struct {
	List       queriesList       `cmd:"" default:"withargs" help:"List the saved queries and how their deliveries do."`
	Add        queriesAdd        `cmd:"" help:"Save a query, new or in place of the one of its name."`
	Show       queriesShow       `cmd:"" help:"Print a saved query, how its deliveries do, and where its feeds are."`
	Remove     queriesRemove     `cmd:"" help:"Remove a saved query and all that waits for delivery."`
	Deliveries queriesDeliveries `cmd:"" help:"List the dead letters of a saved query's webhook, or what waits for it."`
	Retry      queriesRetry      `cmd:"" help:"Deliver the dead letters again, and try a webhook that failed or was disabled at once."`
}

// savedQuery is what the API tells of one.
type savedQuery struct {
	Name    string            `json:"name"`
	Search  map[string]string `json:"search"`
	Changes []string          `json:"changes"`
	NATS    bool              `json:"nats"`
	Created time.Time         `json:"created"`
	Webhook *struct {
		URL    string `json:"url"`
		Secret string `json:"secret"`
	} `json:"webhook"`
	State struct {
		Matched uint64      `json:"matched"`
		Webhook outletState `json:"webhook"`
		NATS    outletState `json:"nats"`
	} `json:"state"`
}

type outletState struct {
	Pending   int       `json:"pending"`
	Dead      int       `json:"dead"`
	Delivered uint64    `json:"delivered"`
	Dropped   uint64    `json:"dropped"`
	Failures  int       `json:"failures"`
	Since     time.Time `json:"failing_since"`
	Next      time.Time `json:"next_attempt"`
	Error     string    `json:"last_error"`
	Disabled  bool      `json:"disabled"`
}

// health is how an outlet does, in a word.
func (o *outletState) health() string {
	switch {
	case o.Disabled:
		return "disabled"
	case o.Failures > 0:
		return "failing"
	}
	return "ok"
}

// asked is what a saved query asks for, in a line.
func (q *savedQuery) asked() string {
	parts := []string{}
	if text := q.Search["q"]; text != "" {
		parts = append(parts, text)
	}
	for name, v := range q.Search {
		if name != "q" {
			parts = append(parts, "--"+strings.ReplaceAll(name, "_", "-")+" "+v)
		}
	}
	slices.Sort(parts[min(1, len(parts)):])
	return strings.Join(parts, " ")
}

type queriesList struct {
	Client
	JSON bool `help:"Print the API's answers, a line for each page."`
}

// Run prints a line for each.
func (c *queriesList) Run(ctx context.Context, term *Terminal) error {
	w := tabwriter.NewWriter(term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tALERTS\tWEBHOOK\tWAITING\tDEAD\tNATS\tQUERY")
	for cursor := ""; ; {
		var raw json.RawMessage
		var page struct {
			Queries []savedQuery `json:"queries"`
			Next    string       `json:"next_cursor"`
		}
		if err := c.get(ctx, "/v1/queries", url.Values{"limit": {"100"}, "cursor": {cursor}}, &raw); err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return fmt.Errorf("answer of /v1/queries: %w", err)
		}
		if c.JSON {
			fmt.Fprintf(term.Out, "%s\n", bytes.TrimSpace(raw))
		}
		for _, q := range page.Queries {
			webhook, nats := "-", "-"
			if q.Webhook != nil {
				webhook = q.State.Webhook.health()
			}
			if q.NATS {
				nats = "yes"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", q.Name, humanize.Comma(int64(q.State.Matched)), webhook, q.State.Webhook.Pending, q.State.Webhook.Dead, nats, q.asked())
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if c.JSON {
		return nil
	}
	return w.Flush()
}

type queriesAdd struct {
	Client
	Name string `arg:"" help:"Name to save it under: 1 to 63 of a-z, 0-9, - and _."`
	Filter
	Webhook    string   `help:"Post alerts to this URL, signed as Standard Webhooks has it." placeholder:"URL"`
	SecretFile string   `help:"File with the key that they are signed with: whsec_ and base64; by default the one that the query had, or a new one, which is printed." type:"existingfile" placeholder:"FILE"`
	NATS       bool     `name:"nats" help:"Publish alerts on alerts.<name>.>, too."`
	Changes    []string `help:"What to tell of: new articles that match, and, of those told of, revised, merged and removed." default:"new" enum:"new,revised,merged,removed"`
}

// Validate finds what can be known to be wrong before anything is asked.
func (c *queriesAdd) Validate() error {
	if c.SecretFile != "" && c.Webhook == "" {
		return fmt.Errorf("--secret-file is of a --webhook")
	}
	return nil
}

// Run saves it, and prints a secret that was made.
func (c *queriesAdd) Run(ctx context.Context, term *Terminal) error {
	type webhook struct {
		URL    string `json:"url"`
		Secret string `json:"secret,omitempty"`
	}
	d := struct {
		Search  map[string]string `json:"search"`
		Changes []string          `json:"changes"`
		Webhook *webhook          `json:"webhook,omitempty"`
		NATS    bool              `json:"nats"`
	}{Search: map[string]string{}, Changes: c.Changes, NATS: c.NATS}
	for name, v := range c.values() {
		d.Search[name] = v[0]
	}
	if c.Webhook != "" {
		d.Webhook = &webhook{URL: c.Webhook}
		if c.SecretFile != "" {
			b, err := os.ReadFile(c.SecretFile)
			if err != nil {
				return fmt.Errorf("--secret-file: %w", err)
			}
			d.Webhook.Secret = strings.TrimSpace(string(b))
		}
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var q savedQuery
	if err := c.put(ctx, http.MethodPut, "/v1/queries/"+url.PathEscape(c.Name), nil, body, &q); err != nil {
		return pointed(err, d.Search["q"])
	}
	fmt.Fprintf(term.Out, "saved %s: %s\n", q.Name, q.asked())
	if q.Webhook != nil && q.Webhook.Secret != "" {
		fmt.Fprintf(term.Out, "webhooks are signed with this key, which is not shown again:\n%s\n", q.Webhook.Secret)
	}
	return nil
}

// queryName is a command about one saved query.
type queryName struct {
	Client
	Name string `arg:"" help:"Name of a saved query."`
}

func (c *queryName) path(more string) string { return "/v1/queries/" + url.PathEscape(c.Name) + more }

type queriesShow struct {
	queryName
	JSON bool `help:"Print the API's answer."`
}

// Run prints it.
func (c *queriesShow) Run(ctx context.Context, term *Terminal) error {
	var raw json.RawMessage
	if err := c.get(ctx, c.path(""), nil, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", bytes.TrimSpace(raw))
		return err
	}
	var q savedQuery
	if err := json.Unmarshal(raw, &q); err != nil {
		return fmt.Errorf("answer of %s: %w", c.path(""), err)
	}
	w := tabwriter.NewWriter(term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "name\t%s\nquery\t%s\ntells of\t%s\nsince\t%s\nalerts\t%s\n",
		q.Name, q.asked(), strings.Join(q.Changes, ", "), q.Created.Local().Format(time.DateTime), humanize.Comma(int64(q.State.Matched)))
	api := strings.TrimSuffix(c.API, "/") + c.path("")
	fmt.Fprintf(w, "feeds\t%s/feed.atom\n\t%s/feed.json\n", api, api)
	if q.Webhook != nil {
		o := &q.State.Webhook
		fmt.Fprintf(w, "webhook\t%s\n\t%s: %s\n", q.Webhook.URL, o.health(), o.counts())
		if o.Failures > 0 {
			fmt.Fprintf(w, "\t%d attempts failed since %s: %s\n", o.Failures, o.Since.Local().Format(time.DateTime), o.Error)
		}
		if o.Failures > 0 && !o.Disabled {
			fmt.Fprintf(w, "\tnext attempt %s\n", o.Next.Local().Format(time.DateTime))
		}
	}
	if q.NATS {
		fmt.Fprintf(w, "NATS\talerts.%s.>\n\t%s\n", q.Name, q.State.NATS.counts())
	}
	return w.Flush()
}

func (o *outletState) counts() string {
	s := fmt.Sprintf("%s delivered, %d waiting", humanize.Comma(int64(o.Delivered)), o.Pending)
	if o.Dead > 0 {
		s += fmt.Sprintf(", %d dead", o.Dead)
	}
	if o.Dropped > 0 {
		s += fmt.Sprintf(", %s dropped", humanize.Comma(int64(o.Dropped)))
	}
	return s
}

type queriesRemove struct{ queryName }

// Run removes it.
func (c *queriesRemove) Run(ctx context.Context, term *Terminal) error {
	if err := c.do(ctx, http.MethodDelete, c.path(""), nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(term.Out, "removed %s\n", c.Name)
	return err
}

type queriesDeliveries struct {
	queryName
	Pending bool `help:"List what waits instead."`
	Limit   int  `help:"How many to list." default:"20"`
	JSON    bool `help:"Print the API's answer."`
}

// Run prints a line for each delivery.
func (c *queriesDeliveries) Run(ctx context.Context, term *Terminal) error {
	state := "dead"
	if c.Pending {
		state = "pending"
	}
	var raw json.RawMessage
	if err := c.get(ctx, c.path("/deliveries"), url.Values{"state": {state}, "limit": {strconv.Itoa(c.Limit)}}, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", bytes.TrimSpace(raw))
		return err
	}
	var page struct {
		Deliveries []struct {
			Matched time.Time         `json:"matched"`
			Matches []json.RawMessage `json:"matches"`
			Died    time.Time         `json:"died"`
			Error   string            `json:"error"`
		} `json:"deliveries"`
		State outletState `json:"state"`
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		return fmt.Errorf("answer of %s: %w", c.path("/deliveries"), err)
	}
	w := tabwriter.NewWriter(term.Out, 0, 0, 2, ' ', 0)
	for _, d := range page.Deliveries {
		fmt.Fprintf(w, "%s\t%d alerts", d.Matched.Local().Format(time.DateTime), len(d.Matches))
		if !d.Died.IsZero() {
			fmt.Fprintf(w, "\tgiven up %s\t%s", d.Died.Local().Format(time.DateTime), d.Error)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "in all: %s\n", page.State.counts())
	return w.Flush()
}

type queriesRetry struct{ queryName }

// Run has them delivered again.
func (c *queriesRetry) Run(ctx context.Context, term *Terminal) error {
	var done struct {
		Retried int `json:"retried"`
	}
	if err := c.do(ctx, http.MethodPost, c.path("/retry"), nil, &done); err != nil {
		return err
	}
	_, err := fmt.Fprintf(term.Out, "%d alerts wait for delivery again\n", done.Retried)
	return err
}
