package publication

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

// element is an XML element. Names are local: the formats read here use each name in one namespace only, or alike in both.
type element struct {
	name     string
	attr     map[string]string
	children []*element
	text     string // of a piece of text, whose name is ""
}

// Limits on a publication's XML, far above what real ones have.
const (
	maxDepth    = 200
	maxElements = 200_000
)

// parseXML reads a document. Entities other than XML's own five are an error, as are external ones: nothing is expanded and
// nothing is fetched.
func parseXML(body []byte) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(string(body)))
	d.CharsetReader = charset.NewReaderLabel
	top := &element{}
	open := []*element{top}
	count := 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, column := d.InputPos()
			return nil, fmt.Errorf("broken XML at line %d, column %d: %w", line, column, err)
		}
		at := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if count++; count > maxElements {
				return nil, fmt.Errorf("more than %d elements", maxElements)
			}
			if len(open) > maxDepth {
				return nil, fmt.Errorf("elements nest deeper than %d", maxDepth)
			}
			e := &element{name: t.Name.Local, attr: make(map[string]string, len(t.Attr))}
			for _, a := range t.Attr {
				e.attr[a.Name.Local] = strings.TrimSpace(a.Value)
			}
			at.children = append(at.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			at.children = append(at.children, &element{text: string(t)})
		}
	}
	for _, e := range top.children {
		if e.name != "" {
			return e, nil
		}
	}
	return nil, errors.New("XML without an element")
}

// find is the first element at a path of names below e, nil where there is none; a nil element has nothing.
func (e *element) find(path ...string) *element {
	all := e.all(path...)
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// all are the elements at a path of names below e.
func (e *element) all(path ...string) []*element {
	if e == nil {
		return nil
	}
	level := []*element{e}
	for _, name := range path {
		var next []*element
		for _, e := range level {
			for _, c := range e.children {
				if c.name == name {
					next = append(next, c)
				}
			}
		}
		level = next
	}
	return level
}

// get is an attribute, "" of nil.
func (e *element) get(name string) string {
	if e == nil {
		return ""
	}
	return e.attr[name]
}

// string is all text in an element on one line.
func (e *element) string() string {
	var b strings.Builder
	e.write(&b)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (e *element) write(b *strings.Builder) {
	if e == nil {
		return
	}
	b.WriteString(e.text)
	for _, c := range e.children {
		c.write(b)
		if c.name == "br" {
			b.WriteByte(' ')
		}
	}
}
