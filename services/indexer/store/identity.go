package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// How an arrival finds the article that it belongs to. Each way to know an article is an address: 16 bytes, which lead to
// the article's id, at once or over the id of one that was merged into it.
var (
	bucketAddresses = []byte("addresses") // address -> id of an article, or of one that has an address in turn
	bucketClaims    = []byte("claims")    // key of a URL -> id of an article that it led to, or that names it as its own
	bucketSeparate  = []byte("separate")  // id, id: two articles that somebody told apart; both ways round
)

// Tier is what gave an arrival to an article, or an article to another one, the strongest first.
type Tier string

// The tiers.
const (
	TierURL         Tier = "url"          // a redirect led from an address of the one to the other
	TierKey         Tier = "key"          // another spelling of an address (weburl.Key)
	TierCanonical   Tier = "canonical"    // one page names the other's address as its canonical one
	TierPublisherID Tier = "publisher_id" // the publisher gives both the same id
	TierContent     Tier = "content"      // one site has the same headline, text and day of publication at both
)

// Tiers are all there are.
var Tiers = []Tier{TierURL, TierKey, TierCanonical, TierPublisherID, TierContent}

// Bounds of what counts as the same.
const (
	leastText    = 20                 // bytes of a text; less is a label, which many pages have
	tellingWords = 40                 // of a text, from which on two articles with the same headline, text and day are one
	sameStory    = 7 * 24 * time.Hour // at most between two sightings of one story at two addresses
	sharedText   = .5                 // of the shorter text, where a redirect or a canonical address links two pages
	maxMoves     = 32                 // from an address to its article
)

// identity is all that an arrival can be known by. What it does not have is nil.
type identity struct {
	id          []byte // that the parser gave
	fingerprint []byte
	address     []byte // of the URL that the capture came from, as canonical form
	from        []byte // key of the URL that was asked for, where a redirect led to another
	canonical   []byte // key of the canonical address, where it is another
	publication []byte // id that the publisher's id would give, where the article has a URL as well
	publisherID []byte // the publisher's id
	body        []byte // site and text
	story       uint64 // headline and day of publication
	telling     bool   // the text is long enough for body and story to tell the article
	sketch      duplicates.Sketch
	seen        time.Time // when it was captured, or the pipeline took it
	url         string    // where it was captured, as it came
	site        string

	canonicalURL string // of url
	keys         []urlKeyed
}

// urlKeyed is a URL whose key is worked out.
type urlKeyed struct {
	url string
	key []byte // as urlKey has it
}

// hash16 names a list of parts, each preceded by its length.
func hash16(parts ...string) []byte {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return h.Sum(nil)[:16]
}

// bodyOf names a text of a site, however its words are spaced.
func bodyOf(site, text string) []byte {
	h := sha256.New()
	b := append(make([]byte, 0, 4<<10), site...)
	for word := range strings.FieldsSeq(text) {
		if b = append(append(b, ' '), word...); len(b) > 3<<10 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return h.Sum(nil)[:16]
}

// identify works out by what an article can be known. It needs no transaction, and takes most of the time.
func identify(a *article.Article, received time.Time) (*identity, error) {
	p := &identity{sketch: sketchOf(a), seen: seenAt(a, received), site: a.Source}
	var err error
	if p.id, err = idKey(a.ID); err != nil {
		return nil, err
	}
	if p.fingerprint, err = idKey(a.Fingerprint); err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	p.locate(a.URL, a.CanonicalURL, a.Capture, a.Publication)
	if len(a.Text) < leastText {
		return p, nil
	}
	p.body = bodyOf(p.site, a.Text)
	day := ""
	if d := a.DatePublished; d != nil && d.From != article.FromModified {
		day = d.Time.Format(time.DateOnly)
	}
	p.story = binary.BigEndian.Uint64(hash16(folded(a.Headline), day))
	p.telling = p.sketch.Words >= tellingWords && !p.sketch.Empty()
	return p, nil
}

// identifyRemoval is identify for what is removed, which has addresses and no content.
func identifyRemoval(r *article.Removal) (*identity, error) {
	p := &identity{seen: r.Time, site: r.Source}
	var err error
	if p.id, err = idKey(r.ID); err != nil {
		return nil, err
	}
	p.locate(r.URL, r.CanonicalURL, nil, r.Publication)
	return p, nil
}

func (p *identity) locate(url, canonical string, c *article.Capture, pub *article.Publication) {
	p.url = url
	if c != nil && c.FinalURL != "" {
		p.url = c.FinalURL
	}
	p.canonicalURL, _ = p.forms(p.url)
	p.address = addressOf(p.canonicalURL)
	other := func(u string) []byte {
		if u == "" || u == p.url {
			return nil
		}
		if _, k := p.forms(u); !bytes.Equal(k, p.id) {
			return k
		}
		return nil
	}
	p.from, p.canonical = other(url), other(canonical)
	if pub != nil && pub.ID != "" {
		p.publisherID = hash16("publication", pub.Publisher, pub.ID)
	}
	if p.url == "" {
		return
	}
	p.site = weburl.Site(p.site) // which was the host
	if p.publisherID != nil {
		p.publication, _ = idKey(article.IDOfPublication(pub.Publisher, pub.ID))
	}
}

// forms returns the canonical form of a URL and the id of an article there, and keeps its key.
func (p *identity) forms(url string) (canonical string, id []byte) {
	canonical, k, err := weburl.Forms(url)
	if err != nil {
		return url, nil
	}
	id, _ = idKey(article.IDOfURL(k))
	p.keys = append(p.keys, urlKeyed{url, hashOfKey(k)})
	return canonical, id
}

// canonicalOf is the canonical form of a URL; what is none is its own.
func canonicalOf(url string) string {
	if c, err := weburl.Canonical(url); err == nil {
		return c
	}
	return url
}

// addressOf is the address of a URL in canonical form, nil for none.
func addressOf(canonical string) []byte {
	if canonical == "" {
		return nil
	}
	return hash16("url", canonical)
}

// addressIn is where an article was captured, nil where that is no URL.
func addressIn(a *article.Article) []byte { return addressOf(canonicalOf(urlOf(a))) }

// urlOf is where an article was captured.
func urlOf(a *article.Article) string {
	if a.Capture != nil && a.Capture.FinalURL != "" {
		return a.Capture.FinalURL
	}
	return a.URL
}

// keyID is the id of the article at a URL, nil for what is none.
func keyID(url string) []byte {
	k, err := weburl.Key(url)
	if err != nil {
		return nil
	}
	id, _ := idKey(article.IDOfURL(k))
	return id
}

// aloneID is the id of an article at one spelling of a URL only, the canonical form. No key looks like a URL, so it is
// nobody else's.
func aloneID(canonical string) []byte {
	id, _ := idKey(article.IDOfURL(canonical))
	return id
}

// seenAt is the time that says which of two revisions is the later one.
func seenAt(a *article.Article, received time.Time) time.Time {
	if a.Capture != nil && !a.Capture.Time.IsZero() {
		return a.Capture.Time
	}
	return received
}

func folded(s string) string { return strings.Join(strings.Fields(s), " ") }

// match is an article that a tier finds.
type match struct {
	id       []byte
	tier     Tier
	evidence string
}

// live follows an id to its article: itself, or what it is part of; nil where there is none.
func live(ids, addresses *bbolt.Bucket, id []byte) []byte {
	for range maxMoves {
		if len(id) != 16 {
			return nil
		}
		if ids.Get(id) != nil {
			return bytes.Clone(id)
		}
		id = addresses.Get(id)
	}
	return nil
}

func (w *writer) live(id []byte) []byte { return live(w.ids, w.addresses, id) }

// at is the article at an address that is no id.
func (w *writer) at(address []byte) []byte {
	if address == nil {
		return nil
	}
	return w.live(w.addresses.Get(address))
}

// claimant is the article that is known at the key of a URL that led to it, or that it names as its own. Unlike addresses
// this needs the text to agree: /latest leads elsewhere each day, and templates name one canonical address for all pages.
func (w *writer) claimant(key []byte) []byte {
	if key == nil {
		return nil
	}
	return w.live(w.claims.Get(key))
}

// separate reports whether two articles were told apart.
func (w *writer) separate(a, b []byte) bool { return w.apart.Get(pair(a, b)) != nil }

func pair(a, b []byte) []byte { return append(bytes.Clone(a), b...) }

// find returns the articles that an arrival may be, by the strongest tier first, each once; but none that it was told
// apart from.
func (w *writer) find(p *identity) ([]match, error) {
	var found []match
	certain := false
	add := func(id []byte, tier Tier, evidence string) {
		if id == nil {
			return
		}
		for _, m := range found {
			if bytes.Equal(m.id, id) || w.separate(m.id, id) {
				return
			}
		}
		if !certain && (w.separate(p.id, id) || p.url != "" && w.separate(aloneID(p.canonicalURL), id)) {
			return
		}
		found = append(found, match{id, tier, evidence})
	}
	// Whose address it is, is certain.
	certain = true
	add(w.at(p.address), TierURL, "the same address")
	add(w.live(p.id), TierKey, "another spelling of the address")
	certain = len(found) > 0
	if len(found) > 0 && p.publication == nil && w.unchanged(found[0].id, p) {
		return found, nil // which is most of what comes again
	}
	b, err := w.bodyAt(p.body)
	if err != nil {
		return nil, err
	}
	for _, linked := range []struct {
		id       []byte
		tier     Tier
		evidence string
	}{
		{w.live(p.from), TierURL, "a redirect led there"},
		{w.claimant(p.from), TierURL, "a redirect led there from the same address"},
		{w.claimant(p.id), TierCanonical, "it led here, or named this address"},
		{w.live(p.canonical), TierCanonical, "this names its address"},
		{w.claimant(p.canonical), TierCanonical, "both name the same address"},
	} {
		if linked.id == nil || p.body == nil { // a removal has no text: what is only claimed does not count for it
			continue
		}
		same, err := w.alike(linked.id, p, b)
		if err != nil {
			return nil, err
		}
		if same {
			add(linked.id, linked.tier, linked.evidence+", and the text agrees")
		}
	}
	const published = "the publisher gives it the same id"
	add(w.live(p.publication), TierPublisherID, published)
	add(w.at(p.publisherID), TierPublisherID, published)
	if !p.telling {
		return found, nil
	}
	for _, c := range b.copies {
		id := w.live(c.id[:])
		if id == nil || c.story != p.story || c.seen.Sub(p.seen).Abs() > sameStory {
			continue
		}
		if len(found) > 0 && !bytes.Equal(found[0].id, id) { // a known story that has become an error page is not all other error pages
			if same, err := w.alike(found[0].id, p, b); err != nil || !same {
				return found, err
			}
		}
		add(id, TierContent, "one site has the same headline, text and day: "+strconv.Itoa(p.sketch.Words)+" words")
	}
	return found, nil
}

// unchanged reports whether an arrival is what the latest revision of an article is.
func (w *writer) unchanged(id []byte, p *identity) bool {
	latest := w.ids.Get(id)
	return latest != nil && bytes.Equal(w.versions.Get(pair(id, p.fingerprint)), latest)
}

// alike reports whether an arrival has the text of an article, or half of it.
func (w *writer) alike(id []byte, p *identity, b *body) (bool, error) {
	for _, c := range b.copies {
		if bytes.Equal(w.live(c.id[:]), id) {
			return true, nil
		}
	}
	c, err := copyAt(w.grouper.copies, number(w.ids.Get(id)))
	if err != nil || c == nil || c.sketch.Brief() || p.sketch.Brief() {
		return false, err
	}
	return duplicates.Compare(c.sketch, p.sketch).Smaller() >= sharedText, nil
}

// learn makes an article known by the addresses of an arrival. The first that claims an address keeps it.
func (w *writer) learn(p *identity, id []byte) error {
	put := func(b *bbolt.Bucket, at []byte) error {
		if at == nil || b.Get(at) != nil {
			return nil
		}
		return b.Put(at, id)
	}
	err := errors.Join(put(w.addresses, p.address), put(w.claims, p.from), put(w.claims, p.canonical))
	if p.url == "" { // the publisher's id is the article's
		return err
	}
	return errors.Join(err, put(w.addresses, p.publisherID))
}
