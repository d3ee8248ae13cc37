package article

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write docs/schemas anew from the Go types")

const schemaDir = "../../docs/schemas"

var schemas = map[string]any{
	"article": Article{}, "job": Job{}, "receipt": Receipt{}, "event": Event{}, "removal": Removal{}, "alert": Alert{}, "webhook": Webhook{},
}

func reflectSchema(t *testing.T, name string, v any) []byte {
	t.Helper()
	r := &jsonschema.Reflector{
		AllowAdditionalProperties: true, ExpandedStruct: true,
		BaseSchemaID: "https://dateline.invalid/schemas",
		Mapper: func(ty reflect.Type) *jsonschema.Schema {
			if ty != reflect.TypeFor[Date]() {
				return nil
			}
			s := (&jsonschema.Reflector{AllowAdditionalProperties: true, ExpandedStruct: true, Anonymous: true}).Reflect(wireDate{})
			s.Version = ""
			s.Description = "A point in time as far as it was given: time is ISO 8601 of just that precision, with an offset where the zone is known"
			precision, _ := s.Properties.Get("precision")
			precision.Enum = []any{Year, Month, Day, Minute, Second}
			return s
		},
	}
	s := r.Reflect(v)
	s.ID = jsonschema.ID("https://dateline.invalid/schemas/" + name + ".schema.json")
	s.Title = "Dateline " + name
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// The published schemas are those of the Go types.
func TestSchemasAreCurrent(t *testing.T) {
	for name, v := range schemas {
		path := filepath.Join(schemaDir, name+".schema.json")
		want := reflectSchema(t, name, v)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the Go types say; run go test ./pkg/article -update", path)
		}
	}
}

func compile(t *testing.T, name string) *validator.Schema {
	t.Helper()
	c := validator.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join(schemaDir, name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *validator.Schema, doc string) error {
	t.Helper()
	v, err := validator.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// What the code writes passes the schema; what the schema forbids does not.
func TestSchemasAcceptWhatIsWritten(t *testing.T) {
	at := time.Date(2024, 11, 6, 9, 30, 0, 0, time.UTC)
	free := true
	full := Article{
		SchemaVersion: SchemaVersion, ID: IDOfContent("test", "x"), URL: "https://example.org/a", CanonicalURL: "https://example.org/a", Source: "example.org",
		Headline: "H", DisplayTitle: DisplayTitle{Text: "H"}, Authors: []Author{{Name: "A"}}, Dateline: &Dateline{Place: "KABUL", Date: &Date{Time: at, Precision: Day, From: FromText}},
		DatePublished: &Date{Time: at, Precision: Second, ZoneKnown: true, Raw: "r", From: FromJSONLD}, DateMentions: []Date{{Time: at, Precision: Day}},
		DateCandidates: []Date{{Time: at, Precision: Second, ZoneKnown: true, Raw: "r", From: FromJSONLD}, {Time: at.AddDate(9, 0, 0), Precision: Day, From: FromMeta, Future: true}},
		InLanguage:     "en", Language: &Language{Detected: "en", Confidence: 0.9}, Body: []Block{{Type: Heading, Text: "x", Level: 2}, {Type: List, Items: []string{"a"}}, {Type: Table, Rows: [][]string{{"a"}}}},
		Text: "x", BodyState: BodyFull, IsAccessibleForFree: &free, Provenance: map[string]From{"headline": FromJSONLD}, Fingerprint: IDOfContent("test", "y"),
		Capture: &Capture{Time: at, Status: 200, Digest: Digest(nil)}, Publication: &Publication{Publisher: "test", ID: "1"},
	}
	for name, v := range map[string]any{
		"article": full,
		"job":     Job{URL: "https://example.org/a", Kind: JobPage, Item: &FeedItem{Feed: "https://example.org/feed", Published: &at}},
		"receipt": Receipt{ReceiptFor: ReceiptFor{"test", "1", 1, IDOfContent("a", "b")}, Outcome: Rejected, Errors: []FieldError{{"body", "is empty"}}, Time: at},
		"event":   Event{Seq: 1, Outcome: OutcomeNew, ArticleID: full.ID, Source: "example.org", Time: at},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, compile(t, name), string(b)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
	b, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][2]string{
		{`"body_state":"full"`, `"body_state":"whole"`},
		{`"schema_version":1`, `"schema_version":0`},
		{`"source":"example.org",`, ``},
		{`"precision":"second"`, `"precision":"exact"`},
	} {
		doc := strings.Replace(string(b), wrong[0], wrong[1], 1)
		if doc == string(b) {
			t.Fatalf("%s is not in %s", wrong[0], b)
		}
		if validate(t, compile(t, "article"), doc) == nil {
			t.Errorf("the schema accepts %s", wrong[1])
		}
	}
	if err := validate(t, compile(t, "article"), strings.Replace(string(b), "{", `{"new_field":[1],`, 1)); err != nil {
		t.Errorf("a field of a newer publisher is refused: %v", err)
	}
}
