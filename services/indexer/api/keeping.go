package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/backup"
	"dateline/services/indexer/store"
)

// decision reads why something is done to an article, and by whom.
func decision(r *http.Request) (store.Decision, error) {
	d := store.Decision{Reason: r.URL.Query().Get("reason"), By: r.URL.Query().Get("by")}
	if err := d.Validate(); err != nil {
		return d, &problem{Status: http.StatusBadRequest, Detail: err.Error()}
	}
	return d, nil
}

// owner lets only those in who are on the machine that the indexer runs on.
func owner(handle func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !local(r) {
			return &problem{Status: http.StatusForbidden, Detail: r.URL.Path + " is only answered to the machine that the indexer runs on"}
		}
		return handle(w, r)
	}
}

// takedown erases an article. Doing so twice changes nothing.
func (s *Server) takedown(w http.ResponseWriter, r *http.Request) error {
	d, err := decision(r)
	if err != nil {
		return err
	}
	t, again, err := s.store.Takedown(r.Context(), r.PathValue("id"), d)
	if err != nil {
		return err
	}
	if !again {
		s.metrics.takedowns.Inc()
		s.log.Info("article was taken down", "article", t.ArticleID, "by", t.By, "change", t.Seq)
	}
	return answer(w, http.StatusOK, t)
}

func (s *Server) hold(w http.ResponseWriter, r *http.Request) error {
	return s.decideHold(w, r, s.store.PutHold)
}

func (s *Server) release(w http.ResponseWriter, r *http.Request) error {
	return s.decideHold(w, r, s.store.ReleaseHold)
}

func (s *Server) decideHold(w http.ResponseWriter, r *http.Request, do func(string, store.Decision) (store.Hold, error)) error {
	d, err := decision(r)
	if err != nil {
		return err
	}
	h, err := do(r.PathValue("id"), d)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, h)
}

func (s *Server) holds(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, maxLimit, maxLimit)
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("cursor")
	if after != "" && !article.ValidID(after) {
		return badParameter("cursor", "is not a cursor that this API gave")
	}
	holds, err := s.store.Holds(after, n)
	if err != nil {
		return err
	}
	page := struct {
		Holds []store.Hold `json:"holds"`
		Next  string       `json:"next_cursor,omitempty"`
	}{Holds: holds}
	if holds == nil {
		page.Holds = []store.Hold{}
	}
	if len(holds) == n {
		page.Next = holds[n-1].ArticleID
	}
	return answer(w, http.StatusOK, page)
}

func (s *Server) audit(w http.ResponseWriter, r *http.Request) error {
	from, err := after("after", r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	n, err := limit(r, defaultChanges, maxChanges)
	if err != nil {
		return err
	}
	lines, err := s.store.AuditLog(from, n)
	if err != nil {
		return err
	}
	page := struct {
		Entries []store.Audited `json:"entries"`
		Next    uint64          `json:"next"` // after, of the next page
	}{Entries: lines, Next: from}
	if lines == nil {
		page.Entries = []store.Audited{}
	} else {
		page.Next = lines[len(lines)-1].Number
	}
	return answer(w, http.StatusOK, page)
}

// backup answers with a copy of the record as it is now. One that does not end with its manifest is not whole.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) error {
	release, err := s.takeLong(w)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := s.untilStopped(r.Context())
	defer cancel()
	begin := time.Now()
	var m backup.Manifest
	out := &pieces{w: w, control: http.NewResponseController(w)}
	err = s.store.Backup(func(of backup.Manifest, from io.WriterTo) error {
		m = of
		h := w.Header()
		h.Set("Content-Type", "application/zstd")
		h.Set("Content-Disposition", `attachment; filename="dateline-`+m.Taken.Format("20060102T150405Z")+`.backup"`)
		h.Set("Cache-Control", "no-store")
		h.Set(headerBytes, strconv.FormatInt(m.Bytes, 10))
		w.WriteHeader(http.StatusOK)
		return backup.Write(&attended{out, ctx}, m, from)
	})
	outcome := outcomeWhole
	if err != nil {
		outcome = outcomeBroken
		if !out.failed {
			s.log.Error("backup broke off", "error", err)
		}
	} else {
		s.log.Info("record was backed up", "change", m.LastSeq, "articles", m.Articles, "bytes", m.Bytes, "took", time.Since(begin).Round(time.Millisecond))
		s.metrics.lastBackup.Set(float64(m.Taken.Unix()))
	}
	s.metrics.backups.WithLabelValues(outcome).Inc()
	return err
}

// takeLong lets one in of those who keep the record as it is for long: as long as they run, its file only grows.
func (s *Server) takeLong(w http.ResponseWriter) (release func(), err error) {
	select {
	case s.long <- struct{}{}:
		return func() { <-s.long }, nil
	default:
		w.Header().Set("Retry-After", "60")
		return nil, &problem{Status: http.StatusServiceUnavailable, Detail: "a backup or a check is under way; try again later"}
	}
}

// headerBytes tells how many bytes a backup has when it is unpacked.
const headerBytes = "Dateline-Store-Bytes"

// attended writes as long as a context lives.
type attended struct {
	io.Writer
	ctx context.Context
}

func (a *attended) Write(b []byte) (int, error) {
	if a.ctx.Err() != nil {
		return 0, context.Cause(a.ctx)
	}
	return a.Writer.Write(b)
}

// untilStopped is a request's context that ends, too, when the server is to stop.
func (s *Server) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stopping := errors.New("the indexer is stopping")
	select {
	case <-s.stopping:
		cancel(stopping)
	default:
		go func() {
			select {
			case <-s.stopping:
				cancel(stopping)
			case <-ctx.Done():
			}
		}()
	}
	return ctx, func() { cancel(nil) }
}

// gone is what remains of an article that was taken down, as anybody may know it.
type gone struct {
	ArticleID string    `json:"article_id"`
	Time      time.Time `json:"time"`
	Reason    string    `json:"reason"`
}

// heldOrGone is the problem that an article's hold or tombstone makes; nil for other errors.
func heldOrGone(err error) *problem {
	var down *store.TakenDownError
	switch {
	case errors.As(err, &down):
		return &problem{
			Status: http.StatusGone, Detail: "article " + down.ArticleID + " was " + down.Error(), Tombstone: &gone{down.ArticleID, down.Time, down.Reason},
		}
	case errors.Is(err, store.ErrHeld), errors.Is(err, store.ErrNotHeld):
		return &problem{Status: http.StatusConflict, Detail: err.Error()}
	}
	return nil
}
