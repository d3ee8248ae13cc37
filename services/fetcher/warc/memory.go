package warc

import (
	"crypto/sha256"
	"sync"
)

// original is a response in full, of which there may be revisits.
type original struct {
	url, date, id string
	sha1          [20]byte
	sha256        [32]byte
}

func (o *original) refers() Fields {
	return Fields{{fieldRefersTo, o.id}, {fieldRefersTarget, o.url}, {fieldRefersDate, o.date}}
}

// memory holds the originals of late, by body and by URL: those last seen stay, in two generations of which the older is
// forgotten when the younger is full.
type memory struct {
	mu         sync.Mutex
	young, old map[[32]byte]*original // keyed by the SHA-256 of body or URL, which are never mixed up
	most       int
}

// generation bounds the memory to some 20 MB; originals with URLs longer than maxRemembered are not remembered.
const (
	generation    = 30_000
	maxRemembered = 1 << 10
)

func newMemory(most int) *memory {
	return &memory{young: map[[32]byte]*original{}, most: most}
}

func urlKey(url string) [32]byte { return sha256.Sum256([]byte("url " + url)) }

func (m *memory) ofURL(url string) *original { return m.get(urlKey(url)) }

func (m *memory) ofBody(digest [32]byte) *original { return m.get(digest) }

func (m *memory) get(key [32]byte) *original {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.young[key]
	if o == nil {
		if o = m.old[key]; o != nil {
			m.put(key, o)
		}
	}
	return o
}

func (m *memory) add(o *original) {
	if len(o.url) > maxRemembered {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(o.sha256, o)
	m.put(urlKey(o.url), o)
}

func (m *memory) put(key [32]byte, o *original) {
	if len(m.young) >= m.most {
		m.young, m.old = make(map[[32]byte]*original, m.most), m.young
	}
	m.young[key] = o
}
