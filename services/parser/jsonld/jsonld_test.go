package jsonld

import (
	"reflect"
	"strings"
	"testing"

	"dateline/pkg/article"
)

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
			&NewsArticle{Headline: "N", Keywords: []string{"a", "b"}, Image: "i"},
		},
		{"main entity", `{"@type":"WebPage","mainEntity":{"@type":"NewsArticle","headline":"H","@id":"#article","identifier":7}}`, &NewsArticle{Headline: "H", ID: "7"}},
		{"teasers of others", `{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"H"}]}`, nil},
		{"empty article first", `[{"@type":"NewsArticle"},{"@type":"NewsArticle","headline":"H"}]`, &NewsArticle{Headline: "H"}},
		{"names of two", `{"@type":"Article","headline":"H","author":{"name":["A","B"],"url":"u"}}`, &NewsArticle{Headline: "H", Authors: []article.Author{{Name: "A"}, {Name: "B"}}}},
		{"no article", `{"@type":"Person"}`, nil},
		{"no object", `7`, nil},
	} {
		got, err := Find([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
	if _, err := Find([]byte(`{"a":`)); err == nil || !strings.Contains(err.Error(), "byte 5") {
		t.Errorf("broken JSON: %v", err)
	}
}

// Nodes that refer to themselves many times over end at the limit of steps.
func TestFindIsBounded(t *testing.T) {
	refs := strings.TrimSuffix(strings.Repeat(`{"@id":"x"},`, 2000), ",")
	if _, err := Find([]byte(`{"@type":"Article","headline":"H","@id":"x","url":[` + refs + `],"image":[` + refs + `],"publisher":[` + refs + `]}`)); err != nil {
		t.Fatal(err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte(`{"@graph":[{"@type":"NewsArticle","headline":"H","author":[{"@id":"a"}]},{"@id":"a","name":"A"}]}`))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = Find(b) })
}
