package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// What two publishers send with different beginnings is one story, until somebody says otherwise.
func TestCopies(t *testing.T) {
	u := startUp(t, t.TempDir())
	var text strings.Builder
	for i := range 120 {
		fmt.Fprintf(&text, "w%d ", i*i)
	}
	ids := map[string]string{}
	for _, publisher := range []string{"north", "south"} {
		in := "From the " + publisher + ", as it was told.\n\n" + text.String()
		out, errs, code := command(t, in, "publish", "--nats-url", "nats://"+u.nats, "--publisher", publisher, "-")
		id := regexp.MustCompile(`\b[0-9a-f]{32}\b`).FindString(out)
		if code != 0 || id == "" {
			t.Fatalf("%s%s exit %d", out, errs, code)
		}
		ids[publisher] = id
	}
	ask := func(want string, args ...string) {
		t.Helper()
		if out, errs, code := command(t, "", append(args, "--api", "http://"+u.api)...); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%v: %s%s exit %d, want %q", args, out, errs, code, want)
		}
	}
	ask("1 of 2 found", "search", "--collapse", "w4")
	ask("  2 copies\n", "search", "--collapse", "w4")
	ask("2 copies, this one among them\n  "+ids["north"], "show", ids["south"])
	ask(ids["south"], "copies", ids["north"])
	ask("taken out of its group", "copies", "--take-out", ids["north"])
	ask("no near-duplicates", "copies", ids["south"])
	ask(`"total":2`, "copies", "--let-in", "--json", ids["north"])
	if _, errs, code := command(t, "", "copies", "x"); code != 1 || !strings.Contains(errs, `"x" is not the id of an article`) {
		t.Errorf("%s exit %d", errs, code)
	}
}
