package markup

import "strings"

// enter makes r.start of the start tag that the scanner stands at; it is false of one that lies too deep.
func (r *Reader) enter() bool {
	if len(r.open) > MaxDepth {
		r.beyond++
		r.cut = true
		return false
	}
	parent := &r.open[len(r.open)-1]
	e := Element{raw: r.scan.Name(), room: &r.room, Base: parent.base, Lang: parent.lang, Depth: len(r.open)}
	declared := r.declare()
	attrs := r.scan.Attrs()
	from := len(r.kept)
	for i := range attrs {
		name := r.attrName(attrs[i].Name)
		switch name {
		case "xml:base":
			if v := strings.TrimSpace(attrs[i].Value); v != "" {
				e.Base = r.room.Resolve(e.Base, v)
			}
		case "xml:lang":
			e.Lang = strings.ReplaceAll(strings.TrimSpace(attrs[i].Value), "_", "-")
		}
		if len(r.kept) < maxNodes {
			r.kept = append(r.kept, Attr{name, attrs[i].Value})
		}
	}
	e.Attrs = r.kept[from:len(r.kept):len(r.kept)]
	e.Name = r.elementName(e.raw)
	r.start = e
	r.declared = declared
	return true
}

// push opens the element that enter made.
func (r *Reader) push() *Element {
	e := &r.start
	r.open = append(r.open, frame{raw: e.raw, name: e.Name, base: e.Base, lang: e.Lang, declared: r.declared})
	r.opened[e.Name]++
	r.declared = 0
	return e
}

// leave ends the element that the end tag is of, and those in it that were not ended. An end tag of none is passed over.
func (r *Reader) leave() {
	raw, top := r.scan.Name(), len(r.open)-1
	if r.beyond == 0 && r.open[top].raw == raw {
		r.pop(top)
		return
	}
	name := r.elementName(raw)
	if r.beyond > 0 && !(r.flat[name] && r.opened[name] > 0) {
		r.beyond--
		return
	}
	r.beyond = 0
	if r.opened[name] == 0 {
		return
	}
	for r.open[top].name != name {
		top--
	}
	r.pop(top)
}

// pop ends open elements until n are left, the document itself among them.
func (r *Reader) pop(n int) {
	for len(r.open) > max(n, 1) {
		f := &r.open[len(r.open)-1]
		r.opened[f.name]--
		if f.declared > 0 {
			r.bound = r.bound[:len(r.bound)-f.declared]
			clear(r.names)
			clear(r.attrs)
		}
		r.open = r.open[:len(r.open)-1]
	}
}

// maxBound is how many namespace declarations count at a time.
const maxBound = 200

// declare takes in the namespaces that the tag declares, and returns how many.
func (r *Reader) declare() int {
	n := 0
	for _, a := range r.scan.Attrs() {
		if len(a.Name) < 5 || !strings.EqualFold(a.Name[:5], "xmlns") || len(r.bound) == maxBound {
			continue
		}
		prefix := ""
		switch {
		case len(a.Name) > 6 && a.Name[5] == ':':
			prefix = strings.ToLower(a.Name[6:])
		case len(a.Name) != 5:
			continue
		}
		space := strings.ToLower(strings.TrimSpace(a.Value))
		canonical, ok := r.spaces[space]
		if !ok {
			canonical = prefix
		}
		if was := r.prefix(prefix); was == canonical { // nothing changes
			continue
		}
		r.bound = append(r.bound, binding{prefix, canonical})
		n++
	}
	if n > 0 {
		clear(r.names)
		clear(r.attrs)
	}
	return n
}

// prefix is the canonical one of a prefix.
func (r *Reader) prefix(prefix string) string {
	for i := len(r.bound) - 1; i >= 0; i-- {
		if r.bound[i].prefix == prefix {
			return r.bound[i].canonical
		}
	}
	return prefix
}

// maxNames bounds the memory of names.
const maxNames = 1000

func (r *Reader) elementName(raw string) string {
	if name, ok := r.names[raw]; ok {
		return name
	}
	prefix, local := splitName(raw)
	return remember(r.names, raw, join(r.prefix(prefix), local))
}

// attrName is the same for attributes, which the default namespace does not reach.
func (r *Reader) attrName(raw string) string {
	if name, ok := r.attrs[raw]; ok {
		return name
	}
	prefix, local := splitName(raw)
	if prefix != "" {
		prefix = r.prefix(prefix)
	}
	return remember(r.attrs, raw, join(prefix, local))
}

func splitName(raw string) (prefix, local string) {
	raw = strings.ToLower(raw)
	if prefix, local, ok := strings.Cut(raw, ":"); ok {
		return prefix, local
	}
	return "", raw
}

func join(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

func remember(names map[string]string, raw, name string) string {
	if len(names) >= maxNames {
		clear(names)
	}
	names[strings.Clone(raw)] = name
	return name
}
