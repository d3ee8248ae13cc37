package fetcher

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"

	"github.com/prometheus/client_golang/prometheus"
)

// A source that has moved takes along what it has shown, also when a crash comes in between and all is done again.
func TestMoveForgetsNothing(t *testing.T) {
	q := queuetest.Start(t)
	r, err := registry.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	f := &fetcher{q: q, registry: r, metrics: newMetrics(prometheus.NewRegistry())}
	for crash, after := range []string{"nothing", "what was shown", "the source"} {
		t.Run("crash after "+after, func(t *testing.T) { moves(t, f, crash) })
	}
}

func moves(t *testing.T, f *fetcher, crash int) {
	r := f.registry
	from, to := fmt.Sprintf("https://example.org/old%d", crash), fmt.Sprintf("https://example.org/new%d", crash)
	s, err := registry.New(from, registry.Wish{Kind: registry.Feed, Title: "The Feed"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Save(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}
	seen, err := r.Seen(t.Context(), s.ID())
	if err != nil {
		t.Fatal(err)
	}
	seen.Show("a")
	if err := r.SaveSeen(t.Context(), s.ID(), seen); err != nil {
		t.Fatal(err)
	}
	if crash > 0 {
		if err := r.CopySeen(t.Context(), registry.ID(from), registry.ID(to)); err != nil {
			t.Fatal(err)
		}
	}
	if crash > 1 {
		moved := *s
		moved.Move(to)
		if _, err := r.Save(t.Context(), &moved, 0); err != nil {
			t.Fatal(err)
		}
	}
	f.move(t.Context(), s, to)
	if _, _, err := r.Load(t.Context(), registry.ID(from)); !errors.Is(err, registry.ErrUnknown) {
		t.Errorf("the old address is still there: %v", err)
	}
	got, _, err := r.Load(t.Context(), registry.ID(to))
	if err != nil || got.Title != "The Feed" || got.Formerly[0] != from {
		t.Errorf("%+v, %v", got, err)
	}
	if seen, err := r.Seen(t.Context(), registry.ID(to)); err != nil || !seen.Known("a") {
		t.Errorf("what it has shown is lost: %v", err)
	}
}

// An address that only differs in what is not part of addresses is no other: the source would take its own place, and be gone.
func TestElsewhere(t *testing.T) {
	s := &registry.Source{URL: "https://example.org/feed"}
	for to, want := range map[string]string{
		"":                                      "",
		"https://example.org/feed":              "",
		"https://example.org./feed?utm_source=": "",
		"https://example.org/new?utm_source=x":  "https://example.org/new",
		"http://example.org/feed":               "http://example.org/feed",
		"mailto:a@example.org":                  "",
	} {
		if got := elsewhere(s, to); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}
