package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"dateline/services/indexer/store"

	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
	"golang.org/x/sync/errgroup"
)

// How changes are sent.
const (
	bulkBytes    = 4 << 20 // of one request; one article may be more
	bulkRequests = 3       // at a time

	// An item that the server has no room for now is sent again after a while, up to so often.
	maxAttempts = 6
	minWait     = 100 * time.Millisecond
	maxWait     = 5 * time.Second
)

// maxRefused is how many articles an index may be without because the server does not take them. More than that are no
// matter of single articles.
const maxRefused = 1000

// item is one change of the index.
type item struct {
	id    string
	lines []byte // of the request
}

// Take is search.Generation's. Of an article with several changes, only the last is worth sending.
func (g *generation) Take(ctx context.Context, changes []store.Change) error {
	last := make(map[string]*store.Change, len(changes))
	for i := range changes {
		last[changes[i].ArticleID] = &changes[i]
	}
	items := make([]item, 0, len(last))
	for id, c := range last {
		it, err := g.item(id, c)
		if err != nil {
			return err
		}
		items = append(items, it)
	}
	if err := g.send(ctx, items); err != nil {
		return fmt.Errorf("OpenSearch: %w", err)
	}
	if g.live.Load() {
		if err := g.refresh(ctx); err != nil {
			return fmt.Errorf("OpenSearch: %w", err)
		}
	}
	at := changes[len(changes)-1].Seq
	if err := g.writeCursor(ctx, at); err != nil {
		return fmt.Errorf("OpenSearch: %w", err)
	}
	g.cursor.Store(at)
	g.looked = time.Now()
	return nil
}

// Cursor is search.Generation's.
func (g *generation) Cursor() uint64 { return g.cursor.Load() }

// item is the last change of an article as the server is to carry it out. Its version is the change's sequence number.
func (g *generation) item(id string, c *store.Change) (item, error) {
	a, err := c.Shown()
	if err != nil {
		return item{}, err
	}
	action, what := "delete", object{"_id": id, "version": c.Seq, "version_type": "external"}
	var source []byte
	if a != nil {
		action = "index"
		d, err := newDocument(g.partition, c.Record, a)
		if err == nil {
			source, err = json.Marshal(d)
		}
		if err != nil {
			return item{}, fmt.Errorf("article %s: %w", id, err)
		}
	}
	lines, err := json.Marshal(object{action: what})
	if err != nil {
		return item{}, fmt.Errorf("article %s: %w", id, err)
	}
	if lines = append(lines, '\n'); source != nil {
		lines = append(append(lines, source...), '\n')
	}
	return item{id, lines}, nil
}

// send has the server take in items, in requests of some size. It returns when it has them all but those that it will not
// ever take.
func (g *generation) send(ctx context.Context, items []item) error {
	refused := make(chan string, len(items))
	requests, ctx := errgroup.WithContext(ctx)
	requests.SetLimit(bulkRequests)
	for rest := items; len(rest) > 0; {
		n, size := 0, 0
		for n < len(rest) && (n == 0 || size+len(rest[n].lines) <= bulkBytes) {
			size += len(rest[n].lines)
			n++
		}
		some := rest[:n:n]
		rest = rest[n:]
		requests.Go(func() error { return g.sendSome(ctx, some, refused) })
	}
	if err := requests.Wait(); err != nil {
		return err
	}
	close(refused)
	for _, it := range items {
		delete(g.refused, it.id)
	}
	for id := range refused {
		g.refused[id] = true
	}
	if len(g.refused) > maxRefused {
		return fmt.Errorf("the server refuses %d articles, which is more than can be the articles' fault: the log has its reasons", len(g.refused))
	}
	return nil
}

// sendSome sends one request, and those of its items that there was no room for again.
func (g *generation) sendSome(ctx context.Context, items []item, refused chan<- string) error {
	for attempt, wait := 1, minWait; ; attempt++ {
		again, reason, err := g.request(ctx, items, refused)
		if err != nil {
			return err
		}
		if len(again) == 0 {
			return nil
		}
		if attempt == maxAttempts {
			return fmt.Errorf("%d of %d changes are not taken in after %d attempts: %s", len(again), len(items), attempt, reason)
		}
		g.metrics.retries.Add(float64(len(again)))
		items = again
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait/2 + rand.N(wait/2)):
		}
		wait = min(2*wait, maxWait)
	}
}

// request sends items once, and returns those to send again and why.
func (g *generation) request(ctx context.Context, items []item, refused chan<- string) (again []item, reason string, err error) {
	var lines bytes.Buffer
	for _, it := range items {
		lines.Write(it.lines)
	}
	alias := true
	begin := time.Now()
	resp, err := g.client.Bulk(ctx, opensearchapi.BulkReq{Index: g.writeAlias(g.name), Body: &lines, Params: opensearchapi.BulkParams{RequireAlias: &alias}})
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	g.metrics.bulk.WithLabelValues(outcome).Observe(time.Since(begin).Seconds())
	code := status(err)
	if r := resp.Inspect().Response; code == 0 && r != nil { // a proxy's error page
		code = r.StatusCode
	}
	switch {
	case err == nil:
	case code == http.StatusRequestEntityTooLarge && len(items) > 1: // for this server
		for _, half := range [][]item{items[:len(items)/2], items[len(items)/2:]} {
			if err := g.sendSome(ctx, half, refused); err != nil {
				return nil, "", err
			}
		}
		return nil, "", nil
	case code == http.StatusRequestEntityTooLarge:
		g.refuse(items[0].id, err.Error(), refused)
		return nil, "", nil
	case ctx.Err() == nil && (code == 0 || transient(code)):
		return items, err.Error(), nil
	default:
		return nil, "", g.blame(ctx, "bulk request", err)
	}
	if len(resp.Items) != len(items) {
		return nil, "", fmt.Errorf("bulk request of %d changes has %d answers", len(items), len(resp.Items))
	}
	for i, answer := range resp.Items {
		for action, r := range answer { // which is one
			why := ""
			if r.Error != nil {
				why = r.Error.Type + ": " + r.Error.Reason
			}
			switch {
			case r.Status < 300:
			case r.Status == http.StatusConflict: // a newer version is there
			case r.Status == http.StatusNotFound && action == "delete" && r.Error == nil:
			case r.Status == http.StatusNotFound:
				return nil, "", errors.Join(g.lost(g), errors.New(why))
			case transient(r.Status):
				again, reason = append(again, items[i]), fmt.Sprintf("%d %s", r.Status, why)
			case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden: // as on a full disk
				return nil, "", fmt.Errorf("bulk request: article %s: %d %s", items[i].id, r.Status, why)
			default:
				g.refuse(items[i].id, why, refused)
			}
		}
	}
	return again, reason, nil
}

// transient reports whether a status passes by itself.
func transient(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// refuse notes an article that the server will not take however often it is sent: the index goes on without it.
func (g *generation) refuse(id, why string, refused chan<- string) {
	g.log.Error("search server refuses an article, which will not be found", "article", id, "index", g.name, "reason", why)
	g.metrics.refused.Inc()
	refused <- id
}

// position is what is noted of an index in PREFIX-cursors.
type position struct {
	Cursor  uint64    `json:"cursor"`
	Refused []string  `json:"refused,omitempty"`
	Time    time.Time `json:"time"`
}

// writeCursor notes durably how far the index is. It never goes back: of two that write, the one behind fails.
func (g *generation) writeCursor(ctx context.Context, at uint64) error {
	v := int(at)
	_, err := g.client.Index(ctx, opensearchapi.IndexReq{
		Index: g.cursors(), DocumentID: g.name,
		Body:   body(position{at, slices.Sorted(maps.Keys(g.refused)), time.Now().UTC()}),
		Params: opensearchapi.IndexParams{Version: &v, VersionType: "external_gte"},
	})
	if status(err) == http.StatusConflict {
		return errors.Join(g.lost(g), errors.New("another process has taken in more changes: it is written by two"))
	}
	return g.blame(ctx, "note the cursor", err)
}

func (g *generation) readCursor(ctx context.Context) (uint64, error) {
	resp, err := g.client.Document.Get(ctx, opensearchapi.DocumentGetReq{Index: g.cursors(), DocumentID: g.name})
	switch {
	case status(err) == http.StatusNotFound, err == nil && !resp.Found, resp != nil && resp.ID != "" && !resp.Found: // a new index
		return 0, nil
	case err != nil:
		return 0, g.blame(ctx, "read the cursor", err)
	}
	var p position
	if err := json.Unmarshal(resp.Source, &p); err != nil {
		return 0, fmt.Errorf("cursor of %s: %w", g.name, err)
	}
	for _, id := range p.Refused {
		g.refused[id] = true
	}
	return p.Cursor, nil
}

// refresh has what was taken in be searched.
func (g *generation) refresh(ctx context.Context) error {
	_, err := g.client.Indices.Refresh(ctx, &opensearchapi.IndicesRefreshReq{Index: []string{g.name}})
	return g.blame(ctx, "refresh", err)
}
