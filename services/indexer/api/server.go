// Package api serves the record and the search index over HTTP, as docs/openapi.yaml describes.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dateline/services/indexer/alerts"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Limits of one connection and request.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second // of an answer, or of one piece of a stream
	idleTimeout  = 2 * time.Minute
	maxHeader    = 32 << 10
	askTimeout   = 15 * time.Second // for the store and the index to answer
	drainTimeout = 10 * time.Second
)

// Server is the API over a store and an index.
type Server struct {
	front
	store  *store.Store
	index  *search.Index
	alerts *alerts.Alerts
}

// New makes a server.
func New(st *store.Store, index *search.Index, al *alerts.Alerts, reg prometheus.Registerer, log *slog.Logger) *Server {
	s := &Server{front: newFront(reg, log), store: st, index: index, alerts: al}
	s.mount(s.routes())
	return s
}

// front answers requests by routes.
type front struct {
	log     *slog.Logger
	metrics *metrics
	handler http.Handler
	exports chan struct{} // holds one for each that is under way
	long    chan struct{} // holds one for the backup or check that is under way

	stopOnce *sync.Once
	stopping chan struct{} // closed when long polls and streams have to end
}

func newFront(reg prometheus.Registerer, log *slog.Logger) front {
	return front{log: log, metrics: newMetrics(reg), exports: make(chan struct{}, maxExports), stopOnce: new(sync.Once), stopping: make(chan struct{}), long: make(chan struct{}, 1)}
}

func (s *front) mount(routes []route) {
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.Handle(rt.method+" "+rt.path, s.serve(rt))
	}
	mux.Handle("/", s.serve(route{path: "other", open: true, handle: func(_ http.ResponseWriter, r *http.Request) error { return s.noRoute(mux, r) }}))
	// A page in somebody's browser can reach loopback addresses, too.
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(s.serve(route{path: "other", open: true, handle: func(http.ResponseWriter, *http.Request) error {
		return &problem{Status: http.StatusForbidden, Detail: "a page of another origin may not ask for this"}
	}}))
	s.handler = foreign.Handler(mux)
}

// Handler is the API without a listener.
func (s *front) Handler() http.Handler { return s.handler }

// Stop ends long polls, streams and exports.
func (s *front) Stop() { s.stopOnce.Do(func() { close(s.stopping) }) }

// Serve answers on a listener, which it closes, until ctx ends; then it ends long polls and streams and lets requests
// finish.
func (s *front) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	drained := make(chan error, 1)
	go func() {
		<-ctx.Done()
		s.Stop()
		dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		drained <- srv.Shutdown(dctx)
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("API: %w", err)
	}
	if err := <-drained; err != nil {
		return errors.Join(fmt.Errorf("API: drain: %w", err), srv.Close())
	}
	return nil
}

// route is one operation of the API.
type route struct {
	method string
	path   string
	params []string // of the query; any other is refused
	open   bool     // takes any parameter
	whole  bool     // an answer that broke off must not pass for a whole one
	handle func(http.ResponseWriter, *http.Request) error

	divided func(*Gateway, http.ResponseWriter, *http.Request) error // of a record in partitions
}

func (s *Server) routes() []route {
	return []route{
		{method: "GET", path: "/v1/articles", params: []string{"source", "limit", "cursor"}, handle: s.articles, divided: (*Gateway).articles},
		{method: "GET", path: "/v1/articles/{id}", handle: s.article, divided: (*Gateway).byID},
		{method: "GET", path: "/v1/articles/{id}/duplicates", params: []string{"limit", "cursor"}, handle: s.duplicates, divided: (*Gateway).byID},
		{method: "DELETE", path: "/v1/articles/{id}/duplicates", handle: s.setApart(true), divided: (*Gateway).byID},
		{method: "POST", path: "/v1/articles/{id}/duplicates", handle: s.setApart(false), divided: (*Gateway).byID},
		{method: "GET", path: "/v1/articles/{id}/revisions", params: []string{"limit", "cursor"}, handle: s.revisions, divided: (*Gateway).byID},
		{method: "GET", path: "/v1/articles/{id}/revisions/{number}", handle: s.revision, divided: (*Gateway).byID},
		{method: "GET", path: "/v1/articles/{id}/diff", params: []string{"from", "to"}, handle: s.diff, divided: (*Gateway).byID},
		{method: "GET", path: "/v1/articles/{id}/addresses", handle: s.addresses, divided: (*Gateway).byID},
		{method: "DELETE", path: "/v1/merges/{number}", params: []string{"article"}, handle: s.undo, divided: (*Gateway).undo},
		{method: "GET", path: "/v1/repeated", handle: s.repeated, divided: (*Gateway).repeated},
		{method: "POST", path: "/v1/repeated/{id}", handle: s.changeRepeated((*store.Store).AllowRepeated), divided: (*Gateway).changeRepeated},
		{method: "DELETE", path: "/v1/repeated/{id}", handle: s.changeRepeated((*store.Store).ClearRepeated), divided: (*Gateway).changeRepeated},
		{method: "GET", path: "/v1/export", params: slices.Concat(exportFilters, []string{"format", "bom", "snapshot", "skip"}), whole: true, handle: s.export, divided: (*Gateway).export},
		{method: "GET", path: "/v1/search", params: slices.Concat(search.Params, []string{"sort", "collapse", "facets", "facet_limit", "limit", "cursor"}), handle: s.search, divided: (*Gateway).search},
		{method: "GET", path: "/v1/counts", params: slices.Concat(search.Params, []string{"interval"}), handle: s.counts, divided: (*Gateway).counts},
		{method: "GET", path: "/v1/changes", params: []string{"after", "limit", "wait", "feed"}, handle: s.changes, divided: (*Gateway).changes},
		{method: "GET", path: "/v1/queries", params: []string{"limit", "cursor"}, handle: s.queries, divided: (*Gateway).queries},
		{method: "GET", path: "/v1/queries/{query}", handle: s.query, divided: (*Gateway).query},
		{method: "PUT", path: "/v1/queries/{query}", handle: s.putQuery, divided: (*Gateway).putQuery},
		{method: "DELETE", path: "/v1/queries/{query}", handle: s.deleteQuery, divided: (*Gateway).everywhere},
		{method: "GET", path: "/v1/queries/{query}/deliveries", params: []string{"state", "limit", "cursor"}, handle: s.deliveries, divided: (*Gateway).deliveries},
		{method: "POST", path: "/v1/queries/{query}/retry", handle: s.retryQuery, divided: (*Gateway).retryQuery},
		{method: "GET", path: "/v1/queries/{query}/feed.atom", handle: s.feed("application/atom+xml", (*alerts.Feed).Atom), divided: joined("application/atom+xml", (*alerts.Feed).Atom)},
		{method: "GET", path: "/v1/queries/{query}/feed.json", handle: s.feed("application/feed+json", (*alerts.Feed).JSON), divided: joined("application/feed+json", (*alerts.Feed).JSON)},
		{method: "GET", path: "/v1/trace", params: []string{"url", "id"}, handle: s.trace, divided: (*Gateway).trace},
		{method: "GET", path: "/v1/status", handle: s.status, divided: (*Gateway).status},
		{method: "POST", path: "/v1/reindex", handle: s.reindex, divided: (*Gateway).everywhere},
		{method: "POST", path: "/v1/articles/{id}/takedown", params: []string{"reason", "by"}, handle: owner(s.takedown), divided: (*Gateway).byID},
		{method: "POST", path: "/v1/articles/{id}/hold", params: []string{"reason", "by"}, handle: owner(s.hold), divided: (*Gateway).byID},
		{method: "DELETE", path: "/v1/articles/{id}/hold", params: []string{"reason", "by"}, handle: owner(s.release), divided: (*Gateway).byID},
		{method: "GET", path: "/v1/holds", params: []string{"partition", "limit", "cursor"}, handle: owner(undivided(s.holds)), divided: (*Gateway).ofOne},
		{method: "GET", path: "/v1/audit", params: []string{"partition", "after", "limit"}, handle: owner(undivided(s.audit)), divided: (*Gateway).ofOne},
		{method: "GET", path: "/v1/backup", params: []string{"partition"}, whole: true, handle: owner(undivided(s.backup)), divided: (*Gateway).ofOne},
		{method: "GET", path: "/v1/fsck", params: []string{"partition"}, whole: true, handle: owner(undivided(s.fsck)), divided: (*Gateway).ofOne},
		{method: "GET", path: "/openapi.yaml", handle: openAPI, divided: itself(openAPI)},
		{method: "GET", path: "/schemas/{name}", handle: schema, divided: itself(schema)},
	}
}

// serve makes a route a handler: it checks the parameters' names, answers errors as problems, and counts.
func (s *front) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		err := rt.checkParams(r)
		if err == nil {
			err = rt.handle(sw, r)
		}
		broke := sw.wrote
		if err != nil && !broke {
			s.answerProblem(sw, r, err)
		} else if err != nil {
			s.log.Debug("answer broke off", "path", r.URL.Path, "error", err)
		}
		s.metrics.requests.WithLabelValues(rt.path, strconv.Itoa(sw.status)).Inc()
		s.metrics.seconds.WithLabelValues(rt.path).Observe(time.Since(begin).Seconds())
		if err != nil && broke && rt.whole {
			panic(http.ErrAbortHandler) // which breaks the connection off
		}
	})
}

// statusWriter remembers the status for the metrics.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// noRoute tells a wrong method from a wrong path.
func (s *front) noRoute(mux *http.ServeMux, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		takes := strings.Join(allowed, ", ")
		return &problem{Status: http.StatusMethodNotAllowed, Detail: r.URL.Path + " takes " + takes, allow: takes}
	}
	return &problem{Status: http.StatusNotFound, Detail: "there is nothing at " + r.URL.Path + "; /openapi.yaml describes what there is"}
}
