package markup

import (
	"fmt"
	"strings"
	"testing"

	"dateline/pkg/lineartest"
)

// scanned writes a document's tokens in a row.
func scanned(doc string) string {
	var b strings.Builder
	s := NewScanner(doc)
	for {
		switch s.Next() {
		case EOF:
			return b.String()
		case Start:
			fmt.Fprintf(&b, "<%s", s.Name())
			for _, a := range s.Attrs() {
				fmt.Fprintf(&b, " %s=%q", a.Name, a.Value)
			}
			b.WriteString(">")
		case End:
			fmt.Fprintf(&b, "</%s>", s.Name())
		case Text:
			fmt.Fprintf(&b, "%q", s.Text())
		}
	}
}

func TestScanner(t *testing.T) {
	for _, c := range []struct{ name, doc, want string }{
		{"well-formed", `<?xml version="1.0"?><a x="1" y='2'>t<b/></a>`, `<a x="1" y="2">"t"<b></b></a>`},
		{"comments and instructions", `<a><!-- <b> --><?php <c> ?>t</a>`, `<a>"t"</a>`},
		{"sections", `<a><![CDATA[<b>&amp;]]>&amp;<![CDATA[]]></a>`, `<a>"<b>&amp;""&"""</a>`},
		{"a section that never ends", `<a><![CDATA[t</a><b>u</b>`, `<a>"t"</a><b>"u"</b>`},
		{"a comment that never ends", `<a><!-- t><b>u</b>`, `<a><b>"u"</b>`},
		{"a section that ends twice", `<a><![CDATA[t]]>]]></a>`, `<a>"t""]]>"</a>`},
		{"less than", `<a>1 < 2 <= 3 <3 << </a>`, `<a>"1 < 2 <= 3 <3 << "</a>`},
		{"ampersands", `<a>A&B & C &nosuch; &;</a>`, `<a>"A&B & C &nosuch; &;"</a>`},
		{"references", `<a>&lt;&#233;&#xE9;&eacute;&nbsp;&apos;&hellip;&#65</a>`, "<a>\"<ééé\\u00a0'…A\"</a>"},
		{"references to windows-1252", `<a>don&#146;t &#x97;</a>`, `<a>"don’t —"</a>`},
		{"references that are no characters", `<a>&#0;&#x110000;&#xd800;&#;&#x;</a>`, `<a>"���&#;�"</a>`},
		{"attributes", `<a b=1 c = "2" d e='&lt;"' f=g/>`, `<a b="1" c="2" d="" e="<\"" f="g"></a>`},
		{"an attribute of a URL", `<a href=http://x.example/a/b/>`, `<a href="http://x.example/a/b"></a>`},
		{"an attribute that never ends", `<a b="c>t</a>`, `<a b="c">"t"</a>`},
		{"a tag that never ends", `<a b <c>t`, `<a b=""><c>"t"`},
		{"cut in a tag", `<a><b c="d`, `<a><b c="d">`},
		{"cut in an end tag", `<a>t</a`, `<a>"t"</a>`},
		{"line ends", "<a b=\"x\r\ny\">1\r\n2\r3</a>", "<a b=\"x\\ny\">\"1\\n2\\n3\"</a>"},
		{"names of any script", `<été:ж>t</été:ж>`, `<été:ж>"t"</été:ж>`},
		{"entities of the document", `<!DOCTYPE a [<!ENTITY b "c &#38; d"><!ENTITY % p SYSTEM "x"> %p; <!-- ]> --><!ENTITY e SYSTEM "file:///etc/passwd">]><a>&b;&e;&p;</a>`, `<a>"c & d&e;&p;"</a>`},
		{"entities are not nested", `<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><a>&d;</a>`, `<a>"&b;&b;"</a>`},
		{"a document type that never ends", `<!DOCTYPE a [<!ENTITY b "c"><a>&b;</a>`, `<a>"c"</a>`},
		{"a document type of HTML", `<!doctype html><a>`, `<a>`},
		{"nothing", ``, ``},
		{"a mark alone", `<`, `"<"`},
	} {
		if got := scanned(c.doc); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Entities of the document make it at most so much larger.
func TestEntitiesAreBounded(t *testing.T) {
	doc := `<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("x", maxEntity-1) + `">]><a>` + strings.Repeat("&b;", 100_000) + `</a>`
	s := NewScanner(doc)
	n := 0
	for token := s.Next(); token != EOF; token = s.Next() {
		if token == Text {
			n += len(s.Text())
		}
	}
	if n < maxExpansion || n > maxExpansion+len(doc) {
		t.Errorf("%d bytes of text", n)
	}
}

// read writes the elements of a document, those in a row and what is in them.
func read(doc string, o Options) string {
	var b strings.Builder
	r := NewReader(doc, o)
	for e := r.Next(); e != nil; e = r.Next() {
		if e.Name == "rss" || e.Name == "channel" {
			continue
		}
		r.Fill(e)
		write(&b, e)
	}
	return b.String()
}

func write(b *strings.Builder, e *Element) {
	b.WriteString(e.Name + "(")
	if !e.HasElements() {
		b.WriteString(e.Text())
	}
	for c := range e.Children {
		write(b, c)
	}
	b.WriteString(")")
}

func TestReader(t *testing.T) {
	o := Options{Spaces: map[string]string{"urn:core": "", "urn:dc": "dc"}, Flat: []string{"item"}}
	for _, c := range []struct{ name, doc, want string }{
		{"plain", `<rss><channel><title>t</title><item><a>1</a><b>2</b></item></channel></rss>`, `title(t)item(a(1)b(2))`},
		{"capitals", `<RSS><Channel><Title>t</tITLE></Channel></RSS>`, `title(t)`},
		{"namespaces", `<x:rss xmlns:x="urn:core" xmlns:y="URN:DC"><x:a>1</x:a><y:a>2</y:a><z:a>3</z:a><a xmlns="urn:dc">4</a><a>5</a></x:rss>`, `a(1)dc:a(2)z:a(3)dc:a(4)a(5)`},
		{"a prefix that changes", `<rss><item><p:a xmlns:p="urn:dc">1</p:a><p:a xmlns:p="urn:other">2</p:a><p:a>3</p:a></item></rss>`, `item(dc:a(1)p:a(2)p:a(3))`},
		{"tags in the wrong order", `<rss><item><a><b>1</a></b><c>2</c></item></rss>`, `item(a(b(1))c(2))`},
		{"tags not closed", `<rss><item><a>1<item><b>2</item><c>3</c></rss>`, `item(a(1))item(b(2))c(3)`},
		{"end tags of nothing", `<rss></b><item></b><a>1</a></c></item></rss>`, `item(a(1))`},
		{"cut", `<rss><item><a>1</a><b>2`, `item(a(1)b(2))`},
		{"an empty element", `<rss><a/><b>1</b></rss>`, `a()b(1)`},
		{"too deep, and what comes then", `<rss><item>` + strings.Repeat("<x>", 2*MaxDepth) + `</item><item><a>1</a></item>`, `item(` + strings.Repeat("x(", MaxDepth-2) + strings.Repeat(")", MaxDepth-2) + `)item(a(1))`},
		{"too deep, and not closed", `<rss><item>` + strings.Repeat("<x>", 2*MaxDepth) + `<item><a>1</a><b>2</b></item>`, `item(` + strings.Repeat("x(", MaxDepth-2) + strings.Repeat(")", MaxDepth-2) + `)item(a(1)b(2))`},
	} {
		if got := read(c.doc, o); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestContext(t *testing.T) {
	r := NewReader(`<a xml:base="http://x.example/d/" xml:lang="de_AT"><b xml:base="e/f" xml:lang=""><c/></b><d xml:lang="fr"/></a>`, Options{Base: "http://y.example/", Lang: "en"})
	var got []string
	for e := r.Next(); e != nil; e = r.Next() {
		got = append(got, fmt.Sprint(e.Name, " ", e.Base, " ", e.Lang, " ", e.Depth))
	}
	want := "[a http://x.example/d/ de-AT 1 b http://x.example/d/e/f  2 c http://x.example/d/e/f  3 d http://x.example/d/ fr 2]"
	if fmt.Sprint(got) != want || r.Truncated() {
		t.Errorf("%v", got)
	}
}

func TestElement(t *testing.T) {
	r := NewReader(`<a><b C=" d ">1 &lt; <i>2</i><x:br xmlns:x="urn:x"/>"3"<img alt='"&amp;'/></b></a>`, Options{})
	r.Next()
	b := r.Next()
	r.Fill(b)
	if b.Text() != `1 < 2"3"` || b.Attr("c") != "d" || b.Attr("d") != "" || b.Child("i").Text() != "2" || b.Child("u").Text() != "" {
		t.Errorf("%q, %q", b.Text(), b.Attr("c"))
	}
	if got, want := b.Inner(), `1 &lt; <i>2</i><br>"3"<img alt="&quot;&amp;">`; got != want {
		t.Errorf("%s", got)
	}
}

// Markup that is not XML comes out as it would be read as HTML.
func TestInnerOfHTML(t *testing.T) {
	r := NewReader(`<a>1<br>2<IMG src=x>3<b>4</a>`, Options{})
	a := r.Next()
	r.Fill(a)
	if got, want := a.Inner(), `1<br>2<IMG src="x">3<b>4</b>`; got != want {
		t.Errorf("%s", got)
	}
}

func TestTruncated(t *testing.T) {
	for doc, want := range map[string]bool{
		"<a><b/></a>": false, "<a><b></a>": false, "<a></a><b>": true, "<a>": true, "<a></a": true, "": false,
		"<a>" + strings.Repeat("<b/>", maxNodes+1) + "</a>": true,
	} {
		r := NewReader(doc, Options{})
		for e := r.Next(); e != nil; e = r.Next() {
			r.Fill(e)
		}
		if r.Truncated() != want {
			t.Errorf("%.40s: %t", doc, r.Truncated())
		}
	}
}

func TestTextIsBounded(t *testing.T) {
	r := NewReader("<a>"+strings.Repeat("é<b/>", MaxText)+"</a>", Options{})
	a := r.Next()
	r.Fill(a)
	if n := len(a.Text()); n == 0 || n > MaxText {
		t.Errorf("%d bytes", n)
	}
	if n := len(a.Inner()); n > MaxText {
		t.Errorf("%d bytes of markup", n)
	}
}

func TestResolve(t *testing.T) {
	const base = "http://a.example/b/c/d;p?q"
	for _, c := range []struct{ base, ref, want string }{
		// RFC 3986, 5.4.
		{base, "g:h", "g:h"},
		{base, "g", "http://a.example/b/c/g"},
		{base, "./g", "http://a.example/b/c/g"},
		{base, "g/", "http://a.example/b/c/g/"},
		{base, "/g", "http://a.example/g"},
		{base, "//g", "http://g"},
		{base, "?y", "http://a.example/b/c/d;p?y"},
		{base, "g?y#s", "http://a.example/b/c/g?y#s"},
		{base, "#s", "http://a.example/b/c/d;p?q#s"},
		{base, "", base},
		{base, ".", "http://a.example/b/c/"},
		{base, "..", "http://a.example/b/"},
		{base, "../../g", "http://a.example/g"},
		{base, "../../../g", "http://a.example/g"},
		{base, "/./g", "http://a.example/g"},
		{base, "g/./h", "http://a.example/b/c/g/h"},
		{base, "g?y/../x", "http://a.example/b/c/g?y/../x"},
		{"http://a.example", "g", "http://a.example/g"},
		{"http://a.example?q", "g", "http://a.example/g"},
		{"http://a.example/b#f", "g", "http://a.example/g"},
		// What is given is kept as it is.
		{base, " HTTP://X.example/%7eä b ", "HTTP://X.example/%7eä b"},
		{base, "ä b", "http://a.example/b/c/ä b"},
		{base, "mailto:a@b.example", "mailto:a@b.example"},
		{base, "http:///x.example/y", "http://x.example/y"},
		{"", "g", "g"},
		{"javascript:alert(1)", "/g", "/g"},
	} {
		if got := Resolve(c.base, c.ref); got != c.want {
			t.Errorf("Resolve(%q, %q) = %q, want %q", c.base, c.ref, got, c.want)
		}
	}
}

func TestReaderIsLinear(t *testing.T) {
	for _, piece := range []string{
		"<a>", "</a>", "<a><b></a>", "<", "<a ", "<a b=\"", "<a b='", "<!--", "<![CDATA[", "<!DOCTYPE a [", "<!ENTITY a \"", "<?", "&", "&amp;", "&#", "&b;", "<a xmlns:b='c'>", "<item>", "<item></x>",
		"<a/>", "]]>", "<a b=c ", "x<b/>", "</", "<a xml:base='../b/'>", "\r\n", "<!", "<a:b:c>",
	} {
		lineartest.Check(t, piece, 160_000, func(n int) func() {
			doc := "<rss><item>" + strings.Repeat(piece, n)
			return func() {
				r := NewReader(doc, Options{Base: "http://a.example/b/", Flat: []string{"item"}})
				for e := r.Next(); e != nil; e = r.Next() {
					if e.Depth > 1 {
						r.Fill(e)
						e.Text()
						e.Inner()
					}
				}
			}
		})
	}
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{"<a b='c'>d</a>", "<![CDATA[x]]>&lt;", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;", "<a b=c/><!-- -->", "< a & <b/", "&#x1F600;&eacute;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		s := NewScanner(doc)
		text, tokens := 0, 0
		for token := s.Next(); token != EOF; token = s.Next() {
			if tokens++; tokens > 2*len(doc)+2 {
				t.Fatal("it does not end")
			}
			if token == Text {
				text += len(s.Text())
			}
		}
		if text > 4*len(doc)+maxExpansion {
			t.Errorf("%d bytes became %d", len(doc), text)
		}
	})
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"<rss><item><a>b</a></item>", "<a xmlns:b='urn:x' xml:base='c' xml:lang='d'><b:e/></a>", "<item><a><item></a></b>", "<a>" + strings.Repeat("<b>", 500) + "</a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		r := NewReader(doc, Options{Base: "http://a.example/", Spaces: map[string]string{"urn:x": "x"}, Flat: []string{"item"}})
		for e := r.Next(); e != nil; e = r.Next() {
			if e.Depth < 1 || e.Depth > MaxDepth {
				t.Fatalf("depth %d", e.Depth)
			}
			if e.Depth%2 == 0 {
				r.Fill(e)
			}
			_, _ = e.Text(), e.Inner()
		}
	})
}
