package revisit

import "time"

// Hints are what a source asks of those who poll it. They are a floor of at most an hour, and a soft one: most are some
// software's default (WordPress writes sy:updatePeriod hourly into every feed). A feed that has more than one new item in
// the time that it asks for is polled sooner, and so is one that would roll over.
type Hints struct {
	TTL    time.Duration `json:"ttl,omitempty"`     // RSS ttl
	Update time.Duration `json:"update,omitempty"`  // sy:updatePeriod / sy:updateFrequency
	MaxAge time.Duration `json:"max_age,omitempty"` // HTTP Cache-Control, what is left of it
	// SkipHours has bit h set for the hour of the day (GMT) that RSS skipHours names, SkipDays bit d for the time.Weekday
	// of skipDays. Within them the floor is an hour.
	SkipHours uint32 `json:"skip_hours,omitempty"`
	SkipDays  uint8  `json:"skip_days,omitempty"`
}

const maxHint = time.Hour

// bounded drops what makes no difference.
func (h Hints) bounded() Hints {
	bound := func(d time.Duration) time.Duration { return min(max(d, 0), maxHint) }
	return Hints{TTL: bound(h.TTL), Update: bound(h.Update), MaxAge: bound(h.MaxAge), SkipHours: h.SkipHours & (1<<24 - 1), SkipDays: h.SkipDays & (1<<7 - 1)}
}

// floor is the time that a poll at some time is asked to come after the one before; perItem is the time in which the source
// brings an item.
func (h Hints) floor(at time.Time, perItem time.Duration) time.Duration {
	if h == (Hints{}) {
		return 0
	}
	d := max(h.TTL, h.Update, h.MaxAge)
	at = at.UTC()
	if h.SkipHours>>at.Hour()&1 == 1 || h.SkipDays>>at.Weekday()&1 == 1 {
		d = maxHint
	}
	return max(min(d, maxHint, perItem), 0)
}
