package fetch

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

func TestDecode(t *testing.T) {
	text := strings.Repeat("<p>The council met on Tuesday.</p>\n", 300)
	var gz, br, bomb bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	b := brotli.NewWriter(&br)
	_, _ = b.Write([]byte(text))
	_ = b.Close()
	z = gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	for _, tt := range []struct {
		name, encoding string
		body           []byte
		truncated      bool
		want           string
	}{
		{"plain", "", []byte(text), false, text},
		{"plain, and called gzip", "gzip", []byte(text), false, text},
		{"gzip", "gzip", gz.Bytes(), false, text},
		{"gzip that no header tells of", "", gz.Bytes(), false, text},
		{"brotli", "br", br.Bytes(), false, text},
		{"empty", "gzip", nil, false, ""},
	} {
		got, truncated, err := Decode(tt.body, tt.encoding)
		if err != nil || truncated != tt.truncated || string(got) != tt.want {
			t.Errorf("%s: %d bytes, truncated %v, %v", tt.name, len(got), truncated, err)
		}
	}
	if got, truncated, err := Decode(gz.Bytes()[:gz.Len()-9], "gzip"); err != nil || !truncated || !strings.HasPrefix(text, string(got)) {
		t.Errorf("broken off: %d bytes, truncated %v, %v", len(got), truncated, err)
	}
	if _, _, err := Decode([]byte("\x1f\x8b\x08"), "gzip"); err == nil {
		t.Error("nothing decoded is no error")
	}
	if _, _, err := Decode(bomb.Bytes(), "gzip"); !errors.Is(err, ErrBomb) {
		t.Errorf("a bomb: %v", err)
	}
}
