package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/services/fetcher/registry"

	"github.com/dustin/go-humanize"
)

// List prints a line for each source, or with json a line of JSON, secrets masked.
func (r *Registry) List(ctx context.Context, out io.Writer, f Filter, asJSON bool) error {
	all, err := r.chosen(ctx, f)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		for _, s := range all {
			if err := e.Encode(masked(s)); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tHEALTH\tITEMS/DAY\tLAST\tNEXT\tURL\tTITLE")
	now := time.Now()
	for _, s := range all {
		last := "never"
		if n := len(s.History); n > 0 {
			last = s.History[n-1].Outcome + " " + humanize.RelTime(s.History[n-1].Time, now, "ago", "ahead")
		}
		next := humanize.RelTime(s.Next, now, "ago", "ahead")
		if s.Paused {
			next = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%s\t%s\t%s\t%s\n", s.Kind, healthOf(s), s.Revisit.Rate(), last, next, s.URL, s.Title)
	}
	return w.Flush()
}

// Health prints those that fail and those that are dead, the longest first, and what is wrong with them.
func (r *Registry) Health(ctx context.Context, out io.Writer, f Filter) error {
	if f.State == "" {
		f.State = bad
	}
	all, err := r.chosen(ctx, f)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HEALTH\tSINCE\tFAILURES\tCLASS\tNEXT\tURL\tWHY")
	now := time.Now()
	for _, s := range all {
		h := s.Revisit.Health()
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", healthOf(s), h.Since.Format(time.DateOnly), h.Failures, h.Class, humanize.RelTime(s.Next, now, "ago", "ahead"), s.URL, h.Why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d sources\n", len(all))
	return err
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
			fmt.Fprintf(w, "%s\t%s\n", name, value)
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
	row("next poll", s.Plan)
	row("validators", validators(s))
	if m := s.Standing.MovedTo; m != "" {
		row("moved", fmt.Sprintf("to %s, seen %d times since %s", m, s.Standing.Sightings, s.Standing.MovedSince.Format(time.RFC3339)))
	}
	if len(s.Subscription.Hubs) > 0 {
		row("push", fmt.Sprintf("%s at %s, until %s", s.Subscription.Status(time.Now()), s.Subscription.Hubs[0], s.Subscription.Expires.Format(time.RFC3339)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nlast polls")
	w = tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	for _, p := range s.History {
		fmt.Fprintf(w, "  %s\t%s\t%d new of %d\t%s\n", p.Time.Format(time.RFC3339), p.Outcome, p.New, p.Window, p.Error)
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

// wishes names what differs from the rest.
func wishes(s *registry.Source) string {
	var all []string
	for what, is := range map[string]bool{"no robots.txt": s.NoRobots, "backfill": s.Backfill, "any certificate": s.Overrides.Unverified, "a proxy": s.Overrides.Proxy != ""} {
		if is {
			all = append(all, what)
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
	for name := range s.Overrides.Header {
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
