package main

import (
	"regexp"
	"strings"
	"testing"
)

// Whoever runs Dateline sees revisions, what they changed, and merges, and can undo these, from the command line.
func TestIdentityOnTheCommandLine(t *testing.T) {
	u := startUp(t, t.TempDir())
	api := "http://" + u.api
	ask := func(args ...string) string {
		t.Helper()
		out, errs, code := command(t, "", append(args, "--api", api)...)
		if code != 0 {
			t.Fatalf("%q: exit code %d: %s", args, code, errs)
		}
		return out
	}
	story := "The price of flour rose by 5 percent on Monday.\n\n" + strings.Repeat("The bakers of the town say that they have never seen the like of it in all their years. ", 6)
	revised := strings.Replace(story, "5 percent", "15 percent", 1)
	u.publish(t, story, "--id", "one", "--headline", "Flour", "--published", "2024-11-06")
	found := func(total string) { wait(t, total, func() bool { return strings.Contains(u.search(t), total) }) }
	found("1 of 1 found")
	u.publish(t, revised, "--id", "one", "--headline", "Flour", "--published", "2024-11-06")
	u.publish(t, revised, "--id", "two", "--headline", "Flour", "--published", "2024-11-06")
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(u.search(t))
	wait(t, "a merge", func() bool { return strings.Contains(ask("merges", id), "content") })

	if out := ask("show", id, "--revisions"); !regexp.MustCompile(`(?s)^2 .* change 2  body .*\n1 .* change 1 `).MatchString(out) {
		t.Errorf("revisions are\n%s", out)
	}
	if out := ask("diff", id); !strings.Contains(out, "revision 1 to 2\n") || !strings.Contains(out, "text:\nThe price of flour rose by [-5 -]{+15 +}percent on Monday.") || !strings.Contains(out, "…") {
		t.Errorf("difference is\n%s", out)
	}
	if out := ask("diff", id, "--from", "2", "--to", "1"); !strings.Contains(out, "[-15 -]{+5 +}percent") {
		t.Errorf("difference the other way is\n%s", out)
	}
	if out := ask("show", id); !strings.Contains(out, "known at 2 addresses") || !strings.Contains(out, "two") {
		t.Errorf("article is\n%s", out)
	}
	merges := ask("merges", id)
	other := regexp.MustCompile(`(?m)^1  .*?([0-9a-f]{32})  ` + id).FindStringSubmatch(merges)
	if other == nil {
		t.Fatalf("merges are\n%s", merges)
	}
	if out := ask("show", other[1]); !strings.HasPrefix(out, other[1]+" was merged into "+id) {
		t.Errorf("the merged one is\n%s", out)
	}
	if _, errs, code := command(t, "", "merges", id, "--undo", "7", "--api", api); code != 1 || !strings.Contains(errs, "no merge of that number") {
		t.Errorf("undoing what is not there: %d %s", code, errs)
	}
	if out := ask("merges", id, "--undo", "1"); !strings.Contains(out, "undone") || strings.Contains(out, "merge 1") {
		t.Errorf("after undoing, merges are\n%s", out)
	}
	found("2 of 2 found")
	if out := ask("show", other[1]); strings.Contains(out, "was merged") {
		t.Errorf("parted it is\n%s", out)
	}
	if out := ask("repeated"); out != "no text is refused\n" {
		t.Errorf("repeated texts are\n%s", out)
	}
}
