package opensearch

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// server takes in what a backend sends, as OpenSearch does, and can be told to fail. It stands for a server that has no
// room, loses its index or goes away, and searches nothing: what OpenSearch finds is for TestConformance to say.
type server struct {
	*httptest.Server

	mu       sync.Mutex
	template json.RawMessage
	indexes  map[string]*index
	requests []string                                // method and path, in order
	actions  []string                                // of /_aliases, request by request
	down     int                                     // status of every answer, if any
	fail     func(id string, attempt int) (int, any) // status and error of an item, 0 where it is taken
	attempts map[string]int                          // of items
	largest  int                                     // bytes of a request above which it is refused
	search   func(s *server, ix *index, body map[string]any, scroll bool) any
}

type index struct {
	meta    json.RawMessage
	aliases map[string]bool
	docs    map[string]*stored
}

type stored struct {
	source  json.RawMessage
	version int64
	deleted bool
}

func newServer(t testing.TB) *server {
	s := &server{indexes: map[string]*index{}, attempts: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// at finds an index by its name or an alias.
func (s *server) at(name string) (string, *index) {
	if ix := s.indexes[name]; ix != nil {
		return name, ix
	}
	for n, ix := range s.indexes {
		if ix.aliases[name] {
			return n, ix
		}
	}
	return "", nil
}

func (ix *index) live() map[string]json.RawMessage {
	docs := map[string]json.RawMessage{}
	for id, d := range ix.docs {
		if !d.deleted {
			docs[id] = d.source
		}
	}
	return docs
}

// put writes a version, as version_type external and external_gte do.
func (ix *index) put(id string, source json.RawMessage, version int64, orSame bool) (conflict bool) {
	if d := ix.docs[id]; d != nil && (version < d.version || version == d.version && !orSame) {
		return true
	}
	ix.docs[id] = &stored{source, version, source == nil}
	return false
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		in, _ = gzip.NewReader(r.Body)
	}
	body, _ := io.ReadAll(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	code, answer := s.answer(r, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer)
}

func failure(code int, reason string) (int, any) {
	return code, object{"status": code, "error": object{"type": "failure", "reason": reason}}
}

func (s *server) answer(r *http.Request, body []byte) (int, any) {
	if s.down != 0 {
		return failure(s.down, "this server is not well")
	}
	if s.largest > 0 && len(body) > s.largest {
		return failure(http.StatusRequestEntityTooLarge, "too large")
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	name, what := parts[0], ""
	if len(parts) > 1 {
		what = parts[1]
	}
	switch {
	case name == "": // is it alive?
		return 200, object{"version": object{"number": "2.19.0", "distribution": "opensearch"}}
	case name == "_cluster" || name == "_nodes":
		return 200, object{}
	case name == "_index_template":
		s.template = body
		return 200, object{"acknowledged": true}
	case name == "_aliases":
		return s.moveAliases(body)
	case name == "_search" && s.search != nil: // scroll
		return 200, s.search(s, nil, nil, true)
	case what == "" && r.Method == http.MethodGet:
		all := object{}
		for n, ix := range s.indexes {
			if ok, _ := path.Match(name, n); ok {
				aliases := object{}
				for a := range ix.aliases {
					aliases[a] = object{}
				}
				all[n] = object{"aliases": aliases, "mappings": object{"_meta": ix.meta}}
			}
		}
		return 200, all
	case what == "" && r.Method == http.MethodPut:
		var made struct {
			Mappings struct {
				Meta json.RawMessage `json:"_meta"`
			}
			Aliases map[string]any
		}
		_ = json.Unmarshal(body, &made)
		ix := &index{meta: made.Mappings.Meta, aliases: map[string]bool{}, docs: map[string]*stored{}}
		for a := range made.Aliases {
			ix.aliases[a] = true
		}
		s.indexes[name] = ix
		return 200, object{"acknowledged": true}
	case what == "" && r.Method == http.MethodDelete:
		if s.indexes[name] == nil {
			return failure(404, "no such index")
		}
		delete(s.indexes, name)
		return 200, object{"acknowledged": true}
	case what == "_bulk":
		return s.bulk(name, r, body)
	}
	_, ix := s.at(name)
	if ix == nil && what == "_doc" && r.Method == http.MethodPut {
		ix = &index{docs: map[string]*stored{}}
		s.indexes[name] = ix
	}
	if ix == nil {
		return failure(404, "no such index")
	}
	switch {
	case what == "_doc" && r.Method == http.MethodPut:
		version, _ := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
		if ix.put(parts[2], body, version, r.URL.Query().Get("version_type") == "external_gte") {
			return failure(409, "conflict")
		}
		return 200, object{"_id": parts[2], "result": "created"}
	case what == "_doc":
		if d := ix.live()[parts[2]]; d != nil {
			return 200, object{"_id": parts[2], "found": true, "_source": d}
		}
		return 404, object{"_id": parts[2], "found": false}
	case what == "_refresh":
		return 200, object{"_shards": object{}}
	case what == "_count":
		return 200, object{"count": len(ix.live())}
	case what == "_stats":
		return 200, object{"_all": object{"primaries": object{"docs": object{"count": len(ix.live())}, "store": object{"size_in_bytes": 1}}}}
	case what == "_mget":
		var ask struct{ IDs []string }
		_ = json.Unmarshal(body, &ask)
		var docs []object
		for _, id := range ask.IDs {
			d := ix.live()[id]
			docs = append(docs, object{"_id": id, "found": d != nil, "_source": d})
		}
		return 200, object{"docs": docs}
	case what == "_search" && s.search != nil:
		var ask map[string]any
		_ = json.Unmarshal(body, &ask)
		return 200, s.search(s, ix, ask, r.URL.Query().Get("scroll") != "")
	}
	return failure(400, "no such thing: "+r.Method+" "+r.URL.Path)
}

// moveAliases carries out all actions or none.
func (s *server) moveAliases(body []byte) (int, any) {
	var ask struct {
		Actions []map[string]struct{ Index, Alias string }
	}
	_ = json.Unmarshal(body, &ask)
	var done []string
	for _, a := range ask.Actions {
		for action, on := range a {
			ix := s.indexes[on.Index]
			if ix == nil {
				return failure(404, "no such index")
			}
			if action == "remove_index" {
				delete(s.indexes, on.Index)
			} else {
				ix.aliases[on.Alias] = true
			}
			done = append(done, action)
		}
	}
	s.actions = append(s.actions, strings.Join(done, " "))
	return 200, object{"acknowledged": true}
}

func (s *server) bulk(name string, r *http.Request, body []byte) (int, any) {
	_, ix := s.at(name)
	if s.indexes[name] != nil && r.URL.Query().Get("require_alias") == "true" {
		ix = nil
	}
	var items []object
	for lines := bytes.NewBuffer(body); lines.Len() > 0; {
		line, _ := lines.ReadBytes('\n')
		var head map[string]struct {
			ID          string `json:"_id"`
			Version     int64  `json:"version"`
			VersionType string `json:"version_type"`
		}
		if err := json.Unmarshal(line, &head); err != nil {
			return failure(400, err.Error())
		}
		for action, h := range head {
			var source json.RawMessage
			if action == "index" {
				source, _ = lines.ReadBytes('\n')
			}
			s.attempts[h.ID]++
			item := object{"_id": h.ID, "status": 200}
			code, cause := 0, any(nil)
			if s.fail != nil {
				code, cause = s.fail(h.ID, s.attempts[h.ID])
			}
			switch {
			case ix == nil:
				item["status"], item["error"] = 404, object{"type": "index_not_found_exception", "reason": "no such index"}
			case h.VersionType != "external":
				item["status"], item["error"] = 400, object{"type": "test", "reason": "no external version"}
			case code != 0:
				item["status"], item["error"] = code, cause
			case source == nil && ix.docs[h.ID] == nil:
				ix.put(h.ID, nil, h.Version, false)
				item["status"], item["result"] = 404, "not_found"
			case ix.put(h.ID, source, h.Version, false):
				item["status"], item["error"] = 409, object{"type": "version_conflict_engine_exception", "reason": "conflict"}
			}
			items = append(items, object{action: item})
		}
	}
	return 200, object{"items": items}
}

// state tells what is on the server: of each index its documents and aliases.
func (s *server) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for name, ix := range s.indexes {
		var aliases []string
		for a := range ix.aliases {
			if !strings.Contains(a, "-write-") {
				aliases = append(aliases, a)
			}
		}
		if slices.Sort(aliases); len(aliases) > 0 {
			name = strings.Join(aliases, "+")
		}
		all = append(all, fmt.Sprintf("%s: %d", name, len(ix.live())))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
