package markup

import "strings"

// Inner is the content of e as HTML: what was inline markup is markup, and what was text is text. Namespace prefixes are
// dropped.
func (e *Element) Inner() string {
	var b strings.Builder
	e.appendInner(&b)
	return clip(b.String())
}

func (e *Element) appendInner(b *strings.Builder) {
	for c := e.first; c != nil && b.Len() < MaxText; c = c.next {
		if c.Name == "" {
			escapeText(b, c.text)
			continue
		}
		name := local(c.raw)
		b.WriteByte('<')
		b.WriteString(name)
		for _, a := range c.Attrs {
			if strings.HasPrefix(a.Name, "xmlns") || strings.HasPrefix(a.Name, "xml:") {
				continue
			}
			b.WriteByte(' ')
			b.WriteString(local(a.Name))
			b.WriteString(`="`)
			attributeEscapes.WriteString(b, a.Value)
			b.WriteByte('"')
		}
		b.WriteByte('>')
		c.appendInner(b)
		if void[strings.ToLower(name)] { // what is in it came after it
			continue
		}
		b.WriteString("</")
		b.WriteString(name)
		b.WriteByte('>')
	}
}

func local(name string) string {
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

// void are HTML's elements without content, which have no end tags (HTML, 13.1.2).
var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true,
}

var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

func escapeText(b *strings.Builder, text string) {
	if !strings.ContainsAny(text, "&<>") {
		b.WriteString(text)
		return
	}
	textEscapes.WriteString(b, text)
}
