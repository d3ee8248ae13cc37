package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

// The buckets of saved queries. Nothing of an article is in them but its id, so that what is taken out of the record is
// nowhere else.
var (
	bucketQueries = []byte("queries")       // name -> SavedQuery as JSON
	bucketState   = []byte("query_state")   // name -> QueryState as JSON
	bucketMatches = []byte("query_matches") // name, 0, seq -> Match as JSON; the latest keepMatches
	bucketMatched = []byte("query_matched") // article id, name -> seq of its row in bucketMatches
	bucketMail    = []byte("query_mail")    // outlet, name, 0, seq of the first match -> Delivery as JSON; to be delivered
	bucketDead    = []byte("query_dead")    // name, 0, seq of the first match -> Delivery as JSON; given up

	queryBuckets = [][]byte{bucketQueries, bucketState, bucketMatches, bucketMatched, bucketMail, bucketDead}

	metaQueries = []byte("queries") // in bucketMeta: counts changes of the saved queries
	metaAlerted = []byte("alerted") // in bucketMeta: the change up to which saved queries are matched
)

// What is kept of one saved query.
const (
	keepMatches = 10_000  // an article that matched before these is new to the query once more
	maxMail     = 100_000 // matches that wait for delivery, per outlet; and as many dead ones
)

// DeliveryMatches is the most matches of one delivery.
const DeliveryMatches = 100

// MaxQueries is the most saved queries of a store.
const MaxQueries = 10_000

// Errors that callers decide by.
var (
	ErrTooManyQueries = fmt.Errorf("there are %d saved queries already, the most there can be", MaxQueries)
	ErrQueriesChanged = errors.New("saved queries have changed meanwhile")
)

// SavedQuery is a query that each change is matched against.
type SavedQuery struct {
	Name    string            `json:"name"`
	Search  map[string]string `json:"search"`  // parameters of a search, by name
	Changes []article.Outcome `json:"changes"` // that it tells of; new is one of them
	Webhook *Webhook          `json:"webhook,omitempty"`
	NATS    bool              `json:"nats"`
	Created time.Time         `json:"created"`
	Since   uint64            `json:"since"` // it is matched against changes above this
}

// Webhook is where a saved query's alerts are posted to.
type Webhook struct {
	URL    string `json:"url"`
	Secret string `json:"secret"` // whsec_ and the key in base64
}

// Outlet is a way on which alerts are delivered.
type Outlet string

// The outlets.
const (
	ByWebhook Outlet = "webhook"
	ByNATS    Outlet = "nats"
)

// Outlets are all there are.
var Outlets = []Outlet{ByWebhook, ByNATS}

// QueryState is what a saved query has brought and how its deliveries do.
type QueryState struct {
	Matched uint64      `json:"matched"` // alerts so far
	Kept    int         `json:"kept"`    // of them, in feeds
	Webhook OutletState `json:"webhook"`
	NATS    OutletState `json:"nats"`
}

// OutletState is how the deliveries of one outlet do. Numbers are of matches, not of deliveries.
type OutletState struct {
	Pending   int       `json:"pending"`
	Dead      int       `json:"dead"`
	Delivered uint64    `json:"delivered"`
	Dropped   uint64    `json:"dropped"` // because too many waited or were dead
	Last      time.Time `json:"last_delivered,omitzero"`

	// Of the webhook since it last worked.
	Failures int       `json:"failures"` // attempts
	Since    time.Time `json:"failing_since,omitzero"`
	Next     time.Time `json:"next_attempt,omitzero"`
	Error    string    `json:"last_error,omitempty"`
	Disabled bool      `json:"disabled"` // it answered 410: nothing is sent until the query is put again or its deliveries are retried
}

func (s *QueryState) of(o Outlet) *OutletState {
	if o == ByNATS {
		return &s.NATS
	}
	return &s.Webhook
}

// mend has deliveries tried again at once.
func (o *OutletState) mend() {
	o.Failures, o.Since, o.Next, o.Error, o.Disabled = 0, time.Time{}, time.Time{}, "", false
}

// Match is one alert: a change that a saved query tells of.
type Match struct {
	Seq       uint64          `json:"seq"`
	Outcome   article.Outcome `json:"outcome"` // new where the article had not matched before, whatever the change's
	ArticleID string          `json:"article_id"`
	Stored    time.Time       `json:"stored"` // the change's time
}

// Delivery is the matches of a saved query that are delivered together. Once it has been sent its matches
// do not change, so that each attempt sends the same.
type Delivery struct {
	Query   string    `json:"query"`
	Matched time.Time `json:"matched"`
	Matches []Match   `json:"matches"` // 1 to DeliveryMatches

	Waits time.Time `json:"waits"` // since then: since it was matched, or revived

	// Sealed says that it may have been sent although it is not the oldest: it takes no more matches.
	Sealed bool `json:"sealed,omitempty"`

	// Of a dead one.
	Died  time.Time `json:"died,omitzero"`
	Error string    `json:"error,omitempty"`
}

// First names a delivery among those of its query.
func (d *Delivery) First() uint64 { return d.Matches[0].Seq }

// prepareQueries makes the buckets of saved queries in a store of before them.
func (s *Store) prepareQueries() error {
	there := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		there = tx.Bucket(bucketMeta).Get(metaAlerted) != nil
		return nil
	})
	if err != nil || there {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range queryBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(metaAlerted, key(s.last.Load()))
	})
}

// PutQuery stores a saved query, new or in place of the one of its name; that one's Created and Since stay, and so do the
// matches it had. What waits for an outlet that the new one does not have goes. A webhook that was disabled is tried again.
func (s *Store) PutQuery(ctx context.Context, q SavedQuery) (SavedQuery, error) {
	err := s.alter(ctx, func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketQueries)
		old, err := readQuery(tx, q.Name)
		switch {
		case errors.Is(err, ErrNotFound):
			if b.Stats().KeyN >= MaxQueries {
				return ErrTooManyQueries
			}
			q.Created, q.Since = time.Now().UTC(), tx.Bucket(bucketRecords).Sequence()
		case err != nil:
			return err
		default:
			q.Created, q.Since = old.Created, old.Since
		}
		m, err := openMail(tx, q.Name)
		if err != nil {
			return err
		}
		if q.Webhook == nil {
			err = errors.Join(m.clear(bucketMail, mailPrefix(ByWebhook, q.Name)), m.clear(bucketDead, namePrefix(q.Name)))
			m.state.Webhook.Pending, m.state.Webhook.Dead = 0, 0
		}
		if !q.NATS {
			err = errors.Join(err, m.clear(bucketMail, mailPrefix(ByNATS, q.Name)))
			m.state.NATS.Pending = 0
		}
		m.state.Webhook.mend()
		return errors.Join(err, m.save(), putJSON(b, []byte(q.Name), q))
	})
	if err != nil {
		return SavedQuery{}, fmt.Errorf("save query %s: %w", q.Name, err)
	}
	return q, nil
}

// RemoveQuery removes a saved query with everything that it matched and that waits for delivery, or returns ErrNotFound.
func (s *Store) RemoveQuery(ctx context.Context, name string) error {
	err := s.alter(ctx, func(tx *bbolt.Tx) error {
		if _, err := readQuery(tx, name); err != nil {
			return err
		}
		m, err := openMail(tx, name)
		if err != nil {
			return err
		}
		return errors.Join(
			m.forgetMatches(0), m.clear(bucketDead, namePrefix(name)),
			m.clear(bucketMail, mailPrefix(ByWebhook, name)), m.clear(bucketMail, mailPrefix(ByNATS, name)),
			tx.Bucket(bucketState).Delete([]byte(name)), tx.Bucket(bucketQueries).Delete([]byte(name)),
		)
	})
	if err != nil {
		return fmt.Errorf("remove query %s: %w", name, err)
	}
	return nil
}

// alter is an update that changes the saved queries.
func (s *Store) alter(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		meta := tx.Bucket(bucketMeta)
		return meta.Put(metaQueries, key(number(meta.Get(metaQueries))+1))
	})
}

// Query returns a saved query and its state, or ErrNotFound.
func (s *Store) Query(name string) (q SavedQuery, st QueryState, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		if q, err = readQuery(tx, name); err != nil {
			return err
		}
		st, err = readState(tx, name)
		return err
	})
	if err != nil {
		return SavedQuery{}, QueryState{}, fmt.Errorf("saved query %s: %w", name, err)
	}
	return q, st, nil
}

// Queries returns the saved queries in the order of their names, and the version of them that RecordMatches wants.
func (s *Store) Queries() (queries []SavedQuery, version uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		version = number(tx.Bucket(bucketMeta).Get(metaQueries))
		return tx.Bucket(bucketQueries).ForEach(func(name, _ []byte) error {
			q, err := readQuery(tx, string(name))
			queries = append(queries, q)
			return err
		})
	})
	if err != nil {
		return nil, 0, fmt.Errorf("saved queries: %w", err)
	}
	return queries, version, nil
}

// QueriesVersion changes with the saved queries.
func (s *Store) QueriesVersion() (version uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		version = number(tx.Bucket(bucketMeta).Get(metaQueries))
		return nil
	})
	return version, err
}

// QueryStates returns the state of each saved query, by name.
func (s *Store) QueryStates() (map[string]QueryState, error) {
	states := map[string]QueryState{}
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketState).ForEach(func(name, _ []byte) (err error) {
			states[string(name)], err = readState(tx, string(name))
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("states of saved queries: %w", err)
	}
	return states, nil
}

// LatestMatches returns the last alerts of a saved query, the last first.
func (s *Store) LatestMatches(name string, limit int) (matches []Match, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c, prefix := tx.Bucket(bucketMatches).Cursor(), namePrefix(name)
		for k, v := c.Seek(last(c, prefix)); bytes.HasPrefix(k, prefix) && len(matches) < limit; k, v = c.Prev() {
			var m Match
			if err := json.Unmarshal(v, &m); err != nil {
				return err
			}
			matches = append(matches, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("matches of saved query %s: %w", name, err)
	}
	return matches, nil
}

// Alerted is the change up to which saved queries are matched.
func (s *Store) Alerted() (seq uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		seq = number(tx.Bucket(bucketMeta).Get(metaAlerted))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("saved queries: %w", err)
	}
	return seq, nil
}

// Matches is what a batch of changes, no two of them of one article, is to the saved queries.
type Matches struct {
	Version uint64                     // of the saved queries that were matched
	UpTo    uint64                     // the last change of the batch
	Found   map[string][]article.Event // by name of the query: changes whose article matches now
	Left    []article.Event            // changes by which an article was removed or merged
}

// RecordMatches writes in one transaction what a batch of changes brought: alerts, their deliveries, and how far the feed is
// matched. It returns how many alerts each query got. Where the saved queries are no longer those that were matched it
// returns ErrQueriesChanged, and the batch is to be matched anew.
func (s *Store) RecordMatches(ctx context.Context, b Matches) (alerts map[string]int, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("record matches up to %d: %w", b.UpTo, err)
	}
	err = s.update(func(tx *bbolt.Tx) error {
		alerts = map[string]int{}
		meta := tx.Bucket(bucketMeta)
		if number(meta.Get(metaQueries)) != b.Version {
			return ErrQueriesChanged
		}
		byQuery, err := told(tx, b)
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		for _, name := range slices.Sorted(maps.Keys(byQuery)) {
			m, err := openMail(tx, name)
			if err != nil {
				return err
			}
			if err := m.add(byQuery[name], now); err != nil {
				return fmt.Errorf("saved query %s: %w", name, err)
			}
			alerts[name] = len(byQuery[name])
		}
		return meta.Put(metaAlerted, key(b.UpTo))
	})
	if err != nil {
		return nil, fmt.Errorf("record matches up to %d: %w", b.UpTo, err)
	}
	return alerts, nil
}

// told is what each query tells of a batch, in the order of the changes.
func told(tx *bbolt.Tx, b Matches) (map[string][]Match, error) {
	matched := tx.Bucket(bucketMatched)
	byQuery := map[string][]Match{}
	for name, events := range b.Found {
		q, err := readQuery(tx, name)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			id, err := idKey(e.ArticleID)
			if err != nil {
				return nil, err
			}
			outcome := article.OutcomeNew
			if matched.Get(append(id, name...)) != nil {
				outcome = article.OutcomeRevised
			}
			if e.Seq > q.Since && slices.Contains(q.Changes, outcome) {
				byQuery[name] = append(byQuery[name], Match{e.Seq, outcome, e.ArticleID, e.Time})
			}
		}
	}
	for _, e := range b.Left {
		id, err := idKey(e.ArticleID)
		if err != nil {
			return nil, err
		}
		var names []string
		c := matched.Cursor()
		for k, _ := c.Seek(id); bytes.HasPrefix(k, id); k, _ = c.Next() {
			names = append(names, string(k[len(id):]))
		}
		for _, name := range names {
			if err := matched.Delete(append(id[:len(id):len(id)], name...)); err != nil { // should it come back, it is new
				return nil, err
			}
			q, err := readQuery(tx, name)
			if err != nil {
				return nil, err
			}
			if slices.Contains(q.Changes, e.Outcome) {
				byQuery[name] = append(byQuery[name], Match{e.Seq, e.Outcome, e.ArticleID, e.Time})
			}
		}
	}
	for _, matches := range byQuery {
		slices.SortFunc(matches, func(a, b Match) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return byQuery, nil
}

func readQuery(tx *bbolt.Tx, name string) (q SavedQuery, err error) {
	v := tx.Bucket(bucketQueries).Get([]byte(name))
	if v == nil {
		return q, ErrNotFound
	}
	err = json.Unmarshal(v, &q)
	return q, err
}

func readState(tx *bbolt.Tx, name string) (st QueryState, err error) {
	if v := tx.Bucket(bucketState).Get([]byte(name)); v != nil {
		err = json.Unmarshal(v, &st)
	}
	return st, err
}

// namePrefix begins the rows that prefixed makes for a name.
func namePrefix(name string) []byte { return append([]byte(name), 0) }

// mailName is the name of an outlet's rows of a query in bucketMail.
func mailName(o Outlet, name string) string { return string(o) + "\x00" + name }

func mailPrefix(o Outlet, name string) []byte { return namePrefix(mailName(o, name)) }

// cutError bounds an error for keeping.
func cutError(s string) string {
	const most = 500
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
