package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/terminal"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// List prints a line for each source, or with json a line of JSON, secrets masked.
func (r *Registry) List(ctx context.Context, out io.Writer, f Filter, asJSON bool) error {
	all, broken := r.chosen(ctx, f)
	if broken != nil && !errors.Is(broken, registry.ErrBroken) {
		return broken
	}
	if asJSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		for _, s := range all {
			if err := e.Encode(masked(s)); err != nil {
				return err
			}
		}
		return broken
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tHEALTH\tITEMS/DAY\tLAST\tNEXT\tURL\tTITLE")
	now := time.Now()
	for _, s := range all {
		last := "never"
		if n := len(s.History); n > 0 {
			last = s.History[n-1].Outcome + " " + humanize.RelTime(s.History[n-1].Time, now, "ago", "from now")
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%s\t%s\t%s\t%s\n", s.Kind, healthOf(s), s.Revisit.Rate(), last, next(s, now), s.URL, terminal.Text(s.Title))
	}
	return errors.Join(w.Flush(), broken)
}

// Health prints those that fail and those that are dead, the longest first, and what is wrong with them.
func (r *Registry) Health(ctx context.Context, out io.Writer, f Filter) error {
	if f.State == "" {
		f.State = bad
	}
	all, broken := r.chosen(ctx, f)
	if broken != nil && !errors.Is(broken, registry.ErrBroken) {
		return broken
	}
	slices.SortStableFunc(all, func(a, b *registry.Source) int { return a.Revisit.Health().Since.Compare(b.Revisit.Health().Since) })
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HEALTH\tSINCE\tFAILURES\tCLASS\tNEXT\tURL\tWHY")
	now := time.Now()
	for _, s := range all {
		h := s.Revisit.Health()
		since := "-"
		if !h.Since.IsZero() {
			since = h.Since.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", healthOf(s), since, h.Failures, h.Class, next(s, now), s.URL, terminal.Text(h.Why))
	}
	fmt.Fprintln(w, english.Plural(len(all), "source", ""))
	return errors.Join(w.Flush(), broken)
}

func next(s *registry.Source, now time.Time) string {
	switch {
	case s.Paused:
		return "-"
	case !s.Next.After(now):
		return "due"
	}
	return humanize.RelTime(s.Next, now, "ago", "from now")
}

// Explain tells all of one source, and why it is polled when it is.
func (r *Registry) Explain(ctx context.Context, out io.Writer, name string) error {
	s, _, err := r.Load(ctx, idOf(name))
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, terminal.Text(value))
		}
	}
	row("url", s.URL)
	row("id", s.ID())
	row("kind", string(s.Kind))
	row("title", s.Title)
	row("home", s.Home)
	row("language", s.Language)
	row("country", s.Country)
	row("tags", strings.Join(s.Tags, ", "))
	row("added", s.Added.Format(time.RFC3339))
	row("formerly", strings.Join(s.Formerly, ", "))
	row("wishes", wishes(s))
	health := s.Revisit.Health()
	about := healthOf(s)
	if health.Failures > 0 {
		about += fmt.Sprintf(", %d failures in a row since %s (%s): %s", health.Failures, health.Since.Format(time.RFC3339), health.Class, health.Why)
	}
	row("health", about)
	switch {
	case s.Paused:
		row("next poll", "none: it is paused")
	case s.Plan == "":
		row("next poll", s.Next.Format(time.RFC3339)+": as soon as it may be")
	default:
		row("next poll", s.Plan)
	}
	row("fetched again", visits(s))
	row("validators", validators(s))
	if m := s.Standing.MovedTo; m != "" {
		row("moved", fmt.Sprintf("to %s, seen %d times since %s", m, s.Standing.Sightings, s.Standing.MovedSince.Format(time.RFC3339)))
	}
	if len(s.Subscription.Hubs) > 0 {
		push := fmt.Sprintf("%s at %s", s.Subscription.Status(time.Now()), s.Subscription.Hubs[0])
		if at := s.Subscription.Expires; !at.IsZero() {
			push += ", until " + at.Format(time.RFC3339)
		}
		if note := s.Subscription.Note; note != "" {
			push += ": " + note
		}
		row("push", push)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nlast polls")
	w = tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	for _, p := range s.History {
		fmt.Fprintf(w, "  %s\t%s\t%d new of %d\t%s\n", p.Time.Format(time.RFC3339), p.Outcome, p.New, p.Window, terminal.Text(p.Error))
	}
	return w.Flush()
}

func validators(s *registry.Source) string {
	etag, modified := s.Validators.Conditions(time.Now())
	var all []string
	if etag != "" {
		all = append(all, "ETag "+etag)
	}
	if modified != "" {
		all = append(all, "Last-Modified "+modified)
	}
	if all == nil {
		return "none: the whole is asked for"
	}
	return strings.Join(all, ", ")
}

// visits tells when the source's pages are fetched again.
func visits(s *registry.Source) string {
	switch {
	case s.Paused:
		return "no page, while it is paused"
	case s.Refetch.IsZero():
		return "each page as --refetch of the fetcher says"
	case len(s.Refetch) == 0:
		return "no page"
	}
	return "each page " + s.Refetch.String() + " after its first fetch"
}

// wishes names what differs from the rest.
func wishes(s *registry.Source) string {
	var all []string
	for _, wish := range []struct {
		is   bool
		what string
	}{{s.NoRobots, "no robots.txt"}, {s.Backfill, "backfill"}, {s.Overrides.Unverified, "any certificate"}, {s.Overrides.Proxy != "", "a proxy"}} {
		if wish.is {
			all = append(all, wish.what)
		}
	}
	if s.Interval > 0 {
		all = append(all, "polled every "+s.Interval.String())
	}
	if s.HostDelay > 0 {
		all = append(all, "requests "+s.HostDelay.String()+" apart")
	}
	if s.Overrides.Agent != "" {
		all = append(all, "agent "+s.Overrides.Agent)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Overrides.Header)) {
		all = append(all, "header "+name)
	}
	return strings.Join(all, ", ")
}

// masked is a source without its secrets: the values of headers, what a proxy's URL may hold, and what hubs sign with.
func masked(s *registry.Source) *registry.Source {
	c := *s
	const mask = "********"
	if len(c.Overrides.Header) > 0 {
		c.Overrides.Header = c.Overrides.Header.Clone()
		for name := range c.Overrides.Header {
			c.Overrides.Header[name] = []string{mask}
		}
	}
	if c.Overrides.Proxy != "" {
		c.Overrides.Proxy = mask
	}
	if c.Subscription.Secret != "" {
		c.Subscription.Secret = mask
	}
	if c.Subscription.Token != "" {
		c.Subscription.Token = mask
	}
	return &c
}
