package main

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// On a full disk readiness goes red and publishers see the failure; once there is space again all goes on, and what was
// acknowledged is there.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("a disk of 96 MB cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	u := startUp(t, filepath.Join(dir, "data"))
	t.Cleanup(func() { u.stop() }) // before the disk goes
	if out, errs, code := u.publish(t, "The first article."); code != 0 {
		t.Fatal(out, errs)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 56<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	text := func() string {
		b := make([]byte, 1<<20)
		_, _ = rand.Read(b)
		return hex.EncodeToString(b)
	}
	failed, accepted := "", 1
	for range 40 {
		out, errs, code := u.publish(t, text(), "--timeout", "2s")
		if code == 0 {
			accepted++
		} else {
			failed = out + errs
			break
		}
	}
	if !strings.Contains(failed, "not acknowledged within --timeout 2s") && !strings.Contains(failed, "not answered within 2s") {
		t.Errorf("what the publisher sees of a full disk: %q", failed)
	}
	wait(t, "readiness to go red", func() bool { ok, _ := u.ready(t); return !ok })
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	wait(t, "readiness to come back", func() bool { ok, _ := u.ready(t); return ok })
	if out, errs, code := u.publish(t, "The last article."); code != 0 {
		t.Errorf("after space was freed: %s%s", out, errs)
	}
	wait(t, "all accepted articles", func() bool {
		out := u.search(t, "--limit", "1", "article")
		return strings.Contains(out, "of 2 found") // the first and the last; the others have no words
	})
	var status struct{ Articles int }
	if err := getJSON(t.Context(), "http://"+u.api+"/v1/status", &status); err != nil || status.Articles < accepted+1 {
		t.Errorf("%d articles, %d were accepted, %v", status.Articles, accepted+1, err)
	}
}
