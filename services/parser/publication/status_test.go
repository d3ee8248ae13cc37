package publication

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"dateline/pkg/article"
)

func withdrawal(t *testing.T, header map[string][]string, body string) *article.Removal {
	t.Helper()
	a, r, err := Read(context.Background(), Publication{"rasc", header, []byte(body), stored})
	if err != nil || a != nil || r == nil {
		t.Fatalf("%v: %+v, %+v, %v", header, a, r, err)
	}
	if r.SchemaVersion != article.SchemaVersion || r.Reason != article.Withdrawn || !r.Time.Equal(stored) {
		t.Errorf("%+v", r)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := article.DecodeRemoval(b); err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("%s: %+v, %v", b, back, err)
	}
	return r
}

// with is a header with another value.
func with(header map[string][]string, name, value string) map[string][]string {
	out := h(name, value)
	for k, v := range header {
		out[k] = v
	}
	return out
}

// Whatever names an article when it is published names it when it is withdrawn.
func TestWithdrawal(t *testing.T) {
	page := "<title>Bridge</title>" + strings.Repeat("<p>"+sentence+"</p>", 6)
	for name, c := range map[string]struct {
		header map[string][]string
		body   string
		bare   bool // the headers alone name it
	}{
		"text with an id":           {h("Dateline-Id", "7"), sentence, true},
		"text with a URL":           {h("Content-Type", "text/plain", "Dateline-Url", "https://www.e.example/a?utm_source=x", "Dateline-Id", "7"), sentence, true},
		"text alone":                {h("Content-Type", "text/plain"), sentence, false},
		"a page with a URL":         {h("Content-Type", "text/html", "Dateline-Url", "https://e.example/a"), page, true},
		"a page with an id":         {h("Content-Type", "text/html", "Dateline-Id", "7"), page, true},
		"an article with a URL":     {h("Content-Type", "application/json"), `{"schema_version":1,"url":"https://e.example/a","id":"8","text":"x","date_published":"2024-11-06"}`, false},
		"an article with an id":     {h("Content-Type", "application/json"), `{"schema_version":1,"publication":{"publisher":"x","id":"9"},"text":"x"}`, false},
		"JSON-LD":                   {h("Content-Type", "application/ld+json"), `{"@type":"NewsArticle","@id":"urn:x:1","headline":"H","articleBody":"Text of it."}`, false},
		"JSON-LD with a URL":        {h("Content-Type", "application/ld+json"), `{"@type":"NewsArticle","url":"https://e.example/a","headline":"H","articleBody":"Text of it."}`, false},
		"ninjs":                     {h("Content-Type", "application/json"), testdata(t, "ninjs-1.json"), false},
		"ninjs of an article's URL": {h("Content-Type", "application/ninjs+json", "Dateline-Url", "https://e.example/a"), testdata(t, "ninjs-3.json"), true},
		"NITF":                      {h("Content-Type", "application/xml"), testdata(t, "nitf.xml"), false},
		"NewsML-G2":                 {h("Content-Type", "application/xml"), testdata(t, "newsml.xml"), false},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := read(c.header, c.body)
			if err != nil {
				t.Fatal(err)
			}
			bodies := []string{c.body}
			if c.bare {
				bodies = append(bodies, "")
			}
			for _, body := range bodies {
				for _, status := range []string{"canceled", "withheld", "stat:canceled", "http://cv.iptc.org/newscodes/pubstatusg2/withheld"} {
					r := withdrawal(t, with(c.header, article.HeaderPubStatus, status), body)
					if r.ID != a.ID || r.URL != a.URL || r.Source != a.Source || r.Publication.Publisher != "rasc" {
						t.Errorf("%s of %q: %+v, not of %s %s %s", status, body, r, a.ID, a.URL, a.Source)
					}
					if body != "" && *r.Publication != *a.Publication {
						t.Errorf("%+v, not %+v", r.Publication, a.Publication)
					}
				}
			}
			if again, err := read(with(c.header, article.HeaderPubStatus, "usable"), c.body); err != nil || !reflect.DeepEqual(again, a) {
				t.Errorf("usable: %+v, %v", again, err)
			}
		})
	}
}

// The IPTC's formats say themselves that something is withdrawn, with or without its text.
func TestWithdrawalByFormat(t *testing.T) {
	const bridge = "urn:newsml:agency.example:20241106:bridge"
	id := func(t *testing.T, header map[string][]string, body string) string {
		t.Helper()
		a, err := read(header, body)
		if err != nil {
			t.Fatal(err)
		}
		return a.Publication.ID
	}
	xml, js := h("Content-Type", "application/xml"), h("Content-Type", "application/json")
	nitf, newsml, ninjs := testdata(t, "nitf.xml"), testdata(t, "newsml.xml"), testdata(t, "ninjs-1.json")
	for name, c := range map[string]struct {
		header   map[string][]string
		body, id string
	}{
		"ninjs":                 {js, testdata(t, "ninjs-canceled.json"), bridge},
		"ninjs 3":               {js, `{"uri":"` + bridge + `","pubStatus":"withheld"}`, bridge},
		"ninjs with its text":   {js, strings.Replace(ninjs, `"usable"`, `"canceled"`, 1), id(t, js, ninjs)},
		"NewsML-G2":             {xml, testdata(t, "newsml-canceled.xml"), bridge},
		"NewsML-G2 by URI":      {xml, strings.Replace(testdata(t, "newsml-canceled.xml"), `qcode="stat:canceled"`, `uri="http://cv.iptc.org/newscodes/pubstatusg2/withheld"`, 1), bridge},
		"NewsML-G2 with a text": {xml, strings.Replace(newsml, "stat:usable", "stat:withheld", 1), id(t, xml, newsml)},
		"NITF of another":       {xml, testdata(t, "nitf-canceled.xml"), bridge},
		"NITF":                  {xml, strings.Replace(nitf, "usable", "canceled", 1), id(t, xml, nitf)},
	} {
		t.Run(name, func(t *testing.T) {
			r := withdrawal(t, c.header, c.body)
			if r.Publication.ID != c.id || r.ID != article.IDOfPublication("rasc", c.id) || r.Source != "rasc" {
				t.Errorf("%+v, want %s", r, c.id)
			}
		})
	}
	if a, err := read(with(js, article.HeaderPubStatus, "usable"), strings.Replace(ninjs, `"usable"`, `"canceled"`, 1)); err != nil || a == nil {
		t.Errorf("a header that says usable does not win: %v", err)
	}
	correction := strings.Replace(nitf, `management-status="usable"`, `management-doc-idref="x" management-idref-status="canceled"`, 1)
	if a, err := read(xml, correction); err != nil || a.Publication.ID == "x" {
		t.Errorf("a corrected text that cancels another document is no article: %+v, %v", a, err)
	}
}

func TestWithdrawalsThatSayTooLittle(t *testing.T) {
	status := article.HeaderPubStatus
	for _, c := range []struct {
		header     map[string][]string
		body, want string
	}{
		{h(status, "canceled"), "", "url: is missing, and so is an id: give Dateline-Url or Dateline-Id, so that it is known what is withdrawn"},
		{h(status, "canceled", "Content-Type", "text/plain"), " \n", "url: is missing"},
		{h(status, "canceled", "Content-Type", "text/html"), "<p>x</p>", "url: is missing"},
		{h(status, "canceled", "Content-Type", "application/json"), `{"schema_version":1,"text":"x"}`, "url: is missing"},
		{h(status, "canceled", "Content-Type", "application/json"), `{"x":1}`, "body: is JSON, but neither"},
		{h(status, "canceled", "Content-Type", "application/pdf"), "x", "Content-Type: \"application/pdf\" is not accepted"},
		{h(status, "canceled", "Dateline-Url", "nowhere"), "", "Dateline-Url: \"nowhere\" is no absolute http or https URL"},
		{h(status, "killed", "Dateline-Id", "7"), sentence, "Dateline-Pub-Status: \"killed\" is none of usable, withheld and canceled"},
		{h("Content-Type", "application/xml"), `<nitf><head><docdata management-status="canceled"/></head></nitf>`, "url: is missing"},
	} {
		a, r, err := Read(context.Background(), Publication{"rasc", c.header, []byte(c.body), stored})
		var fields article.FieldErrors
		if !errors.As(err, &fields) || a != nil || r != nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v %q: %+v, %+v, %v; want %s", c.header, c.body, a, r, err, c.want)
		}
	}
}
