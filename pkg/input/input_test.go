package input

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	text := strings.Repeat("twelve bytes", 10)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	for name, content := range map[string]string{"plain": text, "gzipped": z.String()} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{file, "-"} {
			b, err := Read(from, strings.NewReader(content), len(text))
			if err != nil || string(b) != text {
				t.Errorf("%s from %s: %q, %v", name, from, b, err)
			}
			if _, err = Read(from, strings.NewReader(content), 11); err == nil || !strings.Contains(err.Error(), from) || !strings.Contains(err.Error(), "11 bytes") {
				t.Errorf("%s from %s: %v", name, from, err)
			}
		}
	}
	if _, err := Read("-", strings.NewReader("\x1f\x8bno gzip"), 40); err == nil || !strings.HasPrefix(err.Error(), "-: ") {
		t.Error(err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none"), nil, 40); !os.IsNotExist(err) {
		t.Error(err)
	}
}
