package polite

import (
	"net/netip"
	"testing"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/weburl"

	"dateline/pkg/article"
)

var now = time.Now()

func in(d time.Duration) time.Time { return now.Add(d) }

func TestTurn(t *testing.T) {
	const pause = time.Second
	fresh, again, backfill, backfillAgain := place{0, false, pause}, place{0, true, pause}, place{2, false, pause}, place{2, true, pause}
	line := func(fresh, backfill time.Duration) (next [classes]time.Time) {
		return [classes]time.Time{in(fresh), {}, in(backfill)}
	}
	for _, c := range []struct {
		what string
		s    state
		p    place
		want time.Duration
	}{
		{"the pause counts from the end", state{over: in(-300 * time.Millisecond)}, fresh, 700 * time.Millisecond},
		{"of a request whose process died, from the end of the lease", state{holder: "x", over: in(-300 * time.Millisecond)}, fresh, 700 * time.Millisecond},
		{"it is longer after bad answers", state{over: in(0), factor: 8}, fresh, 8 * time.Second},
		{"the site has asked for more", state{over: in(0), rests: in(time.Hour)}, fresh, time.Hour},
		{"the request before wanted more", state{over: in(0), rests: in(5 * time.Second)}, fresh, 5 * time.Second},
		{"others are in line", state{over: in(-time.Hour), next: line(time.Minute, 0)}, fresh, time.Minute},
		{"who had a slot is in no line", state{over: in(-300 * time.Millisecond), next: line(time.Minute, 0)}, again, 700 * time.Millisecond},
		{"fresh passes backfill", state{over: in(0), next: line(0, time.Hour)}, fresh, time.Second},
		{"backfill waits for fresh", state{over: in(-time.Hour), next: line(time.Minute, 0)}, backfill, time.Minute},
		{"even where it had a slot", state{over: in(-time.Hour), next: line(time.Minute, time.Hour)}, backfillAgain, time.Minute},
	} {
		if got := c.s.turn(c.p, now).Sub(now); got != c.want {
			t.Errorf("%s: turn in %s, want %s", c.what, got, c.want)
		}
	}
	var unknown state
	if unknown.turn(fresh, now).After(now) {
		t.Error("a site that nobody asked has to be waited for")
	}
}

func TestSlots(t *testing.T) {
	s := state{over: in(0), took: 100 * time.Millisecond}
	p := place{pause: time.Second}
	for i := range 5 {
		if got, want := s.reserve(p, now).Sub(now), time.Second+time.Duration(i)*1100*time.Millisecond; got != want {
			t.Errorf("slot %d in %s, want %s", i, got, want)
		}
	}
	if got := s.reserve(place{class: 2, pause: time.Second}, now).Sub(now); got != 6500*time.Millisecond {
		t.Errorf("backfill's slot is in %s, before the end of the fresh line", got)
	}
	s = state{holder: "x", over: in(30 * time.Second), next: [classes]time.Time{in(-time.Second)}}
	if got := s.reserve(p, now).Sub(now); got != time.Second {
		t.Errorf("while a request takes longer than expected, the slot is in %s", got)
	}
}

func TestOverloaded(t *testing.T) {
	for status, want := range map[int]bool{0: false, 200: false, 404: false, 420: true, 429: true, 500: false, 503: true, 509: true, 529: true} {
		if overloaded(status) != want {
			t.Errorf("%d: %t", status, !want)
		}
	}
}

func TestBackOff(t *testing.T) {
	var s state
	p := place{pause: time.Second}
	answer := func(status int, after time.Duration) time.Duration {
		s.end(p, now, now, status, after)
		return s.ready(p).Sub(now)
	}
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		if got := answer(429, 0); got != want*time.Second {
			t.Errorf("after %d answers of 429 it rests %s, want %ds", i+1, got, want)
		}
	}
	for i := range 19 {
		answer(200, 0)
		if s.factor != 60 {
			t.Errorf("eased after %d good answers", i+1)
		}
	}
	for _, want := range []int{30, 15, 7, 3, 1, 0, 0} {
		answer(404, 0)
		if s.factor != want {
			t.Errorf("factor %d, want %d", s.factor, want)
		}
		for range easeAfter - 1 {
			answer(200, 0)
		}
	}
	s = state{factor: 4}
	if answer(0, 0); s.factor != 4 || s.good != 0 {
		t.Errorf("no answer changed the factor or was good: %+v", s)
	}
	if got := answer(503, 40*time.Minute); got != 40*time.Minute {
		t.Errorf("Retry-After of 40m has it rest %s", got)
	}
	if got := answer(503, 1000*time.Hour); got != httprules.MaxRetryAfter {
		t.Errorf("Retry-After of weeks has it rest %s", got)
	}
}

// What is read is never earlier than what was written.
func TestRecord(t *testing.T) {
	for _, s := range []state{
		{},
		{holder: "h", over: in(35*time.Second + 1), rests: in(1), next: [classes]time.Time{in(time.Minute), {}, in(-time.Hour)}, took: 123 * time.Millisecond, factor: 8, good: 3},
		{over: in(-1500*time.Microsecond - 1), factor: 1},
	} {
		got, err := decode(s.encode(now), in(0))
		if err != nil {
			t.Fatal(err)
		}
		near := func(what string, got, want time.Time) {
			t.Helper()
			if want.Before(in(-24 * time.Hour)) {
				if got.After(now) {
					t.Errorf("%+v: %s in %s", s, what, got.Sub(now))
				}
			} else if got.Before(want) || got.Sub(latest(want, now)) > time.Millisecond {
				t.Errorf("%+v: %s in %s, want %s", s, what, got.Sub(now), want.Sub(now))
			}
		}
		near("over", got.over, s.over)
		near("rests", got.rests, s.rests)
		for i := range s.next {
			near("next", got.next[i], s.next[i])
		}
		if got.holder != s.holder || got.took != s.took || got.factor != s.factor || got.good != s.good {
			t.Errorf("%+v became %+v", s, got)
		}
	}
	if _, err := decode([]byte(`{"over":"x"}`), now); err == nil {
		t.Error("a broken record was read")
	}
}

func TestKeys(t *testing.T) {
	for host, want := range map[string]string{
		"www.example.co.uk": "site.example_co_uk",
		"example.co.uk":     "site.example_co_uk",
		"a.blogspot.com":    "site.a_blogspot_com",
		"blogspot.com":      "site.blogspot_com",
		"localhost":         "site.localhost",
		"192.0.2.7":         "site.192_0_2_7",
		"[2001:db8::7]":     "site.=5b2001=3adb8=3a=3a7=5d",
		"xn--bcher-kva.de":  "site.xn--bcher-kva_de",
		"a_b.de":            "site.a=5fb_de",
	} {
		if got := key(kindSite, weburl.Site(host)); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	addrs := func(list ...string) (out []netip.Addr) {
		for _, s := range list {
			out = append(out, netip.MustParseAddr(s))
		}
		return out
	}
	for _, c := range []struct {
		addrs []netip.Addr
		want  string
	}{
		{addrs("192.0.2.9", "192.0.2.7"), "192.0.2.7"},
		{addrs("2001:db8::1", "192.0.2.7"), "192.0.2.7"},
		{addrs("::ffff:192.0.2.7"), "192.0.2.7"},
		{addrs("2001:db8:1:2:3::4"), "2001:db8:1:2::/64"},
	} {
		if got := machine(c.addrs); got != c.want {
			t.Errorf("%v: %s, want %s", c.addrs, got, c.want)
		}
	}
	if got := key(kindSite, string(make([]byte, 1000))); len(got) > 100 {
		t.Errorf("a key of %d bytes", len(got))
	}
	for i, c := range article.JobClasses {
		if rank(c) != i {
			t.Errorf("%s has rank %d", c, rank(c))
		}
	}
}

// A line that formed while the site was overloaded is as fast again as the answers let it be.
func TestSlotsEase(t *testing.T) {
	p := place{pause: time.Second}
	s := state{over: in(0), factor: 4, good: 10}
	var slots []time.Duration
	for range 45 {
		slots = append(slots, s.reserve(p, now).Sub(now))
	}
	for _, c := range []struct {
		slot int
		want time.Duration
	}{{1, 4 * time.Second}, {8, 4 * time.Second}, {12, 2 * time.Second}, {28, 2 * time.Second}, {31, time.Second}, {44, time.Second}} {
		if got := slots[c.slot] - slots[c.slot-1]; got != c.want {
			t.Errorf("slot %d is %s after the one before, want %s", c.slot, got, c.want)
		}
	}
}
