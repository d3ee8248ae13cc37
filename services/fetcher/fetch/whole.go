package fetch

import (
	"bytes"
	"errors"
	"io"
)

// ErrBomb means that a body expands beyond what a page does.
var ErrBomb = errors.New("the body expands more than it may")

// whole are the decoders for bodies that no Client gets.
var whole decoders

// Decode undoes the content coding of a body that was transferred earlier, as a Client does with one that comes: by its
// first bytes, and by the header where these do not show. What can be decoded of a body that breaks off is given, and
// marked; nothing of it is an error. At most DefaultLimits.DecodedBytes are given.
func Decode(body []byte, encoding string) (decoded []byte, truncated bool, err error) {
	r, release := whole.open(bytes.NewReader(body), encoding, func(int64) error { return nil })
	defer release()
	var out bytes.Buffer
	out.Grow(len(body) + bytes.MinRead)
	limits := DefaultLimits
	most := max(limits.RatioAfter, limits.Ratio*len(body))
	n, err := out.ReadFrom(io.LimitReader(r, int64(min(limits.DecodedBytes, most))+1))
	switch {
	case n > int64(most):
		return nil, false, ErrBomb
	case n > int64(limits.DecodedBytes):
		return out.Bytes()[:limits.DecodedBytes], true, nil
	case err != nil && n == 0:
		return nil, false, err
	}
	return out.Bytes(), err != nil, nil
}
