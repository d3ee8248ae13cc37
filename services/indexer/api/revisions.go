package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/diff"
	"dateline/services/indexer/store"
)

// revision is one as a list tells of it.
type revision struct {
	Revision int                   `json:"revision"`
	Seq      uint64                `json:"seq"`
	Stored   time.Time             `json:"stored"`
	Captured time.Time             `json:"captured,omitzero"`
	Title    string                `json:"title"`
	URL      string                `json:"url,omitempty"`
	Changed  []string              `json:"changed"`
	Removal  article.RemovalReason `json:"removal,omitempty"`
}

// revisions lists an article's revisions, the latest first.
func (s *Server) revisions(w http.ResponseWriter, r *http.Request) error {
	before, n, err := listPage(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	records, err := s.store.Revisions(ctx, r.PathValue("id"), before, n+1) // the one more tells what the last changed
	if err != nil {
		return err
	}
	page := struct {
		ArticleID string     `json:"article_id"`
		Revisions []revision `json:"revisions"`
		Next      string     `json:"next_cursor,omitempty"`
	}{Revisions: []revision{}}
	for i, record := range records[:min(n, len(records))] {
		var was *store.Record
		if i+1 < len(records) {
			was = records[i+1]
		}
		a, err := record.Decode()
		if err != nil {
			return err
		}
		changed, err := store.Changed(was, record)
		if err != nil {
			return err
		}
		v := revision{Revision: record.Revision, Seq: record.Seq, Stored: record.Stored, Title: a.DisplayTitle.Text, URL: a.URL, Changed: changed}
		if a.Capture != nil {
			v.Captured = a.Capture.Time
		}
		if record.Removal != nil {
			v.Removal, v.Captured = record.Removal.Reason, record.Removal.Time
		}
		page.ArticleID, page.Revisions = a.ID, append(page.Revisions, v)
	}
	if len(records) > n {
		page.Next = encodeListCursor(records[n-1].Seq)
	}
	return answer(w, http.StatusOK, page)
}

// revision answers with one revision.
func (s *Server) revision(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || n < 1 {
		return badParameter("revision", fmt.Sprintf("%q is not the number of a revision", r.PathValue("number")))
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	record, err := s.store.Revision(ctx, r.PathValue("id"), n)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, record)
}

// diff tells what differs between two revisions: the last two, unless others are asked for.
func (s *Server) diff(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	id := r.PathValue("id")
	latest, err := s.store.Article(id)
	if err != nil {
		return err
	}
	number := func(name string, otherwise int) (int, error) {
		v := r.URL.Query().Get(name)
		if v == "" {
			return otherwise, nil
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > latest.Revision {
			return 0, badParameter(name, fmt.Sprintf("%q is not the number of a revision, from 1 to %d", v, latest.Revision))
		}
		return n, nil
	}
	to, err := number("to", latest.Revision)
	if err != nil {
		return err
	}
	from, err := number("from", max(1, to-1))
	if err != nil {
		return err
	}
	var records [2]*store.Record
	var articles [2]*article.Article
	for i, n := range []int{from, to} {
		if records[i], err = s.store.Revision(ctx, id, n); err != nil {
			return err
		}
		if articles[i], err = records[i].Decode(); err != nil {
			return err
		}
	}
	return answer(w, http.StatusOK, struct {
		ArticleID string           `json:"article_id"`
		From      int              `json:"from"`
		To        int              `json:"to"`
		Removal   *article.Removal `json:"removal,omitempty"`
		Fields    []diff.Field     `json:"fields"`
	}{articles[1].ID, from, to, records[1].Removal, diff.Articles(articles[0], articles[1])})
}

// addresses tells where an article is known, and what was merged into it.
func (s *Server) addresses(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	a, err := s.store.Addresses(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, struct {
		*store.Addresses
		MergedFrom string `json:"merged_from,omitempty"`
	}{a, mergedFrom(r.PathValue("id"), a.ArticleID)})
}

// undo parts what a merge made one. It is for whoever runs the indexer: taken from this machine only.
func (s *Server) undo(w http.ResponseWriter, r *http.Request) error {
	if !local(r) {
		return &problem{Status: http.StatusForbidden, Detail: "merges are only undone from the machine that the indexer runs on"}
	}
	n, err := strconv.ParseUint(r.PathValue("number"), 10, 63)
	if err != nil {
		return badParameter("merge", fmt.Sprintf("%q is not the number of a merge", r.PathValue("number")))
	}
	if id := r.URL.Query().Get("article"); id != "" {
		a, err := s.store.Addresses(r.Context(), id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(a.Merges, func(m *store.Merge) bool { return m.Number == n }) {
			return &problem{Status: http.StatusNotFound, Detail: fmt.Sprintf("article %s has no merge %d", id, n)}
		}
	}
	m, err := s.store.Undo(r.Context(), n)
	if errors.Is(err, store.ErrUndone) {
		return &problem{Status: http.StatusConflict, Detail: err.Error()}
	}
	if err != nil {
		return err
	}
	s.log.Info("merge undone by hand", "merge", m.Number, "article", m.From, "from", m.Into)
	return answer(w, http.StatusOK, m)
}

// repeated lists the texts that are refused, because their sites show them at many addresses.
func (s *Server) repeated(w http.ResponseWriter, _ *http.Request) error {
	list, err := s.store.Repeated()
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"repeated": list})
}

// changeRepeated allows a text, or forgets it. It is for whoever runs the indexer: taken from this machine only.
func (s *Server) changeRepeated(change func(*store.Store, string) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !local(r) {
			return &problem{Status: http.StatusForbidden, Detail: "what is refused is only changed from the machine that the indexer runs on"}
		}
		id := r.PathValue("id")
		if err := change(s.store, id); err != nil {
			return err
		}
		s.log.Info("repeated text changed by hand", "text", id, "method", r.Method)
		return s.repeated(w, r)
	}
}

// articleID reads the id out of a record's article.
func articleID(r *store.Record) (string, error) {
	var named struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(r.Article, &named); err != nil {
		return "", fmt.Errorf("record %d: %w", r.Seq, err)
	}
	return named.ID, nil
}
