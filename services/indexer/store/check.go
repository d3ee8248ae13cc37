package store

import (
	"context"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// CheckFile proves that the file is whole as bbolt sees it: every page is reached once or free, and every key in its order.
// Its error tells the first thing that is wrong.
func (s *Store) CheckFile(ctx context.Context) error {
	var wrong error
	err := s.view(func(tx *bbolt.Tx) error {
		wrong = checkPages(ctx, tx)
		return nil
	})
	if err == nil {
		err = wrong
	}
	if err != nil {
		return fmt.Errorf("check the record's file: %w", err)
	}
	return nil
}

// checkPages is bbolt's own check. It reads all of its errors, as their sender waits for that.
func checkPages(ctx context.Context, tx *bbolt.Tx) (first error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for err := range tx.Check() {
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = ctx.Err()
	}
	return first
}
