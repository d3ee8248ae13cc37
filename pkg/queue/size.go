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

func (s Size) String() string { return humanize.Bytes(uint64(max(s, 0))) }
