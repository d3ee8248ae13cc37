package sourcelist

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const maxDepth = 100 // of folders whose names become tags

// ReadOPML reads a list of feeds as OPML 1.0 or 2.0 has it. Names of folders, and categories, become tags. It is as
// tolerant as an HTML parser: names in any case, entities that are none, elements that do not end. The error is that of r,
// ErrTooLarge, or that the document has no outline at all; what is wrong with single outlines is in the List's Problems.
func ReadOPML(r io.Reader) (*List, error) {
	text, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("OPML: %w", err)
	}
	var (
		c       = newCollector()
		z       = html.NewTokenizer(strings.NewReader(text))
		line    = 1
		found   bool
		folders []string // names of the outlines that are open; "" for those that are sources themselves
	)
	for {
		kind := z.Next()
		at := line
		line += strings.Count(string(z.Raw()), "\n")
		if kind == html.ErrorToken {
			if !found {
				return nil, errors.New("OPML: no outline element in it")
			}
			return &c.list, nil
		}
		name, more := z.TagName()
		if string(name) != "outline" {
			if string(name) == "opml" {
				found = true
			}
			continue
		}
		found = true
		if kind == html.EndTagToken {
			if len(folders) > 0 {
				folders = folders[:len(folders)-1]
			}
			continue
		}
		attrs := map[string]string{} // the tokenizer has their names in lower case
		for more {
			var key, value []byte
			key, value, more = z.TagAttr()
			if k := string(key); attrs[k] == "" {
				attrs[k] = string(value)
			}
		}
		if c.full() {
			return nil, fmt.Errorf("OPML: line %d: %w: more than %d sources", at, ErrTooLarge, MaxSources)
		}
		folder := c.outline(at, attrs, folders)
		if kind == html.StartTagToken {
			if len(folders) >= maxDepth {
				folder = ""
			}
			folders = append(folders, folder)
		}
	}
}

// outline takes in an element, or returns the name that it has as a folder.
func (c *collector) outline(line int, attrs map[string]string, folders []string) (folder string) {
	first := func(names ...string) string {
		for _, n := range names {
			if v := strings.TrimSpace(attrs[n]); v != "" {
				return v
			}
		}
		return ""
	}
	typ := strings.ToLower(first("type"))
	e := entry{
		url: first("xmlurl"), kind: first(prefix + ":kind"), title: first("title", "text"), home: first("htmlurl"), language: first("language"),
		country: first(prefix + ":country"), interval: first(prefix + ":interval"), agent: first(prefix + ":agent"),
		hostDelay: first(prefix + ":host_delay"), refetch: first(prefix + ":refetch"), paused: first(prefix + ":paused"),
	}
	switch {
	case e.url != "":
	case typ == "include":
		c.problem(line, "another list, %q, is not read: import it for itself", clip(first("url", "text")))
		return ""
	case typ == "link" && first("url") != "":
		e.url = first("url")
		if e.kind == "" {
			e.kind = string(Page)
		}
	case typ == "rss" || typ == "atom":
		c.problem(line, "the feed %q has no xmlUrl", clip(e.title))
		return ""
	default:
		return e.title
	}
	e.tags = slices.Concat(folders, []string{attrs["category"]})
	c.add(line, e)
	return ""
}

// prefix is that of what OPML has no attributes for, which the OPML 2.0 specification wants in a namespace.
const (
	prefix    = "dateline"
	namespace = "urn:dateline:sources"
)

// WriteOPML writes OPML 2.0 that ReadOPML reads back as it was, apart from the order: sources stand in a folder for their
// first tag, as feed readers want it, and have the others as categories.
func WriteOPML(w io.Writer, title string, sources []Source) error {
	var names []string
	folders := map[string][]Source{}
	for _, s := range sources {
		name := ""
		if len(s.Tags) > 0 {
			name = s.Tags[0]
		}
		if _, ok := folders[name]; !ok {
			names = append(names, name)
		}
		folders[name] = append(folders[name], s)
	}
	x := &opmlWriter{w: w}
	x.print(xml.Header+"<opml version=\"2.0\" xmlns:%s=%q>\n<head><title>%s</title></head>\n<body>\n", prefix, namespace, escaped(title))
	for _, name := range names {
		indent := ""
		if name != "" {
			x.print("<outline text=\"%s\">\n", escaped(name))
			indent = "  "
		}
		for _, s := range folders[name] {
			x.print("%s", indent)
			x.source(s)
		}
		if name != "" {
			x.print("</outline>\n")
		}
	}
	x.print("</body>\n</opml>\n")
	if x.err != nil {
		return fmt.Errorf("write OPML: %w", x.err)
	}
	return nil
}

// opmlWriter keeps the first error.
type opmlWriter struct {
	w   io.Writer
	err error
}

func (x *opmlWriter) print(format string, args ...any) {
	if x.err == nil {
		_, x.err = fmt.Fprintf(x.w, format, args...)
	}
}

func (x *opmlWriter) source(s Source) {
	attr := func(name, value string) {
		if value != "" {
			x.print(" %s=\"%s\"", name, escaped(value))
		}
	}
	label := s.Title // readers want a text
	if label == "" {
		label = s.URL
	}
	x.print("<outline")
	if s.Kind == Feed {
		attr("type", "rss") // whatever it is, by the specification
		attr("xmlUrl", s.URL)
	} else {
		attr("type", "link")
		attr("url", s.URL)
		attr(prefix+":kind", string(s.Kind))
	}
	attr("text", label)
	attr("title", s.Title)
	attr("htmlUrl", s.Home)
	attr("language", s.Language)
	if len(s.Tags) > 1 {
		attr("category", strings.Join(s.Tags[1:], ","))
	}
	attr(prefix+":country", s.Country)
	attr(prefix+":interval", interval(s.Interval))
	attr(prefix+":agent", s.Agent)
	attr(prefix+":host_delay", interval(s.HostDelay))
	attr(prefix+":refetch", policy(s.Refetch))
	attr(prefix+":paused", flag(s.Paused))
	x.print("/>\n")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
