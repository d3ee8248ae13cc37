package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/weburl"

	"go.etcd.io/bbolt"
)

// prose is a text of many words, told apart by its subject.
func prose(subject string) string {
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "Sentence %d about %s tells what nobody else has said of %s%d until now. ", i, subject, subject, i)
	}
	return b.String()
}

var noon = time.Date(2024, 11, 6, 12, 0, 0, 0, time.UTC)

// world gives articles as the parser would, each by a journey of its own.
type world struct {
	t *testing.T
	*Store
	n int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, Store: opened(t, t.TempDir())}
	w.db.NoSync = true // nothing crashes here
	return w
}

// page is a capture, changed by the options.
func (w *world) page(url, text string, options ...func(*article.Article)) Arrival {
	w.t.Helper()
	a := &article.Article{
		SchemaVersion: 1, URL: url, Source: weburl.Host(url), Headline: "Headline", DisplayTitle: article.DisplayTitle{Text: "Headline"}, Text: text,
		BodyState: article.BodyFull, Capture: &article.Capture{Time: noon, FinalURL: url, Digest: article.Digest([]byte(text))},
		DatePublished: &article.Date{Time: noon.Truncate(24 * time.Hour), Precision: article.Day},
	}
	for _, o := range options {
		o(a)
	}
	if a.URL != "" {
		key, err := weburl.Key(urlOf(a))
		if err != nil {
			w.t.Fatal(err)
		}
		a.ID = article.IDOfURL(key)
	}
	return w.arrive(a)
}

func (w *world) arrive(a *article.Article) Arrival {
	w.t.Helper()
	w.n++
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		w.t.Fatal(err)
	}
	return Arrival{
		Origin: article.Origin("EXT", fmt.Sprint(w.n), 0, time.Time{}, nil), Article: a, JSON: b,
		Hops: []article.Hop{{Stage: "queue", Time: noon.Add(time.Duration(w.n) * time.Second), Outcome: "published"}},
	}
}

// publication is one without a URL.
func (w *world) publication(id, text string) Arrival {
	return w.arrive(&article.Article{
		SchemaVersion: 1, ID: article.IDOfPublication("agency", id), Source: "agency", Headline: "Headline", DisplayTitle: article.DisplayTitle{Text: "Headline"},
		Text: text, BodyState: article.BodyFull, Publication: &article.Publication{Publisher: "agency", ID: id},
	})
}

func (w *world) removal(of Arrival, reason article.RemovalReason, at time.Time) Arrival {
	w.n++
	a := of.Article
	return Arrival{
		Origin: article.Origin("EXT", fmt.Sprint(w.n), 0, time.Time{}, nil), Hops: of.Hops,
		Removal: &article.Removal{SchemaVersion: 1, ID: a.ID, URL: a.URL, Source: a.Source, Publication: a.Publication, Reason: reason, Time: at},
	}
}

func redirected(from string) func(*article.Article) { return func(a *article.Article) { a.URL = from } }

func canonical(url string) func(*article.Article) {
	return func(a *article.Article) { a.CanonicalURL = url }
}

func headline(s string) func(*article.Article) { return func(a *article.Article) { a.Headline = s } }

func captured(after time.Duration) func(*article.Article) {
	return func(a *article.Article) { a.Capture.Time = noon.Add(after) }
}

func published(day int) func(*article.Article) {
	return func(a *article.Article) { a.DatePublished.Time = a.DatePublished.Time.AddDate(0, 0, day) }
}

func known(as string) func(*article.Article) {
	return func(a *article.Article) { a.Publication = &article.Publication{Publisher: "agency", ID: as} }
}

func (w *world) addresses(id string) (urls []string) {
	w.t.Helper()
	a, err := w.Addresses(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, at := range a.Addresses {
		urls = append(urls, at.URL)
	}
	return urls
}

// What each tier gives to a known article, and what it does not: the outcome of the second arrival, and by which tier.
func TestTiers(t *testing.T) {
	text := prose("flour")
	for name, c := range map[string]struct {
		first, second func(*world) Arrival
		want          string
	}{
		"the same address": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example/a?utm_source=x#top", text) }, "duplicate",
		},
		"the same address, another text": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example/a", prose("bread")) }, "revised",
		},
		"another spelling": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("http://www.news.example/amp/a/", text) }, "duplicate key",
		},
		"another spelling, another text": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("http://www.news.example/a", prose("bread")) }, "revised key",
		},
		"a redirect to it": {
			func(w *world) Arrival { return w.page("https://news.example/new", text) },
			func(w *world) Arrival {
				return w.page("https://news.example/new", text, redirected("https://news.example/old"))
			}, "duplicate",
		},
		"the beginning of a redirect": {
			func(w *world) Arrival {
				return w.page("https://news.example/new", text, redirected("https://news.example/old"))
			},
			func(w *world) Arrival { return w.page("https://news.example/old", text+"And more.") }, "revised canonical",
		},
		"a redirect that leads elsewhere, to the same text": {
			func(w *world) Arrival {
				return w.page("https://news.example/new", text, redirected("https://news.example/old"))
			},
			func(w *world) Arrival {
				return w.page("https://news.example/newer", text+"And more.", headline("New"), redirected("https://news.example/old"))
			}, "revised url",
		},
		"a redirect that leads elsewhere each day": {
			func(w *world) Arrival {
				return w.page("https://news.example/1", text, redirected("https://news.example/latest"))
			},
			func(w *world) Arrival {
				return w.page("https://news.example/2", prose("bread"), redirected("https://news.example/latest"))
			}, "new",
		},
		"its canonical address": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival {
				return w.page("https://news.example/print/1", text+"Printed.", canonical("https://news.example/a"))
			}, "revised canonical",
		},
		"its canonical address, seen first": {
			func(w *world) Arrival {
				return w.page("https://news.example/print/1", text, canonical("https://news.example/a"))
			},
			func(w *world) Arrival { return w.page("https://news.example/a", text, headline("Other")) }, "revised canonical",
		},
		"one canonical address for all pages of a template": {
			func(w *world) Arrival {
				return w.page("https://news.example/1", text, canonical("https://news.example/story"))
			},
			func(w *world) Arrival {
				return w.page("https://news.example/2", prose("bread"), canonical("https://news.example/story"))
			}, "new",
		},
		"the second page of a story": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival {
				return w.page("https://news.example/a?page=2", prose("continued"), canonical("https://news.example/a"))
			}, "new",
		},
		"the publisher's id at another address": {
			func(w *world) Arrival { return w.page("https://news.example/a", text, known("7")) },
			func(w *world) Arrival { return w.page("https://news.example/moved", prose("bread"), known("7")) }, "revised publisher_id",
		},
		"the publisher's id without an address": {
			func(w *world) Arrival { return w.page("https://news.example/a", text, known("7")) },
			func(w *world) Arrival { return w.publication("7", prose("bread")) }, "revised publisher_id",
		},
		"another publisher's id": {
			func(w *world) Arrival { return w.page("https://news.example/a", text, known("7")) },
			func(w *world) Arrival { return w.publication("8", prose("bread")) }, "new",
		},
		"an unknown parameter, the same content": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example/a?from_box=3", text) }, "duplicate content",
		},
		"an unknown parameter, another content": {
			func(w *world) Arrival { return w.page("https://news.example/a?id=1", text) },
			func(w *world) Arrival { return w.page("https://news.example/a?id=2", prose("bread")) }, "new",
		},
		"the same content in another section": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://sport.news.example/b", "  "+text) }, "duplicate content",
		},
		"the same text under another headline": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example/b", text, headline("Other")) }, "new",
		},
		"the same text of another day": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example/b", text, published(1)) }, "new",
		},
		"the same content much later": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example/b", text, captured(sameStory+time.Hour)) }, "new",
		},
		"the same content of another site": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://other.test/a", text) }, "new",
		},
		"the same few words": {
			func(w *world) Arrival {
				return w.page("https://news.example/a", "There is nothing to tell of today, says the office.")
			},
			func(w *world) Arrival {
				return w.page("https://news.example/b", "There is nothing to tell of today, says the office.")
			}, "new",
		},
		"the same dispatch under two ids": {
			func(w *world) Arrival { return w.publication("1", text) },
			func(w *world) Arrival { return w.publication("2", text) }, "duplicate content",
		},
		// What others get wrong (mediacloud's normalize_url, among them).
		"a path in another case": {
			func(w *world) Arrival { return w.page("https://news.example/Story", text) },
			func(w *world) Arrival { return w.page("https://news.example/story", prose("bread")) }, "new",
		},
		"a short sid, which is a story's id": {
			func(w *world) Arrival { return w.page("https://news.example/a?sid=1", text) },
			func(w *world) Arrival { return w.page("https://news.example/a?sid=2", prose("bread")) }, "new",
		},
		"a long sid, which is a session": {
			func(w *world) Arrival { return w.page("https://news.example/a?sid=0123456789abcdef01", text) },
			func(w *world) Arrival { return w.page("https://news.example/a?sid=fedcba9876543210fe", prose("bread")) }, "revised",
		},
		"a news. subdomain": {
			func(w *world) Arrival { return w.page("https://town.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.town.example/a", prose("bread")) }, "new",
		},
		"a port": {
			func(w *world) Arrival { return w.page("https://news.example/a", text) },
			func(w *world) Arrival { return w.page("https://news.example:8443/a", prose("bread")) }, "new",
		},
		"an escaped slash": {
			func(w *world) Arrival { return w.page("https://news.example/a/b", text) },
			func(w *world) Arrival { return w.page("https://news.example/a%2Fb", prose("bread")) }, "new",
		},
		"m. that is a name of its own": {
			func(w *world) Arrival { return w.page("https://m.co.uk/a", text) },
			func(w *world) Arrival { return w.page("https://www.co.uk/a", prose("bread")) }, "new",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first := write(t, w.Store, c.first(w))[0]
			in := c.second(w)
			second := write(t, w.Store, in)[0]
			got := string(second.Outcome)
			for _, tier := range second.Merged {
				got += " " + string(tier)
			}
			if got != c.want {
				t.Fatalf("second arrival is %q, want %q", got, c.want)
			}
			if one := second.ArticleID == first.ArticleID; one != (second.Outcome != article.OutcomeNew) {
				t.Errorf("the articles are %s and %s", first.ArticleID, second.ArticleID)
			}
			r, err := w.Article(in.Article.ID)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := r.Decode(); err != nil || a.ID != second.ArticleID {
				t.Errorf("the id that it came with gives article %s, %v", a.ID, err)
			}
			if again := write(t, w.Store, in)[0]; !again.Replayed || again.Outcome != second.Outcome || again.ArticleID != second.ArticleID {
				t.Errorf("delivered again it is %+v", again)
			}
			in = c.second(w) // captured again, it is known
			if third := write(t, w.Store, in)[0]; third.Outcome != article.OutcomeDuplicate || len(third.Merged) != 0 {
				t.Errorf("captured again it is %s %v", third.Outcome, third.Merged)
			}
			merges, err := w.Addresses(context.Background(), first.ArticleID)
			if err != nil || len(merges.Merges) != len(second.Merged) {
				t.Errorf("%d merges are recorded, %v", len(merges.Merges), err)
			}
		})
	}
}

// Each merge can be undone, and what was told apart stays apart.
func TestUndo(t *testing.T) {
	ctx := context.Background()
	text := prose("flour")
	for name, second := range map[string]func(*world) Arrival{
		"spelling": func(w *world) Arrival { return w.page("http://www.news.example/a", text) },
		"canonical": func(w *world) Arrival {
			return w.page("https://news.example/b", text+"More.", canonical("https://news.example/a"))
		},
		"content":   func(w *world) Arrival { return w.page("https://news.example/a?x=1", text) },
		"publisher": func(w *world) Arrival { return w.page("https://news.example/b", prose("bread"), known("7")) },
		"id alone":  func(w *world) Arrival { return w.publication("7", prose("bread")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.page("https://news.example/a", text, known("7"))
			b := second(w)
			r := write(t, w.Store, a, b)
			if len(r[1].Merged) != 1 {
				t.Fatalf("not merged: %+v", r[1])
			}
			before, err := w.Addresses(ctx, a.Article.ID)
			if err != nil || len(before.Addresses) < 2 {
				t.Fatalf("addresses are %+v, %v", before, err)
			}
			m, err := w.Undo(ctx, before.Merges[0].Number)
			if err != nil {
				t.Fatal(err)
			}
			apart, err := w.Article(m.From)
			if err != nil {
				t.Fatal(err)
			}
			if is, err := apart.Decode(); err != nil || is.ID != m.From || is.Text != b.Article.Text || is.URL != b.Article.URL {
				t.Errorf("told apart it is %+v, %v", is, err)
			}
			left, err := w.Article(a.Article.ID)
			if err != nil {
				t.Fatal(err)
			}
			if is, err := left.Decode(); err != nil || is.ID != a.Article.ID || is.Text != a.Article.Text {
				t.Errorf("the other is %+v, %v", is, err)
			}
			if st, err := w.Stats(); err != nil || st.Articles != 2 {
				t.Errorf("%d articles, %v", st.Articles, err)
			}
			feed := changes(t, w.Store)
			if i := slices.IndexFunc(feed, func(e article.Event) bool { return e.ArticleID == m.From }); i < 0 || feed[i].Outcome != article.OutcomeNew {
				t.Errorf("change feed is %+v", feed)
			}
			if page, err := w.Articles(ctx, Page{Limit: 10}); err != nil || len(page) != 2 {
				t.Errorf("%d articles are listed, %v", len(page), err)
			}
			for _, in := range []Arrival{second(w), w.page("https://news.example/a", text, known("7")), second(w)} {
				r := write(t, w.Store, in)[0]
				want := m.From
				if in.Article.URL == a.Article.URL {
					want = a.Article.ID
				}
				if r.Outcome != article.OutcomeDuplicate || r.ArticleID != want || len(r.Merged) != 0 {
					t.Errorf("%s is %s of %s %v, want %s", in.Article.URL, r.Outcome, r.ArticleID, r.Merged, want)
				}
			}
			if _, err := w.Undo(ctx, m.Number); !errors.Is(err, ErrUndone) {
				t.Errorf("undone twice: %v", err)
			}
			if _, err := w.Undo(ctx, 99); !errors.Is(err, ErrNotFound) {
				t.Errorf("undone what is not there: %v", err)
			}
			if after := w.addresses(a.Article.ID); slices.Contains(after, b.Article.URL) && b.Article.URL != "" {
				t.Errorf("addresses still are %v", after)
			}
		})
	}
}

// Two stored articles that turn out to be one are merged, and can be parted.
func TestStoredArticlesAreMerged(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	a := w.page("https://news.example/a", prose("flour"))
	b := w.page("https://news.example/b", prose("flour")[:600])
	variant := w.page("http://www.news.example/b", prose("flour")[:600])
	equal := w.page("https://news.example/b", prose("flour"), captured(time.Hour))
	r := write(t, w.Store, a, b, variant)
	if r[1].Outcome != article.OutcomeNew {
		t.Fatalf("they are one from the start: %+v", r)
	}
	r = write(t, w.Store, equal)
	if r[0].Outcome != article.OutcomeDuplicate || r[0].ArticleID != a.Article.ID || !slices.Equal(r[0].Merged, []Tier{TierContent}) {
		t.Fatalf("the revision that makes them equal is %+v", r[0])
	}
	feed := changes(t, w.Store)
	last := feed[len(feed)-1]
	if last.Outcome != article.OutcomeMerged || last.ArticleID != b.Article.ID || last.Into != a.Article.ID || last.Previous != 2 || last.Seq != 3 {
		t.Errorf("change is %+v", last)
	}
	if hand, err := w.ByHand(10); err != nil || len(hand) != 1 || hand[0] != last {
		t.Errorf("to be told of are %+v, %v", hand, err)
	}
	if st, err := w.Stats(); err != nil || st.Articles != 1 || st.LastSeq != 3 || st.Grouped != 3 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	if page, err := w.Articles(ctx, Page{Limit: 10, Source: "news.example"}); err != nil || len(page) != 1 {
		t.Errorf("%d articles are listed, %v", len(page), err)
	}
	if r, err := w.Article(b.Article.ID); err != nil || r.Seq != 1 {
		t.Errorf("the merged one gives %+v, %v", r, err)
	}
	if old, err := w.Record(2); err != nil || old.Revision != 1 {
		t.Errorf("its history is %+v, %v", old, err)
	}
	want := []string{a.Article.URL, b.Article.URL, variant.Article.URL}
	slices.Sort(want)
	got := w.addresses(b.Article.ID)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("addresses are %v, want %v", got, want)
	}
	if r := write(t, w.Store, w.page("https://www.news.example/b", prose("flour"), captured(2*time.Hour))); r[0].ArticleID != a.Article.ID {
		t.Errorf("another spelling of the merged one's address gives %s", r[0].ArticleID)
	}

	merges, err := w.Addresses(ctx, a.Article.ID)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(merges.Merges, func(m *Merge) bool { return m.From == b.Article.ID })
	if _, err := w.Undo(ctx, merges.Merges[i].Number); err != nil {
		t.Fatal(err)
	}
	parted, err := w.Article(b.Article.ID)
	if err != nil || parted.Revision != 2 || parted.Previous != 2 {
		t.Errorf("parted it is %+v, %v", parted, err)
	}
	for _, url := range []string{"https://news.example/b", "http://www.news.example/b", "https://www.news.example/b"} {
		if r := write(t, w.Store, w.page(url, prose("flour"), captured(3*time.Hour))); r[0].ArticleID != b.Article.ID {
			t.Errorf("%s gives %s", url, r[0].ArticleID)
		}
	}
	if st, err := w.Stats(); err != nil || st.Articles != 2 || st.Grouped != st.LastSeq {
		t.Errorf("stats are %+v, %v", st, err)
	}
}

// An article that was parted from one is not brought back to it over a third.
func TestApartOverAThird(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	write(t, w.Store, w.page("https://news.example/c", prose("flour")[:600]), w.page("https://news.example/a", prose("flour")), w.page("https://news.example/b", prose("flour")))
	list, err := w.Addresses(ctx, w.page("https://news.example/a", "").Article.ID)
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.Undo(ctx, list.Merges[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	r := write(t, w.Store,
		w.page("https://news.example/c", prose("flour"), captured(time.Hour)), // becomes one with a or b, not with both
		w.page("https://news.example/b", prose("flour"), captured(2*time.Hour)),
		w.page("https://news.example/a", prose("flour"), captured(2*time.Hour)),
	)
	if r[1].ArticleID == r[2].ArticleID {
		t.Errorf("a and b, told apart by merge %d, are one again: %s", m.Number, r[1].ArticleID)
	}
	if st, err := w.Stats(); err != nil || st.Articles != 2 {
		t.Errorf("%d articles, %v", st.Articles, err)
	}
}

// A page that answers everywhere with one text is stored a few times, then refused with an alarm; what somebody allows or
// clears is stored again.
func TestRepeatedBodies(t *testing.T) {
	for name, title := range map[string]func(int) string{
		"an error page": func(int) string { return "Page not found" },
		"a wall":        func(i int) string { return fmt.Sprint("Headline ", i) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			text := "Sorry, this page does not exist any more."
			if name == "an error page" {
				text = prose("error") // long enough to be merged by its content
			}
			page := func(i int) Arrival { return w.page(fmt.Sprint("https://news.example/", i), text, headline(title(i))) }
			alarms, refused := 0, 0
			var last Arrival
			for i := range 2 * maxRepeats {
				last = page(i)
				r := write(t, w.Store, last)[0]
				if r.Outcome == article.OutcomeRejected {
					refused++
					if r.Reason != ReasonRepeated || !strings.Contains(r.Error, "news.example") {
						t.Errorf("refused for %q: %q", r.Reason, r.Error)
					}
				}
				if r.Alarm {
					alarms++
				}
			}
			if refused != maxRepeats || alarms != 1 {
				t.Errorf("%d are refused with %d alarms", refused, alarms)
			}
			if r := write(t, w.Store, last)[0]; r.Outcome != article.OutcomeRejected || !r.Replayed || r.Alarm {
				t.Errorf("delivered again it is %+v", r)
			}
			if j, err := w.Journey(last.Origin); err != nil || j.Outcome != article.OutcomeRejected || j.Reason != ReasonRepeated || j.Hops[len(j.Hops)-1].Detail != ReasonRepeated {
				t.Errorf("journey is %+v, %v", j, err)
			}
			if r := write(t, w.Store, page(0))[0]; r.Outcome != article.OutcomeDuplicate {
				t.Errorf("what was stored before is %s", r.Outcome)
			}
			if r := write(t, w.Store, w.page("https://other.test/x", text, headline(title(0))))[0]; r.Outcome != article.OutcomeNew {
				t.Errorf("another site's is %s", r.Outcome)
			}
			// An article that is known is not overwritten with it either.
			story := w.page("https://news.example/story", prose("flour"))
			wall := w.page("https://news.example/story", text, headline(title(99)), captured(time.Hour))
			if r := write(t, w.Store, story, wall); r[1].Outcome != article.OutcomeRejected || r[1].ArticleID != story.Article.ID {
				t.Errorf("in place of a story it is %+v", r[1])
			}
			list, err := w.Repeated()
			if err != nil || len(list) != 1 {
				t.Fatalf("list is %+v, %v", list, err)
			}
			e := list[0]
			if e.Site != "news.example" || e.Stored != maxRepeats || e.Refused != maxRepeats+1 || len(e.URLs) != maxSamples || !strings.HasPrefix(text, e.Text[:20]) || e.LastSeen.Before(e.FirstSeen) {
				t.Errorf("repeated is %+v", e)
			}
			if err := w.AllowRepeated(e.ID); err != nil {
				t.Fatal(err)
			}
			if r := write(t, w.Store, page(100))[0]; r.Outcome == article.OutcomeRejected {
				t.Error("allowed, it is refused")
			}
			if err := w.ClearRepeated(e.ID); err != nil {
				t.Fatal(err)
			}
			if r := write(t, w.Store, page(101))[0]; r.Outcome == article.OutcomeRejected {
				t.Error("cleared, it is refused")
			}
			if err := w.ClearRepeated(e.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("cleared twice: %v", err)
			}
		})
	}
}

func TestWhatIsNoRepeat(t *testing.T) {
	w := newWorld(t)
	for i := range 3 * maxRepeats {
		r := write(t, w.Store,
			w.page(fmt.Sprint("https://news.example/v/", i), "Watch the video", headline(fmt.Sprint(i))), // a label
			w.publication(fmt.Sprint(i), "Nothing is reported from the provinces today."),                // a publisher's own affair
			w.page("https://news.example/live", prose(fmt.Sprint("live", i)), captured(time.Duration(i)*time.Hour)),
		)
		for n, r := range r {
			if r.Outcome == article.OutcomeRejected {
				t.Fatalf("arrival %d of round %d is refused", n, i)
			}
		}
	}
}

// A site that breaks shows an error page in place of a story. The story is revised, for the time being; it is not one with the
// error pages that are stored.
func TestStoryThatBecomesAnErrorPage(t *testing.T) {
	w := newWorld(t)
	broken, story := prose("error"), w.page("https://news.example/story", prose("flour"))
	write(t, w.Store, w.page("https://news.example/x", broken), story)
	r := write(t, w.Store, w.page("https://news.example/story", broken, captured(time.Hour)))[0]
	if r.Outcome != article.OutcomeRevised || r.ArticleID != story.Article.ID || len(r.Merged) != 0 {
		t.Errorf("it is %+v", r)
	}
}

// One address may go back and forth between texts for as long as it likes.
func TestOneAddressIsNoRepeat(t *testing.T) {
	w := newWorld(t)
	for i := range 4 * maxRepeats {
		in := w.page("https://news.example/a", prose([]string{"flour", "bread"}[i%2]), captured(time.Duration(i)*time.Hour))
		if r := write(t, w.Store, in)[0]; r.Outcome != article.OutcomeRevised && i > 0 {
			t.Fatalf("arrival %d is %s", i, r.Outcome)
		}
	}
}

func TestRevisionsByTheirCapture(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	at := func(text string, after time.Duration) Arrival {
		return w.page("https://news.example/a", text, captured(after))
	}
	first, second, third := prose("first"), prose("second"), prose("third")
	var got []string
	for _, in := range []Arrival{
		at(first, 0), at(second, 2*time.Hour),
		at(first, time.Hour),    // an older capture, late
		at(third, time.Hour),    // an older one that was never stored
		at(first, 3*time.Hour),  // it really returns to its first wording
		at(first, 4*time.Hour),  // and stays with it
		at(second, 2*time.Hour), // late again
		w.page("http://www.news.example/a", second, captured(5*time.Hour)), // a mirror that still has the earlier wording
	} {
		r := write(t, w.Store, in)[0]
		got = append(got, fmt.Sprint(r.Outcome, " ", r.Seq))
	}
	want := []string{"new 1", "revised 2", "duplicate 1", "duplicate 2", "revised 3", "duplicate 3", "duplicate 2", "duplicate 2"}
	if !slices.Equal(got, want) {
		t.Errorf("outcomes are %v, want %v", got, want)
	}
	list, err := w.Revisions(ctx, article.IDOfURL("news.example/a"), 0, 2)
	if err != nil || len(list) != 2 || list[0].Revision != 3 || list[1].Revision != 2 {
		t.Fatalf("revisions are %+v, %v", list, err)
	}
	if rest, err := w.Revisions(ctx, article.IDOfURL("news.example/a"), list[1].Seq, 10); err != nil || len(rest) != 1 || rest[0].Revision != 1 {
		t.Errorf("the rest is %+v, %v", rest, err)
	}
	if r, err := w.Revision(ctx, article.IDOfURL("news.example/a"), 2); err != nil || r.Seq != 2 {
		t.Errorf("revision 2 is %+v, %v", r, err)
	}
	for _, n := range []int{0, 4} {
		if _, err := w.Revision(ctx, article.IDOfURL("news.example/a"), n); !errors.Is(err, ErrNotFound) {
			t.Errorf("revision %d gives %v", n, err)
		}
	}
	if changed, err := Changed(list[1], list[0]); err != nil || !slices.Equal(changed, []string{ChangedBody}) {
		t.Errorf("changed is %v, %v", changed, err)
	}
}

func TestRemovals(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	a := w.page("https://news.example/a", prose("flour"))
	b := w.page("https://news.example/b", prose("bread"))
	p := w.publication("7", prose("salt"))
	write(t, w.Store, a, b, p)
	later, latest := noon.Add(time.Hour), noon.Add(2*time.Hour)
	gone, withdrawn := w.removal(a, article.Gone, later), w.removal(p, article.Withdrawn, later)
	var got []string
	for _, in := range []Arrival{
		w.removal(a, article.Gone, noon.Add(-time.Hour)), // it was captured since
		gone, withdrawn,
		w.removal(a, article.Gone, latest), w.removal(p, article.Withdrawn, latest), w.removal(p, article.Gone, latest), // again
		w.removal(w.page("https://news.example/unknown", ""), article.Gone, later),
		gone, withdrawn, // delivered again
	} {
		r := write(t, w.Store, in)[0]
		got = append(got, fmt.Sprint(r.Outcome, " ", r.Seq, " ", r.Reason))
	}
	want := []string{
		"duplicate 1 ", "removed 4 gone", "removed 5 withdrawn", "duplicate 4 ", "duplicate 5 ", "duplicate 5 ", "duplicate 0 ", "removed 4 gone", "removed 5 withdrawn",
	}
	if !slices.Equal(got, want) {
		t.Errorf("outcomes are\n%q, want\n%q", got, want)
	}
	if feed := changes(t, w.Store); len(feed) != 5 || feed[3].Reason != article.Gone || feed[3].Previous != 1 || feed[4].Reason != article.Withdrawn || feed[4].Outcome != article.OutcomeRemoved {
		t.Errorf("change feed is %+v", feed)
	}
	if st, err := w.Stats(); err != nil || st.Articles != 2 || st.Grouped != 5 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	listed := func() (seqs []uint64) {
		page, err := w.Articles(ctx, Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			seqs = append(seqs, r.Seq)
		}
		return seqs
	}
	if got := listed(); !slices.Equal(got, []uint64{4, 2}) {
		t.Errorf("listed are %v", got)
	}
	r, err := w.Article(a.Article.ID)
	if err != nil || r.Removal == nil || r.Removal.Reason != article.Gone || r.Revision != 2 {
		t.Fatalf("the article that is gone is %+v, %v", r, err)
	}
	if is, err := r.Decode(); err != nil || is.Text != a.Article.Text {
		t.Errorf("what it was is %+v, %v", is, err)
	}

	// An older capture does not bring it back, a later one does, with the same text, too.
	back := w.publication("7", prose("salt"))
	back.Hops = []article.Hop{{Stage: "queue", Time: latest, Outcome: "published"}}
	got = nil
	for _, in := range []Arrival{
		w.page("https://news.example/a", prose("flour"), captured(time.Minute)), w.page("https://news.example/a", prose("flour"), captured(90*time.Minute)), back,
		w.removal(b, article.Withdrawn, later), w.removal(a, article.Gone, latest),
	} {
		r := write(t, w.Store, in)[0]
		got = append(got, fmt.Sprint(r.Outcome, " ", r.Seq))
	}
	if want := []string{"duplicate 4", "revised 6", "revised 7", "removed 8", "removed 9"}; !slices.Equal(got, want) {
		t.Errorf("outcomes are %q, want %q", got, want)
	}
	if got := listed(); !slices.Equal(got, []uint64{9, 7}) {
		t.Errorf("listed are %v", got)
	}
	if st, err := w.Stats(); err != nil || st.Articles != 2 || st.Grouped != 9 {
		t.Errorf("stats are %+v, %v", st, err)
	}
}

// A withdrawal that overtakes its article on the way holds all the same, but not for what is published after it.
func TestWithdrawalBeforeItsArticle(t *testing.T) {
	w := newWorld(t)
	a := w.publication("7", prose("flour"))
	r := write(t, w.Store, w.removal(a, article.Withdrawn, noon.Add(time.Hour)), a)
	if r[0].Outcome != article.OutcomeDuplicate || r[1].Outcome != article.OutcomeNew {
		t.Errorf("outcomes are %s and %s", r[0].Outcome, r[1].Outcome)
	}
	if got, err := w.Article(a.Article.ID); err != nil || !got.Hidden() || got.Revision != 2 {
		t.Errorf("it is %+v, %v", got, err)
	}
	if st, err := w.Stats(); err != nil || st.Articles != 0 || st.Grouped != 2 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	if told, err := w.ByHand(10); err != nil || len(told) != 1 || told[0].Outcome != article.OutcomeRemoved {
		t.Errorf("to be told of are %+v, %v", told, err)
	}
	b := w.publication("8", prose("bread"))
	write(t, w.Store, w.removal(b, article.Withdrawn, noon), b)
	if got, err := w.Article(b.Article.ID); err != nil || got.Hidden() {
		t.Errorf("published later it is %+v, %v", got, err)
	}
}

// One of two addresses that is gone does not remove the article.
func TestRemovalAtAnotherAddress(t *testing.T) {
	w := newWorld(t)
	a := w.page("https://news.example/a", prose("flour"))
	b := w.page("https://news.example/section/b", prose("flour"))
	r := write(t, w.Store, a, b, w.removal(b, article.Gone, noon.Add(time.Hour)), w.removal(a, article.Gone, noon.Add(time.Hour)))
	if r[2].Outcome != article.OutcomeDuplicate || r[3].Outcome != article.OutcomeRemoved {
		t.Errorf("outcomes are %s and %s", r[2].Outcome, r[3].Outcome)
	}
}

// Whatever arrives and is undone in whatever order: lists, counts, groups and the change feed agree, pairs that were told
// apart stay so, and what is delivered again gets the same answer.
func TestWhateverArrives(t *testing.T) {
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 2))
	w := newWorld(t)
	var sent []Arrival
	var results []Result
	apart := map[string]string{}
	for i := range 400 {
		at := captured(time.Duration(i) * time.Minute)
		subject := fmt.Sprint("s", random.IntN(4))
		text := prose(subject)[:700-100*random.IntN(3)]
		url := fmt.Sprintf("http%s://%snews.example/%c", []string{"", "s"}[random.IntN(2)], []string{"", "www."}[random.IntN(2)], 'a'+rune(random.IntN(6)))
		options := []func(*article.Article){at, headline(subject)}
		switch random.IntN(6) {
		case 0:
			options = append(options, canonical("https://news.example/a"))
		case 1:
			options = append(options, redirected("https://news.example/latest"))
		case 2:
			options = append(options, known(fmt.Sprint(random.IntN(3))))
		}
		in := w.page(url, text, options...)
		switch random.IntN(10) {
		case 0:
			in = w.removal(in, article.Gone, noon.Add(time.Duration(i)*time.Minute))
		case 1:
			in = w.removal(in, article.Withdrawn, noon.Add(time.Duration(i)*time.Minute))
		case 2:
			in = w.publication(fmt.Sprint(random.IntN(3)), text)
		}
		sent = append(sent, in)
		results = append(results, write(t, w.Store, in)...)
		if n := uint64(random.IntN(60)); i > 50 && random.IntN(10) == 0 {
			m, err := w.Undo(ctx, n)
			if err == nil {
				apart[m.From] = m.Into
			} else if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrUndone) {
				t.Fatal(err)
			}
		}
		for a, b := range apart {
			x, err := w.Article(a)
			y, err2 := w.Article(b)
			if err != nil || err2 != nil || x.Seq == y.Seq {
				t.Fatalf("after arrival %d, %s, %s and %s are one again: %v, %v, %+v", i, url, a, b, err, err2, results[len(results)-1])
			}
		}
	}
	if len(apart) == 0 {
		t.Error("nothing was undone")
	}
	for i, r := range write(t, w.Store, sent...) {
		if first := results[i]; !r.Replayed || r.Outcome != first.Outcome || r.ArticleID != first.ArticleID || r.Seq != first.Seq || r.Reason != first.Reason {
			t.Errorf("arrival %d gives %+v, gave %+v", i, r, first)
		}
	}

	shown := map[string]uint64{} // by the change feed
	all, err := w.ChangesWithRecords(ctx, 0, 10000, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range all {
		if c.Seq != uint64(i)+1 {
			t.Fatalf("change %d is %d", i+1, c.Seq)
		}
		a, err := c.Shown()
		if err != nil {
			t.Fatal(err)
		}
		delete(shown, c.ArticleID)
		if a != nil {
			if a.ID != c.ArticleID {
				t.Errorf("change %d is of %s, its article is %s", c.Seq, c.ArticleID, a.ID)
			}
			shown[c.ArticleID] = c.Seq
		}
	}
	listed := map[string]uint64{}
	page, err := w.Articles(ctx, Page{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page {
		a, err := r.Decode()
		if err != nil {
			t.Fatal(err)
		}
		listed[a.ID] = r.Seq
		if bySource, err := w.Articles(ctx, Page{Limit: 1, Before: r.Seq + 1, Source: a.Source}); err != nil || len(bySource) != 1 || bySource[0].Seq != r.Seq {
			t.Errorf("record %d is not listed by its source %s", r.Seq, a.Source)
		}
	}
	if !maps.Equal(shown, listed) {
		t.Errorf("the change feed shows\n%v, lists\n%v", shown, listed)
	}
	st, err := w.Stats()
	if err != nil || st.Articles != uint64(len(listed)) || st.Grouped != st.LastSeq {
		t.Errorf("stats are %+v, %v; listed are %d", st, err, len(listed))
	}
	consistent(t, w.Store)
}

// A store that knows no addresses finds its articles all the same, and learns their addresses.
func TestStoreOfBefore(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, Store: opened(t, dir)}
	a := w.page("https://news.example/a", prose("flour"))
	write(t, w.Store, a)
	err := w.db.Update(forgetAddresses)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Store = opened(t, dir)
	r := write(t, w.Store,
		w.page("https://news.example/a", prose("flour")), w.page("http://www.news.example/a", prose("flour")), w.page("https://news.example/a", prose("bread"), captured(time.Hour)))
	if r[0].Outcome != article.OutcomeDuplicate || len(r[0].Merged) != 0 || !slices.Equal(r[1].Merged, []Tier{TierKey}) || r[2].Outcome != article.OutcomeRevised || len(r[2].Merged) != 0 {
		t.Errorf("arrivals are %+v", r)
	}
}

// In the background it makes them known by what else tells them, too.
func TestOlderArticlesAreAddressed(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	w := &world{t: t, Store: opened(t, dir)}
	write(t, w.Store,
		w.page("https://news.example/a", prose("flour")), w.page("https://news.example/b", prose("bread"), known("7")),
		w.page("https://news.example/c", prose("old")), w.page("https://news.example/c", prose("salt"), captured(time.Hour)))
	if err := w.db.Update(forgetAddresses); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Store = opened(t, dir)
	write(t, w.Store, w.page("https://news.example/later", prose("later")))
	total := 0
	for {
		n, err := w.Address(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		total += n
	}
	if total == 0 {
		t.Error("nothing was addressed")
	}
	for url, want := range map[string]struct {
		in Arrival
		is string
	}{
		"content":       {w.page("https://news.example/a?x=1", prose("flour")), "duplicate content"},
		"publisher":     {w.page("https://news.example/b2", prose("sugar"), known("7")), "revised publisher_id"},
		"latest":        {w.page("https://news.example/c?x=1", prose("salt")), "duplicate content"},
		"not an older":  {w.page("https://news.example/c?x=2", prose("old")), "new"},
		"since it runs": {w.page("https://news.example/later?x=1", prose("later")), "duplicate content"},
	} {
		r := write(t, w.Store, want.in)[0]
		got := string(r.Outcome)
		for _, tier := range r.Merged {
			got += " " + string(tier)
		}
		if got != want.is {
			t.Errorf("%s: %s, want %s", url, got, want.is)
		}
	}
	if n, err := w.Address(ctx); n != 0 || err != nil {
		t.Errorf("a fresh look finds %d, %v", n, err)
	}
}

func forgetAddresses(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketAddresses, bucketBodies, bucketMerges} {
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
	}
	return nil
}
