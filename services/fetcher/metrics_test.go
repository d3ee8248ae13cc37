package fetcher

import (
	"strings"
	"testing"

	"dateline/pkg/admin"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func TestMetricsLint(t *testing.T) {
	adm := admin.New("")
	newMetrics(adm.Registry)
	families, err := adm.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "dateline_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// What was never counted is zero, and not missing.
func TestMetricsBeginAtZero(t *testing.T) {
	adm := admin.New("")
	newMetrics(adm.Registry)
	for name, labels := range map[string][]string{
		"dateline_source_polls_total":             {"kind=sitemap", "outcome=failed"},
		"dateline_sources":                        {"kind=page", "health=dead"},
		"dateline_robots_verdicts_total":          {"verdict=unreachable"},
		"dateline_source_lies_total":              {"finding=lying"},
		"dateline_fetch_failures_total":           {"reason=bomb"},
		"dateline_fetch_redirects_total":          {"kind=temporary"},
		"dateline_fetch_truncated_total":          nil,
		"dateline_fetch_certificate_faults_total": {"fault=expired"},
		"dateline_fetch_old_tls_total":            nil,
		"dateline_websub_subscriptions":           {"status=active"},
	} {
		if n := gauge(t, adm.Registry, name, labels...); n != 0 {
			t.Errorf("%s%v is %g", name, labels, n)
		}
	}
}
