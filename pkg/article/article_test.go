package article

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDateJSON(t *testing.T) {
	kabul := time.FixedZone("", 4*3600+1800)
	for _, c := range []struct {
		date Date
		time string
	}{
		{Date{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Precision: Year}, "2024"},
		{Date{Time: time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC), Precision: Month}, "2024-11"},
		{Date{Time: time.Date(2024, 11, 6, 0, 0, 0, 0, time.UTC), Precision: Day, Raw: "Wednesday November 6", From: FromText}, "2024-11-06"},
		{Date{Time: time.Date(2024, 11, 6, 9, 30, 0, 0, time.UTC), Precision: Minute}, "2024-11-06T09:30"},
		{Date{Time: time.Date(2024, 11, 6, 9, 30, 5, 0, kabul), Precision: Second, ZoneKnown: true}, "2024-11-06T09:30:05+04:30"},
		{Date{Time: time.Date(2024, 11, 6, 9, 30, 5, 250e6, time.UTC), Precision: Second, ZoneKnown: true}, "2024-11-06T09:30:05.25Z"},
		{Date{Time: time.Date(2044, 1, 1, 0, 0, 0, 0, time.UTC), Precision: Day, Future: true}, "2044-01-01"},
	} {
		b, err := json.Marshal(c.date)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), `"time":"`+c.time+`"`) {
			t.Errorf("%v = %s, want time %s", c.date, b, c.time)
		}
		var back Date
		if err := json.Unmarshal(b, &back); err != nil || !back.Time.Equal(c.date.Time) || back.Precision != c.date.Precision || back.Raw != c.date.Raw || back.Future != c.date.Future {
			t.Errorf("%s read back as %+v, %v", b, back, err)
		}
	}
	for _, bad := range []string{`{"time":"2024-13","precision":"month"}`, `{"time":"2024","precision":"eon"}`, `{"time":"2024-11-06","precision":"second"}`} {
		if err := json.Unmarshal([]byte(bad), new(Date)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	if _, err := json.Marshal(Date{}); err == nil {
		t.Error("a date without precision was written")
	}
}

func TestDecode(t *testing.T) {
	a, err := Decode([]byte(`{"schema_version":1,"id":"x","headline":"H","from_the_future":{"a":1}}`))
	if err != nil || a.Headline != "H" {
		t.Errorf("an unknown field: %+v, %v", a, err)
	}
	for _, c := range []struct{ json, want string }{
		{`{"schema_version":2}`, "schema_version: 2 is not known"},
		{`{}`, "schema_version: 0 is not known"},
		{`{"schema_version":1,"headline":7}`, `field "headline"`},
		{`{"schema_version":1,`, "broken JSON at byte 20"},
		{``, "broken JSON at byte 0"},
	} {
		if _, err := Decode([]byte(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.json, err, c.want)
		}
	}
	var fields FieldErrors
	if _, err := Decode([]byte(`{"schema_version":9}`)); !errors.As(err, &fields) || fields[0].Field != "schema_version" {
		t.Errorf("unknown version: %v is not a field error", err)
	}
}

// The ids are part of the contract: other code, and stored data, rely on these very values.
func TestIDsAreStable(t *testing.T) {
	stored := time.Unix(1730880000, 0)
	for _, c := range []struct{ got, want string }{
		{IDOfURL("example.org/a"), "cf05bb7f0cd9fd3b326de4e0c5cfeade"},
		{IDOfPublication("rasc", "1"), "9a04778cdf4fb55b4557364d38edc845"},
		{IDOfContent("rasc", "sha256:00"), "bfe886a0c43e65475af6c8378ae03bf9"},
		{PageID("https://example.org/a", "sha256:00"), "69dde53ac46e610e0bdb0578417e90e5"},
		{JobID("example.org/a"), "69a4c5c7abde3d2a157d512b49af710d"},
		{Origin("EXT", "m1", 1, stored, []byte("b")), "6372a06c02aa37c530b989ec990b7d25"},
	} {
		if !ValidID(c.got) {
			t.Errorf("%q is no id", c.got)
		}
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if IDOfPublication("a", "bc") == IDOfPublication("ab", "c") {
		t.Error("parts run together")
	}
	if Origin("EXT", "m1", 1, stored, []byte("b")) != Origin("EXT", "m1", 2, stored.Add(1), []byte("b")) {
		t.Error("a message id does not name the journey")
	}
	if Origin("EXT", "m1", 1, stored, []byte("b")) == Origin("EXT", "m1", 1, stored, []byte("c")) {
		t.Error("a message id used again for other content names the same journey")
	}
	if Origin("EXT", "", 1, stored, []byte("b")) == Origin("EXT", "", 2, stored, []byte("b")) {
		t.Error("two messages without an id are one journey")
	}
}

func TestPublicationIDCountsEveryHeader(t *testing.T) {
	body := []byte("b")
	seen := map[string]string{PublicationID("p", nil, body): "none"}
	for _, h := range PublicationHeaders {
		id := PublicationID("p", map[string][]string{h: {"v"}}, body)
		if other, ok := seen[id]; ok {
			t.Errorf("%s makes the same id as %s", h, other)
		}
		seen[id] = h
		if id != PublicationID("p", map[string][]string{strings.ToLower(h): {"v"}, "Other": {"x"}}, body) {
			t.Errorf("%s: case of the name or a foreign header changes the id", h)
		}
	}
}

func TestPageRoundTrip(t *testing.T) {
	at := time.Date(2024, 11, 6, 9, 30, 5, 123456789, time.UTC)
	p := &Page{
		URL: "https://example.org/a", FinalURL: "https://example.org/b", Status: 200, ContentType: "text/html; charset=koi8-r", Captured: at, Truncated: true,
		Item: &FeedItem{Feed: "https://example.org/feed", Title: "ти́тул", Published: &at}, Body: bytes.Repeat([]byte("<p>page</p>"), 1000),
	}
	h, b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > len(p.Body)/10 {
		t.Errorf("%d bytes became %d", len(p.Body), len(b))
	}
	back, err := DecodePage(h, b)
	if err != nil || !reflect.DeepEqual(p, back) {
		t.Errorf("read back as %+v, %v", back, err)
	}
	bomb := &Page{Captured: at, Body: make([]byte, MaxPage+1)}
	h, b, err = bomb.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DecodePage(h, b); err == nil {
		t.Error("a page above MaxPage was unpacked")
	}
}

// A change alone is no revision: neither as the date of modification nor where it stands in for the publication.
func TestFingerprintDates(t *testing.T) {
	of := func(day int, from From) string {
		return Fingerprint(&Article{Headline: "H", DatePublished: &Date{Time: time.Date(2024, 11, day, 0, 0, 0, 0, time.UTC), Precision: Day, From: from}})
	}
	if of(5, FromModified) != of(6, FromModified) {
		t.Error("the date of a change made a revision")
	}
	if of(5, FromJSONLD) == of(6, FromJSONLD) {
		t.Error("another day of publication made no revision")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"date_published":{"time":"2024","precision":"year"},"body":[{"type":"list","items":["a"]}]}`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if a, err := Decode(b); err == nil {
			_ = PlainText(a.Body)
			_ = Fingerprint(a)
		}
	})
}

func FuzzDecodePage(f *testing.F) {
	f.Add("200", "2024-11-06T09:30:05Z", "zstd", `{"feed":"x"}`, []byte{0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, status, captured, encoding, item string, body []byte) {
		p, err := DecodePage(map[string][]string{
			headerStatus: {status}, headerCaptured: {captured}, HeaderContentEncoding: {encoding}, headerItem: {item},
		}, body)
		if err == nil && encoding == "zstd" && len(p.Body) > MaxPage {
			t.Errorf("%d bytes", len(p.Body))
		}
	})
}

func BenchmarkPageEncode(b *testing.B) {
	p := &Page{Captured: time.Now(), Body: bytes.Repeat([]byte("<p>Some words of a page, not all the same: 1234567890.</p>\n"), 2000)}
	b.SetBytes(int64(len(p.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
