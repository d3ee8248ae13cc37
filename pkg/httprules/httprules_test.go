package httprules

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var at = time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)

func header(pairs map[string]string) http.Header {
	h := http.Header{}
	for k, v := range pairs {
		h.Set(k, v)
	}
	return h
}

// All rows of the conformance data beside the repository; DATELINE_SHARED says where if elsewhere.
func TestConformance(t *testing.T) {
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "conformance", "http-semantics.jsonl"))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var row struct {
			ID, Kind string
			Headers  map[string]string
			Age      int `json:"age_s_after_receipt"`
			Expect   string
			Value    string
			Now      time.Time
			WaitS    any      `json:"wait_s"`
			AlsoOK   []string `json:"also_ok"`
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		switch row.Kind {
		case "freshness":
			h := header(row.Headers)
			received, err := http.ParseTime(h.Get("Date"))
			if err != nil {
				t.Fatal(err)
			}
			fresh := ReadFreshness(h, received)
			got := "stale"
			if after := time.Duration(row.Age) * time.Second; fresh.Lifetime > fresh.Age+after {
				got = map[bool]string{false: "fresh", true: "heuristic"}[fresh.Heuristic]
			}
			if !slices.Contains(append(row.AlsoOK, row.Expect), got) {
				t.Errorf("%s: %v after %d s: %s, want %s", row.ID, row.Headers, row.Age, got, row.Expect)
			}
		case "retry-after":
			wait, ok := RetryAfter(row.Value, row.Now)
			var got any
			switch {
			case wait == MaxRetryAfter:
				got = "clamp"
			case ok:
				got = wait.Seconds()
			}
			if got != row.WaitS {
				t.Errorf("%s: %q: %v, want %v", row.ID, row.Value, got, row.WaitS)
			}
		case "status": // with what came before: package revisit
		default:
			t.Errorf("%s: unknown kind %s", row.ID, row.Kind)
		}
	}
	if n == 0 {
		t.Error("no rows")
	}
}

func TestFreshness(t *testing.T) {
	date := at.Format(http.TimeFormat)
	for _, c := range []struct {
		name   string
		header map[string]string
		want   Freshness
		floor  time.Duration
	}{
		{"nothing", nil, Freshness{}, 0},
		{"max-age", map[string]string{"Cache-Control": "public, max-age=600"}, Freshness{Lifetime: 10 * time.Minute}, 10 * time.Minute},
		{"a year", map[string]string{"Cache-Control": "max-age=31536000"}, Freshness{Lifetime: 365 * 24 * time.Hour}, MaxFloor},
		{"age", map[string]string{"Cache-Control": "max-age=600", "Age": "500"}, Freshness{Lifetime: 10 * time.Minute, Age: 500 * time.Second}, 100 * time.Second},
		{"date of an old copy", map[string]string{"Cache-Control": "max-age=600", "Date": at.Add(-time.Minute).Format(http.TimeFormat)}, Freshness{Lifetime: 10 * time.Minute, Age: time.Minute}, 9 * time.Minute},
		{"older than it may be", map[string]string{"Cache-Control": "max-age=600", "Age": "601"}, Freshness{Lifetime: 10 * time.Minute, Age: 601 * time.Second}, 0},
		{"no-cache for a field", map[string]string{"Cache-Control": `no-cache="set-cookie, x", max-age=60`}, Freshness{Lifetime: time.Minute}, time.Minute},
		{"a quoted comma is none", map[string]string{"Cache-Control": `x="a,max-age=5\",", max-age=60`}, Freshness{Lifetime: time.Minute}, time.Minute},
		{"a quote without end", map[string]string{"Cache-Control": `x="a, max-age=60`}, Freshness{}, 0},
		{"expires", map[string]string{"Expires": at.Add(time.Minute).Format(http.TimeFormat), "Date": date}, Freshness{Lifetime: time.Minute}, time.Minute},
		{"guessed", map[string]string{"Last-Modified": at.Add(-10 * time.Hour).Format(http.TimeFormat)}, Freshness{Lifetime: time.Hour, Heuristic: true}, 0},
		{"modified in the future", map[string]string{"Last-Modified": at.Add(time.Hour).Format(http.TimeFormat)}, Freshness{}, 0},
		{"pragma beside a directive", map[string]string{"Pragma": "no-cache", "Cache-Control": "max-age=60"}, Freshness{Lifetime: time.Minute}, time.Minute},
	} {
		got := ReadFreshness(header(c.header), at)
		if got != c.want || got.Floor() != c.floor {
			t.Errorf("%s: %+v, floor %s; want %+v, %s", c.name, got, got.Floor(), c.want, c.floor)
		}
	}
	h := http.Header{"Cache-Control": {"public", "max-age=60"}} // two lines are one list
	if ReadFreshness(h, at).Lifetime != time.Minute {
		t.Error("the second line of Cache-Control was not read")
	}
}

func FuzzFreshness(f *testing.F) {
	f.Add("max-age=60", "5", "Wed, 01 May 2024 10:10:00 GMT")
	f.Add(`x="\`, "", "0")
	f.Fuzz(func(t *testing.T, control, age, expires string) {
		got := ReadFreshness(http.Header{"Cache-Control": {control}, "Age": {age}, "Expires": {expires}}, at)
		if got.Lifetime < 0 || got.Age < 0 || got.Floor() < 0 || got.Floor() > MaxFloor {
			t.Errorf("%+v, floor %s", got, got.Floor())
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 11, 6, 9, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"":                                  -1,
		"soon":                              -1,
		"-5":                                -1,
		"+5":                                -1,
		"1.5":                               -1,
		"60, 120":                           -1,
		"0":                                 0,
		"120":                               2 * time.Minute,
		" 5 ":                               5 * time.Second,
		"999999999999999999999999":          MaxRetryAfter,
		"100000000":                         MaxRetryAfter,
		"Wed, 06 Nov 2024 09:10:00 GMT":     10 * time.Minute,
		"Wednesday, 06-Nov-24 09:10:00 GMT": 10 * time.Minute,
		"Wed Nov  6 09:10:00 2024":          10 * time.Minute,
		"Wed, 06 Nov 2024 08:10:00 GMT":     0,
		"Fri, 06 Nov 2026 08:10:00 GMT":     MaxRetryAfter,
	} {
		if got, ok := RetryAfter(in, now); ok != (want >= 0) || got != max(want, 0) {
			t.Errorf("%q: %s, %t, want %s", in, got, ok, want)
		}
	}
}

func TestStanding(t *testing.T) {
	type step struct {
		after time.Duration // the step before
		moved string
		want  Verdict
	}
	const a, b = "https://a.example/feed", "https://b.example/feed"
	for name, steps := range map[string][]step{
		"moved": {
			{0, a, VerdictFollowCount},
			{12 * time.Hour, a, VerdictFollowCount},
			{12 * time.Hour, a, VerdictRewrite},
			{time.Hour, "", VerdictParse},
		},
		"three times in an hour is an outage page": {
			{0, a, VerdictFollowCount},
			{20 * time.Minute, a, VerdictFollowCount},
			{20 * time.Minute, a, VerdictFollowCount},
			{23*time.Hour + 20*time.Minute, a, VerdictRewrite},
		},
		"twice in a month is too rare to know": {
			{0, a, VerdictFollowCount},
			{30 * 24 * time.Hour, a, VerdictFollowCount},
		},
		"elsewhere each time": {
			{0, a, VerdictFollowCount},
			{24 * time.Hour, b, VerdictFollowCount},
			{24 * time.Hour, a, VerdictFollowCount},
			{24 * time.Hour, b, VerdictFollowCount},
		},
		"and back": {
			{0, a, VerdictFollowCount},
			{24 * time.Hour, a, VerdictFollowCount},
			{24 * time.Hour, "", VerdictParse},
			{24 * time.Hour, a, VerdictFollowCount},
		},
	} {
		now := at
		var s Standing
		for i, step := range steps {
			now = now.Add(step.after)
			s = stored(t, s)
			if got := s.Answered(step.moved, now); got != step.want {
				t.Errorf("%s: step %d is %s, want %s", name, i, got, step.want)
			}
		}
	}
}

// stored is a value as it comes back from where it was kept.
func stored[T any](t *testing.T, v T) T {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back T
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestValidators(t *testing.T) {
	answer := func(etag, modified string) http.Header {
		return header(map[string]string{"ETag": etag, "Last-Modified": modified})
	}
	asks := func(t *testing.T, v Validators, now time.Time, etag, modified string) {
		t.Helper()
		v = stored(t, v)
		if e, m := v.Conditions(now); e != etag || m != modified {
			t.Errorf("asks with %q, %q; want %q, %q (%+v)", e, m, etag, modified, v)
		}
	}
	finds := func(t *testing.T, got, want Finding) {
		t.Helper()
		if got != want {
			t.Errorf("found %s, want %s", got, want)
		}
	}
	t.Run("honest", func(t *testing.T) {
		var v Validators
		asks(t, v, at, "", "")
		finds(t, v.Whole(answer(`W/"1"`, "monday"), "one", at), FindingChanged)
		asks(t, v, at.Add(time.Hour), `W/"1"`, "monday")
		v.NotModified(answer(`W/"2"`, ""))
		asks(t, v, at.Add(time.Hour), `W/"2"`, "monday")
		asks(t, v, at.Add(FullEvery), "", "") // once a day the whole
		finds(t, v.Whole(answer(`W/"2"`, "monday"), "one", at.Add(FullEvery)), FindingSame)
		asks(t, v, at.Add(FullEvery+time.Hour), `W/"2"`, "monday")
		v.Drop()
		asks(t, v, at.Add(FullEvery+time.Hour), "", "")
	})
	t.Run("same validators, other content", func(t *testing.T) {
		var v Validators
		v.Whole(answer(`"1"`, "monday"), "one", at)
		now := at.Add(FullEvery)
		finds(t, v.Whole(answer(`"1"`, "monday"), "two", now), FindingLying)
		asks(t, v, now.Add(time.Hour), "", "")
		asks(t, v, now.Add(DistrustFor), "", "")
		v.Whole(answer(`"2"`, "tuesday"), "three", now.Add(DistrustFor)) // it gets another chance
		asks(t, v, now.Add(DistrustFor+time.Hour), `"2"`, "tuesday")
	})
	t.Run("an ETag that lies beside an honest date", func(t *testing.T) {
		var v Validators
		v.Whole(answer(`"1"`, "monday"), "one", at)
		finds(t, v.Whole(answer(`"1"`, "tuesday"), "two", at.Add(FullEvery)), FindingLying)
		asks(t, v, at.Add(FullEvery+time.Hour), "", "tuesday")
	})
	t.Run("a date that lies alone", func(t *testing.T) {
		var v Validators
		v.Whole(answer("", "monday"), "one", at)
		finds(t, v.Whole(answer("", "monday"), "two", at.Add(FullEvery)), FindingLying)
		asks(t, v, at.Add(FullEvery+time.Hour), "", "")
	})
	t.Run("two changes in a second", func(t *testing.T) {
		var v Validators
		v.Whole(answer(`"1"`, "monday"), "one", at)
		finds(t, v.Whole(answer(`"2"`, "monday"), "two", at.Add(time.Hour)), FindingChanged)
		asks(t, v, at.Add(2*time.Hour), `"2"`, "monday")
	})
	t.Run("another ETag each time", func(t *testing.T) {
		var v Validators
		v.Whole(answer(`"1"`, "monday"), "one", at)
		finds(t, v.Whole(answer(`"2"`, "monday"), "one", at.Add(time.Hour)), FindingFickle)
		asks(t, v, at.Add(2*time.Hour), "", "monday")
		v.Drop() // forgets what to send, not who lied
		v.Whole(answer(`"3"`, "monday"), "one", at.Add(3*time.Hour))
		asks(t, v, at.Add(4*time.Hour), "", "monday")
	})
	t.Run("nothing to go by", func(t *testing.T) {
		var v Validators
		v.Whole(nil, "one", at)
		finds(t, v.Whole(nil, "one", at.Add(time.Hour)), FindingSame)
		finds(t, v.Whole(nil, "two", at.Add(2*time.Hour)), FindingChanged)
		asks(t, v, at.Add(3*time.Hour), "", "")
	})
	t.Run("a header without measure", func(t *testing.T) {
		var v Validators
		v.Whole(answer(string(make([]byte, 5000)), ""), "one", at)
		asks(t, v, at.Add(time.Hour), "", "")
	})
}
