package diff

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

// shown writes pieces as people mark them up.
func shown(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch p.Op {
		case Delete:
			fmt.Fprintf(&b, "[-%s-]", p.Text)
		case Insert:
			fmt.Fprintf(&b, "{+%s+}", p.Text)
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestText(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"", "", ""},
		{"same", "same", "same"},
		{"", "all of it", "{+all of it+}"},
		{"all of it", "", "[-all of it-]"},
		{"Flour rose by 5 percent.", "Flour rose by 15 percent.", "Flour rose by [-5 -]{+15 +}percent."},
		{"One.\n\nTwo.\n\nThree.", "One.\n\nThree.", "One.\n\n[-Two.\n\n-]Three."},
		{"One.\n\nTwo is here.", "One.\n\nTwo was here.\n\nThree.", "One.\n\nTwo [-is here.-]{+was here.\n\nThree.+}"},
		{"面粉价格上涨", "面粉价格下跌", "面粉价格[-上涨-]{+下跌+}"},
		{"قیمت آرد بالا رفت", "قیمت آرد پایین رفت", "قیمت آرد [-بالا -]{+پایین +}رفت"},
	} {
		if got := shown(Text(c.before, c.after)); got != c.want {
			t.Errorf("%q to %q is\n%s\nwant\n%s", c.before, c.after, got, c.want)
		}
	}
}

func TestArticles(t *testing.T) {
	day := func(d int) *article.Date {
		return &article.Date{Time: time.Date(2024, 11, d, 0, 0, 0, 0, time.UTC), Precision: article.Day}
	}
	a := &article.Article{Headline: "Flour rises", Authors: []article.Author{{Name: "A"}}, DatePublished: day(6), Text: "Old text.", Section: "Economy"}
	b := &article.Article{Headline: "Flour falls", Authors: []article.Author{{Name: "A"}, {Name: "B"}}, DatePublished: day(7), Text: "New text.", Section: "Economy"}
	var got []string
	for _, f := range Articles(a, b) {
		got = append(got, fmt.Sprintf("%s: %s|%s|%s", f.Field, f.Before, f.After, shown(f.Pieces)))
	}
	want := "headline: ||Flour [-rises-]{+falls+}\nauthors: A|A; B|\ndate_published: 2024-11-06|2024-11-07|\ntext: ||[-Old -]{+New +}text."
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("differences are\n%s\nwant\n%s", s, want)
	}
	if same := Articles(a, a); len(same) != 0 {
		t.Errorf("an article differs from itself: %+v", same)
	}
}

// Whatever the texts, each version can be put together again, in bounded time.
func FuzzText(f *testing.F) {
	f.Add("One.\n\nTwo is here.", "One.\n\nTwo was here.")
	f.Add(strings.Repeat("a b c ", 2000), strings.Repeat("b d ", 3000))
	f.Add("\xff\n", "页\u2028面")
	f.Fuzz(func(t *testing.T, before, after string) {
		var was, is strings.Builder
		for _, p := range Text(before, after) {
			if p.Op != Insert {
				was.WriteString(p.Text)
			}
			if p.Op != Delete {
				is.WriteString(p.Text)
			}
		}
		if was.String() != before || is.String() != after {
			t.Errorf("put together again: %q and %q, want %q and %q", was.String(), is.String(), before, after)
		}
	})
}
