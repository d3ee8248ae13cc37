package dates

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"dateline/pkg/lineartest"

	"dateline/pkg/article"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in        string
		want      string // as article.Date writes it
		precision article.Precision
	}{
		{"2024-11-06T09:30:00+04:30", "2024-11-06T09:30:00+04:30", article.Second},
		{"2024-11-06T09:30:00.25Z", "2024-11-06T09:30:00.25Z", article.Second},
		{"2024-11-06T09:30:00.000+0000", "2024-11-06T09:30:00Z", article.Second},
		{"2024-11-06t09:30:00z", "2024-11-06T09:30:00Z", article.Second},
		{"2024-11-06 09:30:00", "2024-11-06T09:30:00", article.Second},
		{"2024-11-06 09:30:00 +0430", "2024-11-06T09:30:00+04:30", article.Second},
		{"2024-11-06 09:30:00 UTC", "2024-11-06T09:30:00Z", article.Second},
		{"2024-11-06T09:30+01", "2024-11-06T09:30+01:00", article.Minute},
		{"2024-11-06T09:30", "2024-11-06T09:30", article.Minute},
		{"2024/11/06", "2024-11-06", article.Day},
		{"2024/11/06 09:30", "2024-11-06T09:30", article.Minute},
		{" 2024-11-06 ", "2024-11-06", article.Day},
		{"20241106", "2024-11-06", article.Day},
		{"20241106T093000Z", "2024-11-06T09:30:00Z", article.Second},
		{"2024-11", "2024-11", article.Month},
		{"2024", "2024", article.Year},
		{"1730885400", "2024-11-06T09:30:00Z", article.Second},
		{"1730885400250", "2024-11-06T09:30:00.25Z", article.Second},
		{"Wed, 06 Nov 2024 09:30:00 GMT", "2024-11-06T09:30:00Z", article.Second},
		{"Wed, 06 Nov 2024 09:30:00 -0500", "2024-11-06T09:30:00-05:00", article.Second},
		{"06 Nov 24 09:30 EST", "2024-11-06T09:30-05:00", article.Minute},
		{"Wednesday, 06-Nov-24 09:30:00 GMT", "2024-11-06T09:30:00Z", article.Second},
		{"Wed Nov  6 09:30:00 2024", "2024-11-06T09:30:00", article.Second},
		{"Wed Nov 06 2024 09:30:00 GMT+0430 (Afghanistan Time)", "2024-11-06T09:30:00+04:30", article.Second},
		{"November 6, 2024", "2024-11-06", article.Day},
		{"Nov. 6, 2024", "2024-11-06", article.Day},
		{"6 November 2024", "2024-11-06", article.Day},
		{"6th of November 2024", "2024-11-06", article.Day},
		{"Wednesday, November 6th, 2024 at 9:30 p.m. EST", "2024-11-06T21:30-05:00", article.Minute},
		{"Nov 6, 2024, 12:05 AM", "2024-11-06T00:05", article.Minute},
		{"Nov 6, 2024 9pm IST", "2024-11-06T21:00", article.Minute}, // Indian, Irish or Israeli: not known
		{"November 2024", "2024-11", article.Month},
		{"06.11.2024", "2024-11-06", article.Day},
		{"6.11.2024, 09:30", "2024-11-06T09:30", article.Minute},
		{"26/11/2024", "2024-11-26", article.Day},
		{"11/26/2024", "2024-11-26", article.Day},
		{"06/06/2024", "2024-06-06", article.Day},
		{"29 Feb 2024", "2024-02-29", article.Day},
	} {
		d, err := Parse(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if d.String() != c.want || d.Precision != c.precision || d.Raw != strings.TrimSpace(c.in) {
			t.Errorf("%q = %s, %s, raw %q; want %s, %s", c.in, d, d.Precision, d.Raw, c.want, c.precision)
		}
		if zone := strings.ContainsAny(c.want[min(len(c.want), 11):], "Z+-"); d.ZoneKnown != zone {
			t.Errorf("%q: zone known %t, want %t", c.in, d.ZoneKnown, zone)
		}
	}
	for _, in := range []string{
		"", " ", "yesterday", "2024-13-01", "2024-02-30", "30 Feb 2024", "2024-11-06T25:00:00Z", "05/06/2024", "2 hours ago",
		"November", "November 6", "Nov 6 2024 7 8", "13:00 pm Nov 6 2024", "Nov Dec 2024", "32 Nov 2024", "0000-00-00", "0000",
		"2024-11-06T09:30:00+99:00x", "99999", "Invalid Date", "Nov 6 2024 09:61", "2024-11-06 and so on", strings.Repeat("2024 ", 50), "{{date}}", "\xff",
	} {
		if d, err := Parse(in); err == nil {
			t.Errorf("%q was read as %s", in, d)
		}
	}
}

func day(s string) *article.Date {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return &article.Date{Time: t, Precision: article.Day}
}

func TestMentions(t *testing.T) {
	for _, c := range []struct {
		text      string
		published *article.Date
		want      string // raw=day, parted by "; "
	}{
		{"in a statement on Wednesday November 6, that", day("2024-11-06"), "Wednesday November 6=2024-11-06"},
		{"on Wednesday, Nov. 6, he said", day("2024-11-20"), "Wednesday, Nov. 6=2024-11-06"},
		{"November 6 and 7 November", day("2024-11-20"), "November 6=2024-11-06; 7 November=2024-11-07"},
		{"until 3 January", day("2024-12-20"), "3 January=2025-01-03"},
		{"since December 20", day("2025-01-03"), "December 20=2024-12-20"},
		{"Monday, November 6", day("2024-11-20"), "Monday, November 6=2023-11-06"},
		{"Monday, November 6, 2024", day("2024-11-20"), ""},
		{"Wednesday, November 6, 2024", nil, "Wednesday, November 6, 2024=2024-11-06"},
		{"November 6", nil, ""},
		{"on Wednesday", nil, ""},
		{"of September 11, 2001 and on 6th of Nov. 2024", nil, "September 11, 2001=2001-09-11; 6th of Nov. 2024=2024-11-06"},
		{"Wednesday the 6th of November", day("2024-11-20"), "Wednesday the 6th of November=2024-11-06"},
		{"he said on Wednesday.", day("2024-11-06"), "Wednesday=2024-11-06"},
		{"he said on Thursday.", day("2024-11-06"), "Thursday=2024-10-31"},
		{"every Thursday, Black Friday, next Monday, on Monday next week", day("2024-11-06"), ""},
		{"On Tuesday and on Tuesday", day("2024-11-06"), "Tuesday=2024-11-05"},
		{"Monday, February 29", day("2024-11-06"), ""},
		{"Thursday, February 29", day("2023-11-06"), "Thursday, February 29=2024-02-29"},
		{"February 30", day("2024-11-06"), ""},
		{"may 5 people, March 5,000, March 5.5, May 6%, 1.6 November, $6 November, March 5km, Mayor 6", day("2024-11-06"), ""},
		{"November 6:30", day("2024-11-06"), ""},
		{"November 6: a title", day("2024-11-06"), "November 6=2024-11-06"},
		{"July 10-12, 2019, July 13–14, November 6 - 2024 was", day("2024-11-06"), "July 10-12, 2019=2019-07-10; July 13=2024-07-13; November 6=2024-11-06"},
		{"on\nNovember\n6", day("2024-11-06"), "November 6=2024-11-06"},
		{"in November\n\n6 people", day("2024-11-06"), ""},
		{"November 6. 2024 was hot", day("2024-11-06"), "November 6=2024-11-06"},
		{"(6 November)", &article.Date{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Precision: article.Year}, ""},
	} {
		var got []string
		for _, d := range Mentions("en-US", c.text, c.published) {
			got = append(got, d.Raw+"="+d.String())
			if d.From != article.FromText || d.Precision != article.Day {
				t.Errorf("%q: %+v", c.text, d)
			}
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%q: %q, want %q", c.text, g, c.want)
		}
	}
	if Mentions("fa", "November 6", day("2024-11-06")) != nil {
		t.Error("English mentions in a Persian text")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2024-11-06T09:30:00Z", "Wed, 06 Nov 2024 09:30:00 GMT", "6.11.2024, 9:30 p.m.", "Nov 6 2024 GMT+0430 (x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			return
		}
		b, err := d.MarshalJSON()
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var back article.Date
		if err := back.UnmarshalJSON(b); err != nil {
			t.Fatalf("%q: %s: %v", s, b, err)
		}
	})
}

func FuzzMentions(f *testing.F) {
	f.Add("on Wednesday, Nov. 6th, 2024", int64(1730885400))
	f.Add("6 of May\n\n7 May. 2024", int64(0))
	f.Fuzz(func(t *testing.T, s string, unix int64) {
		published := &article.Date{Time: time.Unix(unix%(1<<40), 0).UTC(), Precision: article.Second}
		for _, d := range Mentions("en", s, published) {
			if d.Raw == "" || d.Precision != article.Day {
				t.Fatalf("%q: %+v", s, d)
			}
		}
	})
}

// Twice the text takes about twice the time, whatever the text repeats.
func TestMentionsIsLinear(t *testing.T) {
	for _, piece := range []string{"November ", "6 ", "Wednesday, the ", "November 6, 2024 ", "on Wednesday ", "        ", "a", ".", "6 of ", "\n", "Nov\u00a0"} {
		lineartest.Check(t, strconv.Quote(piece), 160_000, func(n int) func() {
			s := strings.Repeat(piece, n)
			return func() { Mentions("en", s, day("2024-11-06")) }
		})
	}
}
