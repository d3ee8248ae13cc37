package extract

import (
	"context"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// Limits on a page, far above what real ones have (of 1,184 the largest has 6,754 elements). With them a page's work ends
// in seconds and its tree takes at most some hundreds of megabytes, whatever it holds. How deep elements nest is
// x/net/html's limit: 512.
const (
	maxElements = 250_000
	maxText     = 2 << 20 // bytes of text that readers see
	maxFacts    = 1000    // metas, scripts and the like, of each kind
)

// parse builds the tree. Four attributes take the memory of an element; they are estimated where there may be many.
func parse(ctx context.Context, pieces []string) (*html.Node, error) {
	var c counter
	size := 0
	for _, text := range pieces {
		size += len(text)
	}
	for _, text := range pieces {
		if size > largePage {
			c.n += separations(text) / 4
		}
		if c.count(text); c.n > maxElements {
			return nil, fail(TooLarge, "more than %d elements, or as much in attributes", maxElements)
		}
	}
	doc, err := html.Parse(&timedReader{ctx, pieces})
	switch {
	case err == nil:
		return doc, nil
	case ctx.Err() != nil:
		return nil, &Error{Timeout, context.Cause(ctx)}
	case strings.Contains(err.Error(), "exceeds 512"):
		return nil, &Error{TooDeep, err}
	}
	return nil, &Error{BrokenHTML, err}
}

// timedReader ends a parse whose time is up.
type timedReader struct {
	ctx    context.Context
	pieces []string
}

func (t *timedReader) Read(b []byte) (n int, err error) {
	if t.ctx.Err() != nil {
		return 0, errors.New("time is up")
	}
	for n < len(b) && len(t.pieces) > 0 {
		c := copy(b[n:], t.pieces[0])
		n += c
		if t.pieces[0] = t.pieces[0][c:]; t.pieces[0] == "" {
			t.pieces = t.pieces[1:]
		}
	}
	if n == 0 && len(t.pieces) == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// formatting are the elements that HTML's parser opens again in every block until they are closed (the list of active
// formatting elements); a, which closes itself, is not among them.
var formatting = map[string]bool{
	"b": true, "big": true, "code": true, "em": true, "font": true, "i": true, "nobr": true, "s": true, "small": true,
	"strike": true, "strong": true, "tt": true, "u": true,
}

// counter makes an upper estimate of how many elements a text makes, without parsing it: one a start tag, and one more for
// each different formatting element open at that point. It stops counting above maxElements.
type counter struct {
	n, open int
	kinds   map[string]int // open elements by their whole start tag: at most three alike are opened again
	last    map[string][]string
}

func (c *counter) count(text string) {
	if c.kinds == nil {
		c.kinds, c.last = map[string]int{}, map[string][]string{}
	}
	for c.n <= maxElements {
		i := strings.IndexByte(text, '<')
		if i < 0 || i+1 >= len(text) {
			break
		}
		text = text[i+1:]
		closing := text[0] == '/'
		if closing {
			text = text[1:]
		}
		name := tagName(text)
		if name == "" {
			continue
		}
		if !closing {
			c.n += 1 + min(c.open, 512)
		}
		if name = strings.ToLower(name); !formatting[name] {
			continue
		}
		if closing {
			if tags := c.last[name]; len(tags) > 0 {
				tag := tags[len(tags)-1]
				c.last[name] = tags[:len(tags)-1]
				c.kinds[tag]--
				c.open--
			}
			continue
		}
		tag := text[:min(len(text), maxTag)]
		if i := strings.IndexByte(tag, '>'); i >= 0 {
			tag = tag[:i]
		}
		if c.kinds[tag] < 3 {
			c.kinds[tag]++
			c.last[name] = append(c.last[name], tag)
			c.open++
		}
	}
}

// largePage is the size, in bytes, from which on a page may have more attributes than take the memory of maxElements.
const largePage = 2 * 4 * maxElements

// separations counts where the attributes of tags may be parted, which is also between words: what is quoted cannot be told
// without parsing.
func separations(text string) int {
	n, apart := 0, true
	for i := range len(text) {
		switch text[i] {
		case ' ', '\t', '\n', '\f', '\r', '/', '"', '\'':
			if !apart {
				n++
			}
			apart = true
		default:
			apart = false
		}
	}
	return n
}

// maxTag is how much of a tag is compared.
const maxTag = 256

// tagName is the run of letters and digits that a tag starts with; "" where it is no tag.
func tagName(s string) string {
	end := 0
	for end < len(s) && end < 16 && (s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' || end > 0 && s[end] >= '0' && s[end] <= '9') {
		end++
	}
	return s[:end]
}
