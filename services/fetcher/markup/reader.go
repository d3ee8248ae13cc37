package markup

import (
	"strings"
	"unicode/utf8"
)

const (
	// MaxDepth is how deep elements are told apart; what lies deeper counts to the element at that depth.
	MaxDepth = 400
	// MaxText is how many bytes of text one element has at most.
	MaxText = 1 << 20
	// maxNodes is how many elements and pieces of text the content of one element has, and how many attributes; the rest of it
	// is left out.
	maxNodes = 100_000
)

// Element is an element, with its content where Reader.Fill has read it.
//
// Names are in lower case, as feeds spell them by chance, and carry the prefix that the Reader's table gives their namespace:
// "title", "dc:creator". A namespace that is not in the table, or is not declared, leaves the document's own prefix.
type Element struct {
	Name  string
	Attrs []Attr // names as those of elements: "href", "rdf:about"
	Base  string // what relative URLs count from (xml:base)
	Lang  string // xml:lang, as a BCP 47 tag
	Depth int    // 1 is the root

	raw               string // its name as written
	text              string // of a piece of text, whose Name is empty
	first, last, next *Element
	room              *Room
}

// Attr is the value of an attribute, trimmed, or empty.
func (e *Element) Attr(name string) string {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			return strings.TrimSpace(e.Attrs[i].Value)
		}
	}
	return ""
}

// Resolve makes a URL of e absolute, as Room.Resolve does.
func (e *Element) Resolve(ref string) string { return e.room.Resolve(e.Base, strings.TrimSpace(ref)) }

// Children gives the elements in e, in order, without its text.
func (e *Element) Children(yield func(*Element) bool) {
	for c := e.first; c != nil; c = c.next {
		if c.Name != "" && !yield(c) {
			return
		}
	}
}

// HasElements reports whether there is an element in e.
func (e *Element) HasElements() bool {
	for range e.Children {
		return true
	}
	return false
}

// Child is the first element in e with a name, or nil.
func (e *Element) Child(name string) *Element {
	for c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Text is the text of e and of all elements in it, trimmed, at most MaxText bytes. A nil element has none.
func (e *Element) Text() string {
	if e == nil || e.first == nil {
		return ""
	}
	if only := e.first; only.next == nil && only.Name == "" {
		return strings.TrimSpace(clip(only.text))
	}
	var b strings.Builder
	e.appendText(&b)
	return strings.TrimSpace(clip(b.String()))
}

func (e *Element) appendText(b *strings.Builder) {
	for c := e.first; c != nil && b.Len() < MaxText; c = c.next {
		if c.Name == "" {
			b.WriteString(c.text)
		} else {
			c.appendText(b)
		}
	}
}

// clip cuts at MaxText, between runes.
func clip(s string) string {
	if len(s) <= MaxText {
		return s
	}
	most := MaxText
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// frame is an element that has not ended.
type frame struct {
	raw, name, base, lang string
	declared              int // namespaces that end with it
}

// Reader gives the elements of a document.
type Reader struct {
	scan   *Scanner
	spaces map[string]string
	flat   map[string]bool
	open   []frame        // elements that have not ended, in the document itself
	opened map[string]int // how many of them have a name
	beyond int            // elements below MaxDepth that have not ended
	bound  []binding
	names  map[string]string // of elements, as written, while the namespaces stay the same
	attrs  map[string]string // the same of attributes

	given    Element // by Next
	start    Element // of the tag that the scanner stands at
	declared int     // namespaces that it declares
	pending  bool    // it is yet to be taken in

	nodes  []Element // reused for the content of the next element
	used   int       // of nodes
	filled int       // nodes of the content at hand
	kept   []Attr
	room   Room
	cut    bool
}

// binding is a namespace prefix's, as an element declares it.
type binding struct{ prefix, canonical string }

// Options are what a Reader has to know.
type Options struct {
	Base   string            // what relative URLs count from
	Lang   string            // of the document, by what came with it
	Spaces map[string]string // prefixes by namespace, in lower case
	Flat   []string          // elements that never hold one another: one that starts ends another, and their end tags are found whatever was left open
}

// NewReader returns a reader of a document in UTF-8.
func NewReader(doc string, o Options) *Reader {
	r := &Reader{
		scan: NewScanner(doc), room: MaxResolved, spaces: o.Spaces, flat: map[string]bool{}, open: append(make([]frame, 0, 16), frame{base: o.Base, lang: o.Lang}),
		opened: map[string]int{}, names: map[string]string{}, attrs: map[string]string{},
	}
	for _, name := range o.Flat {
		r.flat[name] = true
	}
	return r
}

// Truncated reports whether the document broke off before its elements ended, or went beyond this package's bounds.
func (r *Reader) Truncated() bool { return r.cut || r.room == 0 }

// Next returns the element that starts next, without its content; nil at the document's end. Unless Fill is called then, what
// is in that element comes next. An element and all in it hold until Next is called again; their strings hold longer.
func (r *Reader) Next() *Element {
	r.used, r.filled, r.kept = 0, 0, r.kept[:0]
	for {
		token := Start
		if !r.pending {
			token = r.scan.Next()
		}
		r.pending = false
		switch token {
		case EOF:
			r.end()
			return nil
		case Start:
			if r.enter() {
				r.given = *r.push()
				return &r.given
			}
		case End:
			r.leave()
		}
	}
}

// end notes what is open at the document's end.
func (r *Reader) end() {
	if len(r.open) > 1 || r.scan.Broken() {
		r.cut = true
	}
	r.pop(1)
}

// Fill reads the content of the element that Next returned last.
func (r *Reader) Fill(e *Element) {
	depth := len(r.open)
	if depth-1 != e.Depth { // it has been read
		return
	}
	parents := append(make([]*Element, 0, 16), e)
	for {
		switch r.scan.Next() {
		case EOF:
			r.end()
			return
		case Text:
			r.append(parents[len(parents)-1], Element{text: r.scan.Text()})
		case Start:
			if r.flat[e.Name] && r.flat[r.elementName(r.scan.Name())] {
				r.beyond = 0
				r.pop(depth - 1)
				r.pending = true
				return
			}
			if !r.enter() {
				continue
			}
			c := r.push()
			if n := r.append(parents[len(parents)-1], *c); n != nil {
				c = n
			}
			parents = append(parents, c)
		case End:
			r.leave()
			if len(r.open) < depth {
				return
			}
			parents = parents[:1+len(r.open)-depth]
		}
	}
}

// append adds to the content of an element, as far as there is room.
func (r *Reader) append(parent *Element, e Element) *Element {
	if r.filled == maxNodes {
		r.cut = true
		return nil
	}
	r.filled++
	if r.used == len(r.nodes) { // the nodes in use stay where they are
		r.nodes, r.used = make([]Element, max(64, min(2*len(r.nodes), 4096))), 0
	}
	n := &r.nodes[r.used]
	r.used++
	*n = e
	if parent.first == nil {
		parent.first = n
	} else {
		parent.last.next = n
	}
	parent.last = n
	return n
}
