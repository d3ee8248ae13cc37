package warc

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	gowarc "github.com/nlnwa/gowarc/v3"
)

// rec is the text of a record with a block, of which the length is told.

func rec(n int, block string) string { return recOfLength(n, block, len(block)) }

func recOfLength(n int, block string, length int) string {
	return fmt.Sprintf("WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:test:%d>\r\nWARC-Target-URI: https://example.org/%[1]d\r\n"+
		"WARC-Date: 2026-03-04T12:00:00Z\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", n, length, block)
}

// withDigest puts the block digest of "one" into a record.

func withDigest(rec string) string {
	sum := sha1.Sum([]byte("one"))
	return strings.Replace(rec, "WARC-Date", "WARC-Block-Digest: "+sha1Field(sum[:])+"\r\nWARC-Date", 1)
}

// all reads a file to its end: its blocks, and what was wrong with it.

func all(t testing.TB, r *Reader) (blocks []string, damage []string) {
	t.Helper()
	for {
		rec, err := r.Next()
		if rec != nil {
			blocks = append(blocks, string(rec.Block))
		}
		switch {
		case errors.As(err, new(*Damage)):
			damage = append(damage, err.Error())
		case err == io.EOF:
			if _, again := r.Next(); again != io.EOF {
				t.Errorf("after the end: %v", again)
			}
			return blocks, damage
		case err != nil:
			t.Fatal(err)
		}
	}
}

func TestReader(t *testing.T) {
	a, b, c := rec(1, "one"), rec(2, "two\r\n"), rec(3, "")
	abc := []string{"one", "two\r\n", ""}
	member := func(s string) string { return string(compress(s)) }
	for _, tt := range []struct {
		name, in string
		blocks   []string
		damage   string // a part of what is told; "" where nothing is wrong
	}{
		{"empty", "", nil, ""},
		{"a member a record", member(a) + member(b) + member(c), abc, ""},
		{"all in one member", member(a + b + c), abc, ""},
		{"some in one member", member(a) + member(b+c), abc, ""},
		{"no compression", a + b + c, abc, ""},
		{"the last separator missing", strings.TrimSuffix(a+b+c, "\r\n\r\n"), abc, ""},
		{"lines end in LF", strings.ReplaceAll(a+c, "\r\n", "\n"), []string{"one", ""}, ""},
		{"no separators", strings.TrimSuffix(a, "\r\n\r\n") + strings.TrimSuffix(b, "\r\n\r\n") + c, abc, ""},
		{"no separators in members", member(strings.TrimSuffix(a, "\r\n\r\n")) + member(strings.TrimSuffix(b, "\r\n\r\n")) + member(c), abc, ""},
		{"too many separators", "\r\n" + a + "\r\n\r\n\n" + b + strings.Repeat("\r\n", 100) + c, abc, ""},
		{"an empty member", member(a) + member("") + member(b), abc[:2], ""},
		{"version 1.0", strings.ReplaceAll(a, "WARC/1.1", "WARC/1.0"), abc[:1], ""},
		{"version 0.18", strings.ReplaceAll(a, "WARC/1.1", "WARC/0.18"), abc[:1], ""},
		{"names in other case", strings.ReplaceAll(a, "Content-Length", "content-length"), abc[:1], ""},
		{"a folded field", strings.ReplaceAll(a, "Content-Length: ", "Content-Length:\r\n  "), abc[:1], ""},

		{"length too small", recOfLength(1, "one, two", 3) + c, []string{"one, two", ""}, "Content-Length is 3, the block has 8 bytes"},
		{"length too small, in a member", member(recOfLength(1, "one, two", 3)) + member(c), []string{"one, two", ""}, "Content-Length is 3, the block has 8 bytes"},
		{"length too large", recOfLength(1, "one", 300) + b + rec(4, strings.Repeat("4", 500)), []string{"one", "two\r\n", strings.Repeat("4", 500)}, "Content-Length is 300, the block has 3 bytes"},
		{"length too large, in a member", member(recOfLength(1, "one", 300)) + member(b), abc[:2], "Content-Length is 300, the block has 3 bytes"},
		{"length too large, at the end", a + recOfLength(2, "two\r\n", 10_000_000), abc[:2], "Content-Length is 10000000, the block has 5 bytes"},
		{"length too large, with the next inside", recOfLength(1, "one", 500_000) + b + c, abc, "Content-Length is 500000, the block has 3 bytes"},
		{"length beyond all", member(recOfLength(1, "one", 1<<60)) + member(b), abc[:2], "the block has 3 bytes"},
		{"length too large by the separator", withDigest(recOfLength(1, "one", 7)) + b, abc[:2], "Content-Length is 7, the block has 3 bytes"},
		{"length too large by a part of it, in a member", member(withDigest(recOfLength(1, "one", 5))) + member(b), abc[:2], "Content-Length is 5, the block has 3 bytes"},
		{"a block that ends like a separator, and none after it", strings.TrimSuffix(rec(1, "one\r\n\r\n"), "\r\n\r\n") + b, []string{"one\r\n\r\n", "two\r\n"}, ""},
		{"no length", strings.ReplaceAll(a, "Content-Length: 3\r\n", "") + b, abc[:2], `Content-Length "" is no length`},
		{"a length that is none", strings.ReplaceAll(a, "Content-Length: 3", "Content-Length: -3") + b, abc[:2], `Content-Length "-3" is no length`},

		{"junk before", "hello\n" + a, abc[:1], "at offset 0: 6 bytes that are no record"},
		{"junk between members", member(a) + "junk" + member(b), abc[:2], "gzip: "},
		{"junk in a member", member(a) + member("junk") + member(b), abc[:2], "4 bytes that are no record"},
		{"zeros at the end", member(a) + strings.Repeat("\x00", 512), abc[:1], "gzip: "},
		{"fields that do not end", "WARC/1.1\r\nWARC-Type: response\r\n", nil, "fields do not end"},
		{"fields that do not end, then a record", "WARC/1.1\r\nX: " + strings.Repeat("x", maxHeader) + "\r\n" + a, abc[:1], "fields do not end"},
		{"an ARC file", "filedesc://a.arc 0.0.0.0 20010101 text/plain 5\n1 0 x\n\n", nil, "no record"},
		{"cut off in the block", (a + rec(2, "two and more"))[:len(a)+len(rec(2, "two and more"))-8], []string{"one", "two and "}, "Content-Length is 12, the block has 8 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				blocks, damage := all(t, NewReader(in, Position{}))
				if strings.Join(blocks, "|") != strings.Join(tt.blocks, "|") || len(blocks) != len(tt.blocks) {
					t.Errorf("blocks %q", blocks)
				}
				if tt.damage == "" && len(damage) > 0 || tt.damage != "" && (len(damage) != 1 || !strings.Contains(damage[0], tt.damage)) {
					t.Errorf("damage %q", damage)
				}
			}
		})
	}
}

// Members that are cut off or changed cost the records in them and no others.

func TestDamagedMembers(t *testing.T) {
	var members []string
	for i := range 20 {
		members = append(members, string(compress(rec(i, string(noise(i, 3000))))))
	}
	for _, tt := range []struct {
		name   string
		damage func(m string) string
		part   bool // some of the block is left
	}{
		{"cut off", func(m string) string { return m[:len(m)/2] }, true},
		{"cut off in the trailer", func(m string) string { return m[:len(m)-3] }, true},
		{"a byte changed", func(m string) string { return m[:len(m)/2] + "\x00\x01\x02" + m[len(m)/2+3:] }, true},
		{"wrong checksum", func(m string) string { return m[:len(m)-8] + "\x00\x01\x02\x03" + m[len(m)-4:] }, true},
		{"the start missing", func(m string) string { return m[100:] }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := strings.Join(members[:10], "") + tt.damage(members[10]) + strings.Join(members[11:], "")
			var ids []string
			damage := 0
			for r := NewReader(strings.NewReader(in), Position{}); ; {
				rec, err := r.Next()
				if err == io.EOF {
					break
				}
				if rec != nil {
					ids = append(ids, rec.ID())
				}
				if d := new(Damage); errors.As(err, &d) {
					damage++
					if want := int64(len(strings.Join(members[:10], ""))); d.Offset != want {
						t.Errorf("damage at %d instead of %d", d.Offset, want)
					}
				} else if err != nil {
					t.Fatal(err)
				}
			}
			want := 19
			if tt.part {
				want = 20
			}
			if len(ids) != want || damage != 1 || ids[len(ids)-1] != "urn:test:19" {
				t.Errorf("%d damages, %d records: %q", damage, len(ids), ids)
			}
		})
	}
}

func TestReadingGoesOnFromAnyPosition(t *testing.T) {
	var each, text []string
	for i := range 12 {
		text = append(text, rec(i, strings.Repeat("x", i*7919)))
		each = append(each, string(compress(text[i])))
	}
	for name, in := range map[string]string{
		"members": strings.Join(each, ""), "one member": string(compress(text...)), "text": strings.Join(text, ""),
		"lying": strings.Join(text[:3], "") + recOfLength(3, "short", 50_000) + strings.Join(text[4:], ""),
	} {
		t.Run(name, func(t *testing.T) {
			whole := NewReader(strings.NewReader(in), Position{})
			for n := 0; n < 12; n++ {
				if _, err := whole.Next(); err != nil && !errors.As(err, new(*Damage)) {
					t.Fatal(err)
				}
				at := whole.Position()
				if name == "members" && at.Within != 0 {
					t.Errorf("after %d records at %v", n+1, at)
				}
				rest := NewReader(strings.NewReader(in[at.Offset:]), at)
				for want := n + 1; ; want++ {
					rec, err := rest.Next()
					if err == io.EOF {
						if want != 12 {
							t.Errorf("from %v: the end before record %d", at, want)
						}
						break
					}
					if rec == nil || rec.ID() != fmt.Sprint("urn:test:", want) {
						t.Fatalf("from %v: %v, %v instead of record %d", at, rec, err, want)
					}
				}
			}
		})
	}
}

func TestLargeBlocksAreCut(t *testing.T) {
	large := rec(1, strings.Repeat("x", MaxBlock+1e6))
	for name, in := range map[string]string{"text": large + rec(2, "two"), "member": string(compress(large, rec(2, "two")))} {
		r := NewReader(strings.NewReader(in), Position{})
		one, err := r.Next()
		if err != nil || !one.Cut || len(one.Block) != MaxBlock {
			t.Errorf("%s: %v", name, err)
		}
		two, err := r.Next()
		if err != nil || two.Cut || string(two.Block) != "two" {
			t.Errorf("%s: after it: %v", name, err)
		}
	}
}

func TestWhatCannotBeReadSaysSo(t *testing.T) {
	if _, err := NewReader(strings.NewReader("\x28\xb5\x2f\xfd----"), Position{}).Next(); !errors.Is(err, ErrZstd) {
		t.Errorf("zstd: %v", err)
	}
	broken := errors.New("the disk is broken")
	for name, in := range map[string]string{"members": string(compress(rec(1, "one"))), "text": rec(1, "one")} {
		r := NewReader(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)), Position{})
		_, err := r.Next()
		for errors.As(err, new(*Damage)) || err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Files of an independent writer are read as it wrote them.

func TestAnIndependentWriter(t *testing.T) {
	for _, compressed := range []bool{true, false} {
		dir := t.TempDir()
		w := gowarc.NewWarcFileWriter(gowarc.WithCompression(compressed), gowarc.WithFileNameGenerator(&gowarc.PatternNameGenerator{Directory: dir}))
		for i := range 3 {
			b := gowarc.NewRecordBuilder(gowarc.Response, gowarc.WithStrictValidation())
			block := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\npage %d", i)
			if _, err := b.WriteString(block); err != nil {
				t.Fatal(err)
			}
			b.AddWarcHeader(gowarc.WarcDate, "2026-03-04T12:00:00Z")
			b.AddWarcHeader(gowarc.WarcTargetURI, "https://example.org/")
			b.AddWarcHeader(gowarc.ContentType, "application/http;msgtype=response")
			b.AddWarcHeaderInt64(gowarc.ContentLength, int64(len(block)))
			record, _, err := b.Build()
			if err != nil {
				t.Fatal(err)
			}
			if r := w.Write(record); r[0].Err != nil {
				t.Fatal(r[0].Err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		in, err := os.ReadFile(files(t, dir, "*.warc*")[0])
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r := NewReader(bytes.NewReader(in), Position{}); ; {
			rec, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if rec.Type != TypeResponse {
				continue
			}
			resp, err := ParseResponse(rec.Block)
			if when, derr := rec.Date(); err != nil || derr != nil || string(resp.Body) != fmt.Sprint("page ", n) || !when.Equal(noon.Truncate(time.Second)) || rec.Target() != "https://example.org/" {
				t.Errorf("%v %v %+v %s", err, derr, resp, when)
			}
			n++
		}
		if n != 3 {
			t.Errorf("compressed %v: %d responses", compressed, n)
		}
	}
}

func TestDates(t *testing.T) {
	for value, want := range map[string]string{
		"2026-03-04T12:00:00Z": "2026-03-04T12:00:00Z", "2026-03-04T12:00:00.5Z": "2026-03-04T12:00:00.5Z", "2026-03-04T14:00:00+02:00": "2026-03-04T12:00:00Z",
		"2026-03-04T12:00Z": "2026-03-04T12:00:00Z", "2026-03-04": "2026-03-04T00:00:00Z", "2026": "2026-01-01T00:00:00Z", "20260304120000": "2026-03-04T12:00:00Z",
		"": "", "yesterday": "",
	} {
		got, err := (&Record{Fields: Fields{{"warc-date", value}}}).Date()
		if (err != nil) != (want == "") || err == nil && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %s, %v", value, got, err)
		}
	}
}

// What is made to be slow takes time that grows with its length, and not faster.

// What is inflated in vain is bounded by the length of the file, however many members seem to begin in it.

// BenchmarkReader reads pages of 45 KB; MB/s are of decompressed bodies.
