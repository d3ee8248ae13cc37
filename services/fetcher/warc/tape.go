package warc

import (
	"errors"
	"io"
)

// tape is a stream of which a part is held, from a place that only the reader moves: within it one can look ahead, and
// go back.
type tape struct {
	r    io.Reader
	buf  []byte // what is held
	from int    // where in buf what is held begins
	base int64  // the place of buf[from] in the stream
	err  error  // what r ended with
}

const chunk = 64 << 10 // bytes that are read at a time, at least

func (t *tape) reset(r io.Reader, base int64) {
	t.r, t.buf, t.from, t.base, t.err = r, t.buf[:0], 0, base, nil
}

// held is all that has been read and not been let go.
func (t *tape) held() []byte { return t.buf[t.from:] }

// peek is the next n bytes, fewer only where the stream ends.
func (t *tape) peek(n int) []byte {
	for t.err == nil && len(t.buf)-t.from < n {
		t.more(n)
	}
	h := t.held()
	return h[:min(n, len(h))]
}

// more reads once, and makes room for n bytes in all before.
func (t *tape) more(n int) {
	if need := max(n, len(t.buf)-t.from+chunk); cap(t.buf)-t.from < need {
		to := t.buf[:0]
		if cap(t.buf) < 2*need { // twice, so that moving what is held pays for itself
			to = make([]byte, 0, 2*need)
		}
		t.buf = append(to, t.buf[t.from:]...)
		t.from = 0
	}
	got, err := t.r.Read(t.buf[len(t.buf):cap(t.buf)])
	t.buf = t.buf[:len(t.buf)+got]
	t.err = err
}

// drop lets go of the next n bytes, which are held.
func (t *tape) drop(n int) {
	t.from += n
	t.base += int64(n)
	if t.from == len(t.buf) {
		t.buf, t.from = t.buf[:0], 0
	}
}

// skip lets go of the next n bytes, held or not, and says how many there were.
func (t *tape) skip(n int64) (skipped int64) {
	for skipped < n {
		got := len(t.peek(int(min(chunk, n-skipped))))
		if got == 0 {
			break
		}
		t.drop(got)
		skipped += int64(got)
	}
	return skipped
}

// failure is what the stream ended with, unless that is its plain end.
func (t *tape) failure() error {
	if t.err == nil || errors.Is(t.err, io.EOF) {
		return nil
	}
	return t.err
}
