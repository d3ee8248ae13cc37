package dates

import (
	"testing"
	"time"
)

func TestRFC822(t *testing.T) {
	for in, want := range map[string]string{
		"Wed, 06 Nov 2024 09:30:00 GMT":     "2024-11-06T09:30:00Z",
		"Wed, 6 Nov 2024 09:30 +0430":       "2024-11-06T09:30+04:30",
		"Wed,06 November 2024, 9:30:05 EST": "2024-11-06T09:30:05-05:00",
		"6-Nov-2024 09:30:00 -01:30":        "2024-11-06T09:30:00-01:30",
		"06 Nov 2024 09:30:00":              "2024-11-06T09:30:00",
		"Wed, 06 Nov 2024 09:30:00 ET":      "2024-11-06T09:30:00-05:00",
		"Sat, 02 Nov 2024 09:30:00 ET":      "2024-11-02T09:30:00-04:00",
		"Sun, 03 Nov 2024 09:30:00 PT":      "2024-11-03T09:30:00-08:00",
		"Sat, 09 Mar 2024 09:30:00 CT":      "2024-03-09T09:30:00-06:00",
		"Sun, 10 Mar 2024 09:30:00 MT":      "2024-03-10T09:30:00-06:00",
		"Sat, 01 Apr 2006 09:30:00 AT":      "2006-04-01T09:30:00-04:00", // the rules of before 2007
		"Sun, 02 Apr 2006 09:30:00 AT":      "2006-04-02T09:30:00-03:00",
		"Sat, 28 Oct 2006 09:30:00 ET":      "2006-10-28T09:30:00-04:00",
		"Thu, 11 Jul 2024 09:30:00 PDT":     "2024-07-11T09:30:00-07:00",
		"Wed, 06 Nov 2024 09:30:00 MET":     "2024-11-06T09:30:00+01:00",
		"Wed, 06 Nov 2024 09:30:00 IST":     "2024-11-06T09:30:00", // Indian, Irish or Israeli
		"Wed, 06 Nov 2024 09:30:00 Etc/GMT": "2024-11-06T09:30:00Z",
		"Wed, 31 Nov 2024 09:30:00 GMT":     "",
		"Wed, 06 Nov 2024 25:30:00 GMT":     "",
	} {
		d, err := Parse(in)
		if want == "" {
			if err == nil {
				t.Errorf("%q: %v", in, d)
			}
			continue
		}
		if err != nil || d.String() != want {
			t.Errorf("%q: %v, %v, want %s", in, d, err, want)
		}
	}
}

// The short way says what the long one says.
func TestRFC822AgreesWithWritten(t *testing.T) {
	for day := time.Date(2023, 1, 1, 7, 8, 9, 0, time.UTC); day.Year() < 2025; day = day.Add(53 * time.Hour) {
		for _, layout := range []string{time.RFC1123, time.RFC1123Z, "2 January 2006 15:04 MST", "Mon, 2 Jan 2006 15:04:05 -0700"} {
			s := day.Format(layout)
			short, ok := rfc822(s)
			long, ok2 := Context{}.whole(s)
			if !ok || !ok2 || !short.Time.Equal(long.Time) || short.Precision != long.Precision || short.ZoneKnown != long.ZoneKnown {
				t.Fatalf("%q: %v, %v", s, short, long)
			}
		}
	}
}
