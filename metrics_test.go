package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

var update = flag.Bool("update", false, "write the metrics table of docs/OPERATIONS.md anew")

// busy has every kind of thing happen once: an article accepted, one doubled, one rejected, a feed with a page, a page
// that is not there, a search.
func busy(t *testing.T) *upProcess {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>T</title><item><title>P</title><link>http://%s/page</link></item></channel></rss>`, r.Host)
		case "/page":
			fmt.Fprintf(w, "<html><body><article><h1>Page</h1><p>%s</p></article></body></html>", strings.Repeat("The council met on Tuesday to talk about the bridge. ", 10))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	u := startUp(t, t.TempDir(), "--fetch-allow-loopback", "--fetch-host-delay", "1ms")
	for _, text := range []string{"The first article.", "The first article.", "The second article.", ""} {
		u.publish(t, text)
	}
	command(t, "", "add", "--nats-url", "nats://"+u.nats, site.URL+"/feed", site.URL+"/none")
	wait(t, "three articles", func() bool { return strings.Contains(u.search(t), "3 of 3 found") })
	wait(t, "the dead letters", func() bool {
		return value(scrape(t, u), "dateline_articles_total", "stage", "fetcher", "outcome", "failed") == 1
	})
	return u
}

// scrape reads the metrics as Prometheus does when it wants native histograms.
func scrape(t *testing.T, u *upProcess) map[string]*dto.MetricFamily {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+u.admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	families := map[string]*dto.MetricFamily{}
	for d := expfmt.NewDecoder(resp.Body, expfmt.ResponseFormat(resp.Header)); ; {
		f := new(dto.MetricFamily)
		if err := d.Decode(f); err == io.EOF {
			return families
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f.GetName(), "dateline_") {
			families[f.GetName()] = f
		}
	}
}

// value is the sum of a counter over the series that have the labels.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) (sum float64) {
	for _, m := range families[name].GetMetric() {
		match := 0
		for _, l := range m.GetLabel() {
			for i := 0; i < len(labels); i += 2 {
				if l.GetName() == labels[i] && l.GetValue() == labels[i+1] {
					match++
				}
			}
		}
		if match == len(labels)/2 {
			sum += m.GetCounter().GetValue()
		}
	}
	return sum
}

const (
	tableBegin = "<!-- metrics -->\n"
	tableEnd   = "<!-- /metrics -->\n"
)

func TestMetrics(t *testing.T) {
	u := busy(t)
	families := scrape(t, u)

	var list []*dto.MetricFamily
	for _, f := range families {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	problems, err := promlint.NewWithMetricFamilies(list).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}

	for _, c := range []struct {
		stage, outcome string
		want           float64
	}{
		{"parser", "parsed", 3}, // two texts and the page: what was published twice went no further than the queue
		{"parser", "rejected", 1},
		{"indexer", "new", 3},
		{"fetcher", "fetched", 1},
		{"fetcher", "feed", 1},
		{"fetcher", "failed", 1},
	} {
		if got := value(families, "dateline_articles_total", "stage", c.stage, "outcome", c.outcome); got != c.want {
			t.Errorf("articles that left the %s as %s: %v, want %v", c.stage, c.outcome, got, c.want)
		}
	}
	if got := value(families, "dateline_queue_dead_letters_total", "client", "parser", "reason", "rejected"); got != 1 {
		t.Errorf("%v dead letters of the parser, want 1", got)
	}

	var table strings.Builder
	table.WriteString("| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range list {
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
			if h := m.GetHistogram(); f.GetType() == dto.MetricType_HISTOGRAM && (len(h.GetBucket()) == 0 || h.Schema == nil) {
				t.Errorf("%s is not both a classic and a native histogram", f.GetName())
			}
		}
		var names []string
		for l := range labels {
			names = append(names, l)
		}
		slices.Sort(names)
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", f.GetName(), strings.ToLower(f.GetType().String()), strings.Join(names, ", "), f.GetHelp())
	}
	const path = "docs/OPERATIONS.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(b), tableBegin)
	got, tail, ok := strings.Cut(rest, tableEnd)
	if !ok {
		t.Fatalf("%s has no %s … %s", path, strings.TrimSpace(tableBegin), strings.TrimSpace(tableEnd))
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+tableBegin+table.String()+tableEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		got = table.String()
	}
	if got != table.String() {
		t.Errorf("the table in %s is not what a busy process serves; go test . -run TestMetrics -update writes it. It should be:\n%s", path, table.String())
	}

	for _, name := range []string{"deploy/prometheus/rules.yml", "deploy/grafana/dateline.json"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		used := regexp.MustCompile(`dateline_\w+`).FindAllString(string(b), -1)
		if len(used) < 10 {
			t.Errorf("%s uses only %d metrics", name, len(used))
		}
		for _, m := range used {
			base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(m, "_bucket"), "_count"), "_sum")
			if families[m] == nil && families[base] == nil {
				t.Errorf("%s uses %s, which there is not", name, m)
			}
		}
	}
}

func TestAdminAddress(t *testing.T) {
	u := startUp(t, t.TempDir())
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/debug/pprof/", "/debug/pprof/cmdline"} {
		resp, err := http.Get("http://" + u.admin + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	if code := u.stop(); code != 0 {
		t.Errorf("stopped with %d", code)
	}
	client := http.Client{Timeout: time.Second}
	if _, err := client.Get("http://" + u.admin + "/healthz"); err == nil {
		t.Error("the admin address still answers after the end")
	}
}
