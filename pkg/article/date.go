package article

import (
	"encoding/json"
	"fmt"
	"time"
)

// Precision says how much of a Date's time is known.
type Precision string

// The precisions, coarse to fine.
const (
	Year   Precision = "year"
	Month  Precision = "month"
	Day    Precision = "day"
	Minute Precision = "minute"
	Second Precision = "second"
)

// Date is a point in time as far as it was given. In JSON its time is an ISO 8601 string of just that precision:
// "2024", "2024-11", "2024-11-06", "2024-11-06T10:04", with seconds where known, with an offset where the zone is known.
type Date struct {
	Time      time.Time // what is not known is zero; UTC where the zone is not known
	Precision Precision
	ZoneKnown bool
	Raw       string // the words or the attribute that it was read from
	From      From
	Future    bool // more than a day after the capture: it is kept as the page gives it, and not to be believed
}

// ahead is how far after the capture a date may lie: clocks and zones differ by no more.
const ahead = 24 * time.Hour

// IsFuture reports whether a date lies so far after the capture that it is not to be believed. A capture whose time nobody told
// has no future.
func IsFuture(date, captured time.Time) bool {
	return !captured.IsZero() && date.After(captured.Add(ahead))
}

type wireDate struct {
	Time      string    `json:"time"`
	Precision Precision `json:"precision"`
	ZoneKnown bool      `json:"zone_known"`
	Raw       string    `json:"raw,omitempty"`
	From      From      `json:"from,omitempty"`
	Future    bool      `json:"future,omitempty"`
}

var layouts = map[Precision]string{
	Year: "2006", Month: "2006-01", Day: time.DateOnly, Minute: "2006-01-02T15:04", Second: "2006-01-02T15:04:05.999999999",
}

// String is the ISO 8601 form that the JSON carries.
func (d Date) String() string {
	layout := layouts[d.Precision]
	if d.ZoneKnown && (d.Precision == Minute || d.Precision == Second) {
		layout += "Z07:00"
	}
	return d.Time.Format(layout)
}

// MarshalJSON writes the wire form that the type's comment describes.
func (d Date) MarshalJSON() ([]byte, error) {
	if _, ok := layouts[d.Precision]; !ok {
		return nil, fmt.Errorf("date %s: unknown precision %q", d.Time.Format(time.RFC3339), d.Precision)
	}
	return json.Marshal(wireDate{d.String(), d.Precision, d.ZoneKnown, d.Raw, d.From, d.Future})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(b []byte) error {
	var w wireDate
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	layout, ok := layouts[w.Precision]
	if !ok {
		return fmt.Errorf("date %q: unknown precision %q", w.Time, w.Precision)
	}
	if w.ZoneKnown && (w.Precision == Minute || w.Precision == Second) {
		layout += "Z07:00"
	}
	t, err := time.Parse(layout, w.Time)
	if err != nil {
		return fmt.Errorf("date %q of precision %s: %w", w.Time, w.Precision, err)
	}
	*d = Date{t, w.Precision, w.ZoneKnown, w.Raw, w.From, w.Future}
	return nil
}
