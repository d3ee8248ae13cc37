package alerts

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// wire writes dispatches of some 350 words that are as frequent as in a real language (by Zipf's law), and asks for two words
// each as somebody would.
type wire struct {
	rnd   *rand.Rand
	ranks *rand.Zipf
}

func newWire() *wire {
	rnd := rand.New(rand.NewPCG(1, 2))
	return &wire{rnd, rand.NewZipf(rnd, 1.12, 2.7, 60_000)}
}

func word(rank uint64) string {
	const letters = "etaoinshrdlucmfwypvbg"
	var b strings.Builder
	for rank += 30; rank > 0; rank /= uint64(len(letters)) {
		b.WriteByte(letters[rank%uint64(len(letters))])
	}
	return b.String()
}

func (w *wire) text() string {
	words := make([]string, 350)
	for i := range words {
		words[i] = word(w.ranks.Uint64())
	}
	return strings.Join(words, " ")
}

func (w *wire) query() string {
	var words []string
	for len(words) < 2 { // the hundred most frequent ones say nothing
		if r := w.ranks.Uint64(); r >= 100 {
			words = append(words, word(r))
		}
	}
	return strings.Join(words, " ")
}

// BenchmarkMatch measures what saved queries cost: the CPU time of an article, by how many queries there are and how many
// articles come between two runs of them (at 300 articles/s, 150): go test -bench Match -benchtime 2000x ./services/indexer/alerts
func BenchmarkMatch(b *testing.B) {
	for _, queries := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("queries=%d", queries), func(b *testing.B) {
			w := begin(b, loopback, b.TempDir(), nil)
			p := newWire()
			for i := range queries {
				w.save(fmt.Sprint("q", i), fmt.Sprintf(`{"search": {"q": %q}}`, p.query()))
			}
			w.alerts.gather = 0
			const batch = 150
			pairs := make([]string, 0, 2*batch)
			var spent time.Duration
			b.ResetTimer()
			for n := 0; n < b.N; n += batch {
				pairs = pairs[:0]
				for i := range min(batch, b.N-n) {
					pairs = append(pairs, fmt.Sprint("a", n+i), p.text())
				}
				w.add(pairs...)
				begun := cpu(b)
				w.settled()
				spent += cpu(b) - begun
			}
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-µs/article")
			matched := 0
			for i := range queries {
				matched += int(w.state(fmt.Sprint("q", i)).Matched)
			}
			b.ReportMetric(float64(matched)/float64(b.N), "alerts/article")
		})
	}
}

// BenchmarkDelivery measures how long alerts take from the record to the receiver's answer, under a load of 100 articles/s, with a
// hundred queries that each have a webhook: go test -bench Delivery -benchtime 3000x ./services/indexer/alerts
func BenchmarkDelivery(b *testing.B) {
	const rate, queries, batch = 100, 100, 10
	w := begin(b, loopback, b.TempDir(), nil)
	w.alerts.gather, w.alerts.backoff = gather, backoff
	p := newWire()
	var alerts atomic.Int64
	// Eleven hosts: ten quick ones, of which one in twenty answers is an error, and one that takes a second.
	answer := func(delay time.Duration) *httptest.Server {
		var n atomic.Int64
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(delay)
			if n.Add(1)%20 == 0 {
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			alerts.Add(1)
		}))
		b.Cleanup(srv.Close)
		return srv
	}
	var hosts []*httptest.Server
	for range 10 {
		hosts = append(hosts, answer(5*time.Millisecond))
	}
	slow := answer(time.Second)
	for i := range queries {
		url := hosts[i%len(hosts)].URL
		if i%50 == 0 {
			url = slow.URL
		}
		w.save(fmt.Sprint("q", i), fmt.Sprintf(`{"search": {"q": %q}, "webhook": {"url": %q}}`, word(2000+10*uint64(i)), url))
	}
	b.ResetTimer()
	begun := time.Now()
	for n := 0; n < b.N; n += batch {
		var pairs []string
		for i := range min(batch, b.N-n) {
			pairs = append(pairs, fmt.Sprint("a", n+i), p.text())
		}
		w.add(pairs...)
		time.Sleep(time.Until(begun.Add(time.Duration(n) * time.Second / rate)))
	}
	matched := func() (n, waits int) {
		for i := range queries {
			st := w.state(fmt.Sprint("q", i))
			n, waits = n+int(st.Matched), waits+st.Webhook.Pending
		}
		return n, waits
	}
	total := 0
	for waits := 1; waits > 0 || must(w.store.Alerted()) < w.store.LastSeq(); time.Sleep(20 * time.Millisecond) {
		total, waits = matched()
		if time.Since(begun) > time.Duration(b.N)*time.Second/rate+2*time.Minute {
			b.Fatalf("%d alerts still wait", waits)
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "articles/s")
	b.ReportMetric(float64(total), "alerts")
	families, err := w.reg.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "dateline_alert_delivery_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == "webhook" {
				b.ReportMetric(quantile(m.GetHistogram(), .5), "p50-s")
				b.ReportMetric(quantile(m.GetHistogram(), .95), "p95-s")
				b.ReportMetric(quantile(m.GetHistogram(), .99), "p99-s")
			}
		}
	}
}

// quantile is the upper bound of the classic bucket that a quantile lies in.
func quantile(h *dto.Histogram, q float64) float64 {
	i := slices.IndexFunc(h.GetBucket(), func(b *dto.Bucket) bool { return float64(b.GetCumulativeCount()) >= q*float64(h.GetSampleCount()) })
	if i < 0 {
		return h.GetSampleSum() // beyond the last
	}
	return h.GetBucket()[i].GetUpperBound()
}

// cpu is the CPU time of this process so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
