package fetcher

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
)

// What requests of a source are to look like holds for its items' pages too, and for no other site.
func TestOverrides(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	other := newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	s.feed("/feed", "/a", "/away", other.elsewhere()+"/b")
	s.redirect("/away", http.StatusFound, other.elsewhere()+"/c")
	s.redirect("/moved", http.StatusFound, "/feed")
	watchSource(t, q, s.URL+"/moved", registry.Wish{Kind: registry.Feed, Overrides: fetch.Overrides{Agent: "Agreed/1", Header: http.Header{"X-Key": {"secret"}}}})
	eventually(t, "all pages come", 10*time.Second, func() bool { p, _ := o.count(); return p == 3 })
	for _, path := range []string{"/moved", "/feed", "/a"} {
		if h := s.asked(path)[0].header; h.Get("User-Agent") != "Agreed/1" || h.Get("X-Key") != "secret" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, path := range []string{"/b", "/c"} {
		if h := other.asked(path)[0].header; h.Get("X-Key") != "" || path == "/b" && h.Get("User-Agent") != config.FetchUserAgent {
			t.Errorf("%s of another site: %v", path, h)
		}
	}
}

// A proxy of the operator's own network is dialled where the operator says so, and not for a source's word alone.
func TestTrustedProxy(t *testing.T) {
	q, proxy := queuetest.Start(t), newPages(t)
	proxy.feed("/feed", "/a")
	cfg := quiet()
	cfg.FetchAllowLoopback, cfg.FetchAddressRate = false, 0
	wish := registry.Wish{Kind: registry.Feed, NoRobots: true, Overrides: fetch.Overrides{Proxy: proxy.URL}}
	stop := run(t, q, cfg)
	want(t, watchSource(t, q, "http://one.invalid/feed", wish), pollFailed, 0)
	stop()
	cfg.FetchTrustedProxies = []string{proxy.Listener.Addr().String()}
	run(t, q, cfg)
	want(t, watchSource(t, q, "http://two.invalid/feed", wish), pollNew, 1)
}

// What can be asked only through a source's proxy is asked for its robots.txt there too.
func TestRobotsThroughProxy(t *testing.T) {
	q, proxy := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	proxy.text("/robots.txt", "User-agent: *\nDisallow: /secret\n")
	proxy.feed("/feed", "/a", "/secret")
	watchSource(t, q, "http://one.invalid/feed", registry.Wish{Kind: registry.Feed, Overrides: fetch.Overrides{Proxy: proxy.URL}})
	eventually(t, "both jobs end", 10*time.Second, func() bool { p, dead := o.count(); return p+dead == 2 })
	if d := o.dead["http://one.invalid/secret"]; d.Reason != "robots" || proxy.times("/secret") != 0 || proxy.times("/a") != 1 || proxy.times("/robots.txt") != 1 {
		t.Errorf("%+v, robots.txt was asked for %d times", d, proxy.times("/robots.txt"))
	}
}

func TestHostDelayOfASource(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	s.feed("/feed", "/a", "/b")
	watchSource(t, q, s.URL+"/feed", registry.Wish{Kind: registry.Feed, HostDelay: registry.Duration(time.Second)})
	o.fetched(t, "/a", "/b")
	if pause := s.asked("/a")[0].at.Sub(s.asked("/b")[0].at).Abs(); pause < 900*time.Millisecond {
		t.Errorf("a pause of %s", pause)
	}
}

// A source may have an exception for its server's bad certificate; its robots.txt holds all the same.
func TestUnverified(t *testing.T) {
	q := queuetest.Start(t)
	s := &pages{answers: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that we break off
	s.StartTLS()
	t.Cleanup(s.Close)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	s.text("/robots.txt", "User-agent: *\nDisallow: /secret\n")
	s.feed("/feed", "/a", "/secret")
	s.feed("/strict", "/b")
	source := watchSource(t, q, s.URL+"/strict", registry.Wish{Kind: registry.Feed})
	want(t, source, pollFailed, 0)
	if h := source.Revisit.Health(); h.Class != revisit.Soft {
		t.Errorf("%+v", h)
	}
	if n := gauge(t, reg, "dateline_fetch_certificate_faults_total", "fault="+string(fetch.FaultAuthority)); n != 1 {
		t.Errorf("%g faults were counted", n)
	}
	watchSource(t, q, s.URL+"/feed", registry.Wish{Kind: registry.Feed, Overrides: fetch.Overrides{Unverified: true}})
	eventually(t, "both jobs end", 10*time.Second, func() bool { p, dead := o.count(); return p+dead == 2 })
	if d := o.dead[s.URL+"/secret"]; d.Reason != "robots" || s.times("/secret") != 0 {
		t.Errorf("%+v", d)
	}
	if n := gauge(t, reg, "dateline_fetch_certificate_faults_total", "fault="+string(fetch.FaultAuthority)); n != 3 {
		t.Errorf("%g faults were counted", n)
	}
	if n := gauge(t, reg, "dateline_fetch_old_tls_total"); n != 2 {
		t.Errorf("%g documents by old TLS were counted", n)
	}
}

func TestRefresh(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	page := func(path, seconds, to string) {
		s.text(path, `<!doctype html><meta http-equiv="refresh" content="`+seconds+`; url=`+to+`"><title>Wait</title>`)
	}
	page("/soon", "5", "/target")
	page("/late", "6", "/other")
	page("/self", "0", "/self")
	add(t, q, article.JobPage, s.URL+"/soon", s.URL+"/late", s.URL+"/self")
	o.fetched(t, "/soon", "/late", "/self")
	for path, final := range map[string]string{"/soon": "/target", "/late": "/late", "/self": "/self"} {
		if p := o.pages[path][0]; p.FinalURL != s.URL+final {
			t.Errorf("%s came from %s", path, p.FinalURL)
		}
	}
	if n := gauge(t, reg, "dateline_fetch_redirects_total", "kind=refresh"); n != 1 || s.times("/other") != 0 {
		t.Errorf("%g refreshes were counted", n)
	}
}
