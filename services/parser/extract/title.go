package extract

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
)

// maxTitle is the longest headline in bytes.
const maxTitle = 600

// claim is what one source calls the headline.
type claim struct {
	evidence
	key    string // its letters
	weight int    // of its source
	votes  int    // the weights of all that say the same
}

// The weights of what speaks for a headline where sources differ. What the page shows and what its URL was made of count most,
// and an alternative headline is mostly the one that is shown; what <title> and twitter:title repeat is rather the version for
// search engines and networks. They are set by hand: a softmax over the same votes, learned on the corpus pages that differ,
// puts them in much the same order and chooses no better.
const (
	headingWeight     = 32
	openGraphWeight   = 15
	jsonLDWeight      = 12
	alternativeWeight = 15
	titleWeight       = -2
	twitterWeight     = -3
	urlWeight         = 37
)

// headline chooses among what a page calls its headline.
//
// No source is right everywhere: JSON-LD and OpenGraph are written for machines, sometimes for other readers than those of
// the page ("You won't believe ..."), and <title> names the site too; the heading may be the section's or have a kicker. So
// JSON-LD, OpenGraph and the heading stand for election, and whatever says the same as one of them votes for it. Other
// sources count only where there is none of the three.
func (f *facts) headline(w *weigher, a *article.Article, p Page, site []string) {
	clean := func(s string) string { return withoutSite(tidy(s), site) }
	ld, og, tw, title := clean(f.ldArticle.Headline), clean(f.meta("og:title")), clean(f.meta("twitter:title")), clean(f.title)
	shown := ""
	if f.heading = f.chooseHeading(site, ld, og, title); f.heading != nil {
		shown = clean(headingText(f.heading.node, letters(ld), letters(og), letters(title)))
	}
	var claims, voters []claim
	for _, c := range [...]claim{
		{evidence: evidence{ld, article.FromJSONLD, "headline"}, weight: jsonLDWeight},
		{evidence: evidence{og, article.FromOpenGraph, "og:title"}, weight: openGraphWeight},
		{evidence: evidence{shown, article.FromHTML, "heading"}, weight: headingWeight},
	} {
		if c.value != "" {
			c.key = letters(c.value)
			claims = append(claims, c)
		}
	}
	for _, c := range [...]claim{
		{evidence: evidence{value: clean(f.ldArticle.AlternativeHeadline)}, weight: alternativeWeight},
		{evidence: evidence{value: tw}, weight: twitterWeight},
		{evidence: evidence{value: title}, weight: titleWeight},
	} {
		c.key = letters(c.value)
		voters = append(voters, c)
	}
	elect(claims, voters, p.URL)

	order := make([]evidence, 0, 12)
	for _, c := range claims {
		order = append(order, c.evidence)
	}
	if p.Item != nil {
		order = append(order, evidence{p.Item.Title, article.FromFeed, "title of the feed's item"})
	}
	order = append(order, evidence{tw, article.FromMeta, "twitter:title"},
		evidence{clean(f.meta("parsely-title")), article.FromMeta, "meta parsely-title"}, evidence{clean(f.meta("sailthru.title")), article.FromMeta, "meta sailthru.title"},
		evidence{clean(f.meta("citation_title")), article.FromMeta, "meta citation_title"}, evidence{clean(f.meta("dc.title")), article.FromMeta, "meta dc.title"}, evidence{title, article.FromHTML, "title"})
	if w.explain == nil {
		w.text("headline", &a.Headline, order...)
		return
	}
	first := len(w.explain.Fields)
	w.text("headline", &a.Headline, order...)
	for i := 1; i < len(claims); i++ {
		w.explain.Fields[first+i].Why = claims[i].lost(&claims[0])
	}
}

// lost says why another claim won.
func (c *claim) lost(won *claim) string {
	switch {
	case c.key == won.key:
		return "says the same"
	case c.alike(won):
		return "the same with or without a kicker or section"
	}
	return fmt.Sprintf("outvoted, %d to %d", won.votes, c.votes)
}

// elect puts the claim that most speaks for first, and leaves the others in their order.
func elect(claims, voters []claim, url string) {
	if !slices.ContainsFunc(claims, func(c claim) bool { return c.key != claims[0].key }) { // as on most pages
		return
	}
	slugs := slugsOf(url)
	best := 0
	for i := range claims {
		c := &claims[i]
		inURL := false
		for _, all := range [...][]claim{claims, voters} {
			for j := range all {
				if all[j].alike(c) {
					c.votes += all[j].weight
					inURL = inURL || slugs.name(all[j].value)
				}
			}
		}
		if inURL {
			c.votes += urlWeight
		}
		if c.votes > claims[best].votes {
			best = i
		}
	}
	best = variant(claims, best)
	won := claims[best]
	copy(claims[1:], claims[:best])
	claims[0] = won
}

// variant chooses among the claims that are alike, with a kicker or without: what JSON-LD and OpenGraph agree on, where one
// may have the section behind it, else the heading's. Of claims with the same letters the first is written best.
func variant(claims []claim, best int) int {
	ld, og, shown := -1, -1, -1
	for i := range claims {
		if !claims[i].alike(&claims[best]) {
			continue
		}
		switch claims[i].from {
		case article.FromJSONLD:
			ld = i
		case article.FromOpenGraph:
			og = i
		default:
			shown = i
		}
	}
	switch {
	case ld >= 0 && og >= 0 && strings.HasPrefix(claims[ld].key, claims[og].key):
		best = og
	case ld >= 0 && og >= 0 && strings.HasPrefix(claims[og].key, claims[ld].key):
		best = ld
	case shown >= 0:
		best = shown
	case ld >= 0:
		best = ld
	}
	for i := range claims {
		if claims[i].key == claims[best].key {
			return i
		}
	}
	return best
}

// alike reports whether two claims are the same but for a kicker before it or a section behind: "Local: Bridge opens".
func (c *claim) alike(d *claim) bool {
	const least = 10 // bytes of what they share
	long, short := c, d
	if len(long.key) < len(short.key) {
		long, short = d, c
	}
	switch {
	case long.key == short.key:
		return true
	case len(short.key) < least:
		return false
	case strings.HasSuffix(long.key, short.key):
		return parts(long.value, len(long.key)-len(short.key))
	case strings.HasPrefix(long.key, short.key):
		return parts(long.value, len(short.key))
	}
	return false
}

// parts reports whether a separator stands in s after n bytes of its letters.
func parts(s string, n int) bool {
	for _, r := range s {
		switch letter := isLetter(r); {
		case letter && n > 0:
			n -= utf8.RuneLen(unicode.ToLower(r))
		case letter:
			return false
		case n <= 0 && strings.ContainsRune(":：|｜ǀ│-–—·•»›*", r):
			return true
		}
	}
	return false
}
