package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"dateline/services/indexer/alerts"
	"dateline/services/indexer/store"
)

// Each partition has all saved queries, and matches and delivers for itself. So a query is put everywhere, and how its
// deliveries do is the sum.

// addStates adds up how a query's outlets do.
func addStates(states ...store.QueryState) store.QueryState {
	var sum store.QueryState
	for _, s := range states {
		sum.Matched += s.Matched
		sum.Kept += s.Kept
		sum.Webhook = addOutlets(sum.Webhook, s.Webhook)
		sum.NATS = addOutlets(sum.NATS, s.NATS)
	}
	return sum
}

func addOutlets(a, b store.OutletState) store.OutletState {
	a.Pending += b.Pending
	a.Dead += b.Dead
	a.Delivered += b.Delivered
	a.Dropped += b.Dropped
	a.Failures += b.Failures
	a.Disabled = a.Disabled || b.Disabled
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
	if a.Since.IsZero() || !b.Since.IsZero() && b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	if a.Next.IsZero() || !b.Next.IsZero() && b.Next.Before(a.Next) {
		a.Next = b.Next
	}
	if b.Error != "" {
		a.Error = b.Error
	}
	return a
}

func (g *Gateway) queries(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, defaultLimit, maxLimit)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	type answered struct {
		Queries []savedQuery `json:"queries"`
		Next    string       `json:"next_cursor,omitempty"`
	}
	answers, err := gather[answered](g, ctx, func(int) request { return like(r) })
	if err != nil {
		return err
	}
	byName, next := map[string]savedQuery{}, ""
	for _, a := range answers {
		for _, q := range a.Queries {
			if was, ok := byName[q.Name]; ok {
				q.State = addStates(was.State, q.State)
			}
			byName[q.Name] = q
		}
		next = max(next, a.Next)
	}
	page := answered{Queries: make([]savedQuery, 0, len(byName)), Next: next}
	for _, q := range byName {
		page.Queries = append(page.Queries, q)
	}
	slices.SortFunc(page.Queries, func(a, b savedQuery) int { return strings.Compare(a.Name, b.Name) })
	if len(page.Queries) > n {
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(page.Queries[n].Name))
		page.Queries = page.Queries[:n]
	}
	return answer(w, http.StatusOK, page)
}

// savedQuery is a query of all partitions, with the sum of its states, or the problem that there is none. A gateway is told
// the webhook's secret.
func (g *Gateway) savedQuery(ctx context.Context, r *http.Request) (savedQuery, error) {
	ask := like(r)
	ask.method = http.MethodGet
	answers, errs := make([]savedQuery, g.Partitions), make([]error, g.Partitions)
	_ = g.each(ctx, func(_ context.Context, n int) error { errs[n] = g.get(ctx, n, ask, &answers[n]); return nil })
	var one *savedQuery
	var none error
	for n := range answers {
		var p *problem
		switch {
		case errors.As(errs[n], &p) && p.Status == http.StatusNotFound:
			none = p
		case errs[n] != nil:
			return savedQuery{}, errs[n]
		case one == nil:
			one = &answers[n]
		default:
			one.State = addStates(one.State, answers[n].State)
		}
	}
	if one == nil {
		return savedQuery{}, none
	}
	return *one, nil
}

func (g *Gateway) query(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	q, err := g.savedQuery(ctx, r)
	if err != nil {
		return err
	}
	if q.Webhook != nil {
		q.Webhook.Secret = ""
	}
	return answer(w, http.StatusOK, q)
}

// putQuery puts a query into all partitions, with one secret. Where that fails in some, it is to be put again.
func (g *Gateway) putQuery(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	d, err := readDefinition(w, r)
	if err != nil {
		return err
	}
	made := ""
	if d.Webhook != nil && d.Webhook.Secret == "" {
		switch old, err := g.savedQuery(ctx, r); {
		case err == nil && old.Webhook != nil:
			d.Webhook.Secret = old.Webhook.Secret
		case err == nil || isNotFound(err):
			made = alerts.NewSecret()
			d.Webhook.Secret = made
		default:
			return err
		}
	}
	ask := like(r)
	if ask.body, err = json.Marshal(d); err != nil {
		return err
	}
	if _, err := gather[json.RawMessage](g, ctx, func(int) request { return ask }); err != nil {
		return err
	}
	q, err := g.savedQuery(ctx, r)
	if err != nil {
		return err
	}
	if q.Webhook != nil {
		q.Webhook.Secret = made
	}
	return answer(w, http.StatusOK, q)
}

func isNotFound(err error) bool {
	p := (*problem)(nil)
	return errors.As(err, &p) && p.Status == http.StatusNotFound
}

func (g *Gateway) retryQuery(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	answers, err := gather[map[string]int](g, ctx, func(int) request { return like(r) })
	if err != nil {
		return err
	}
	n := 0
	for _, a := range answers {
		n += a["retried"]
	}
	return answer(w, http.StatusOK, map[string]any{"retried": n})
}

// deliveries lists them by when they were matched.
func (g *Gateway) deliveries(w http.ResponseWriter, r *http.Request) error {
	at, n, err := g.listPage(r)
	if err != nil {
		return err
	}
	type answered struct {
		Deliveries []json.RawMessage `json:"deliveries"`
		State      store.OutletState `json:"state"`
		Next       string            `json:"next_cursor"`
	}
	all, answers, err := pages(g, r, like(r), at, func(a answered) (piece, error) {
		p := piece{next: a.Next}
		for _, raw := range a.Deliveries {
			var d store.Delivery
			if err := json.Unmarshal(raw, &d); err != nil || len(d.Matches) == 0 {
				return p, fmt.Errorf("a delivery without matches: %w", err)
			}
			p.items = append(p.items, item{raw, place{Behind: encodeListCursor(d.First()), ID: d.Matched.UTC().Format(inOrder)}})
		}
		return p, nil
	})
	if err != nil {
		return err
	}
	page := struct {
		Deliveries []json.RawMessage `json:"deliveries"`
		State      store.OutletState `json:"state"`
		Next       string            `json:"next_cursor,omitempty"`
	}{}
	for _, a := range answers {
		page.State = addOutlets(page.State, a.State)
	}
	page.Deliveries, page.Next = merge(all, n, at)
	return answer(w, http.StatusOK, page)
}

// inOrder writes times so that they sort as text.
const inOrder = "2006-01-02T15:04:05.000000000"

// joined makes one feed of the partitions'.
func joined(media string, format func(*alerts.Feed) ([]byte, error)) func(*Gateway, http.ResponseWriter, *http.Request) error {
	return func(g *Gateway, w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
		defer cancel()
		ask := request{method: http.MethodGet, path: r.URL.EscapedPath(), client: via{local: local(r)}}
		feeds, err := gather[*alerts.Feed](g, ctx, func(int) request { return ask })
		if err != nil {
			return err
		}
		return sendFeed(w, r, alerts.JoinFeeds(feeds), media, format)
	}
}

// repeated lists the texts that any partition refuses.
func (g *Gateway) repeated(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	type answered struct {
		Repeated []json.RawMessage `json:"repeated"`
	}
	answers, err := gather[answered](g, ctx, func(int) request {
		return request{method: http.MethodGet, path: "/v1/repeated", client: via{local: local(r)}}
	})
	if err != nil {
		return err
	}
	all := []json.RawMessage{}
	for _, a := range answers {
		all = append(all, a.Repeated...)
	}
	return answer(w, http.StatusOK, map[string]any{"repeated": all})
}

// changeRepeated has the partition of a text's site change it, and lists all.
func (g *Gateway) changeRepeated(w http.ResponseWriter, r *http.Request) error {
	best, err := g.best(w, r, hasIt)
	if err != nil || best.status >= 300 {
		return best.passBack(w, err)
	}
	return g.repeated(w, r)
}

// undo has the partition of the article that it is of undo a merge: each partition counts its own.
func (g *Gateway) undo(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("article") == "" {
		return badParameter("article", "is needed where the record is in partitions: the article that the merge is of")
	}
	return g.byID(w, r)
}
