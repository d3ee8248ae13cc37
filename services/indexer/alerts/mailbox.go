package alerts

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"dateline/services/indexer/store"
)

// mailbox knows which saved queries have something for their webhooks, and when that may be sent. What it knows comes from the
// store; it is read under the lock, so that an arrival after the reading is not overwritten.
type mailbox struct {
	store   *store.Store
	changed chan struct{} // has one when something may have become due sooner

	mu  sync.Mutex
	due map[string]waiting // by name
}

type waiting struct {
	name string
	at   time.Time
	host string // of the webhook, once that has been looked at
}

func newMailbox(st *store.Store) *mailbox {
	return &mailbox{store: st, due: map[string]waiting{}, changed: make(chan struct{}, 1)}
}

// lookAfter is how long to wait after the store could not be read.
const lookAfter = time.Second

// look reads how a query and its deliveries stand. ok is false where nothing waits that could be sent.
func (m *mailbox) look(name string) (q store.SavedQuery, st store.QueryState, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q, st, err = m.store.Query(name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		delete(m.due, name)
		return q, st, false, nil
	case err != nil:
		m.due[name] = waiting{name: name, at: time.Now().Add(lookAfter)}
		return q, st, false, err
	case q.Webhook == nil || st.Webhook.Pending == 0 || st.Webhook.Disabled:
		delete(m.due, name)
		return q, st, false, nil
	}
	m.due[name] = waiting{name, st.Webhook.Next, hostOf(q.Webhook.URL)}
	m.wake()
	return q, st, true, nil
}

func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return u.Host
	}
	return raw
}

// arrived is told that a query has something new; one that waits for another attempt goes on waiting.
func (m *mailbox) arrived(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.due[name]; ok {
		return
	}
	m.due[name] = waiting{name: name}
	m.wake()
}

func (m *mailbox) wake() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// ready lists what may be sent now, that which waits longest first, and how long until more may.
func (m *mailbox) ready(now time.Time) (ready []waiting, next time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next = time.Minute
	for _, w := range m.due {
		if wait := w.at.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		ready = append(ready, w)
	}
	slices.SortFunc(ready, func(a, b waiting) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name)) })
	return ready, next
}
