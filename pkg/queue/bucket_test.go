package queue_test

import (
	"errors"
	"strings"
	"testing"

	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
)

// Whoever meets a full bucket is told which one, and what there is to do.
func TestFullBucket(t *testing.T) {
	b, err := queuetest.Start(t).Bucket(t.Context(), queue.Sources)
	if err != nil {
		t.Fatal(err)
	}
	value := make([]byte, 1<<20)
	if _, err := b.Put(t.Context(), "first", value); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err = b.Put(t.Context(), string(rune('A'+i%26))+string(rune('A'+i/26)), value); err != nil {
			break
		}
	}
	if !errors.Is(err, queue.ErrFull) || !strings.Contains(err.Error(), "SOURCES") || !strings.Contains(err.Error(), "--max-store") {
		t.Errorf("%v", err)
	}
	if _, err := b.Update(t.Context(), "another", value, 0); !errors.Is(err, queue.ErrFull) {
		t.Errorf("%v", err)
	}
}
