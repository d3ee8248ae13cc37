package refetch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

var first = time.Date(2024, 5, 1, 10, 0, 0, 300e6, time.UTC)

func policy(t *testing.T, text string) Policy {
	t.Helper()
	var p Policy
	if err := p.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicy(t *testing.T) {
	for text, want := range map[string]string{
		"15m,1h,6h,1d,7d":                    "15m,1h,6h,1d,7d",
		" 90s, 1h30m ":                       "1m30s,1h30m",
		"24h":                                "1d",
		"36h":                                "36h",
		"1.5d":                               "36h",
		"none":                               "none",
		"default":                            "default",
		"":                                   "default",
		"1d,1h":                              "error: 1h is not after 1d",
		"1h,1h":                              "error: 1h is not after 1h",
		"10ms":                               "error: 10ms: 1s to 30d",
		"31d":                                "error: 31d: 1s to 30d",
		"9999999d":                           "error: \"9999999d\" is no duration such as 15m, 6h or 7d, nor none",
		"721h":                               "error: 721h: 1s to 30d",
		"-1d":                                "error: -24h: 1s to 30d",
		"soon":                               "error: \"soon\" is no duration such as 15m, 6h or 7d, nor none",
		"1h,":                                "error: \"\" is no duration such as 15m, 6h or 7d, nor none",
		"never,1h":                           "error: \"never\" is no duration such as 15m, 6h or 7d, nor none",
		"1s,2s,3s,4s,5s,6s,7s,8s,9s,10s,11s": "error: 11 visits, more than 10",
	} {
		var p Policy
		got := ""
		if err := p.UnmarshalText([]byte(text)); err != nil {
			got = "error: " + err.Error()
		} else {
			got = p.String()
			type wish struct {
				Refetch Policy `json:"refetch,omitzero"`
			}
			b, err := json.Marshal(wish{p})
			if err != nil {
				t.Fatal(err)
			}
			var back wish
			if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back.Refetch, p) {
				t.Errorf("%q comes back from %s as %#v, %v", text, b, back.Refetch, err)
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// site is a page by what it answers at a time after its first fetch.
type site func(since time.Duration) (status int, body string)

// visits plays visits through, each late by a time, with one hour to confirm, and tells what each found.
func visits(t *testing.T, p Policy, late time.Duration, s site) string {
	t.Helper()
	const confirm = time.Hour
	page := &Page{URL: "https://example.org/a", First: first}
	answer := func(now time.Time) Outcome {
		switch status, body := s(now.Sub(first)); {
		case status == http.StatusNotFound, status == http.StatusGone:
			return page.Lost(status, confirm, now)
		case status == http.StatusNotModified:
			return page.NotModified(http.Header{})
		case status != http.StatusOK:
			return Failed
		default:
			return page.Answered(http.Header{}, body, page.URL, false, now)
		}
	}
	answer(first)
	var all []string
	now := first
	for page.Next(p, confirm, now) {
		if page.Due.Nanosecond() != 0 || page.Due.Before(first) {
			t.Fatalf("due at %s", page.Due)
		}
		b, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		if page, err = Decode(b); err != nil {
			t.Fatal(err)
		}
		now = page.Due.Add(late)
		found := answer(now)
		all = append(all, fmt.Sprintf("%s %s", format(page.Due.Sub(first).Truncate(time.Second)), found))
		if len(all) > 20 {
			t.Fatal("no end")
		}
	}
	return strings.Join(all, ", ")
}

func TestVisits(t *testing.T) {
	usual := "15m,1h,6h,1d,7d"
	always := func(status int, body string) site {
		return func(time.Duration) (int, string) { return status, body }
	}
	// each is what a page answers from a time on.
	type change struct {
		from   time.Duration
		status int
		body   string
	}
	from := func(changes ...change) site {
		return func(since time.Duration) (status int, body string) {
			for _, c := range changes {
				if since >= c.from {
					status, body = c.status, c.body
				}
			}
			return status, body
		}
	}
	for _, c := range []struct {
		name   string
		policy string
		late   time.Duration
		site   site
		want   string
	}{
		{"a page that stays", usual, 0, always(200, "a"), "15m unchanged, 1h unchanged, 6h unchanged, 1d unchanged, 7d unchanged"},
		{"a source of its own mind", "2h,3d", 0, always(200, "a"), "2h unchanged, 3d unchanged"},
		{"never", "none", 0, always(200, "a"), ""},
		{"who comes late leaves out what he missed", usual, 2 * time.Hour, always(200, "a"), "15m unchanged, 6h unchanged, 1d unchanged, 7d unchanged"},
		{"changed, and back", usual, 0, from(change{0, 200, "a"}, change{30 * time.Minute, 200, "b"}, change{2 * time.Hour, 200, "a"}), "15m unchanged, 1h changed, 6h changed, 1d unchanged, 7d unchanged"},
		{"410", usual, 0, from(change{0, 200, "a"}, change{30 * time.Minute, 410, ""}), "15m unchanged, 1h gone, 6h unchanged, 1d unchanged, 7d unchanged"},
		{"404 is asked again in an hour", usual, 0, from(change{0, 200, "a"}, change{2 * time.Hour, 404, ""}), "15m unchanged, 1h unchanged, 6h missing, 7h gone, 1d unchanged, 7d unchanged"},
		{"an earlier visit does not confirm it", usual, 0, from(change{0, 200, "a"}, change{time.Minute, 404, ""}), "15m missing, 1h missing, 1h15m gone, 6h unchanged, 1d unchanged, 7d unchanged"},
		{"404 for a while", usual, 0, from(change{0, 200, "a"}, change{5 * time.Hour, 404, ""}, change{390 * time.Minute, 200, "a"}), "15m unchanged, 1h unchanged, 6h missing, 7h unchanged, 1d unchanged, 7d unchanged"},
		{"404, 503, and a later visit confirms", usual, 0, from(change{0, 200, "a"}, change{5 * time.Hour, 404, ""}, change{390 * time.Minute, 503, ""}, change{20 * time.Hour, 404, ""}), "15m unchanged, 1h unchanged, 6h missing, 7h failed, 1d gone, 7d unchanged"},
		{"404 at the last visit", usual, 0, from(change{0, 200, "a"}, change{2 * day, 404, ""}), "15m unchanged, 1h unchanged, 6h unchanged, 1d unchanged, 7d missing, 169h gone"},
		{"gone, and back as it was", usual, 0, from(change{0, 200, "a"}, change{30 * time.Minute, 410, ""}, change{2 * time.Hour, 200, "a"}), "15m unchanged, 1h gone, 6h changed, 1d unchanged, 7d unchanged"},
		{"404 and then 410", usual, 0, from(change{0, 200, "a"}, change{time.Minute, 404, ""}, change{30 * time.Minute, 410, ""}), "15m missing, 1h gone, 6h unchanged, 1d unchanged, 7d unchanged"},
		{"failures are no removal", usual, 0, from(change{0, 200, "a"}, change{time.Minute, 403, ""}, change{2 * time.Hour, 500, ""}), "15m failed, 1h failed, 6h failed, 1d failed, 7d failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := visits(t, policy(t, c.policy), c.late, c.site); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// An answer that broke off is asked for whole the next time, and is no change by that alone.
func TestTruncated(t *testing.T) {
	p := &Page{URL: "https://example.org/a", First: first}
	h := http.Header{"Etag": {`"1"`}}
	p.Answered(h, "a", p.URL, true, first)
	if etag, _ := p.Validators.Conditions(first.Add(time.Minute)); etag != "" {
		t.Errorf("asked with %s", etag)
	}
	if got := p.Answered(h, "a", p.URL, true, first); got != Unchanged {
		t.Errorf("the same again is %s", got)
	}
	if got := p.Answered(h, "a", "https://example.org/b", false, first); got != Changed {
		t.Errorf("the same elsewhere is %s", got)
	}
	if etag, _ := p.Validators.Conditions(first.Add(time.Minute)); etag == "" {
		t.Error("not asked with the ETag")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"url":"https://example.org/","first":"2024-05-01T10:00:00Z","due":"2024-05-01T10:15:00Z","missing":"2024-05-01T10:15:00Z"}`))
	f.Add([]byte(`{"url":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil {
			return
		}
		now := first
		for n := 0; p.Next(Policy{time.Minute, time.Hour}, time.Hour, now); n++ {
			if !p.Due.After(now) || n > 10 {
				t.Fatalf("visit %d is due at %s, after %s", n, p.Due, now)
			}
			now = p.Due
			p.Lost(http.StatusNotFound, time.Hour, now)
		}
	})
}
