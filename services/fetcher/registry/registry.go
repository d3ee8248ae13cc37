package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
)

// ErrUnknown means that the registry has no such source. It wraps queue.ErrNotFound.
var ErrUnknown = fmt.Errorf("no such source: %w", queue.ErrNotFound)

// Registry is the bucket of sources. Its methods may be called from many goroutines and processes.
type Registry struct{ bucket *queue.Bucket }

// Open opens the registry. It waits a little for a queue that is not ready.
func Open(ctx context.Context, q *queue.Queue) (*Registry, error) {
	for try := 0; ; try++ {
		b, err := q.Bucket(ctx, queue.Sources)
		if err == nil {
			return &Registry{b}, nil
		}
		if try == 60 || ctx.Err() != nil {
			return nil, fmt.Errorf("source registry: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// seenKey is that of what a source has shown.
const seenKey = ".seen"

// Load returns a source and its revision, or ErrUnknown.
func (r *Registry) Load(ctx context.Context, id string) (*Source, uint64, error) {
	if !isID(id) {
		return nil, 0, fmt.Errorf("source %q: %w", id, ErrUnknown)
	}
	b, revision, err := r.bucket.Get(ctx, id)
	if errors.Is(err, queue.ErrNotFound) {
		err = ErrUnknown
	}
	if err != nil {
		return nil, 0, fmt.Errorf("source %s: %w", id, err)
	}
	s, err := parse(b)
	if err != nil {
		return nil, 0, fmt.Errorf("source %s: %w", id, err)
	}
	return s, revision, nil
}

func parse(b []byte) (*Source, error) {
	s := new(Source)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, article.JSONError(err))
	}
	return s, nil
}

// Save writes a source that was loaded with a revision, zero for a new one. It fails with queue.ErrConflict where another has
// saved since.
func (r *Registry) Save(ctx context.Context, s *Source, revision uint64) (uint64, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return 0, fmt.Errorf("source %s: %w", s.URL, err)
	}
	revision, err = r.bucket.Update(ctx, s.ID(), b, revision)
	if err != nil {
		return 0, fmt.Errorf("source %s: %w", s.URL, err)
	}
	return revision, nil
}

// Change has f change a source, and again what another has made of it meanwhile, until it is saved. An error of f ends it.
func (r *Registry) Change(ctx context.Context, id string, f func(*Source) error) (*Source, error) {
	for {
		s, revision, err := r.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := f(s); err != nil {
			return s, err
		}
		if _, err = r.Save(ctx, s, revision); err == nil || !errors.Is(err, queue.ErrConflict) {
			return s, err
		}
	}
}

// Remove takes a source out. One that is not there is no error.
func (r *Registry) Remove(ctx context.Context, id string) error {
	for _, key := range []string{id, id + seenKey} {
		if err := r.bucket.Delete(ctx, key); err != nil {
			return fmt.Errorf("source %s: %w", id, err)
		}
	}
	return nil
}

// Seen returns what a source has shown.
func (r *Registry) Seen(ctx context.Context, id string) (*Seen, error) {
	b, _, err := r.bucket.Get(ctx, id+seenKey)
	if err != nil && !errors.Is(err, queue.ErrNotFound) {
		return nil, fmt.Errorf("seen items of source %s: %w", id, err)
	}
	seen, err := parseSeen(b)
	if err != nil {
		return seen, fmt.Errorf("seen items of source %s: %w", id, err)
	}
	return seen, nil
}

// SaveSeen keeps what a source has shown.
func (r *Registry) SaveSeen(ctx context.Context, id string, seen *Seen) error {
	if _, err := r.bucket.Put(ctx, id+seenKey, seen.Bytes()); err != nil {
		return fmt.Errorf("seen items of source %s: %w", id, err)
	}
	return nil
}

// CopySeen keeps what a source has shown for its next address, unless something is known of that already.
func (r *Registry) CopySeen(ctx context.Context, from, to string) error {
	b, _, err := r.bucket.Get(ctx, from+seenKey)
	if err == nil {
		_, err = r.bucket.Update(ctx, to+seenKey, b, 0)
	}
	if err != nil && !errors.Is(err, queue.ErrNotFound) && !errors.Is(err, queue.ErrConflict) {
		return fmt.Errorf("seen items of source %s: %w", from, err)
	}
	return nil
}

// errDone ends the walk of All.
var errDone = errors.New("all were read")

// ErrBroken means that a source's record cannot be read.
var ErrBroken = errors.New("broken record")

// All calls f with every source, in no order, until it fails; with one that changes meanwhile, perhaps again. Records that
// cannot be read are named in the error, which wraps ErrBroken, after the others.
func (r *Registry) All(ctx context.Context, f func(*Source) error) error {
	ctx, done := context.WithCancelCause(ctx)
	defer done(nil)
	var broken []error
	var failed error
	err := r.bucket.Follow(ctx, func() { done(errDone) }, func(e queue.Entry) {
		if strings.HasSuffix(e.Key, seenKey) || e.Value == nil || ctx.Err() != nil {
			return
		}
		s, err := parse(e.Value)
		if err != nil {
			broken = append(broken, fmt.Errorf("source %s: %w", e.Key, err))
			return
		}
		if failed = f(s); failed != nil {
			done(errDone)
		}
	})
	switch {
	case failed != nil:
		return failed
	case errors.Is(context.Cause(ctx), errDone):
		return errors.Join(broken...)
	case err == nil:
		err = context.Cause(ctx)
	}
	return fmt.Errorf("source registry: %w", err)
}

// Schedule is the message that brings a source's next poll at a time. It replaces the schedule there was; its id differs each
// time, since one that was replaced may have to come back.
func Schedule(s *Source, at time.Time) queue.Message {
	id := s.ID()
	body, err := json.Marshal(article.Job{URL: s.URL, Kind: article.JobFeed})
	if err != nil { // strings alone
		panic(err)
	}
	m := queue.Message{
		Subject: queue.SchedSubject(id), ID: fmt.Sprintf("%s@%d/%d", id, at.Unix(), time.Now().UnixNano()), Type: article.TypeJob,
		Header: queue.Header{article.HeaderContentType: {"application/json"}, article.HeaderURL: {s.URL}}, Body: body,
	}
	return queue.Scheduled(m, at, queue.DueSubject(id))
}
