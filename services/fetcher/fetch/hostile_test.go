package fetch

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"dateline/services/fetcher/fetch/hostiletest"
)

// Every hostile behaviour ends within its limit, with its reason, and a body that is not whole says so. One client meets
// many at a time.
func TestHostile(t *testing.T) {
	behaviours := hostiletest.All()
	if len(behaviours) < 50 {
		t.Errorf("only %d behaviours", len(behaviours))
	}
	limits := quick
	limits.Header, limits.TLS, limits.Total, limits.Grace = 2*time.Second, 2*time.Second, 5*time.Second, time.Second
	limits.PageBytes, limits.DecodedBytes = 256<<10, 512<<10
	c := client(t, limits)
	names := map[string]bool{}
	var all sync.WaitGroup
	atATime := make(chan bool, 16)
	for _, b := range behaviours {
		if names[b.Name] {
			t.Errorf("two behaviours are called %s", b.Name)
		}
		names[b.Name] = true
		if b.Reason != "" && !slices.Contains(Reasons, Reason(b.Reason)) {
			t.Errorf("%s: %s is no reason", b.Name, b.Reason)
		}
		url := b.Start(t)
		all.Go(func() {
			atATime <- true
			defer func() { <-atATime }()
			var last *Exchange
			start := time.Now()
			got, err := c.Get(t.Context(), Request{URL: url, Accept: AcceptPage, Record: func(x Exchange) { last = &x }})
			if took := time.Since(start); took > limits.Total+2*time.Second {
				t.Errorf("%s: took %s", b.Name, took)
			}
			if last != nil && int64(len(last.Body)) > limits.PageBytes {
				t.Errorf("%s: %d bytes are recorded", b.Name, len(last.Body))
			}
			if b.Reason != "" {
				if e, ok := errors.AsType[*Error](err); !ok || string(e.Reason) != b.Reason || e.Temporary != b.Temporary {
					t.Errorf("%s: %+v (%v), want %s, temporary %t", b.Name, e, err, b.Reason, b.Temporary)
				}
				return
			}
			if err != nil {
				t.Errorf("%s: %v", b.Name, err)
				return
			}
			if got.Truncated != b.Truncated || !bytes.HasPrefix(got.Body, []byte("<html>")) || len(got.Body) > limits.DecodedBytes {
				t.Errorf("%s: %d bytes %.20q, truncated %t, want %t", b.Name, len(got.Body), got.Body, got.Truncated, b.Truncated)
			}
		})
	}
	all.Wait()
	free(t, c)
	t.Logf("%d behaviours", len(behaviours))
}

// free checks that nothing holds memory any more.
func free(t *testing.T, c *Client) {
	t.Helper()
	if !c.budget.requests.TryAcquire(c.budget.half) || !c.budget.bodies.TryAcquire(c.budget.half) {
		t.Error("something holds memory still")
	}
}
