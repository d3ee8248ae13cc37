package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// arrive stores an article at a URL whose key is its name.
func (w *world) arrive(name, headline, text string) store.Result {
	w.t.Helper()
	w.n++
	a := &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL("news.example/" + name), URL: "https://news.example/" + name, Source: "news.example", Headline: headline,
		DisplayTitle: article.DisplayTitle{Text: headline}, Text: text, BodyState: article.BodyFull,
	}
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		w.t.Fatal(err)
	}
	origin := article.Origin("EXT", fmt.Sprint("arrival", w.n), 0, time.Time{}, nil)
	r, err := w.store.Write(context.Background(), []store.Arrival{{Origin: origin, Article: a, JSON: b, Hops: []article.Hop{{Stage: "queue", Time: time.Now(), Outcome: "published"}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return r[0]
}

// held asks, and holds the answer against the description.
func (w *world) held(schemas answers, method, target, schema string, status int, v any) {
	w.t.Helper()
	resp := w.ask(method, target)
	var raw json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&raw); err != nil {
		w.t.Fatalf("%s %s: %v", method, target, err)
	}
	if resp.StatusCode != status {
		w.t.Fatalf("%s %s: %s %s", method, target, resp.Status, raw)
	}
	schemas.check(method+" "+target, "/components/schemas/"+schema, raw)
	if v == nil {
		return
	}
	if err := json.Unmarshal(raw, v); err != nil {
		w.t.Fatalf("%s %s: %v", method, target, err)
	}
}

func TestRevisionsAndTheirDifferences(t *testing.T) {
	w := begin(t)
	schemas := newAnswers(t)
	id := article.IDOfURL("news.example/story")
	w.arrive("story", "Flour rises", "Flour rose by 5 percent on Monday.")
	w.arrive("story", "Flour rises", "Flour rose by 15 percent on Monday.")
	w.arrive("story", "Flour falls", "Flour rose by 15 percent on Monday.")
	base := "/v1/articles/" + id

	type list struct {
		Revisions []struct {
			Revision int
			Changed  []string
		}
		Next string `json:"next_cursor"`
	}
	var got []string
	target := base + "/revisions?limit=2"
	for next := "&"; next != ""; {
		var page list
		w.held(schemas, "GET", target+strings.TrimSuffix(next, "&"), "Revisions", 200, &page)
		for _, r := range page.Revisions {
			got = append(got, fmt.Sprint(r.Revision, r.Changed))
		}
		if next = page.Next; next != "" {
			next = "&cursor=" + next
		}
	}
	if want := []string{"3 [title]", "2 [body]", "1 []"}; !slices.Equal(got, want) {
		t.Errorf("revisions are %q, want %q", got, want)
	}
	var one store.Record
	w.held(schemas, "GET", base+"/revisions/2", "Record", 200, &one)
	if one.Revision != 2 {
		t.Errorf("revision 2 is %+v", one)
	}
	for query, want := range map[string]string{
		"":             "2 to 3: headline Flour -rises +falls",
		"?from=1&to=2": "1 to 2: text Flour rose by -5  +15 percent on Monday.",
		"?to=2":        "1 to 2: text Flour rose by -5  +15 percent on Monday.",
		"?from=3&to=1": "3 to 1: headline Flour -falls +rises text Flour rose by -15  +5 percent on Monday.",
		"?to=1":        "1 to 1:",
	} {
		var d struct {
			From, To int
			Fields   []struct {
				Field  string
				Pieces []struct{ Op, Text string }
			}
		}
		w.held(schemas, "GET", base+"/diff"+query, "Diff", 200, &d)
		s := fmt.Sprintf("%d to %d:", d.From, d.To)
		for _, f := range d.Fields {
			s += " " + f.Field + " "
			for _, p := range f.Pieces {
				s += map[string]string{"equal": "", "delete": "-", "insert": " +"}[p.Op] + p.Text
			}
		}
		if s != want {
			t.Errorf("%q gives %q, want %q", query, s, want)
		}
	}
	for target, status := range map[string]int{"/diff?from=4": 400, "/diff?to=x": 400, "/revisions/0": 400, "/revisions/9": 404, "/revisions?cursor=x": 400} {
		w.held(schemas, "GET", base+target, "Problem", status, nil)
	}
	w.held(schemas, "GET", "/v1/articles/"+article.IDOfURL("unknown")+"/diff", "Problem", 404, nil)
}

func TestMergesAreUndoneOverTheAPI(t *testing.T) {
	w := begin(t)
	schemas := newAnswers(t)
	text := strings.Repeat("Nobody else has told of the flour of this town and of its bakers until now. ", 8)
	a, b := w.arrive("a", "Flour", text), w.arrive("b?box=1", "Flour", text)
	if b.ArticleID != a.ArticleID {
		t.Fatalf("not merged: %+v", b)
	}
	other := article.IDOfURL("news.example/b?box=1")
	type addresses struct {
		ArticleID  string `json:"article_id"`
		MergedFrom string `json:"merged_from"`
		Addresses  []struct{ URL string }
		Merges     []store.Merge
	}
	var known addresses
	w.held(schemas, "GET", "/v1/articles/"+other+"/addresses", "Addresses", 200, &known)
	if known.ArticleID != a.ArticleID || known.MergedFrom != other || len(known.Addresses) != 2 || len(known.Merges) != 1 || known.Merges[0].Tier != store.TierContent {
		t.Fatalf("addresses are %+v", known)
	}
	var answer struct {
		store.Record
		MergedFrom string `json:"merged_from"`
	}
	w.held(schemas, "GET", "/v1/articles/"+other, "Record", 200, &answer)
	if answer.MergedFrom != other || answer.Seq != a.Seq {
		t.Errorf("the merged one gives %+v", answer)
	}

	target := fmt.Sprint("/v1/merges/", known.Merges[0].Number)
	for method, status := range map[string]int{"GET": http.StatusMethodNotAllowed} {
		if resp := w.ask(method, target); resp.StatusCode != status {
			t.Errorf("%s %s: %s", method, target, resp.Status)
		}
	}
	if resp := w.ask("DELETE", target, "X-Forwarded-For", "192.0.2.1"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("from elsewhere: %s", resp.Status)
	}
	w.held(schemas, "DELETE", target, "Merge", 200, nil)
	w.held(schemas, "DELETE", target, "Problem", http.StatusConflict, nil)
	w.held(schemas, "DELETE", "/v1/merges/999", "Problem", 404, nil)
	w.held(schemas, "DELETE", "/v1/merges/x", "Problem", 400, nil)
	answer.MergedFrom = ""
	w.held(schemas, "GET", "/v1/articles/"+other, "Record", 200, &answer)
	if answer.MergedFrom != "" || answer.Seq == a.Seq {
		t.Errorf("parted it gives %+v", answer)
	}
	if again := w.arrive("b?box=1", "Flour", text); again.ArticleID != other {
		t.Errorf("it arrives again as %+v", again)
	}
}

func TestRepeatedTextsAreCorrectedOverTheAPI(t *testing.T) {
	w := begin(t)
	schemas := newAnswers(t)
	const text = "Sorry, this page does not exist any more."
	for i := range 12 {
		w.arrive(fmt.Sprint(i), fmt.Sprint("Title ", i), text)
	}
	var list struct{ Repeated []store.Repeated }
	w.held(schemas, "GET", "/v1/repeated", "RepeatedList", 200, &list)
	if len(list.Repeated) != 1 || list.Repeated[0].Refused != 2 || len(list.Repeated[0].Articles) != 10 {
		t.Fatalf("list is %+v", list)
	}
	target := "/v1/repeated/" + list.Repeated[0].ID
	if resp := w.ask("POST", target, "Via", "proxy"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("from elsewhere: %s", resp.Status)
	}
	w.held(schemas, "POST", target, "RepeatedList", 200, &list)
	if !list.Repeated[0].Allowed {
		t.Errorf("allowed it is %+v", list)
	}
	if r := w.arrive("20", "Title", text); r.Outcome != article.OutcomeNew {
		t.Errorf("allowed, it is %+v", r)
	}
	w.held(schemas, "DELETE", target, "RepeatedList", 200, &list)
	if len(list.Repeated) != 0 {
		t.Errorf("cleared it is %+v", list)
	}
	w.held(schemas, "DELETE", target, "Problem", 404, nil)
}
