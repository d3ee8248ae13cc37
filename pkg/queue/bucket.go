package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Errors of a Bucket that callers decide by.
var (
	ErrNotFound = errors.New("key not found")
	ErrConflict = errors.New("the key was changed meanwhile")
	ErrFull     = errors.New("the bucket is full, of which the size is a share of --max-store")
)

// Bucket is a durable map shared by all replicas (a NATS key-value bucket).
type Bucket struct{ kv jetstream.KeyValue }

// Bucket opens a bucket of the topology.
func (q *Queue) Bucket(ctx context.Context, name string) (*Bucket, error) {
	kv, err := q.js.KeyValue(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	return &Bucket{kv}, nil
}

// Get returns a key's value and revision, or ErrNotFound.
func (b *Bucket) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	e, err := b.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("get %s: %w", key, err)
	}
	return e.Value(), e.Revision(), nil
}

// Put sets a key, whatever it held.
func (b *Bucket) Put(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	revision, err = b.kv.Put(ctx, key, value)
	if err != nil {
		return 0, fmt.Errorf("put %s: %w", key, b.full(err))
	}
	return revision, nil
}

// Update sets a key that has the given revision, zero for one that does not exist; otherwise it returns ErrConflict.
func (b *Bucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	var err error
	if revision == 0 {
		revision, err = b.kv.Create(ctx, key, value)
	} else {
		revision, err = b.kv.Update(ctx, key, value, revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) || hasCode(err, jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		err = ErrConflict
	}
	if err != nil {
		return 0, fmt.Errorf("update %s: %w", key, b.full(err))
	}
	return revision, nil
}

// full makes ErrFull of the server's way to say so.
func (b *Bucket) full(err error) error {
	if isStreamFull(err) {
		return fmt.Errorf("%s: %w", b.kv.Bucket(), ErrFull)
	}
	return err
}

// Entry is what a key holds.
type Entry struct {
	Key      string
	Value    []byte // nil once it is deleted
	Revision uint64
	Stored   time.Time // by the server's clock
}

// Follow calls f, one after the other, with what each key holds, then current, and then f with each change, until ctx
// ends. Changes that it missed while the server was away come when it is back; keys that the bucket's age removes go
// without notice.
func (b *Bucket) Follow(ctx context.Context, current func(), f func(Entry)) error {
	w, err := b.kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("follow %s: %w", b.kv.Bucket(), err)
	}
	defer func() {
		_ = w.Stop() // fails where the watch has ended with ctx, or with the server
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Updates():
			switch {
			case !ok && ctx.Err() != nil:
				return nil
			case !ok:
				return fmt.Errorf("follow %s: ended by the server", b.kv.Bucket())
			case e == nil:
				current()
			case e.Operation() == jetstream.KeyValuePut:
				f(Entry{e.Key(), e.Value(), e.Revision(), e.Created()})
			default:
				f(Entry{Key: e.Key(), Revision: e.Revision(), Stored: e.Created()})
			}
		}
	}
}

// Delete removes a key; removing one that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := b.kv.Delete(ctx, key); err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

// Keys lists the keys, in no order.
func (b *Bucket) Keys(ctx context.Context) ([]string, error) {
	keys, err := b.kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var api jetstream.JetStreamError
	if !errors.As(err, &api) || api.APIError() == nil {
		return false
	}
	for _, c := range codes {
		if api.APIError().ErrorCode == c {
			return true
		}
	}
	return false
}
