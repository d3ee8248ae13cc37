package publication

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

var stored = time.Date(2024, 11, 6, 15, 0, 0, 0, time.UTC)

// h makes headers of pairs.
func h(pairs ...string) map[string][]string {
	m := map[string][]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = append(m[pairs[i]], pairs[i+1])
	}
	return m
}

func read(header map[string][]string, body string) (*article.Article, error) {
	a, _, err := Read(context.Background(), Publication{"rasc", header, []byte(body), stored})
	return a, err
}

func mustRead(t *testing.T, header map[string][]string, body string) *article.Article {
	t.Helper()
	a, err := read(header, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const sentence = "The ministry said on Wednesday November 6 that the talks would go on, and that nobody had left them."

// The article that the project was asked for with.
func TestSeed(t *testing.T) {
	shared := os.Getenv("DATELINE_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	body, err := os.ReadFile(filepath.Join(shared, "samples", "rasc-2024-11-06.txt"))
	if err != nil {
		t.Skipf("the sample is not here: %v", err)
	}
	header := h("Content-Type", "text/plain", "Dateline-Published", "2024-11-06")
	a := mustRead(t, header, string(body))
	if a.Agency != "RASC News Agency" || a.InLanguage != "en" || a.Headline != "" || a.Source != "rasc" || a.Publication.Publisher != "rasc" {
		t.Errorf("%+v", a)
	}
	if d := a.DatePublished; d.String() != "2024-11-06" || d.Precision != article.Day || d.From != article.FromHeader || d.ZoneKnown {
		t.Errorf("date_published %+v", d)
	}
	if len(a.Body) != 4 || !strings.HasPrefix(a.Body[0].Text, "The Taliban has welcomed") || !strings.HasSuffix(a.Text, "final departure.") {
		t.Errorf("%d blocks, the first %.60q", len(a.Body), a.Body[0].Text)
	}
	if title := a.DisplayTitle; !title.Derived || !strings.HasPrefix(a.Body[0].Text, strings.TrimSuffix(title.Text, "…")) || len([]rune(title.Text)) > 110 {
		t.Errorf("display title %+v", title)
	}
	if len(a.DateMentions) != 1 || a.DateMentions[0].Raw != "Wednesday November 6" || a.DateMentions[0].String() != "2024-11-06" {
		t.Errorf("mentions %+v", a.DateMentions)
	}
	if again := mustRead(t, header, string(body)); !reflect.DeepEqual(a, again) || !article.ValidID(a.ID) || a.ID != article.IDOfContent("rasc", article.Digest(body)) {
		t.Error("the second time it is another article")
	}
	want := map[string]article.From{"agency": "text", "body": "text", "date_mentions": "text", "date_published": "header", "in_language": "text"}
	if !reflect.DeepEqual(a.Provenance, want) {
		t.Errorf("provenance %v", a.Provenance)
	}
}

func TestText(t *testing.T) {
	a := mustRead(t, h(
		"content-type", "text/plain; charset=utf-8", "dateline-url", "https://www.rasc.example/a?utm_source=x", "Dateline-Id", "7", "Dateline-Headline", "Talks go on",
		"Dateline-Author", "Ann Writer", "Dateline-Author", "Bob Reporter", "Dateline-Language", "en_gb", "Dateline-Section", "World", "Dateline-Schema-Version", "1",
		"Dateline-Published", "2024-11-06T09:30:00+04:30", "Dateline-Modified", "2024-11-06T10:30:00+04:30",
	), "KABUL, Nov 6 (AP) — "+sentence+"\n\nSecond.")
	if a.ID != article.IDOfURL("rasc.example/a") || a.Source != "www.rasc.example" || a.URL != "https://www.rasc.example/a?utm_source=x" || a.CanonicalURL != "https://www.rasc.example/a" {
		t.Errorf("identity: %s %s %s %s", a.ID, a.Source, a.URL, a.CanonicalURL)
	}
	if a.Headline != "Talks go on" || a.DisplayTitle.Derived || a.Section != "World" || a.InLanguage != "en-GB" || a.Language.Detected != "en" {
		t.Errorf("%+v", a)
	}
	if !reflect.DeepEqual(a.Authors, []article.Author{{Name: "Ann Writer"}, {Name: "Bob Reporter"}}) {
		t.Errorf("authors %v", a.Authors)
	}
	if a.Agency != "AP" || a.Dateline.Place != "KABUL" || a.Dateline.Date.String() != "2024-11-06" || a.Text != sentence+"\n\nSecond." {
		t.Errorf("%+v", a.Dateline)
	}
	if a.DateModified.String() != "2024-11-06T10:30:00+04:30" || *a.Publication != (article.Publication{Publisher: "rasc", ID: "7"}) {
		t.Errorf("%v %v", a.DateModified, a.Publication)
	}
}

func TestIdentity(t *testing.T) {
	body := `{"schema_version":1,"text":"` + sentence + `"`
	for _, c := range []struct {
		name   string
		header map[string][]string
		body   string
		want   string
	}{
		{"text by its bytes", h(), sentence, article.IDOfContent("rasc", article.Digest([]byte(sentence)))},
		{"text by id", h("Dateline-Id", "7"), sentence, article.IDOfPublication("rasc", "7")},
		{"URL before id", h("Dateline-Id", "7", "Dateline-Url", "http://m.e.example/a/"), sentence, article.IDOfURL("e.example/a")},
		{"JSON id", h("Content-Type", "application/json"), body + `,"id":"8"}`, article.IDOfPublication("rasc", "8")},
		{"JSON publication.id", h("Content-Type", "application/json"), body + `,"id":"8","publication":{"publisher":"x","id":"9"}}`, article.IDOfPublication("rasc", "9")},
		{"header before JSON", h("Content-Type", "application/json", "Dateline-Id", "7"), body + `,"id":"8"}`, article.IDOfPublication("rasc", "7")},
		{"JSON URL", h("Content-Type", "application/json"), body + `,"url":"https://e.example/a"}`, article.IDOfURL("e.example/a")},
		{"header URL before JSON URL", h("Content-Type", "application/json", "Dateline-Url", "https://e.example/b"), body + `,"url":"https://e.example/a"}`, article.IDOfURL("e.example/b")},
	} {
		if a := mustRead(t, c.header, c.body); a.ID != c.want {
			t.Errorf("%s: %s, want %s", c.name, a.ID, c.want)
		}
	}
}

func TestHTMLHoweverShort(t *testing.T) {
	a := mustRead(t, h("Content-Type", "text/html", "Dateline-Id", "7"), "<p>x</p>")
	if len(a.Body) != 1 || a.Text != "x" || a.BodyState != article.BodyFull {
		t.Errorf("%+v", a)
	}
}

func TestHTML(t *testing.T) {
	page := `<html lang=en><head><title>Talks go on</title><meta property="article:published_time" content="2024-11-06"></head><body><article>` +
		strings.Repeat("<p>"+sentence+"</p>", 6) + `</article></body></html>`
	a := mustRead(t, h("Content-Type", "text/html", "Dateline-Id", "7"), page)
	if a.Headline != "Talks go on" || len(a.Body) != 6 || a.DatePublished.From != article.FromMeta && a.DatePublished.From != article.FromOpenGraph || a.Source != "rasc" {
		t.Errorf("%+v", a)
	}
	a = mustRead(t, h("Content-Type", "text/html", "Dateline-Url", "https://e.example/a", "Dateline-Headline", "Mine"), page)
	if a.Headline != "Mine" || a.Provenance["headline"] != article.FromHeader || a.Source != "e.example" || a.URL != "https://e.example/a" {
		t.Errorf("%+v", a)
	}
	expires := strings.Replace(page, "<body>", `<meta property="article:modified_time" content="2034-11-06"><body>`, 1)
	if a = mustRead(t, h("Content-Type", "text/html", "Dateline-Id", "7"), expires); a.DateModified != nil || a.Provenance["date_modified"] != "" {
		t.Errorf("date_modified %v", a.DateModified)
	}
	latin := strings.Replace(page, "ministry", "ministr\xe9", 1)
	if a = mustRead(t, h("Content-Type", "text/html; charset=iso-8859-1", "Dateline-Id", "7"), latin); !strings.Contains(a.Text, "ministré") {
		t.Errorf("%q", a.Text)
	}
}

func TestJSON(t *testing.T) {
	a := mustRead(t, h("Content-Type", "application/json"), `{"schema_version":1,"id":"8","url":"https://e.example/a","headline":"H","agency":"AP","publisher":"P",
		"authors":[{"name":" Ann "},{"name":""}],"date_published":{"time":"2024-11-06","precision":"day","zone_known":false},"date_modified":"2024-11-06T10:00:00Z",
		"in_language":"en-US","body":[{"type":"paragraph","text":"`+sentence+`"},{"type":"list","items":["a"]},{"type":"quote","text":""}],
		"body_state":"partial","display_title":{"text":"forged"},"content_fingerprint":"forged","source":"forged","provenance":{"x":"rule"},"from_the_future":{"a":1}}`)
	if a.Headline != "H" || a.Agency != "AP" || a.BodyState != article.BodyPartial || len(a.Body) != 2 || a.Source != "e.example" || a.DisplayTitle.Text != "H" {
		t.Errorf("%+v", a)
	}
	if a.DatePublished.String() != "2024-11-06" || a.DatePublished.From != article.FromPublisher || a.DateModified.String() != "2024-11-06T10:00:00Z" {
		t.Errorf("%+v %+v", a.DatePublished, a.DateModified)
	}
	if !reflect.DeepEqual(a.Authors, []article.Author{{Name: "Ann"}}) || a.Provenance["headline"] != article.FromPublisher || a.Provenance["x"] != "" || !article.ValidID(a.Fingerprint) {
		t.Errorf("%+v", a)
	}
	if a.InLanguage != "en-US" || len(a.DateMentions) != 1 {
		t.Errorf("%s %v", a.InLanguage, a.DateMentions)
	}
	for _, contentType := range []string{"application/json", "application/ld+json; charset=utf-8"} {
		for _, wrap := range []string{"%", "[%]", `{"@graph":[%]}`} {
			a = mustRead(t, h("Content-Type", contentType), strings.Replace(wrap, "%", `{"@context":"https://schema.org","@type":"NewsArticle","@id":"urn:x:1","headline":"H","datePublished":"2024-11-06",
				"author":{"name":"Ann"},"articleBody":"`+sentence+`\n\nTwo."}`, 1))
			if a.Headline != "H" || len(a.Body) != 2 || a.ID != article.IDOfPublication("rasc", "urn:x:1") || a.Provenance["headline"] != article.FromJSONLD {
				t.Errorf("%s: %+v", wrap, a)
			}
		}
	}
}

// JSON-LD is read as on pages: HTML in it, and what stands beside names.
func TestJSONLDAsOnPages(t *testing.T) {
	read := func(more string) *article.Article {
		return mustRead(t, h("Content-Type", "application/ld+json", "Dateline-Id", "1"), `{"@type":"NewsArticle","headline":"<i>Bridge</i> opens",`+more+`}`)
	}
	a := read(`"articleBody":"<p>It rains &amp; <b>rains</b>.</p><ul><li>A</li><li>B</li></ul>","author":[{"name":"By Ann Writer, Reuters","url":"https://e.example/ann"},{"@type":"Organization","name":"The Alder Post"}]`)
	if a.Headline != "Bridge opens" || len(a.Body) != 2 || a.Body[0].Text != "It rains & rains." || a.Body[1].Type != article.List {
		t.Errorf("%+v", a)
	}
	if !reflect.DeepEqual(a.Authors, []article.Author{{Name: "Ann Writer", URL: "https://e.example/ann"}}) || a.Agency != "Reuters" {
		t.Errorf("%+v %q", a.Authors, a.Agency)
	}
	a = read(`"articleBody":"It rains.","author":{"@type":"Organization","name":"dpa"}`)
	if !reflect.DeepEqual(a.Authors, []article.Author{{Name: "dpa", Organization: true}}) || a.Agency != "dpa" {
		t.Errorf("%+v %q", a.Authors, a.Agency)
	}
}

func TestRejections(t *testing.T) {
	const asJSON = "application/json"
	for _, c := range []struct {
		name      string
		publisher string
		header    map[string][]string
		body      string
		want      []string // field: part of the message
	}{
		{"publisher", "RASC.News", h(), sentence, []string{"publisher: 1 to 63 of a-z"}},
		{"empty", "rasc", h("Content-Type", "text/plain"), "", []string{"body: is empty"}},
		{"blank", "rasc", h("Content-Type", "text/plain"), " \n ", []string{"body: is empty"}},
		{"over-size", "rasc", h("Content-Type", "text/plain"), strings.Repeat("a", MaxBody+1), []string{"body: 8388609 bytes, more than the 8388608"}},
		{"invalid UTF-8", "rasc", h("Content-Type", "text/plain"), "Grü\xffe", []string{"body: not valid UTF-8 at byte 4 (0xff)"}},
		{"invalid UTF-8 in HTML", "rasc", h("Content-Type", "text/html", "Dateline-Id", "1"), "<p>\xff", []string{"body: not valid UTF-8 at byte 3"}},
		{"invalid UTF-8 in JSON", "rasc", h("Content-Type", asJSON, "Dateline-Id", "1"), "{\"a\":\"\xff\"}", []string{"body: not valid UTF-8 at byte 6"}},
		{"invalid UTF-8 in a header", "rasc", h("Dateline-Headline", "\xff"), sentence, []string{"Dateline-Headline: not valid UTF-8"}},
		{"broken JSON", "rasc", h("Content-Type", asJSON, "Dateline-Id", "1"), `{"schema_version":1,`, []string{"body: broken JSON at byte 20"}},
		{"JSON of nothing known", "rasc", h("Content-Type", asJSON, "Dateline-Id", "1"), `{"title":"x"}`, []string{"body: neither an article with schema_version, nor JSON-LD"}},
		{"wrong type in JSON", "rasc", h("Content-Type", asJSON, "Dateline-Id", "1"), `{"schema_version":1,"headline":7}`, []string{`body: JSON field "headline" at byte 32: number where string`}},
		{"wrong content type", "rasc", h("Content-Type", "application/pdf"), "%PDF", []string{"Content-Type: accepted are text/plain, text/html, application/json"}},
		{"broken content type", "rasc", h("Content-Type", "text/plain; charset"), sentence, []string{"Content-Type: accepted are"}},
		{"unknown charset", "rasc", h("Content-Type", "text/plain; charset=klingon"), sentence, []string{`Content-Type: "klingon" is not known`}},
		{"no content type, HTML", "rasc", h(), "<p>x</p>", []string{"Content-Type: is missing"}},
		{"no content type, JSON", "rasc", h(), "{}", []string{"Content-Type: is missing"}},
		{"no content type, binary", "rasc", h(), "\x89PNG\xff", []string{"Content-Type: is missing"}},
		{"HTML without URL and id", "rasc", h("Content-Type", "text/html"), strings.Repeat("<p>"+sentence+"</p>", 6), []string{"url: give Dateline-Url or Dateline-Id"}},
		{"JSON without URL and id", "rasc", h("Content-Type", asJSON), `{"schema_version":1,"text":"x"}`, []string{"url: give Dateline-Url or Dateline-Id"}},
		{"bad URL", "rasc", h("Dateline-Url", "not a url"), sentence, []string{"Dateline-Url: no absolute http"}},
		{"URL of a file", "rasc", h("Dateline-Url", "file:///etc/passwd"), sentence, []string{"Dateline-Url: scheme"}},
		{"bad date", "rasc", h("Dateline-Published", "06/11/24"), sentence, []string{"Dateline-Published: accepted is an instant as 2024-11-06T09:30:00+04:30"}},
		{"day ahead", "rasc", h("Dateline-Published", "2024-11-08"), sentence, []string{"Dateline-Published: 2024-11-08 is more than a day in the future"}},
		{"day ahead in JSON", "rasc", h("Content-Type", asJSON), `{"schema_version":1,"id":"1","text":"x","date_published":"2025-01-01"}`, []string{"date_published: 2025-01-01 is more than a day in the future"}},
		{"day ahead in HTML", "rasc", h("Content-Type", "text/html", "Dateline-Id", "1"), `<meta name=date content="2025-01-01">` + strings.Repeat("<p>"+sentence+"</p>", 6), []string{"date_published: 2025-01-01 is more than a day in the future"}},
		{"schema version", "rasc", h("Dateline-Schema-Version", "2"), sentence, []string{`Dateline-Schema-Version: "2" is not known`}},
		{"schema version in JSON", "rasc", h("Content-Type", asJSON), `{"schema_version":2,"id":"1","text":"x"}`, []string{"schema_version: 2 is not known"}},
		{"bad language", "rasc", h("Dateline-Language", "english language"), sentence, []string{"Dateline-Language: no BCP 47"}},
		{"JSON without text", "rasc", h("Content-Type", asJSON), `{"schema_version":1,"id":"1"}`, []string{"body: is empty"}},
		{"JSON-LD without text", "rasc", h("Content-Type", asJSON), `{"@type":"NewsArticle","headline":"H","@id":"1"}`, []string{"articleBody: is empty"}},
		{"block of no type", "rasc", h("Content-Type", asJSON), `{"schema_version":1,"id":"1","body":[{"type":"song","text":"x"}]}`, []string{`body[0].type: "song"`}},
		{"HTML without text", "rasc", h("Content-Type", "text/html", "Dateline-Id", "1"), "<nav></nav>", []string{"body: holds no article text"}},
		{
			"all at once", "RASC", h("Content-Type", asJSON, "Dateline-Published", "soon", "Dateline-Url", "x", "Dateline-Schema-Version", "0"),
			`{"schema_version":1,"in_language":"x y","body":[{"type":"song","level":9}],"date_modified":"later","body_state":"odd"}`,
			[]string{"publisher: ", "Dateline-Schema-Version: ", "Dateline-Url: ", "Dateline-Published: ", "date_modified: ", "in_language: ", "body[0].level: ", "body[0].type: ", "body_state: "},
		},
	} {
		a, _, err := Read(context.Background(), Publication{c.publisher, c.header, []byte(c.body), stored})
		var fields article.FieldErrors
		if !errors.As(err, &fields) || a != nil {
			t.Errorf("%s: %v, %v", c.name, a, err)
			continue
		}
		if len(fields) != len(c.want) {
			t.Errorf("%s: %d problems, want %d: %v", c.name, len(fields), len(c.want), fields)
			continue
		}
		for i, want := range c.want {
			field, part, _ := strings.Cut(want, ": ")
			if fields[i].Field != field || !strings.Contains(fields[i].Message, part) {
				t.Errorf("%s: %v, want %s", c.name, fields[i], want)
			}
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	body := `{"schema_version":1,"id":"1","body":[` + strings.TrimSuffix(strings.Repeat(`{"type":"`+strings.Repeat("x", 1000)+`"},`, 1000), ",") + `]}`
	_, err := read(h("Content-Type", "application/json"), body)
	if n := len(err.Error()); n > maxProblems*(maxProblem+50) {
		t.Errorf("%d bytes of problems", n)
	}
}

// What one Dateline writes another reads as the same article.
func TestRoundTrip(t *testing.T) {
	a := mustRead(t, h("Dateline-Id", "7", "Dateline-Published", "2024-11-06", "Dateline-Author", "Ann"), "KABUL, Nov 6 (AP) — "+sentence+"\n\nTwo.")
	b := mustRead(t, h("Content-Type", "application/json"), marshal(t, a))
	if a.ID != b.ID || a.Fingerprint != b.Fingerprint || a.Text != b.Text || b.Dateline.Date.String() != "2024-11-06" || b.DateMentions[0] != a.DateMentions[0] {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("text/plain", "AP: "+sentence, "2024-11-06")
	f.Add("text/html; charset=gbk", "<p>"+sentence, "")
	f.Add("application/json", `{"schema_version":1,"id":"1","date_published":"2024","body":[{"type":"table","rows":[["a"]]}]}`, "")
	f.Add("application/ld+json", `[{"@type":"NewsArticle","@id":"1","articleBody":"a"}]`, "x")
	f.Fuzz(func(t *testing.T, contentType, body, published string) {
		a, err := read(h("Content-Type", contentType, "Dateline-Published", published), body)
		if err != nil {
			var fields article.FieldErrors
			if !errors.As(err, &fields) || len(fields) == 0 {
				t.Fatalf("%v is no list of problems", err)
			}
			return
		}
		if !article.ValidID(a.ID) || !article.ValidID(a.Fingerprint) || a.Source == "" {
			t.Fatalf("%+v", a)
		}
		marshal(t, a)
	})
}

func marshal(t *testing.T, a *article.Article) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
