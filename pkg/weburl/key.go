package weburl

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/publicsuffix"
)

// Key returns what the page at a URL is told apart from other pages by: host, port, path and sorted query, without what
// usually makes no difference: the scheme, www and mobile labels, index documents, AMP marks and caches, archive and
// redirect wrappers, trailing slashes, referral parameters. It is for comparing, never for fetching. It fails where
// Canonical fails.
func Key(raw string) (string, error) {
	_, k, err := Forms(raw)
	return k, err
}

// Forms returns a URL's canonical form and its key, at hardly more than the cost of one.
func Forms(raw string) (canonical, k string, err error) {
	canonical, u, err := innermost(raw)
	if err != nil {
		return "", "", err
	}
	return canonical, key(u), nil
}

// Source is the host of the page that a URL leads to, as Host has it: of AMP caches, archives and redirects that of the page
// within, as Key has it, too. Pages with one key have sources of one site.
func Source(raw string) string {
	_, u, err := innermost(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// innermost is a URL's canonical form, and the URL within all its wrappers.
func innermost(raw string) (canonical string, within *whatwg.Url, err error) {
	if canonical, err = Canonical(raw); err != nil {
		return "", nil, err
	}
	for c := canonical; ; {
		u, err := parse(c, "")
		if err != nil {
			return "", nil, err
		}
		inner, ok := unwrap(u)
		if !ok {
			return canonical, u, nil
		}
		c = inner
	}
}

func key(u *whatwg.Url) string {
	var b strings.Builder
	b.WriteString(keyHost(u.Hostname()))
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		b.WriteByte(':')
		b.WriteString(port)
	}
	b.WriteString(keyPath(u.Pathname()))
	sep := byte('?')
	for _, p := range keyQuery(u.Query()) {
		b.WriteByte(sep)
		b.WriteString(p)
		sep = '&'
	}
	return b.String()
}

// Site is what a host, as Host gives it, belongs to: its registrable domain, by the public suffix list with its private part,
// so that each blog of a blog host is a site. A public suffix itself, a name of one label and an IP address are sites of
// their own.
func Site(host string) string {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// aliases are labels under which a site shows the same pages again.
var aliases = set("www", "www2", "m", "mobile", "amp", "touch", "wap")

// keyHost drops alias labels, but never of the registrable domain: m.co.uk is a site of its own.
func keyHost(host string) string {
	site := Site(host)
	if site == host {
		return host
	}
	labels := strings.Split(strings.TrimSuffix(host, "."+site), ".")
	labels = slices.DeleteFunc(labels, func(l string) bool { return aliases[l] })
	return strings.Join(append(labels, site), ".")
}

var (
	slashes   = regexp.MustCompile(`//+`)
	indexPage = regexp.MustCompile(`(?i)/(?:index|default|home)\.(?:x?html?|shtml|php|aspx?|jsp|cfm)$`)
	ampPage   = regexp.MustCompile(`(?i)\.amp(\.html?)?$`)
)

// keyPath is "" for the home page.
func keyPath(path string) string {
	for {
		p := slashes.ReplaceAllString(path, "/")
		p = strings.TrimSuffix(p, "/")
		p = indexPage.ReplaceAllString(p, "")
		p = strings.TrimSuffix(p, "/amp")
		if rest, ok := strings.CutPrefix(p, "/amp/"); ok {
			p = "/" + rest
		}
		p = ampPage.ReplaceAllString(p, "$1")
		if p == path {
			return p
		}
		path = p
	}
}

func keyQuery(query string) []string {
	var kept []string
	for _, p := range params(query) {
		if p.refers() || p.amp() {
			continue
		}
		if p.value == "" {
			p.raw = strings.TrimSuffix(p.raw, "=")
		}
		if p.raw != "" {
			kept = append(kept, p.raw)
		}
	}
	slices.Sort(kept)
	return kept
}

// amp tells that a parameter asks for the AMP form of a page.
func (p param) amp() bool {
	switch p.name {
	case "amp":
		return p.value == "" || p.value == "1" || p.value == "true"
	case "outputtype", "output":
		return strings.EqualFold(p.value, "amp")
	case "amp_js_v", "amp_gsa", "usqp": // added by AMP caches
		return true
	}
	return false
}

var (
	ampCache  = regexp.MustCompile(`^/[a-z]/(s/)?(.+)$`)
	googleAMP = regexp.MustCompile(`^/amp/(s/)?(.+\..+)$`)
	archived  = regexp.MustCompile(`^/web/\d+(?:[a-z]{2}_)?/(https?:/.+)$`)
)

// unwrap returns the canonical URL inside one that only leads to it.
func unwrap(u *whatwg.Url) (inner string, ok bool) {
	host, path := u.Hostname(), u.Pathname()
	search := u.Search()
	under := func(m []string) string {
		if m[1] != "" {
			return "https://" + m[2] + search
		}
		return "http://" + m[2] + search
	}
	switch {
	case strings.HasSuffix(host, ".cdn.ampproject.org"):
		if m := ampCache.FindStringSubmatch(path); m != nil {
			inner = under(m)
		}
	case isGoogle(host) && path == "/url":
		for _, p := range params(u.Query()) {
			if (p.name == "url" || p.name == "q") && strings.HasPrefix(p.value, "http") {
				inner = p.value
				break
			}
		}
	case isGoogle(host):
		if m := googleAMP.FindStringSubmatch(path); m != nil {
			inner = under(m)
		}
	case host == "web.archive.org":
		if m := archived.FindStringSubmatch(path); m != nil {
			inner = m[1] + search
		}
	}
	if inner == "" {
		return "", false
	}
	c, err := Canonical(inner)
	// Each step must make it shorter, or a URL could lead to itself for ever.
	return c, err == nil && len(c) < len(u.Href(true))
}

func isGoogle(host string) bool {
	site := Site(host)
	return strings.HasPrefix(site, "google.") && (host == site || host == "www."+site)
}
