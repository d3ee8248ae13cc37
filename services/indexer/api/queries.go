package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"dateline/services/indexer/alerts"
	"dateline/services/indexer/store"
)

// maxDefinition is the most bytes of a saved query as it is sent.
const maxDefinition = 64 << 10

// savedQuery is a saved query as the API shows it: without the webhook's secret, except where that was just made.
type savedQuery struct {
	store.SavedQuery
	Webhook *savedWebhook    `json:"webhook,omitempty"`
	State   store.QueryState `json:"state"`
}

type savedWebhook struct {
	URL    string `json:"url"`
	Secret string `json:"secret,omitempty"`
}

func showQuery(q store.SavedQuery, st store.QueryState, secret string) savedQuery {
	s := savedQuery{SavedQuery: q, State: st}
	if q.Webhook != nil {
		s.Webhook = &savedWebhook{q.Webhook.URL, secret}
	}
	return s
}

func (s *Server) queries(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, defaultLimit, maxLimit)
	if err != nil {
		return err
	}
	from, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("cursor"))
	if err != nil {
		return badParameter("cursor", "is not a cursor that this API gave")
	}
	all, _, err := s.store.Queries()
	if err != nil {
		return err
	}
	page := struct {
		Queries []savedQuery `json:"queries"`
		Next    string       `json:"next_cursor,omitempty"`
	}{Queries: []savedQuery{}}
	for _, q := range all {
		if q.Name < string(from) {
			continue
		}
		if len(page.Queries) == n {
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(q.Name))
			break
		}
		q, st, err := s.store.Query(q.Name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		page.Queries = append(page.Queries, showQuery(q, st, ""))
	}
	return answer(w, http.StatusOK, page)
}

func (s *Server) query(w http.ResponseWriter, r *http.Request) error {
	q, st, err := s.store.Query(r.PathValue("query"))
	if err != nil {
		return err
	}
	secret := ""
	if _, among := gatewayOf(r); among && q.Webhook != nil { // so that all partitions have one
		secret = q.Webhook.Secret
	}
	return answer(w, http.StatusOK, showQuery(q, st, secret))
}

func (s *Server) putQuery(w http.ResponseWriter, r *http.Request) error {
	d, err := readDefinition(w, r)
	if err != nil {
		return err
	}
	q, secret, err := s.alerts.Save(r.Context(), r.PathValue("query"), d)
	if errors.Is(err, store.ErrTooManyQueries) {
		return &problem{Status: http.StatusConflict, Detail: store.ErrTooManyQueries.Error()}
	}
	if err != nil {
		return blameDefinition(err)
	}
	_, st, err := s.store.Query(q.Name)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showQuery(q, st, secret))
}

// readDefinition reads the saved query that a request puts.
func readDefinition(w http.ResponseWriter, r *http.Request) (d alerts.Definition, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDefinition))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return d, &problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a saved query has at most %d bytes", large.Limit)}
	}
	if err != nil {
		return d, &problem{Status: http.StatusBadRequest, Detail: "the body could not be read: " + err.Error()}
	}
	if d, err = alerts.ParseDefinition(body); err != nil {
		return d, blameDefinition(err)
	}
	return d, nil
}

// blameDefinition makes what is wrong with a definition a problem.
func blameDefinition(err error) error {
	if de := (*alerts.DefinitionError)(nil); errors.As(err, &de) {
		return &problem{Status: http.StatusBadRequest, Detail: de.Error(), Parameter: de.Field}
	}
	return err
}

func (s *Server) deleteQuery(w http.ResponseWriter, r *http.Request) error {
	if err := s.store.RemoveQuery(r.Context(), r.PathValue("query")); err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"removed": r.PathValue("query")})
}

// deliveries lists those by webhook that wait or that are dead.
func (s *Server) deliveries(w http.ResponseWriter, r *http.Request) error {
	after, n, err := listPage(r)
	if err != nil {
		return err
	}
	state := r.URL.Query().Get("state")
	if state != "" && state != "dead" && state != "pending" {
		return badParameter("state", fmt.Sprintf("%q is neither dead nor pending", state))
	}
	q, st, err := s.store.Query(r.PathValue("query"))
	if err != nil {
		return err
	}
	deliveries, err := s.store.WebhookDeliveries(q.Name, state != "pending", after, n)
	if err != nil {
		return err
	}
	page := struct {
		Deliveries []*store.Delivery `json:"deliveries"`
		State      store.OutletState `json:"state"`
		Next       string            `json:"next_cursor,omitempty"`
	}{Deliveries: deliveries, State: st.Webhook}
	if len(deliveries) == 0 {
		page.Deliveries = []*store.Delivery{}
	}
	if len(deliveries) == n {
		page.Next = encodeListCursor(deliveries[n-1].First())
	}
	return answer(w, http.StatusOK, page)
}

func (s *Server) retryQuery(w http.ResponseWriter, r *http.Request) error {
	n, err := s.alerts.Retry(r.Context(), r.PathValue("query"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"retried": n})
}

// feed answers with a saved query's feed, or with 304 where the asker has it.
func (s *Server) feed(media string, format func(*alerts.Feed) ([]byte, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := s.alerts.Feed(r.PathValue("query"))
		if err != nil {
			return err
		}
		if _, among := gatewayOf(r); among {
			return answer(w, http.StatusOK, f)
		}
		return sendFeed(w, r, f, media, format)
	}
}

func sendFeed(w http.ResponseWriter, r *http.Request, f *alerts.Feed, media string, format func(*alerts.Feed) ([]byte, error)) error {
	body, err := format(f)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", etag(body))
	http.ServeContent(w, r, "", f.Updated().Truncate(time.Second), bytes.NewReader(body))
	return nil
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
