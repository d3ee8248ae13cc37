package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A full disk fails writes and nothing else: what was written stays, and after space was made writing goes on.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := opened(t, dir)

	noise := make([]byte, 50_000)
	n := 0
	next := func() []Arrival {
		batch := make([]Arrival, 10)
		for i := range batch {
			n++
			_, _ = rand.Read(noise) // which does not compress
			batch[i] = arrival(t, fmt.Sprintf("news.example/%d", n), hex.EncodeToString(noise), fmt.Sprint(n))
		}
		return batch
	}
	stored := 0
	var refused []Arrival
	for refused == nil {
		batch := next()
		if _, err := s.Write(context.Background(), batch); errors.Is(err, syscall.ENOSPC) {
			refused = batch
		} else if err != nil {
			t.Fatalf("a full disk gives %v", err)
		} else {
			stored += len(batch)
		}
	}
	for range 3 {
		if _, err := s.Write(context.Background(), refused); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("a disk that is still full gives %v", err)
		}
	}
	if got := len(changes(t, s)); got != stored || s.LastSeq() != uint64(stored) {
		t.Fatalf("%d changes of %d stored, last %d", got, stored, s.LastSeq())
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, r := range write(t, s, refused...) {
			if r.Seq <= uint64(stored) {
				t.Errorf("refused article has sequence number %d of %d stored before", r.Seq, stored)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir)
	for seq := range uint64(stored + len(refused)) {
		if _, err := s.Record(seq + 1); err != nil {
			t.Error(err)
		}
	}
}
