package inspect

import (
	"fmt"
	"strings"

	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/terminal"
)

// describe tells of a feed what a person wants to know of it: what it is, how it wants to be polled, and its entries.
func describe(f *feed.Feed) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s %s\n", name, terminal.Text(value))
		}
	}
	fmt.Fprintln(&b, terminal.Text(or(f.Title.Plain(), "(no title)")))
	line("", f.Subtitle.Plain())
	line("format", f.Format)
	line("page", f.Link)
	line("language", f.Language)
	line("authors", persons(f.Authors))
	line("updated", date(f.Updated, f.Published, f.Date))
	line("generator", strings.TrimSpace(f.Generator.Name+" "+f.Generator.Version))
	line("self", f.Self)
	line("moved to", f.NewFeedURL)
	line("hubs", strings.Join(f.Hubs, " "))
	line("older", or(f.Next, f.PrevArchive))
	line("polls", hints(f))
	more := ""
	if f.Truncated {
		more = "; the document broke off, or is larger than what is read of one"
	}
	fmt.Fprintf(&b, "%-10s %d%s\n", "entries", len(f.Entries), more)
	for i := range f.Entries {
		e := &f.Entries[i]
		fmt.Fprintf(&b, "\n%s\n", terminal.Text(or(e.Title.Plain(), "(no title)")))
		about := []string{date(e.Published, e.Date, e.Updated, e.Created), or(e.Link, e.ID), persons(e.Authors)}
		if n := len(e.Enclosures) + len(e.Media); n > 0 {
			about = append(about, fmt.Sprintf("%d media", n))
		}
		fmt.Fprintf(&b, "    %s\n", terminal.Text(join(about)))
		if text := or(e.Summary.Plain(), plainContent(e)); text != "" {
			fmt.Fprintf(&b, "    %s\n", terminal.Text(shortened(text)))
		}
	}
	return b.String()
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// join joins what is not empty.
func join(parts []string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}

func persons(all []feed.Person) string {
	var names []string
	for _, p := range all {
		names = append(names, or(p.Name, or(p.Email, p.URL)))
	}
	return join(names)
}

// date is the first date that there is, as written where it cannot be read.
func date(all ...feed.Date) string {
	for _, d := range all {
		switch {
		case !d.Value.Time.IsZero():
			return d.Value.String()
		case d.Raw != "":
			return fmt.Sprintf("%q, which is no date", d.Raw)
		}
	}
	return ""
}

// hints are what the feed asks of those who poll it.
func hints(f *feed.Feed) string {
	var all []string
	if f.TTL > 0 {
		all = append(all, fmt.Sprintf("every %d minutes at most (ttl)", f.TTL))
	}
	if f.UpdatePeriod != "" {
		all = append(all, fmt.Sprintf("%s, %d times (sy)", f.UpdatePeriod, max(f.UpdateTimes, 1)))
	}
	if f.SkipHours != nil {
		all = append(all, "not at "+strings.Trim(fmt.Sprint(f.SkipHours), "[]")+" o'clock UTC")
	}
	if f.SkipDays != nil {
		all = append(all, "not on "+strings.Join(f.SkipDays, " "))
	}
	for what, is := range map[string]bool{"never again: it has ended": f.Ended, "never again: it is an archive": !f.Ended && f.Archive} {
		if is {
			all = append(all, what)
		}
	}
	return strings.Join(all, "; ")
}

func plainContent(e *feed.Entry) string {
	if len(e.Content) == 0 {
		return ""
	}
	return e.Content[0].Plain()
}

// excerpt is how much of a text is printed, in bytes.
const excerpt = 160

func shortened(s string) string {
	if len(s) <= excerpt {
		return s
	}
	s = feed.Clip(s, excerpt)
	if i := strings.LastIndexByte(s, ' '); i > excerpt/2 {
		s = s[:i]
	}
	return s + " …"
}
