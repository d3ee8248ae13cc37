package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/weburl"

	"go.etcd.io/bbolt"
)

// Journey is how one publication or capture went through the pipeline, and how it ended. It has one end.
type Journey struct {
	Origin       string          `json:"origin"`
	URL          string          `json:"url,omitempty"`
	CanonicalURL string          `json:"canonical_url,omitempty"`
	ArticleID    string          `json:"article_id,omitempty"`
	Source       string          `json:"source,omitempty"`
	Outcome      article.Outcome `json:"outcome"`
	Seq          uint64          `json:"seq,omitempty"` // of the revision that it brought, or was a duplicate of
	Previous     uint64          `json:"previous_seq,omitempty"`
	Reason       string          `json:"reason,omitempty"`
	Error        string          `json:"error,omitempty"`
	Hops         []article.Hop   `json:"hops"`
	Time         time.Time       `json:"time"` // of the end

	// URLHashes are what remains of the addresses where the article was taken down: keys of bucketByURL, in hex.
	URLHashes []string `json:"url_hashes,omitempty"`
}

// result is what Write returns for a journey that had ended before.
func (j *Journey) result() Result {
	return Result{
		Outcome: j.Outcome, Reason: j.Reason, Error: j.Error, ArticleID: j.ArticleID, Seq: j.Seq, Previous: j.Previous, Source: j.Source, URL: j.URL, Time: j.Time, Hops: j.Hops, Replayed: true,
	}
}

// urlKeys are the keys by which a journey is found by its addresses, each once.
func (j *Journey) urlKeys(hash func(url string) []byte) [][]byte {
	var keys [][]byte
	add := func(k []byte) {
		if !slices.ContainsFunc(keys, func(o []byte) bool { return bytes.Equal(o, k) }) {
			keys = append(keys, k)
		}
	}
	for _, url := range []string{j.URL, j.CanonicalURL} {
		if url != "" {
			add(hash(url))
		}
	}
	for _, hash := range j.URLHashes {
		if k, err := hex.DecodeString(hash); err == nil {
			add(k)
		}
	}
	return keys
}

// MaxJourneys is the most journeys that one trace shows: the newest.
const MaxJourneys = 100

// Journey returns the journey of an origin, or ErrNotFound.
func (s *Store) Journey(origin string) (*Journey, error) {
	var j *Journey
	err := s.view(func(tx *bbolt.Tx) (err error) {
		k, err := idKey(origin)
		if err != nil {
			return err
		}
		j, err = readJourney(tx.Bucket(bucketJourneys), k)
		return err
	})
	if err == nil && j == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("journey %s: %w", origin, err)
	}
	return j, nil
}

// JourneysOfArticle returns the newest journeys that brought an article, oldest first, at most 100. None is no error.
func (s *Store) JourneysOfArticle(ctx context.Context, id string) ([]*Journey, error) {
	k, err := idKey(id)
	if err != nil {
		return nil, fmt.Errorf("journeys of article: %w", err)
	}
	return s.journeysUnder(ctx, bucketByArticle, k)
}

// JourneysOfURL returns the newest journeys of a URL in any of its spellings (weburl.Key), oldest first, at most 100.
// None is no error.
func (s *Store) JourneysOfURL(ctx context.Context, url string) ([]*Journey, error) {
	return s.journeysUnder(ctx, bucketByURL, urlKey(url))
}

func (s *Store) journeysUnder(ctx context.Context, bucket, prefix []byte) ([]*Journey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var journeys []*Journey
	err := s.view(func(tx *bbolt.Tx) error {
		all := tx.Bucket(bucketJourneys)
		c := tx.Bucket(bucket).Cursor()
		for k := last(c, prefix); k != nil && len(journeys) < MaxJourneys; k, _ = c.Prev() {
			if !bytes.HasPrefix(k, prefix) {
				break
			}
			j, err := readJourney(all, k[len(prefix)+8:])
			if err != nil {
				return err
			}
			if j != nil {
				journeys = append(journeys, j)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("journeys: %w", err)
	}
	for i, k := 0, len(journeys)-1; i < k; i, k = i+1, k-1 {
		journeys[i], journeys[k] = journeys[k], journeys[i]
	}
	return journeys, nil
}

// last moves a cursor to the last key that begins with prefix, or to one before those.
func last(c *bbolt.Cursor, prefix []byte) []byte {
	after := append(bytes.Clone(prefix), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	if k, _ := c.Seek(after); k == nil {
		k, _ = c.Last()
		return k
	}
	k, _ := c.Prev()
	return k
}

func readJourney(b *bbolt.Bucket, origin []byte) (*Journey, error) {
	v := b.Get(origin)
	if v == nil {
		return nil, nil
	}
	var j Journey
	if err := json.Unmarshal(v, &j); err != nil {
		return nil, fmt.Errorf("journey %s: %w", hex.EncodeToString(origin), err)
	}
	return &j, nil
}

func (w *writer) journey(origin []byte) (*Journey, error) { return readJourney(w.journeys, origin) }

// end records the end of a journey, and where it can be looked up.
func (w *writer) end(j *Journey) error {
	origin, err := idKey(j.Origin)
	if err != nil {
		return err
	}
	if err := putJSON(w.journeys, origin, j); err != nil {
		return err
	}
	w.now = w.now.Add(1) // so that the journeys of one transaction sort in their order
	return w.lookups(j, origin, func(b *bbolt.Bucket, k []byte) error { return b.Put(k, nil) })
}

// forget takes a journey's lookups out again, before it ends another way.
func (w *writer) forget(j *Journey) error {
	origin, err := idKey(j.Origin)
	if err != nil {
		return err
	}
	return w.lookups(j, origin, func(b *bbolt.Bucket, k []byte) error { return b.Delete(k) })
}

func (w *writer) lookups(j *Journey, origin []byte, do func(*bbolt.Bucket, []byte) error) error {
	row := func(prefix []byte) []byte { return append(append(bytes.Clone(prefix), timeKey(j.Time)...), origin...) }
	if j.ArticleID != "" {
		id, err := idKey(j.ArticleID)
		if err != nil {
			return err
		}
		if err := do(w.byArticle, row(id)); err != nil {
			return err
		}
	}
	for _, k := range j.urlKeys(w.urlKey) {
		if err := do(w.byURL, row(k)); err != nil {
			return err
		}
	}
	return do(w.byTime, row(nil))
}

// urlKey is that of the arrival in hand, or worked out.
func (w *writer) urlKey(url string) []byte {
	for _, k := range w.keys {
		if k.url == url {
			return k.key
		}
	}
	return urlKey(url)
}

// urlKey is a short key for a URL in any of its spellings. What is no URL, as in a rejected publication, is its own key.
func urlKey(url string) []byte {
	k, err := weburl.Key(url)
	if err != nil {
		k = url
	}
	return hashOfKey(k)
}

func hashOfKey(k string) []byte {
	sum := sha256.Sum256([]byte(k))
	return sum[:16]
}
