package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"dateline/services/indexer/store"
)

// fsckProgress is how often a check says how far it is.
const fsckProgress = 500 * time.Millisecond

// fsck proves that record, change feed and search index agree, and tells as server-sent events what does not: violation,
// progress, and at last end. One that does not end so has not seen all.
func (s *Server) fsck(w http.ResponseWriter, r *http.Request) error {
	if s.index.Rebuilding() { // before anything is sent
		w.Header().Set("Retry-After", "60")
		return &problem{Status: http.StatusServiceUnavailable, Detail: "the search index is being made anew; check when it is done"}
	}
	release, err := s.takeLong(w)
	if err != nil {
		return err
	}
	defer release()
	control := http.NewResponseController(w)
	var unsent error
	send := func(event string, v any) {
		if unsent != nil {
			return
		}
		data, err := json.Marshal(v)
		if err == nil {
			err = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		}
		if err == nil || errors.Is(err, http.ErrNotSupported) {
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
		}
		if err == nil {
			err = control.Flush()
		}
		unsent = err
	}
	violations := 0
	report := func(v store.Violation) {
		violations++
		send("violation", v)
	}
	said := time.Time{}
	progress := func(done, total uint64) {
		if time.Since(said) > fsckProgress || done == total {
			said = time.Now()
			send("progress", map[string]uint64{"done": done, "total": total})
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	begin := time.Now()
	ctx, cancel := s.untilStopped(r.Context())
	defer cancel()
	if err := s.store.Check(ctx, report, progress); err != nil {
		return err
	}
	if err := s.index.Verify(ctx, report); err != nil {
		return err
	}
	send("end", map[string]int{"violations": violations})
	s.log.Info("record was checked", "violations", violations, "took", time.Since(begin).Round(time.Millisecond))
	return unsent
}
