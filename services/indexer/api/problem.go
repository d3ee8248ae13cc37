package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// problem is an error as RFC 9457 has it. Its type is about:blank, so its title is the status's.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Parameter string `json:"parameter,omitempty"` // the one at fault

	Syntax    *syntax `json:"syntax,omitempty"`    // what is wrong with a query
	Tombstone *gone   `json:"tombstone,omitempty"` // of an article that was taken down

	allow string
	retry string // seconds after which to try again
}

// syntax says where a query is wrong. Its offsets count from zero.
type syntax struct {
	Byte      int    `json:"byte"`
	Character int    `json:"character"` // in Unicode code points
	Expected  string `json:"expected"`
	Found     string `json:"found"`
}

func (p *problem) Error() string { return p.Detail }

// badParameter is a problem that a parameter of the query makes.
func badParameter(name, detail string) error {
	return &problem{Status: http.StatusBadRequest, Detail: name + " " + detail, Parameter: name}
}

// answerProblem answers an error. What is not the asker's fault is logged, and not told in detail.
func (s *front) answerProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := &problem{}
	pe := &search.ParamError{}
	switch {
	case errors.As(err, &p):
	case heldOrGone(err) != nil:
		p = heldOrGone(err)
	case errors.As(err, &pe):
		p = &problem{Status: http.StatusBadRequest, Detail: pe.Param + " " + pe.Detail, Parameter: pe.Param}
		if e := pe.Syntax; e != nil {
			p.Detail = pe.Param + ": " + pe.Detail
			p.Syntax = &syntax{e.Byte, e.Character, e.Expected, e.Found}
		}
	case errors.Is(err, store.ErrNotFound):
		p = &problem{Status: http.StatusNotFound, Detail: err.Error()}
	case errors.Is(err, search.ErrUnavailable):
		s.log.Warn("search backend does not answer", "path", r.URL.Path, "error", err)
		p = &problem{Status: http.StatusServiceUnavailable, Detail: "the search index is not available; what is stored meanwhile can be searched later"}
		w.Header().Set("Retry-After", "10")
	case errors.Is(err, context.DeadlineExceeded):
		p = &problem{Status: http.StatusServiceUnavailable, Detail: "the answer took too long; ask for less, or later"}
		w.Header().Set("Retry-After", "5")
	case r.Context().Err() != nil: // nobody is there to read it
		p = &problem{Status: http.StatusServiceUnavailable, Detail: "the request was given up"}
	case errors.Is(err, store.ErrClosed):
		p = &problem{Status: http.StatusServiceUnavailable, Detail: "the indexer is stopping"}
		w.Header().Set("Retry-After", "5")
	default:
		s.log.Error("request failed", "path", r.URL.Path, "error", err)
		p = &problem{Status: http.StatusInternalServerError, Detail: "the indexer failed to answer; its log has the cause"}
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	if p.retry != "" {
		w.Header().Set("Retry-After", p.retry)
	}
	if p.allow != "" {
		w.Header().Set("Allow", p.allow)
	}
	b, err := json.Marshal(p)
	if err != nil { // a problem holds nothing that JSON cannot
		panic(err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(b)
}
