package warc

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members walks the gzip members of a stream, and knows where each begins. Where one is damaged it goes back to its start
// and looks for the next: the inflater has then read past where that begins.
type members struct {
	in    tape // compressed, held from where one may go back to
	at    int64
	ahead *bufio.Reader // of what is between in.base and at
	z     *gzip.Reader
	start int64 // of the member at hand
	spent int64 // bytes that were inflated in vain
}

// back is how far one can go back, and slack how many bytes may be inflated in vain beyond the length of the stream:
// together they keep the time linear in it, whatever it holds.
const (
	back  = 1 << 20
	slack = 4 << 20
	trial = 4 << 10 // what trying a member costs beside its bytes, in bytes
)

var gzipMagic = []byte{0x1f, 0x8b, 8}

func newMembers(r io.Reader, base int64) *members {
	m := &members{at: base, start: base, z: new(gzip.Reader)}
	m.in.reset(r, base)
	m.ahead = bufio.NewReaderSize(compressed{m}, 16<<10)
	return m
}

// compressed is the stream for the inflater.
type compressed struct{ m *members }

func (c compressed) Read(p []byte) (int, error) {
	m := c.m
	off := int(m.at - m.in.base)
	if off > back {
		m.in.drop(off)
		off = 0
	}
	if len(m.in.peek(off+1)) <= off {
		return 0, m.in.err
	}
	n := copy(p, m.in.held()[off:])
	m.at += int64(n)
	return n, nil
}

// place is how far the inflater has come.
func (m *members) place() int64 { return m.at - int64(m.ahead.Buffered()) }

// next begins the member at the place; it is io.EOF where there is none.
func (m *members) next() error {
	m.start = m.place()
	if n := m.start - m.in.base; n > 0 {
		m.in.drop(int(n))
	}
	if err := m.z.Reset(m.ahead); err != nil {
		return err
	}
	m.z.Multistream(false)
	return nil
}

// Read reads the member's text. It ends with io.EOF at the member's end and with io.ErrUnexpectedEOF at the stream's.
func (m *members) Read(p []byte) (int, error) { return m.z.Read(p) }

// resync puts the place where the next member with a record begins, after the one at hand; it is io.EOF where there is
// none.
func (m *members) resync() error {
	failed := m.start
	for {
		m.spent += m.place() - failed + trial
		from := failed + 1
		if m.spent > m.place()+slack {
			from = max(from, m.place())
		}
		if err := m.find(max(from, m.in.base)); err != nil {
			return err
		}
		failed = m.place()
		if m.next() == nil {
			var head [5]byte
			if _, err := io.ReadFull(m.z, head[:]); err == nil && string(head[:]) == "WARC/" && m.in.base <= failed {
				m.seek(failed)
				return nil
			}
		}
	}
}

// find puts the place at the next bytes from a place on that may begin a member.
func (m *members) find(from int64) error {
	m.seek(from)
	m.in.drop(int(from - m.in.base))
	for {
		b := m.in.peek(chunk)
		if i := bytes.Index(b, gzipMagic); i >= 0 {
			m.in.drop(i)
			m.seek(m.in.base)
			return nil
		}
		if len(b) < chunk {
			m.in.drop(len(b))
			m.seek(m.in.base)
			return m.in.err // the stream has ended
		}
		m.in.drop(len(b) - len(gzipMagic) + 1)
	}
}

// seek puts the place anywhere in what is held.
func (m *members) seek(to int64) {
	m.at = to
	m.ahead.Reset(compressed{m})
}
