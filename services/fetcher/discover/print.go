package discover

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/services/fetcher/sitemap"
	"dateline/services/fetcher/terminal"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// Print writes what a site offers for people to read; ages count from now.
func (s *Site) Print(out io.Writer, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, terminal.Text(s.URL))
	if s.CrawlDelay > 0 {
		fmt.Fprintf(w, "robots.txt asks for %g s between requests\n", s.CrawlDelay)
	}
	section := func(name string, n int) bool {
		if n > 0 {
			fmt.Fprintf(w, "\n%s\n", name)
		}
		return n > 0
	}
	if !section("Feeds", len(s.Feeds)) {
		fmt.Fprintln(w, "\nNo feeds.")
	}
	for _, f := range s.Feeds {
		title := ""
		if f.Title != "" {
			title = fmt.Sprintf("%q", terminal.Text(f.Title))
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", terminal.Text(f.URL), english.Plural(f.Items, "item", ""), age(f.Newest, now), foundBy[f.Found], title)
	}
	if !section("Sitemaps", len(s.Sitemaps)) {
		fmt.Fprintln(w, "\nNo sitemaps.")
	}
	for _, m := range s.Sitemaps {
		fmt.Fprintf(w, "  %s%s\t%s\t%s\t%s\n", strings.Repeat("  ", m.Depth), terminal.Text(m.URL), m.content(), age(m.Newest, now), foundBy[m.Found])
	}
	if s.Unread > 0 {
		fmt.Fprintf(w, "  and %s that an index lists, not read\n", english.Plural(s.Unread, "more", "more"))
	}
	section("Hubs (WebSub)", len(s.Hubs))
	for _, h := range s.Hubs {
		fmt.Fprintf(w, "  %s\n", terminal.Text(h))
	}
	failures := func(name string, all []Failure) {
		section(name, len(all))
		for _, f := range all {
			fmt.Fprintf(w, "  %s\t%s\n", terminal.Text(f.URL), terminal.Text(f.Reason))
		}
	}
	failures("Refused by robots.txt", s.Refused)
	failures("Not read", s.Failed)
	return w.Flush()
}

var foundBy = map[Found]string{
	Given: "given", Linked: "linked by the page", Mentioned: "linked in the text", Named: "named by robots.txt", Listed: "", Guessed: "at the usual place",
}

// content tells what a sitemap holds.
func (m Sitemap) content() string {
	var parts []string
	if m.Sitemaps > 0 || m.Kind == sitemap.Index {
		parts = append(parts, english.Plural(m.Sitemaps, "sitemap", ""))
	}
	if m.Kind != sitemap.Index || m.Pages > 0 {
		parts = append(parts, english.Plural(m.Pages, "page", ""))
	}
	if m.News > 0 {
		parts = append(parts, humanize.Comma(int64(m.News))+" with news data")
	}
	if m.Foreign > 0 {
		parts = append(parts, humanize.Comma(int64(m.Foreign))+" of other sites left out")
	}
	if m.Truncated {
		parts = append(parts, "not all")
	}
	if m.Kind == sitemap.Text || m.Kind == sitemap.Feed {
		parts = append(parts, "as "+string(m.Kind))
	}
	return strings.Join(parts, ", ")
}

func age(t, now time.Time) string {
	if t.IsZero() {
		return "no dates"
	}
	return "newest " + humanize.RelTime(t, now, "ago", "from now")
}
