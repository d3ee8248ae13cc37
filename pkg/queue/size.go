package queue

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// Size is a number of bytes that people write as 500MB or 10GiB.
type Size int64

// UnmarshalText reads such a size.
func (s *Size) UnmarshalText(b []byte) error {
	n, err := humanize.ParseBytes(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a size such as 500MB or 10GiB", b)
	}
	*s = Size(n)
	return nil
}

// String writes the size exactly, in the largest unit that is a whole number.
func (s Size) String() string {
	for _, u := range []struct {
		name  string
		bytes Size
	}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}} {
		if s != 0 && s%u.bytes == 0 {
			return fmt.Sprintf("%d%s", s/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}
