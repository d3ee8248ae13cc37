package warc

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"dateline/pkg/lineartest"
)

func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and with the race detector a minute")
	}
	for name, make := range map[string]func(n int) string{
		"lengths that all reach to the end": func(n int) string { return strings.Repeat(recOfLength(1, "x", MaxBlock-1), n) },
		"lengths that are all too small":    func(n int) string { return strings.Repeat(recOfLength(1, "some text", 1), n) },
		"records without end":               func(n int) string { return strings.Repeat("WARC/1.1\r\n", n) },
		"one member":                        func(n int) string { return string(compress(strings.Repeat(rec(1, "some text"), n))) },
		"empty lines":                       func(n int) string { return strings.Repeat("\r\n", n) },
		"almost a record":                   func(n int) string { return strings.Repeat("WARC/", n) },
	} {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, name, 16*4000, func(n int) func() {
				in := make(n)
				return func() { exhaust(NewReader(strings.NewReader(in), Position{})) }
			})
		})
	}
}

func exhaust(r *Reader) {
	for {
		if _, err := r.Next(); err == io.EOF {
			return
		}
	}
}

func TestLookingForMembersIsBounded(t *testing.T) {
	const n = 50_000
	head := "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	for name, in := range map[string]string{
		"that do not begin": string(compress(rec(1, "x"))) + strings.Repeat("\x1f\x8b\x08", n),
		"in members":        strings.Repeat(head+"\x00\x0a\x00\xf5\xff", n),                        // stored blocks that hold the start of the next
		"in fields":         strings.Repeat("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\xff\xff", n), // likewise the header's extra field
		"of nothing":        string(compress(rec(1, "x"))) + strings.Repeat(head+strings.Repeat("\x00\x00\x00\xff\xff", 20), n/10),
	} {
		r := NewReader(strings.NewReader(in), Position{})
		exhaust(r)
		if most := 16*int64(len(in)) + 2*slack; r.gz.spent > most {
			t.Errorf("members %s: %d bytes of at most %d", name, r.gz.spent, most)
		}
	}
}

func FuzzReader(f *testing.F) {
	a, b := rec(1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"), recOfLength(2, "two", 1)
	for _, seed := range []string{
		a, a + b, string(compress(a)) + string(compress(b)), string(compress(a, b)), string(compress(a))[:60], "junk" + a,
		strings.ReplaceAll(a, "\r\n", "\n"), recOfLength(1, "x", 1<<40) + a, "WARC/1.0\r\n\r\n", "\x1f\x8b\x08\x00", "\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in), Position{})
		var blocks []string
		last := int64(0)
		for n := 0; ; n++ {
			rec, err := r.Next()
			if rec != nil {
				blocks = append(blocks, string(rec.Block))
				_, _ = rec.Date()
				_, _ = ParseResponse(rec.Block)
			}
			if err == io.EOF {
				break
			}
			if err != nil && !errors.As(err, new(*Damage)) {
				t.Fatal(err)
			}
			if at := r.Position(); at.Offset < last || at.Offset > int64(len(in)) {
				t.Fatalf("from %d to %v of %d", last, at, len(in))
			} else {
				last = at.Offset
			}
			if n > 2*len(in)+2 {
				t.Fatal("no end")
			}
		}
		slow, _ := all(t, NewReader(iotest.OneByteReader(bytes.NewReader(in)), Position{}))
		if strings.Join(slow, "|") != strings.Join(blocks, "|") {
			t.Fatalf("%q, and byte by byte %q", blocks, slow)
		}
	})
}
