package jsonld

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"dateline/pkg/article"
)

func find(doc []byte) (*NewsArticle, error) {
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return nil, err
	}
	return Find(v), nil
}

func TestFind(t *testing.T) {
	no := false
	for _, c := range []struct {
		name, in string
		want     *NewsArticle
	}{
		{
			"plain", `{"@context":"https://schema.org","@type":"NewsArticle","headline":"A &amp; B","datePublished":"2024-11-06","dateModified":"2024-11-07",
			"author":{"@type":"Person","name":"Ann  Writer","url":"https://e.org/ann"},"publisher":{"@type":"Organization","name":"The Paper"},
			"articleSection":["World","Asia"],"keywords":"a, b","description":"D","image":{"@type":"ImageObject","url":"https://e.org/i.jpg"},
			"inLanguage":"en","isAccessibleForFree":"False","url":"https://e.org/1","@id":"https://e.org/1#a","articleBody":"One.\n\nTwo."}`,
			&NewsArticle{
				ID: "https://e.org/1#a", URL: "https://e.org/1", Headline: "A & B", Authors: []article.Author{{Name: "Ann Writer", URL: "https://e.org/ann"}},
				Publisher: "The Paper", Published: "2024-11-06", Modified: "2024-11-07", Section: "World", Keywords: []string{"a", "b"}, Description: "D",
				Image: "https://e.org/i.jpg", Language: "en", Body: "One.\n\nTwo.", Free: &no,
			},
		},
		{
			"graph with references", `{"@graph":[{"@type":"WebPage","@id":"p"},{"@type":["Article","Thing"],"headline":"H","author":[{"@id":"#ann"},"Bob","https://e.org/x"],
			"mainEntityOfPage":{"@id":"https://e.org/1"}},{"@type":"Person","@id":"#ann","name":"Ann"}]}`,
			&NewsArticle{Headline: "H", URL: "https://e.org/1", Authors: []article.Author{{Name: "Ann"}, {Name: "Bob"}}},
		},
		{
			"array, full type, organisation as author", `[{"@type":"BreadcrumbList"},{"@type":"http://schema.org/NewsArticle","name":"N","author":{"@type":"Organization","name":"Desk"},"keywords":["a",{"name":"b"}],"image":["i","j"]}]`,
			&NewsArticle{Headline: "N", Organizations: []string{"Desk"}, Keywords: []string{"a", "b"}, Image: "i"},
		},
		{"main entity", `{"@type":"WebPage","mainEntity":{"@type":"NewsArticle","headline":"H","@id":"#article","identifier":7}}`, &NewsArticle{Headline: "H", ID: "7"}},
		{"teasers of others", `{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"H"}]}`, nil},
		{"empty article first", `[{"@type":"NewsArticle"},{"@type":"NewsArticle","headline":"H"}]`, &NewsArticle{Headline: "H"}},
		{"names of two", `{"@type":"Article","headline":"H","author":{"name":["A","B"],"url":"u"}}`, &NewsArticle{Headline: "H", Authors: []article.Author{{Name: "A"}, {Name: "B"}}}},
		{"a part behind a wall", `{"@type":"NewsArticle","headline":"H","hasPart":[{"@type":"WebPageElement","isAccessibleForFree":"False"}]}`, &NewsArticle{Headline: "H", Free: &no}},
		{"a free part", `{"@type":"NewsArticle","headline":"H","hasPart":{"@type":"WebPageElement","isAccessibleForFree":true}}`, &NewsArticle{Headline: "H"}},
		{"arrays in arrays", `[[{"@graph":[[{"@type":["NewsArticle"],"headline":["H"],"author":[[{"name":"A"}],"B"]}]]}]]`, &NewsArticle{Headline: "H", Authors: []article.Author{{Name: "A"}, {Name: "B"}}}},
		{"no article", `{"@type":"Person"}`, nil},
		{"no object", `7`, nil},
	} {
		got, err := find([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
}

// Nodes that refer to themselves many times over end at the limit of steps.
func TestFindIsBounded(t *testing.T) {
	refs := strings.TrimSuffix(strings.Repeat(`{"@id":"x"},`, 2000), ",")
	if _, err := find([]byte(`{"@type":"Article","headline":"H","@id":"x","url":[` + refs + `],"image":[` + refs + `],"publisher":[` + refs + `]}`)); err != nil {
		t.Fatal(err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte(`{"@graph":[{"@type":"NewsArticle","headline":"H","author":[{"@id":"a"}]},{"@id":"a","name":"A"}]}`))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = find(b) })
}

func TestInPage(t *testing.T) {
	kinds := func(p *Page) string {
		var s []string
		for _, list := range [][]*NewsArticle{p.Articles, p.Pages, p.Works} {
			for _, a := range list {
				s = append(s, strings.TrimSpace(a.Headline+" "+a.Published+a.Created))
			}
			s = append(s, ";")
		}
		return strings.Join(append(s, p.Sites...), " ")
	}
	for _, c := range []struct {
		name    string
		scripts []string
		want    string
	}{
		{"several scripts", []string{`{"@type":"WebSite","name":"S"}`, `{"@type":"NewsArticle","headline":"A"}`, `{"@type":"article","headline":"B"}`}, "A B ; ; ; S"},
		{"a graph of all", []string{`{"@graph":[{"@type":"Organization","name":"O"},{"@type":"WebPage","name":"W","datePublished":"2024"},{"@type":"BlogPosting","headline":"A"},{"@type":"VideoObject","name":"V","uploadDate":"2023"}]}`}, "A ; W 2024 ; V 2023 ; O"},
		{"an article in a page", []string{`{"@type":"WebPage","datePublished":"2024","mainEntity":{"@type":"Article","headline":"A"}}`}, "A ; 2024 ; ;"},
		{"an article in a page's parts", []string{`{"@type":"WebPage","hasPart":[{"@type":"WebPageElement"},{"@type":"Article","headline":"A"}]}`}, "A ; ; ;"},
		{"a blog's post", []string{`{"@type":"Blog","blogPost":[{"@type":"BlogPosting","headline":"A"}]}`}, "A ; ; ;"},
		{"updates of a live blog are not the article", []string{`{"@type":"LiveBlogPosting","headline":"A","liveBlogUpdate":[{"@type":"BlogPosting","headline":"U"}]}`}, "A ; ; ;"},
		{"teasers in a list are not", []string{`{"@type":"ItemList","itemListElement":[{"item":{"@type":"NewsArticle","headline":"T"}}]}`}, "; ; ;"},
		{"publisher", []string{`{"@type":"NewsArticle","headline":"A","publisher":{"@type":"Organization","name":"O"}}`}, "A ; ; ; O"},
		{"broken", []string{"<!-- {'@type':'NewsArticle','headline':'A',} -->;", `{"@type":"NewsArticle","headline":"B "quoted" here","x":[`}, `A B "quoted" here ; ; ;`},
		{"nothing", []string{"", "7", "null"}, "; ; ;"},
	} {
		if got := kinds(InPage(c.scripts)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	p := InPage([]string{`{"@type":"NewsArticle","headline":"A","author":{"@id":"#ann"}}`, `{"@type":"Person","@id":"#ann","givenName":"Ann","familyName":"Weaver"}`})
	if want := []article.Author{{Name: "Ann Weaver"}}; !reflect.DeepEqual(p.Articles[0].Authors, want) {
		t.Errorf("a person in another script: %+v", p.Articles[0].Authors)
	}
}

func FuzzInPage(f *testing.F) {
	f.Add(`{"@graph":[{"@type":"NewsArticle","headline":"H","author":[{"@id":"a"}]},{"@id":"a","name":"A"}]}`, `{'@type':'WebPage',`)
	f.Fuzz(func(t *testing.T, a, b string) {
		p := InPage([]string{a, b})
		if len(p.Articles) > maxNodes || len(p.Sites) > maxNodes {
			t.Errorf("%d articles, %d sites", len(p.Articles), len(p.Sites))
		}
	})
}

func TestMarkupInTexts(t *testing.T) {
	for in, want := range map[string]string{
		"<i>Alder</i> opens":                              "Alder opens",
		"<p>It rains.</p><p>It stops.</p>":                "It rains. It stops.",
		"One<br>two<br/>three":                            "One two three",
		"&lt;p&gt;H<sub>2</sub>O &amp;amp; ice&lt;/p&gt;": "H2O &amp; ice",
		"How to use the <b> tag":                          "How to use the <b> tag",
		"a < b and b > c":                                 "a < b and b > c",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{`false`: "false", `"False"`: "false", `"http://schema.org/False"`: "false", `"https://schema.org/True"`: "true", `"some"`: "nil", `1`: "nil"} {
		a, err := find([]byte(`{"@type":"NewsArticle","headline":"H","isAccessibleForFree":` + in + `}`))
		if err != nil {
			t.Fatal(err)
		}
		got := "nil"
		if a.Free != nil {
			got = strconv.FormatBool(*a.Free)
		}
		if got != want {
			t.Errorf("isAccessibleForFree %s: %s, want %s", in, got, want)
		}
	}
}
