package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	"dateline/docs"
	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

func answer(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return err
}

func (s *Server) articles(w http.ResponseWriter, r *http.Request) error {
	before, n, err := listPage(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	records, err := s.store.Articles(ctx, store.Page{Before: before, Limit: n, Source: r.URL.Query().Get("source")})
	if err != nil {
		return err
	}
	articles, err := s.grouped(records...)
	if err != nil {
		return err
	}
	page := struct {
		Articles []stored `json:"articles"`
		Next     string   `json:"next_cursor,omitempty"`
	}{Articles: articles}
	if len(records) == n {
		page.Next = encodeListCursor(records[n-1].Seq)
	}
	return answer(w, http.StatusOK, page)
}

func (s *Server) article(w http.ResponseWriter, r *http.Request) error {
	record, err := s.store.Article(r.PathValue("id"))
	if err != nil {
		return err
	}
	articles, err := s.grouped(record)
	if err != nil {
		return err
	}
	// What was merged answers with the article that it is part of, and says so.
	return answer(w, http.StatusOK, struct {
		stored
		MergedFrom string `json:"merged_from,omitempty"`
	}{articles[0], mergedFrom(r.PathValue("id"), articles[0].id)})
}

// mergedFrom is the id that was asked for, where the answer is of another article.
func mergedFrom(asked, id string) string {
	if asked == id {
		return ""
	}
	return asked
}

func (s *Server) trace(w http.ResponseWriter, r *http.Request) error {
	url, id := r.URL.Query().Get("url"), r.URL.Query().Get("id")
	switch {
	case url == "" && id == "":
		return &problem{Status: http.StatusBadRequest, Detail: "a trace needs url or id"}
	case url != "" && id != "":
		return badParameter("url", "and id exclude each other")
	case id != "" && !article.ValidID(id):
		return badParameter("id", "is not the id of an article or a journey: 32 hex digits")
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	journeys, err := s.journeys(ctx, url, id)
	if err != nil {
		return err
	}
	if len(journeys) == 0 {
		return &problem{Status: http.StatusNotFound, Detail: "no journey of " + url + id + " has ended"}
	}
	for _, j := range journeys {
		if err := s.addSearchHop(j); err != nil {
			return err
		}
	}
	return answer(w, http.StatusOK, map[string]any{"journeys": journeys})
}

// journeys finds those of a URL, of an article's id, or the one of an origin.
func (s *Server) journeys(ctx context.Context, url, id string) ([]*store.Journey, error) {
	if url != "" {
		return s.store.JourneysOfURL(ctx, url)
	}
	j, err := s.store.Journey(id)
	if err == nil {
		return []*store.Journey{j}, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return s.store.JourneysOfArticle(ctx, id)
}

// addSearchHop adds when the revision that a journey brought became searchable. Nothing is recorded for it: the
// projection's checkpoints tell.
func (s *Server) addSearchHop(j *store.Journey) error {
	if j.Seq == 0 || j.Seq > s.index.Cursor() {
		return nil
	}
	at, ok, err := s.store.CheckpointOf(search.Projection, j.Seq)
	if err != nil || !ok {
		return err
	}
	if at.Before(j.Time) { // a duplicate of what was searchable already
		at = j.Time
	}
	j.Hops = append(j.Hops, article.Hop{Stage: string(article.StageSearch), Time: at, Outcome: "searchable"})
	return nil
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) error {
	st, err := s.store.Stats()
	if err != nil {
		return err
	}
	ix, err := s.index.Stats()
	if err != nil && !errors.Is(err, search.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return answer(w, http.StatusOK, status{
		Articles: st.Articles, LastSeq: st.LastSeq, SearchCursor: s.index.Cursor(), Documents: ix.Documents, Rebuilding: s.index.Rebuilding(),
		GroupedSeq: st.Grouped, StoreBytes: st.Bytes, IndexBytes: ix.Bytes, Available: err == nil,
	})
}

// reindex is for whoever runs the indexer: it is taken from this machine only.
func (s *Server) reindex(w http.ResponseWriter, r *http.Request) error {
	if !local(r) {
		return &problem{Status: http.StatusForbidden, Detail: "reindex is only taken from the machine that the indexer runs on"}
	}
	s.index.Rebuild()
	return answer(w, http.StatusAccepted, map[string]any{"rebuilding": true})
}

// local reports whether a request comes from this machine, and not through a proxy on it. What a gateway passes on comes from
// where the gateway got it.
func local(r *http.Request) bool {
	if via, ok := gatewayOf(r); ok {
		return via.local
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() && ownName(r.Host)
}

// ownName reports whether a request asks for this machine by an address or by its own name. A browser on it that was led here by
// somebody else's name, which was made to resolve to this machine, asks by that name.
func ownName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	own, err := os.Hostname()
	return err == nil && strings.EqualFold(host, own)
}

func openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	if _, err := w.Write(docs.OpenAPI); err != nil {
		return fmt.Errorf("send the API's description: %w", err)
	}
	return nil
}

func schema(w http.ResponseWriter, r *http.Request) error {
	b, err := docs.Schemas.ReadFile("schemas/" + r.PathValue("name"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return &problem{Status: http.StatusNotFound, Detail: "there is no schema " + r.PathValue("name")}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/schema+json")
	_, err = w.Write(b)
	return err
}
