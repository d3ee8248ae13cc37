// Package sources is the source registry at the command line: what is watched, how it does, and why it is polled when it is.
package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
)

// ErrRejected tells that some sources were refused, which has been told of already.
var ErrRejected = errors.New("some sources were refused")

// Registry is what the commands work on.
type Registry struct {
	*registry.Registry
	Queue *queue.Queue
}

// Open opens the registry over a connection.
func Open(ctx context.Context, q *queue.Queue) (*Registry, error) {
	r, err := registry.Open(ctx, q)
	if err != nil {
		return nil, err
	}
	return &Registry{r, q}, nil
}

// Wish are the flags for what an operator wants of a source.
type Wish struct {
	Kind       string            `help:"What they are: feed, sitemap, page (whose headlines are followed), or auto to find out whether feed or sitemap." enum:"auto,feed,sitemap,page" default:"auto"`
	Title      string            `help:"Title; a feed's own by default."`
	Language   string            `help:"Language, as a BCP 47 tag."`
	Country    string            `help:"Country, by its two letters."`
	Tag        []string          `help:"Tag; may be given several times." placeholder:"TAG"`
	Interval   time.Duration     `help:"Time between two polls; 0 to poll as often as it pays." default:"0s"`
	HostDelay  time.Duration     `help:"Least time between two requests to its site, where that is more than --fetch-host-delay." default:"0s"`
	Agent      string            `help:"User-Agent for its requests."`
	Header     map[string]string `help:"Header for its requests, as NAME=VALUE; may be given several times." mapsep:"none"`
	Proxy      string            `help:"Proxy for its requests: an http, https or socks5 URL with a port."`
	Unverified bool              `help:"Take whatever certificate its server has. What is wrong with it is counted."`
	NoRobots   bool              `help:"Do not ask robots.txt: the publisher has agreed."`
	Backfill   bool              `help:"Of a sitemap, fetch what is older than two days too."`
}

func (w *Wish) wish() registry.Wish {
	header := http.Header{}
	for name, value := range w.Header {
		header.Set(name, value)
	}
	wish := registry.Wish{
		Kind: registry.Kind(w.Kind), Title: w.Title, Language: w.Language, Country: strings.ToUpper(w.Country), Tags: w.Tag,
		Interval: registry.Duration(w.Interval), HostDelay: registry.Duration(w.HostDelay), NoRobots: w.NoRobots, Backfill: w.Backfill,
		Overrides: fetch.Overrides{Agent: w.Agent, Proxy: w.Proxy, Unverified: w.Unverified},
	}
	if len(header) > 0 {
		wish.Overrides.Header = header
	}
	return wish
}

// Add puts addresses into the registry and has them polled at once. One that is there already gets the new wish, and keeps its
// state.
func (r *Registry) Add(ctx context.Context, out io.Writer, urls []string, w Wish) error {
	var rejected error
	for _, url := range urls {
		s, err := registry.New(url, w.wish(), time.Now())
		what := ""
		if err == nil {
			what, err = r.put(ctx, s)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			fmt.Fprintf(out, "rejected  %s: %v\n", url, err)
			rejected = ErrRejected
		default:
			fmt.Fprintf(out, "%-8s  %s  %s\n", what, s.ID(), s.URL)
		}
	}
	return rejected
}

// put adds a source, or changes what is wished of the one that is there.
func (r *Registry) put(ctx context.Context, s *registry.Source) (what string, err error) {
	_, err = r.Save(ctx, s, 0)
	switch {
	case err == nil:
		what = "added"
	case errors.Is(err, queue.ErrConflict):
		what = "changed"
		wish := s.Wish
		s, err = r.Change(ctx, s.ID(), func(there *registry.Source) error {
			if wish.Kind == registry.Auto {
				wish.Kind = there.Kind
			}
			there.Wish, there.Next = wish, time.Now().UTC()
			return nil
		})
	}
	if err != nil {
		return "", err
	}
	return what, r.schedule(ctx, s)
}

func (r *Registry) schedule(ctx context.Context, s *registry.Source) error {
	_, err := r.Queue.Publish(ctx, registry.Schedule(s, s.Next))
	return err
}

// Pause has sources not polled any more, or again; what they have taught stays. A fetcher that meets a paused one tells its hub,
// so that it is scheduled in either case.
func (r *Registry) Pause(ctx context.Context, out io.Writer, names []string, paused bool) error {
	done := map[bool]string{true: "paused", false: "resumed"}[paused]
	return r.each(ctx, out, done, names, func(id string) error {
		s, err := r.Change(ctx, id, func(s *registry.Source) error {
			s.Paused, s.Next = paused, time.Now().UTC()
			return nil
		})
		if err != nil {
			return err
		}
		return r.schedule(ctx, s)
	})
}

// Take takes sources out of the registry. What came from them stays.
func (r *Registry) Take(ctx context.Context, out io.Writer, names []string) error {
	return r.each(ctx, out, "removed", names, func(id string) error {
		if _, _, err := r.Load(ctx, id); err != nil {
			return err
		}
		return r.Remove(ctx, id)
	})
}

// each does something with sources that are named by address or id.
func (r *Registry) each(ctx context.Context, out io.Writer, done string, names []string, f func(id string) error) error {
	var rejected error
	for _, name := range names {
		switch err := f(idOf(name)); {
		case err == nil:
			fmt.Fprintf(out, "%s  %s\n", done, name)
		case errors.Is(err, registry.ErrUnknown):
			fmt.Fprintf(out, "unknown  %s\n", name)
			rejected = ErrRejected
		default:
			return err
		}
	}
	return rejected
}

// idOf is the id of a source that is named by its address, or by itself.
func idOf(name string) string {
	if canonical, err := weburl.Canonical(name); err == nil && strings.Contains(name, "/") {
		return registry.ID(canonical)
	}
	return name
}

// Filter chooses sources.
type Filter struct {
	Kind     string `help:"Only those of a kind: feed, sitemap, page or auto." placeholder:"KIND"`
	Tag      string `help:"Only those with a tag."`
	Language string `help:"Only those in a language."`
	Country  string `help:"Only those of a country."`
	State    string `help:"Only those that do so: ok, failing, dead or paused." placeholder:"STATE"`
}

// bad is the state of what fails or is dead.
const bad = "bad"

func (f *Filter) passes(s *registry.Source) bool {
	health := healthOf(s)
	return (f.Kind == "" || string(s.Kind) == f.Kind) && (f.Tag == "" || slices.Contains(s.Tags, f.Tag)) &&
		(f.Language == "" || strings.EqualFold(s.Language, f.Language)) && (f.Country == "" || strings.EqualFold(s.Country, f.Country)) &&
		(f.State == "" || health == f.State || f.State == bad && (health == "failing" || health == "dead"))
}

func healthOf(s *registry.Source) string {
	if s.Paused {
		return "paused"
	}
	return string(s.Revisit.Health().Status)
}

// chosen are the sources that pass, by address.
func (r *Registry) chosen(ctx context.Context, f Filter) (all []*registry.Source, err error) {
	err = r.All(ctx, func(s *registry.Source) error {
		if f.passes(s) {
			all = append(all, s)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b *registry.Source) int { return strings.Compare(a.URL, b.URL) })
	return all, err
}
