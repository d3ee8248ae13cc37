package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// What of an article an alert shows at most, so that a delivery is no more than some hundred kilobytes.
const (
	maxTitle   = 500 // in characters
	maxName    = 200
	maxAuthors = 10
	maxLink    = 2000 // bytes; a longer URL is left out
)

// alerts are what a delivery tells of, as the record has it now: an article that was withdrawn or taken down since is not
// shown.
func (a *Alerts) alerts(d *store.Delivery, q *search.Query) ([]article.Alert, error) {
	all := make([]article.Alert, len(d.Matches))
	for i := range d.Matches {
		alert, err := a.alert(d.Query, &d.Matches[i], q)
		if err != nil {
			return nil, fmt.Errorf("alert of change %d: %w", d.Matches[i].Seq, err)
		}
		all[i] = alert
	}
	return all, nil
}

func (a *Alerts) alert(name string, m *store.Match, q *search.Query) (article.Alert, error) {
	alert := article.Alert{
		ID: a.id(name, m), Query: name, Outcome: m.Outcome, API: a.api + "/v1/articles/" + m.ArticleID,
		Change: article.Event{Seq: m.Seq, Outcome: m.Outcome, ArticleID: m.ArticleID, Time: m.Stored}, // should its row be gone
	}
	switch events, err := a.store.Changes(m.Seq-1, 1); {
	case err != nil:
		return alert, err
	case len(events) > 0 && events[0].Seq == m.Seq:
		alert.Change = events[0]
		alert.Change.URL = link(alert.Change.URL)
	}
	latest, err := a.store.Article(m.ArticleID)
	if errors.Is(err, store.ErrNotFound) || err == nil && latest.Hidden() {
		return alert, nil
	}
	if err != nil {
		return alert, err
	}
	r, err := a.store.Record(m.Seq)
	if errors.Is(err, store.ErrNotFound) { // a merge brings no revision
		return alert, nil
	}
	if err != nil {
		return alert, err
	}
	alert.Article, err = shown(r, q)
	return alert, err
}

// shown is what an alert shows of a revision.
func shown(r *store.Record, q *search.Query) (*article.AlertArticle, error) {
	a, err := r.Decode()
	if err != nil {
		return nil, err
	}
	s := &article.AlertArticle{
		Title: cut(a.DisplayTitle.Text, maxTitle), URL: link(a.URL), Publisher: cut(a.Publisher, maxName), Agency: cut(a.Agency, maxName),
		InLanguage: cut(a.InLanguage, maxName), Section: cut(a.Section, maxName), Revision: r.Revision, Stored: r.Stored, Snippet: q.Snippet(a),
	}
	if d := a.DatePublished; d != nil {
		s.DatePublished = &article.Date{Time: d.Time, Precision: d.Precision, ZoneKnown: d.ZoneKnown, From: d.From, Future: d.Future}
	}
	for _, author := range a.Authors[:min(len(a.Authors), maxAuthors)] {
		s.Authors = append(s.Authors, cut(author.Name, maxName))
	}
	return s, nil
}

// cut shortens a text to a number of characters.
func cut(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

func link(url string) string {
	if len(url) > maxLink {
		return ""
	}
	return url
}

// id names an alert. Other stores and a store that was restored give the same numbers to other changes, so these alone would
// not do.
func (a *Alerts) id(name string, m *store.Match) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s %s", a.store.ID(), name, m.Seq, m.ArticleID, m.Stored.UTC().Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:16])
}

// webhookID names a delivery: the same each time it is sent.
func webhookID(alerts []article.Alert) string {
	h := sha256.New()
	for i := range alerts {
		h.Write([]byte(alerts[i].ID))
	}
	return "msg_" + hex.EncodeToString(h.Sum(nil)[:16])
}

// body is what a webhook is sent.
func (a *Alerts) body(d *store.Delivery, alerts []article.Alert) ([]byte, error) {
	w := article.Webhook{Type: article.TypeAlerts, Timestamp: d.Matched}
	w.Data.Query, w.Data.Alerts, w.Data.API = d.Query, alerts, a.api+"/v1/queries/"+d.Query
	return json.Marshal(w)
}

// sign is webhook-signature as Standard Webhooks 1.0 has it: HMAC-SHA256 over id, timestamp and body.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := decodeSecret(secret)
	if err != nil {
		return "", fmt.Errorf("webhook's secret: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
