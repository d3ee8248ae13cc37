package revisit

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"dateline/pkg/httprules"
)

// All rows on statuses of the conformance data beside the repository; DATELINE_SHARED says where if elsewhere.
func TestConformance(t *testing.T) {
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "conformance", "http-semantics.jsonl"))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			ID, Kind string
			Status   int
			History  []string
			Action   string
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Kind != "status" {
			continue
		}
		n++
		if got := replay(t, append(row.History, strconv.Itoa(row.Status))); got != row.Action {
			t.Errorf("%s: %d after %v: %s, want %s", row.ID, row.Status, row.History, got, row.Action)
		}
	}
	if n == 0 {
		t.Error("no rows")
	}
}

// replay polls a feed once a day and returns what the last answer comes to: "disable" where the feed is dead with it.
func replay(t *testing.T, statuses []string) string {
	t.Helper()
	var standing httprules.Standing
	var s State
	var v httprules.Verdict
	for i, status := range statuses {
		code, err := strconv.Atoi(status)
		if err != nil {
			t.Fatal(err)
		}
		now := noon.Add(time.Duration(i) * day)
		switch v = httprules.Judge(code); v {
		case httprules.VerdictFollowCount:
			v = standing.Answered("https://news.example/moved", now)
		case httprules.VerdictParse:
			standing.Answered("", now)
		case httprules.VerdictEmpty, httprules.VerdictUnchanged, httprules.VerdictFollow:
		default:
			s.Fail(Failure{At: now, Class: StatusClass(code)})
		}
	}
	if s.Health().Status == StatusDead {
		return "disable"
	}
	return string(v)
}
