package queue

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dateline/pkg/article"

	"go.yaml.in/yaml/v3"
)

const asyncAPI = "../../docs/asyncapi.yaml"

// The AsyncAPI document names the subjects, streams, headers and types that the code uses, no fewer and no others.
func TestAsyncAPIDescribesTheTopology(t *testing.T) {
	b, err := os.ReadFile(asyncAPI)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		AsyncAPI string `yaml:"asyncapi"`
		Channels map[string]struct {
			Address    string
			Parameters map[string]any
			Stream     struct{ Stream string } `yaml:"x-jetstream"`
			Messages   map[string]map[string]string
		}
		Operations map[string]struct {
			Action  string
			Channel map[string]string
		}
		Components struct {
			Messages map[string]struct {
				Name    string
				Headers struct{ Properties map[string]any }
			}
		}
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.AsyncAPI != "3.0.0" {
		t.Errorf("asyncapi: %s", doc.AsyncAPI)
	}

	param := regexp.MustCompile(`\{(\w+)\}`)
	described := map[string]bool{}
	for name, ch := range doc.Channels {
		if got := streamOf(ch.Address); got != ch.Stream.Stream {
			t.Errorf("channel %s: subject %s is taken by stream %q, not %q", name, ch.Address, got, ch.Stream.Stream)
		}
		prefix, _, _ := strings.Cut(ch.Address, ".")
		described[prefix] = true
		for _, m := range param.FindAllStringSubmatch(ch.Address, -1) {
			if _, ok := ch.Parameters[m[1]]; !ok {
				t.Errorf("channel %s: parameter %s is not described", name, m[1])
			}
		}
	}
	for _, s := range streams {
		for _, subject := range s.Subjects {
			if prefix, _, _ := strings.Cut(subject, "."); !described[prefix] {
				t.Errorf("subject %s of %s is not described", subject, s.Name)
			}
		}
	}
	for address, subject := range map[string]string{
		"jobs":     JobSubject(article.JobFresh, "example.org", "1"),
		"pages":    RawSubject("example.org", "1"),
		"articles": ArticleSubject("en", "example.org", "1"),
		"indexed":  IndexedSubject("new", "example.org", "1"),
		"alerts":   AlertSubject("q", "new", "example.org", "1"),
		"receipts": ReceiptSubject("p", "1"), "publications": ExtSubject("p"),
		"schedules": SchedSubject("1"), "due": DueSubject("1"), "visits": RefetchSubject("1"), "visitsDue": RefetchDueSubject("1"), "deadLetters": deadSubject("parser", "x"),
	} {
		pattern := "^" + param.ReplaceAllString(regexp.QuoteMeta(strings.NewReplacer("{", "<", "}", ">").Replace(doc.Channels[address].Address)), "") + "$"
		pattern = regexp.MustCompile(`<\w+>`).ReplaceAllString(pattern, `[^.]+`)
		if !regexp.MustCompile(pattern).MatchString(subject) {
			t.Errorf("channel %s: the code's %s does not match %s", address, subject, doc.Channels[address].Address)
		}
	}

	var names []string
	for _, m := range doc.Components.Messages {
		names = append(names, m.Name)
	}
	for _, ty := range []string{article.TypeAlert, article.TypeArticle, article.TypeIndexed, article.TypeJob, article.TypePage, article.TypePublication, article.TypeReceipt, article.TypeRemoval, article.TypeVisit} {
		if !slices.Contains(names, ty) {
			t.Errorf("message type %s is not described", ty)
		}
	}
	for _, h := range article.PublicationHeaders {
		if _, ok := doc.Components.Messages["publication"].Headers.Properties[h]; !ok {
			t.Errorf("publication header %s is not described", h)
		}
	}
	letter := deadLetter("parser", &Delivery{Stream: streamExt, Header: Header{}}, "x", fmt.Errorf("x"), false)
	for h := range letter.Header {
		if _, ok := doc.Components.Messages["deadLetter"].Headers.Properties[h]; !ok && strings.HasPrefix(h, "Dlq-") {
			t.Errorf("dead letter header %s is not described", h)
		}
	}
	header, _, err := (&article.Page{Truncated: true, Item: &article.FeedItem{}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for h := range header {
		if _, ok := doc.Components.Messages["page"].Headers.Properties[h]; !ok {
			t.Errorf("page header %s is not described", h)
		}
	}

	var tree any
	if err := yaml.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	refs(tree, func(ref string) {
		if path, ok := strings.CutPrefix(ref, "./"); ok {
			if _, err := os.Stat(filepath.Join(filepath.Dir(asyncAPI), path)); err != nil {
				t.Errorf("$ref %s: %v", ref, err)
			}
			return
		}
		at := tree
		for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			m, _ := at.(map[string]any)
			at = m[key]
		}
		if at == nil {
			t.Errorf("$ref %s leads nowhere", ref)
		}
	})
}

func refs(v any, f func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && k == "$ref" {
				f(s)
			}
			refs(x, f)
		}
	case []any:
		for _, x := range v {
			refs(x, f)
		}
	}
}
