// Package sources is the source registry at the command line: what is watched, how it does, and why it is polled when it is.
package sources

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/terminal"
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
	Refetch    refetch.Policy    `help:"How long after its first fetch each of its pages is fetched again, such as 15m,1h,1d; none for never, default for what --refetch of the fetcher says." default:"default"`
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
		Interval: registry.Duration(w.Interval), HostDelay: registry.Duration(w.HostDelay), NoRobots: w.NoRobots, Backfill: w.Backfill, Refetch: w.Refetch,
		Overrides: fetch.Overrides{Agent: w.Agent, Proxy: w.Proxy, Unverified: w.Unverified},
	}
	if len(header) > 0 {
		wish.Overrides.Header = header
	}
	return wish
}

// Add puts addresses into the registry and has them polled at once. One that is there already gets the new wish, and keeps its
// state; it keeps its title, home and language too where the wish has none, since they may be the feed's own, and stays paused.
func (r *Registry) Add(ctx context.Context, out io.Writer, urls []string, w Wish) error {
	var rejected error
	for _, url := range urls {
		s, what, err := r.put(ctx, url, w.wish(), func(there *registry.Wish) (due bool) {
			wish := w.wish()
			if wish.Kind == registry.Auto {
				wish.Kind = there.Kind
			}
			wish.Title, wish.Home, wish.Language = cmp.Or(wish.Title, there.Title), cmp.Or(wish.Home, there.Home), cmp.Or(wish.Language, there.Language)
			wish.Paused = there.Paused
			*there = wish
			return true
		})
		switch {
		case errors.Is(err, ErrRejected):
			fmt.Fprintf(out, "rejected  %s: %v\n", terminal.Text(url), err)
			rejected = ErrRejected
		case err != nil:
			return err
		case s.Paused:
			fmt.Fprintf(out, "%-8s  %s  %s, which is paused\n", what, s.ID(), s.URL)
		default:
			fmt.Fprintf(out, "%-8s  %s  %s\n", what, s.ID(), s.URL)
		}
	}
	return rejected
}

// refusal is what is wrong with a source.
type refusal struct{ error }

func (r refusal) Unwrap() []error { return []error{ErrRejected, r.error} }

// errUnchanged ends a change that is none.
var errUnchanged = errors.New("nothing has changed")

// put adds a source, or has change change what is wished of the one that is there, and tell whether it is to be polled for
// that. What is no fault of the queue wraps ErrRejected.
func (r *Registry) put(ctx context.Context, url string, w registry.Wish, change func(*registry.Wish) (due bool)) (s *registry.Source, what string, err error) {
	s, err = registry.New(url, w, time.Now())
	if err != nil {
		return nil, "", refusal{err}
	}
	what = "added"
	_, err = r.Save(ctx, s, 0)
	if errors.Is(err, queue.ErrConflict) {
		what = "changed"
		s, err = r.Change(ctx, s.ID(), func(there *registry.Source) error {
			kind := there.Kind
			if !change(&there.Wish) {
				return errUnchanged
			}
			if there.Kind != kind { // what it answered is to be read in another way
				there.Validators.Drop()
			}
			there.Next, there.Plan = time.Now().UTC(), ""
			return nil
		})
	}
	switch {
	case errors.Is(err, errUnchanged):
		return s, "unchanged", r.schedule(ctx, s) // which may have been missed the last time
	case errors.Is(err, registry.ErrBroken):
		return nil, "", refusal{err}
	case err != nil:
		return nil, "", err
	}
	return s, what, r.schedule(ctx, s)
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
			s.Paused, s.Next, s.Plan = paused, time.Now().UTC(), ""
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
		if _, _, err := r.Load(ctx, id); err != nil && !errors.Is(err, registry.ErrBroken) {
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
			fmt.Fprintf(out, "%s  %s\n", done, terminal.Text(name))
		case errors.Is(err, registry.ErrUnknown):
			fmt.Fprintf(out, "unknown  %s\n", terminal.Text(name))
			rejected = ErrRejected
		default:
			return err
		}
	}
	return rejected
}

// idOf is the id of a source that is named by its address, or by itself.
func idOf(name string) string {
	if canonical, err := weburl.Canonical(name); err == nil {
		return registry.ID(canonical)
	}
	return name
}
