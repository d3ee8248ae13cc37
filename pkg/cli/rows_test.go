package cli

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// tarOf is an archive of files, and where each of them ends.
func tarOf(t *testing.T, files ...string) (archive []byte, ends []int64) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, text := range files {
		name := fmt.Sprintf("%s/%d.md", strings.Repeat("پ", 60*(i%2)), i) // every second one needs a header more for its name
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(text)), ModTime: time.Unix(1, 0)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int64(b.Len()))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), ends
}

// However an export is cut, in whatever pieces it comes, the rows before the cut are counted, and end where they end.
func TestRowCounters(t *testing.T) {
	archive, ends := tarOf(t, "a", strings.Repeat("b", 512), "", strings.Repeat("c", 5000))
	for _, c := range []struct {
		format string
		file   string
		ends   []int64 // of the rows
	}{
		{"jsonl", "{\"a\":1}\n{\"b\":\"\\n\"}\n", []int64{8, 19}},
		{"ninjs", "{}\n", []int64{3}},
		{"csv", "a,b\r\n1,\"x\"\"\n\"\r\n2,y\r\n", []int64{15, 20}},
		{"csv", "\ufeffa,b\r\n\"\r\n\",\"\"\r\n", []int64{17}},
		{"markdown", string(archive), ends},
		{"parquet", "PAR1\nPAR1\n", nil},
		{"csv", "", nil},
	} {
		step := max(1, len(c.file)/500)
		for cut := 0; cut <= len(c.file); cut += step {
			want, end := 0, int64(0)
			for _, e := range c.ends {
				if e <= int64(cut) {
					want, end = want+1, e
				}
			}
			for _, piece := range []int{1, 7, 600, 1 << 20} {
				counter := newRowCounter(c.format)
				for at := 0; at < cut; at += piece {
					if _, err := counter.Write([]byte(c.file[at:min(at+piece, cut)])); err != nil {
						t.Fatal(err)
					}
				}
				if counter.rows() != want || want > 0 && counter.end() != end {
					t.Errorf("%s cut at %d, in pieces of %d: %d rows to %d, want %d to %d", c.format, cut, piece, counter.rows(), counter.end(), want, end)
				}
			}
		}
	}
}

// A file that is no archive, as one that somebody else wrote, ends the counting and does no harm.
func FuzzTarRows(f *testing.F) {
	f.Add([]byte(strings.Repeat("9", 600)))
	f.Add(bytes.Repeat([]byte{'7'}, 2048))
	f.Add(make([]byte, 1024))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := &tarRows{}
		if n, err := c.Write(b); n != len(b) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if c.end() > int64(len(b)) || c.rows() > len(b)/512 || c.body < 0 {
			t.Errorf("%d rows to %d in %d bytes", c.rows(), c.end(), len(b))
		}
	})
}
