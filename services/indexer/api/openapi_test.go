package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/docs"
	"dateline/pkg/article"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// base is where the schemas' own ids say that they are.
const base = "https://dateline.invalid/"

// description reads the document that the API serves. Its references are resolved among the embedded documents.
func description(t *testing.T) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, u *url.URL) ([]byte, error) {
		if u.Path == "/openapi.yaml" {
			return docs.OpenAPI, nil
		}
		return docs.Schemas.ReadFile(strings.TrimPrefix(u.Path, "/"))
	}
	u, err := url.Parse(base + "openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := loader.LoadFromURI(u)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Fatal(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Errorf("the document says it is OpenAPI %s", doc.OpenAPI)
	}
	return doc
}

// answers compiles the schemas of responses, as JSON Schema 2020-12.
type answers struct {
	t *testing.T
	c *jsonschema.Compiler
}

func newAnswers(t *testing.T) answers {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	var doc any
	if err := yaml.Unmarshal(docs.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	add := func(name string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = jsonschema.UnmarshalJSON(bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(base+name, v); err != nil {
			t.Fatal(err)
		}
	}
	add("openapi.yaml", doc)
	names, err := fs.Glob(docs.Schemas, "schemas/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := docs.Schemas.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		add(name, json.RawMessage(b))
	}
	return answers{t, c}
}

// check holds a response against the schema at a place in the document.
func (a answers) check(what, pointer string, body []byte) {
	a.t.Helper()
	sch, err := a.c.Compile(base + "openapi.yaml#" + pointer)
	if err != nil {
		a.t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		a.t.Errorf("%s: %v", what, err)
		return
	}
	if err := sch.Validate(v); err != nil {
		a.t.Errorf("%s: %v\n%s", what, err, body)
	}
}

// Every operation is in the document and every operation of the document is there, with the same query parameters.
func TestDescriptionIsComplete(t *testing.T) {
	doc := description(t)
	want := map[string][]string{}
	for _, rt := range (&Server{}).routes() {
		params := slices.Sorted(slices.Values(rt.params))
		want[rt.method+" "+rt.path] = params
	}
	got := map[string][]string{}
	for p, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			var params []string
			for _, param := range op.Parameters {
				if param.Value.In == "query" {
					params = append(params, param.Value.Name)
				}
			}
			slices.Sort(params)
			got[method+" "+p] = params
		}
	}
	for op, params := range want {
		described, ok := got[op]
		if !ok {
			t.Errorf("%s is not described", op)
		} else if !slices.Equal(described, params) {
			t.Errorf("%s takes %q, described are %q", op, params, described)
		}
	}
	for op := range got {
		if _, ok := want[op]; !ok {
			t.Errorf("%s is described and is not there", op)
		}
	}
}

// Each operation is asked for without parameters, with each one's example alone, and with all of them; every answer
// has a status and a content type that the document names, and a body of its schema.
func TestDescriptionIsTrue(t *testing.T) {
	t.Run("whole", func(t *testing.T) { w := begin(t); w.checkDescription(); w.rebuilt() })
	t.Run("divided", func(t *testing.T) {
		d := beginDivided(t)
		d.checkDescription()
		for _, w := range d.parts {
			w.rebuilt()
		}
	})
}

func (w *world) checkDescription() {
	t := w.t.(*testing.T)
	doc := description(t)
	schemas := newAnswers(t)
	snapshot := w.ask(http.MethodHead, "/v1/export").Header.Get(headerSnapshot)
	alone := map[string]string{"id": w.flour.ID, "url": w.flour.URL, "name": "event.schema.json", "snapshot": snapshot, "feed": w.store.ID()} // where an example names nothing here
	for p, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			w.send(http.MethodPut, "/v1/queries/flour-prices", `{"search": {"q": "flour"}, "webhook": {"url": "https://example.org/"}}`) // which an operation may have removed
			target := p
			asks := []url.Values{{}}
			all := url.Values{}
			for _, param := range op.Parameters {
				name := param.Value.Name
				value := fmt.Sprint(param.Value.Example)
				if v, ok := alone[name]; ok {
					value = v
				}
				if name == "id" && op.OperationID == "takedown" { // the others want theirs to be there
					value = article.IDOfURL("salt")
				}
				switch {
				case param.Value.In == "path":
					target = strings.ReplaceAll(target, "{"+name+"}", value)
				case param.Value.In != "query":
				case name == "cursor": // has no example that works: comes from a page
					value = w.cursor(target)
					asks = append(asks, url.Values{"limit": {"1"}, name: {value}}, url.Values{name: {"bad"}})
				default:
					if param.Value.Example == nil && alone[name] == "" {
						t.Errorf("%s %s: %s has no example", method, p, name)
					}
					asks = append(asks, url.Values{name: {value}})
					all.Set(name, value)
				}
			}
			asks = append(asks, all, url.Values{"no-such-parameter": {"1"}})
			for _, ask := range asks {
				what := fmt.Sprintf("%s %s?%s", method, target, ask.Encode())
				resp := w.ask(method, target+"?"+ask.Encode())
				for p == "/v1/fsck" && resp.StatusCode == http.StatusServiceUnavailable { // after a reindex, which was asked for before
					time.Sleep(time.Millisecond)
					resp = w.ask(method, target+"?"+ask.Encode())
				}
				body, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode >= 500 {
					t.Errorf("%s: %s", what, resp.Status)
				}
				media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
				if err != nil {
					t.Errorf("%s: %v", what, err)
					continue
				}
				status := fmt.Sprint(resp.StatusCode)
				described := op.Responses.Value(status)
				if described == nil {
					status, described = "default", op.Responses.Default()
				}
				if resp.StatusCode < 400 && status == "default" {
					t.Errorf("%s: %s is not described", what, resp.Status)
				}
				if described.Value.Content.Get(media) == nil {
					t.Errorf("%s: %s of %s is not described", what, media, resp.Status)
					continue
				}
				if !strings.HasSuffix(media, "json") {
					continue
				}
				at := "/paths/" + escapePointer(p) + "/" + strings.ToLower(method) + "/responses/" + status
				if described.Ref != "" {
					at = "/components/responses/" + path.Base(described.Ref)
				}
				schemas.check(what, at+"/content/"+escapePointer(media)+"/schema", body)
			}
		}
	}
}

func (w *world) rebuilt() {
	for w.index.Rebuilding() {
		time.Sleep(time.Millisecond)
	}
}

// cursor is one of a list's second page.
func (w *world) cursor(target string) string {
	w.t.Helper()
	var page struct {
		Next string `json:"next_cursor"`
	}
	query := "?limit=1"
	if target == "/v1/holds" && w.asked != nil { // each partition has its own
		query += "&partition=0"
	}
	w.get(target+query, &page)
	return page.Next
}

func escapePointer(s string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(s))
}

func TestServedDescription(t *testing.T) {
	w := begin(t)
	resp := w.ask(http.MethodGet, "/openapi.yaml")
	body, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(body, docs.OpenAPI) || resp.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("%s of %d bytes, %v", resp.Header.Get("Content-Type"), len(body), err)
	}
}
