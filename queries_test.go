package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"dateline/services/fetcher/feed"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A saved query from the command line to the webhook, to NATS and to the feeds, which our own parser reads.
func TestQueries(t *testing.T) {
	var status, calls atomic.Int64
	var verifier atomic.Pointer[standardwebhooks.Webhook]
	status.Store(http.StatusNoContent)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if v := verifier.Load(); err != nil || v == nil || v.Verify(body, r.Header) != nil || !strings.Contains(string(body), `"query":"flour"`) {
			t.Errorf("webhook cannot be relied on: %v %s", err, body)
		}
		calls.Add(1)
		w.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(receiver.Close)
	u := startUp(t, t.TempDir(), "--webhook-allow", "127.0.0.0/8", "--api-url", "https://news.example/")
	queries := func(args ...string) string {
		t.Helper()
		out, errs, code := command(t, "", append([]string{"queries", args[0], "--api", "http://" + u.api}, args[1:]...)...)
		if code != 0 {
			t.Errorf("queries %q: %s", args, errs)
		}
		return out + errs
	}

	out := queries("add", "flour", "flour AND price", "--lang", "en", "--webhook", receiver.URL, "--nats")
	secret := regexp.MustCompile(`whsec_\S+`).FindString(out)
	v, err := standardwebhooks.NewWebhook(secret)
	if err != nil || !strings.Contains(out, "saved flour: flour AND price --lang en\n") {
		t.Fatalf("%s, %v", out, err)
	}
	verifier.Store(v)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := queries("add", "flour", "flour", "--webhook", receiver.URL, "--nats", "--secret-file", file); strings.Contains(out, "whsec_") {
		t.Errorf("a secret that was given is shown: %s", out)
	}
	if _, errs, code := command(t, "", "queries", "add", "bad", "--api", "http://"+u.api, "flour AND ("); code != 1 || !strings.Contains(errs, "\n  flour AND (\n             ^") {
		t.Errorf("a wrong query: %d, %s", code, errs)
	}
	if _, errs, code := command(t, "", "queries", "add", "bad", "--api", "http://"+u.api, "flour", "--webhook", "http://169.254.169.254/"); code != 1 || !strings.Contains(errs, "link-local") {
		t.Errorf("a webhook inside: %d, %s", code, errs)
	}

	u.publish(t, "The price of flour doubled in Kabul on Tuesday.", "--url", "https://example.org/flour")
	u.publish(t, "Bread is scarce.")
	wait(t, "the webhook", func() bool { return strings.Contains(queries("show", "flour"), "ok: 1 delivered, 0 waiting") })
	wait(t, "NATS", func() bool { return strings.Count(queries("show", "flour"), "1 delivered, 0 waiting") == 2 })
	if out := queries("list"); !strings.Contains(strings.Join(strings.Fields(out), " "), "flour 1 ok 0 0 yes flour") || calls.Load() != 1 {
		t.Errorf("after %d calls:\n%s", calls.Load(), out)
	}

	for _, format := range []string{"feed.atom", "feed.json"} {
		resp, err := http.Get("http://" + u.api + "/v1/queries/flour/" + format)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		f, err := feed.Parse("https://news.example/", resp.Header, body)
		if err != nil || len(f.Entries) != 1 {
			t.Fatalf("%s: %v\n%s", format, err, body)
		}
		e := f.Entries[0]
		if f.Self != "https://news.example/v1/queries/flour/"+format || e.Link != "https://example.org/flour" || !strings.HasPrefix(e.ID, "urn:uuid:") || !strings.Contains(string(body), "mark") {
			t.Errorf("%s: self %s, link %s, id %s\n%s", format, f.Self, e.Link, e.ID, body)
		}
	}

	status.Store(http.StatusGone)
	u.publish(t, "Flour is scarce.")
	wait(t, "the webhook to be gone", func() bool { return strings.Contains(queries("show", "flour"), "disabled: 1 delivered, 1 waiting") })
	if out := queries("deliveries", "flour", "--pending"); !strings.Contains(out, "1 alerts") || !strings.Contains(out, "in all: 1 delivered, 1 waiting") {
		t.Error(out)
	}
	status.Store(http.StatusOK)
	if out := queries("retry", "flour"); out != "0 alerts wait for delivery again\n" {
		t.Error(out)
	}
	wait(t, "the second delivery", func() bool { return strings.Contains(queries("show", "flour"), "ok: 2 delivered, 0 waiting") })
	if out, _, _ := command(t, "", "config", "--data", u.data); strings.Contains(out, secret) {
		t.Error("config prints a secret")
	}
	if out, _, _ := command(t, "", "config", "--webhook-allow", "10.0.0.0/8,127.0.0.0/8"); !strings.Contains(out, "webhook-allow: 10.0.0.0/8,127.0.0.0/8 ") || !strings.Contains(out, `fetch-trusted-proxies: "" `) {
		t.Errorf("lists are not printed as a file gives them: %s", out)
	}
	if out := queries("remove", "flour"); out != "removed flour\n" {
		t.Error(out)
	}
	if _, errs, code := command(t, "", "queries", "show", "--api", "http://"+u.api, "flour"); code != 1 || !strings.Contains(errs, "not in the record") {
		t.Errorf("show of what is removed: %d, %s", code, errs)
	}
}
