package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A run tells what each number of articles costs and holds it against its bounds; one in the same directory goes on from
// there.
func TestBenchGrowth(t *testing.T) {
	dir := t.TempDir()
	bench := func(args ...string) string {
		t.Helper()
		out, stderr, code := command(t, "", append([]string{"bench", "growth", "--data", dir, "--searches", "3"}, args...)...)
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		return out
	}
	if out := bench("--articles", "500"); !regexp.MustCompile(`(?m)^ +500 .* (PASS|FAIL)? *`).MatchString(out) || !strings.Contains(out, "index to text") {
		t.Errorf("the first run printed\n%s", out)
	}
	out := bench("--articles", "1200")
	if !regexp.MustCompile(`(?m)^ +500 .*\n +1,200 `).MatchString(out) {
		t.Errorf("the second run printed\n%s", out)
	}
	for _, name := range []string{"growth.jsonl", "growth-500.pprof", "growth-1200.pprof"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if out := bench("--articles", "1000"); strings.Count(out, "\n   ") < 3 {
		t.Errorf("a run that has nothing to store printed\n%s", out)
	}
}
