package inspect

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/parser/capture"
	"dateline/services/parser/rules"
)

// TestRules runs the examples of a directory's rules, prints a line for each, and for what is not as expected what it is. failed
// is how many are not.
func TestRules(ctx context.Context, dir string, out io.Writer) (failed int, err error) {
	set, err := rules.Load(dir)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range set.Rules() {
		for i, e := range r.Examples {
			n++
			wrong := tryExample(ctx, set, r, e)
			verdict := "pass"
			if len(wrong) > 0 {
				verdict = "FAIL"
				failed++
			}
			fmt.Fprintf(out, "%s  %s, example %d  %s\n", verdict, r.Name(), i+1, e.URL)
			for _, w := range wrong {
				fmt.Fprintf(out, "      %s\n", w)
			}
		}
	}
	_, err = fmt.Fprintf(out, "%d examples of %d rules, %d failed\n", n, len(set.Rules()), failed)
	return failed, err
}

// tryExample parses an example and says what is not as expected.
func tryExample(ctx context.Context, set *rules.Set, r *rules.Rule, e rules.Example) (wrong []string) {
	if set.For(e.URL, e.Captured) != r {
		return []string{"the rule is not the one for this URL and time of capture"}
	}
	captured := e.Captured
	if captured.IsZero() {
		captured = time.Now().UTC()
	}
	a, _, err := capture.Article(ctx, &article.Page{URL: e.URL, ContentType: "text/html", Captured: captured, Body: []byte(e.HTML)}, set, nil)
	if a == nil {
		return []string{err.Error()}
	}
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	for _, name := range rules.FieldNames() {
		want, ok := e.Expect[name]
		if !ok {
			continue
		}
		if got := fieldOf(a, name); strings.Join(got, "\n") != strings.Join(want, "\n") {
			wrong = append(wrong, fmt.Sprintf("%s: got %q, want %q", name, got, want))
		}
	}
	for _, s := range e.Contains {
		if !strings.Contains(a.Text, s) {
			wrong = append(wrong, fmt.Sprintf("the text does not contain %q", s))
		}
	}
	for _, s := range e.NotContains {
		if strings.Contains(a.Text, s) {
			wrong = append(wrong, fmt.Sprintf("the text contains %q", s))
		}
	}
	return wrong
}

// fieldOf is a field as examples write it.
func fieldOf(a *article.Article, name string) []string {
	one := func(s string) []string { return []string{s} }
	date := func(d *article.Date) []string {
		if d == nil {
			return one("")
		}
		return one(d.String())
	}
	switch name {
	case "agency":
		return one(a.Agency)
	case "alternative_headline":
		return one(a.AlternativeHeadline)
	case "authors":
		var names []string
		for _, author := range a.Authors {
			names = append(names, author.Name)
		}
		return names
	case "body":
		return one(a.Text)
	case "canonical_url":
		return one(a.CanonicalURL)
	case "date_modified":
		return date(a.DateModified)
	case "date_published":
		return date(a.DatePublished)
	case "dateline":
		if a.Dateline == nil {
			return one("")
		}
		return one(a.Dateline.Place)
	case "description":
		return one(a.Description)
	case "headline":
		return one(a.Headline)
	case "image":
		return one(a.Image)
	case "in_language":
		return one(a.InLanguage)
	case "is_accessible_for_free":
		if a.IsAccessibleForFree == nil {
			return one("")
		}
		return one(strconv.FormatBool(*a.IsAccessibleForFree))
	case "keywords":
		return a.Keywords
	case "publisher":
		return one(a.Publisher)
	case "section":
		return one(a.Section)
	}
	return nil
}
