package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/queue"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"
)

var update = flag.Bool("update", false, "write the metrics table of docs/OPERATIONS.md anew")

// busy has every kind of thing happen once: a text accepted, one doubled, one rejected, one as HTML, a feed with a page,
// a page that is not there, a search.
func busy(t *testing.T) *upProcess {
	t.Helper()
	page := fmt.Sprintf("<html><body><article><h1>Page</h1><p>%s</p></article></body></html>", strings.Repeat("The council met on Tuesday to talk about the bridge. ", 10))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>T</title><item><title>P</title><link>http://%s/page</link></item></channel></rss>`, r.Host)
		case "/page":
			fmt.Fprint(w, page)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	u := startUp(t, t.TempDir(), "--fetch-allow-loopback", "--fetch-host-delay", "1ms", "--fetch-address-rate", "0",
		"--warc-dir", t.TempDir(), "--websub-url", "http://127.0.0.1/", "--websub-addr", "127.0.0.1:0")
	for _, text := range []string{"The first article.", "The first article.", "The second article.", ""} {
		u.publish(t, text)
	}
	u.publish(t, strings.ReplaceAll(page, "bridge", "harbour"), "--content-type", "text/html", "--url", "https://example.org/harbour")
	command(t, "", "add", "--nats-url", "nats://"+u.nats, site.URL+"/feed", site.URL+"/none")
	wait(t, "four articles", func() bool { return strings.Contains(u.search(t), "4 of 4 found") })
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
		{"parser", "parsed", 4}, // two texts, the HTML and the page: what was published twice went no further than the queue
		{"parser", "rejected", 1},
		{"indexer", "new", 4},
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
	head, got, tail := operations(t)
	if *update {
		if err := os.WriteFile(operationsPath, []byte(head+tableBegin+table.String()+tableEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		got = table.String()
	}
	if got != table.String() {
		t.Errorf("the table in %s is not what a busy process serves; go test . -run TestMetrics -update writes it. It should be:\n%s", operationsPath, table.String())
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
			series := histogramSuffix.ReplaceAllString(m, "")
			if families[m] == nil && families[series].GetType() != dto.MetricType_HISTOGRAM {
				t.Errorf("%s uses %s, which there is not", name, m)
			}
		}
	}
}

var histogramSuffix = regexp.MustCompile(`_(bucket|count|sum)$`)

const operationsPath = "docs/OPERATIONS.md"

// operations cuts the document at its table of metrics.
func operations(t *testing.T) (head, table, tail string) {
	t.Helper()
	b, err := os.ReadFile(operationsPath)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(b), tableBegin)
	table, tail, ok := strings.Cut(rest, tableEnd)
	if !ok {
		t.Fatalf("%s has no %s … %s", operationsPath, strings.TrimSpace(tableBegin), strings.TrimSpace(tableEnd))
	}
	return head, table, tail
}

// A vector that nothing has touched yet is served nowhere; the registry knows it all the same. So this asks the registry
// itself, of services that have done nothing.
func TestMetricsTableIsComplete(t *testing.T) {
	_, table, _ := operations(t)
	found := 0
	for _, d := range describe(t, idle(t)) {
		found++
		row := regexp.MustCompile(`(?m)^\| ` + "`" + d.name + "`" + ` \| (?:counter|gauge|histogram) \| (.*?) \| (.*) \|$`).FindStringSubmatch(table)
		switch {
		case row == nil:
			t.Errorf("%s is not in the table of %s", d.name, operationsPath)
		case row[1] != d.labels || row[2] != d.help:
			t.Errorf("%s: the table says (%s) %q, the registry (%s) %q", d.name, row[1], row[2], d.labels, d.help)
		}
	}
	if rows := strings.Count(table, "\n| `"); found != rows {
		t.Errorf("the registry has %d metrics, the table %d", found, rows)
	}
}

// idle is the registry of the three services, as up runs them, with nothing to do.
func idle(t *testing.T) *prometheus.Registry {
	t.Helper()
	up := new(upCmd)
	defaults, err := kong.New(up)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := defaults.Parse([]string{"--data", t.TempDir(), "--nats-listen", "127.0.0.1:0", "--api-addr", "127.0.0.1:0", "--max-store", "1GB", "--warc-dir", t.TempDir(), "--websub-url", "http://127.0.0.1/", "--websub-addr", "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	server, err := queue.StartServer(up.ServerConfig, up.Token, queue.StoreDir(up.Data), up.MaxStore)
	if err != nil {
		t.Fatal(err)
	}
	adm := admin.New("")
	base, stopServer := context.WithCancel(context.WithoutCancel(t.Context()))
	ctx, stop := context.WithCancel(base)
	var support, services errgroup.Group
	support.Go(func() error { return server.Supervise(base) })
	services.Go(func() error { return up.services(ctx, server, adm, io.Discard) })
	t.Cleanup(func() {
		stop()
		err := services.Wait()
		stopServer()
		if err := errors.Join(err, support.Wait()); err != nil {
			t.Error(err)
		}
	})
	// A service registers what it has before it consumes, and a consumer's depth is served once it does.
	const consumers = 9
	wait(t, "every service to consume", func() bool {
		families, err := adm.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "dateline_queue_unacked_messages" {
				return len(f.GetMetric()) == consumers
			}
		}
		return false
	})
	return adm.Registry
}

// described is what a metric is registered as.
type described struct{ name, help, labels string }

// describe lists Dateline's metrics of a registry, each once: those that collectors describe beforehand, and those that
// come only when they are collected.
func describe(t *testing.T, reg *prometheus.Registry) map[string]described {
	t.Helper()
	all := map[string]described{}
	add := func(d *prometheus.Desc) { // which shows what it is in no other way
		parts := regexp.MustCompile(`^Desc{fqName: ("\w+"), help: (".*"), unit: ".*", constLabels: {(.*)}, variableLabels: {(.*)}}$`).FindStringSubmatch(d.String())
		if parts == nil {
			t.Fatalf("%s: not the form that this test reads", d)
		}
		name, err := strconv.Unquote(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		help, err := strconv.Unquote(parts[2])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "dateline_") {
			return
		}
		var labels []string
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(parts[3], -1) {
			labels = append(labels, l[1])
		}
		for l := range strings.SplitSeq(parts[4], ",") {
			if l != "" {
				labels = append(labels, l)
			}
		}
		slices.Sort(labels)
		all[name] = described{name, help, strings.Join(labels, ", ")}
	}
	descs, metrics := make(chan *prometheus.Desc), make(chan prometheus.Metric)
	go func() { defer close(descs); reg.Describe(descs) }()
	for d := range descs {
		add(d)
	}
	go func() { defer close(metrics); reg.Collect(metrics) }()
	for m := range metrics {
		add(m.Desc())
	}
	return all
}

// Prometheus and Grafana read these files; an operator reads about each alert in the document.
func TestDeployedFilesAreWellFormed(t *testing.T) {
	read := func(path string, unmarshal func([]byte, any) error, into any) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := unmarshal(b, into); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	read("deploy/prometheus/rules.yml", yaml.Unmarshal, &rules)
	var scrape struct {
		Jobs []struct {
			Name string `yaml:"job_name"`
		} `yaml:"scrape_configs"`
	}
	read("deploy/prometheus/prometheus.yml", yaml.Unmarshal, &scrape)
	if len(scrape.Jobs) != 1 || scrape.Jobs[0].Name != "dateline" { // which rules and dashboard select by
		t.Errorf("jobs %v, want dateline", scrape.Jobs)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	read("deploy/grafana/dateline.json", json.Unmarshal, &board)
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || len(p.Targets) == 0 || p.Targets[0].Expr == "" {
			t.Errorf("panel %d, %q: shows nothing or has another's id", p.ID, p.Title)
		}
		ids[p.ID] = true
	}
	head, _, tail := operations(t)
	told := map[string]bool{}
	for _, a := range regexp.MustCompile("(?m)^\\| `(Dateline\\w+)` ").FindAllStringSubmatch(head+tail, -1) {
		told[a[1]] = true
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Expr == "" || !told[r.Alert] {
				t.Errorf("alert %s has no condition or is not in %s", r.Alert, operationsPath)
			}
			delete(told, r.Alert)
		}
	}
	for a := range told {
		t.Errorf("%s tells of alert %s, which there is not", operationsPath, a)
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
