package search

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
)

const (
	snippetRunes = 240 // characters of text that a snippet shows, without its ellipses
	leadRunes    = 60  // of them at most before the first hit
	trimRunes    = 20  // of them at most given up to end between words
	maxSpans     = 500 // hits looked at in one text
)

// span is a place in a text, in bytes, and which of the words sought matched there.
type span struct {
	start, end int
	word       int
}

// Snippet is the part of an article's text that shows best why it matches: HTML with hits in <mark>, some 240 characters.
func (q *Query) Snippet(a *article.Article) string {
	text, body := Text(a)
	return snippet(text, body, seek(q.Tree, q.Lang).find(text, a.InLanguage))
}

// snippet is the part of a text with the most different hits, as HTML with each hit in <mark>. Hits in the body, which
// begins at the offset, are preferred: the title is shown anyway. Places that are not in the text, or within a
// character, are passed over. Without hits it is how the body begins.
func snippet(text string, body int, hits []span) string {
	hits = slices.DeleteFunc(slices.Clone(hits), func(h span) bool { return !within(text, h) })
	slices.SortFunc(hits, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end // the longer first, so that it covers the shorter
	})
	if i := slices.IndexFunc(hits, func(h span) bool { return h.start >= body }); i >= 0 {
		hits = hits[i:]
	} else if len(hits) > 0 {
		body = 0
	}
	hits = hits[:min(len(hits), maxSpans)]

	start := body
	if len(hits) > 0 {
		start = lead(text, body, hits[densest(text, hits)].start)
	}
	end := trail(text, start)
	return render(text, body, start, end, hits)
}

func within(text string, h span) bool {
	return 0 <= h.start && h.start < h.end && h.end <= len(text) && utf8.RuneStart(text[h.start]) && (h.end == len(text) || utf8.RuneStart(text[h.end]))
}

// densest is the hit from which on a snippet has the most different words, and of those with as many, the most hits.
func densest(text string, hits []span) int {
	at, most := 0, 0
	for i := range hits {
		end := forward(text, hits[i].start, snippetRunes-leadRunes)
		words := map[int]struct{}{}
		n := 0
		for _, h := range hits[i:] {
			if h.end > end {
				break
			}
			words[h.word] = struct{}{}
			n++
		}
		if n += maxSpans * len(words); n > most {
			at, most = i, n
		}
	}
	return at
}

// lead goes back from a hit to the beginning of a word, not before the body.
func lead(text string, body, at int) int {
	start := at
	for n := 0; start > body && n < leadRunes; n++ {
		_, size := utf8.DecodeLastRuneInString(text[body:start])
		start -= size
	}
	if r, _ := utf8.DecodeLastRuneInString(text[body:start]); start == body || unicode.IsSpace(r) {
		return start
	}
	if i := strings.IndexFunc(text[start:at], unicode.IsSpace); i >= 0 {
		start += i
		return start + len(text[start:at]) - len(strings.TrimLeftFunc(text[start:at], unicode.IsSpace))
	}
	return start // a script without spaces
}

// trail goes forward to the snippet's end, and back a little to the end of a word.
func trail(text string, start int) int {
	end := forward(text, start, snippetRunes)
	if end == len(text) {
		return end
	}
	words := strings.LastIndexFunc(text[start:end], unicode.IsSpace)
	if words < 0 || utf8.RuneCountInString(text[start+words:end]) > trimRunes {
		return end
	}
	return start + words
}

// forward is the offset n characters on, or the end of the text.
func forward(text string, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// render writes text[start:end] as one line of HTML. hits are in order and may overlap.
func render(text string, body, start, end int, hits []span) string {
	var b strings.Builder
	if start > body {
		b.WriteString("… ")
	}
	at := start
	for _, h := range hits {
		if h.start < start || h.end > end || h.end <= at {
			continue
		}
		h.start = max(h.start, at) // overlaps the one before, as the pairs of Chinese characters do
		b.WriteString(escape(text[at:h.start]))
		b.WriteString("<mark>" + escape(text[h.start:h.end]) + "</mark>")
		at = h.end
	}
	b.WriteString(escape(text[at:end]))
	out := strings.ReplaceAll(strings.TrimSpace(b.String()), "</mark><mark>", "")
	if end < len(text) {
		out += " …"
	}
	return out
}

// escape makes text HTML, on one line, with each run of white space one space.
func escape(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return html.EscapeString(b.String())
}
