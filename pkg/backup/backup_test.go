package backup

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func written(t testing.TB, content []byte) ([]byte, Manifest) {
	t.Helper()
	m := Manifest{Store: "ABC", Taken: time.Date(2026, 11, 28, 9, 0, 0, 5, time.UTC), LastSeq: 7, Articles: 3}
	var file bytes.Buffer
	if err := Write(&file, m, bytes.NewBuffer(bytes.Clone(content))); err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), m
}

func read(file []byte) ([]byte, Manifest, error) {
	m, err := ReadManifest(bytes.NewReader(file))
	if err != nil {
		return nil, m, err
	}
	var out bytes.Buffer
	c, err := Unpack(context.Background(), bytes.NewReader(file), &out, nil)
	if err == nil {
		err = c.Check(m)
	}
	return out.Bytes(), m, err
}

func content() []byte {
	b := bytes.Repeat([]byte("a page of the store, "), 200_000)
	noise := make([]byte, 300_000)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	return append(b, noise...)
}

func TestRoundTrip(t *testing.T) {
	want := content()
	file, told := written(t, want)
	got, m, err := read(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes of %d, %v", len(got), len(want), err)
	}
	if m.Store != told.Store || !m.Taken.Equal(told.Taken) || m.LastSeq != 7 || m.Articles != 3 || m.Bytes != int64(len(want)) {
		t.Errorf("manifest %+v", m)
	}
	if zstd, err := exec.LookPath("zstd"); err == nil {
		cmd := exec.Command(zstd, "-dc")
		cmd.Stdin = bytes.NewReader(file)
		if out, err := cmd.Output(); err != nil || !bytes.Equal(out, want) {
			t.Errorf("zstd gives %d bytes, %v", len(out), err)
		}
	}
}

// What broke off or was changed anywhere is no backup.
func TestDamage(t *testing.T) {
	file, _ := written(t, content())
	for _, n := range []int{0, 1, 100, len(file) / 2, len(file) - manifestSize, len(file) - 1} {
		if _, _, err := read(file[:n]); !errors.Is(err, ErrNotWhole) {
			t.Errorf("cut to %d of %d bytes: %v", n, len(file), err)
		}
	}
	for at := 0; at < len(file); at += len(file)/50 + 1 {
		bad := bytes.Clone(file)
		bad[at] ^= 0x40
		if _, _, err := read(bad); err == nil {
			t.Errorf("byte %d of %d changed: no error", at, len(file))
		}
	}
	// Of another backup, whole in itself.
	other, _ := written(t, []byte("short"))
	mixed := append(bytes.Clone(file[:len(file)-manifestSize-frameHeader]), other[len(other)-manifestSize-frameHeader:]...)
	if _, _, err := read(mixed); !errors.Is(err, ErrNotWhole) {
		t.Errorf("with another manifest: %v", err)
	}
	newer := bytes.Replace(bytes.Clone(other), []byte(`"format":1`), []byte(`"format":9`), 1)
	if _, _, err := read(newer); err == nil || !strings.Contains(err.Error(), "format 9") {
		t.Errorf("of a newer format: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Unpack(ctx, bytes.NewReader(file), new(bytes.Buffer), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("unpacking that is to stop: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	file, _ := written(f, []byte("some bytes of a store"))
	f.Add(file)
	f.Add(file[:20])
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<16 {
			return
		}
		_, _, _ = read(file)
	})
}
