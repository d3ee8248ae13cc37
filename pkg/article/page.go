package article

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// MaxPage is the most bytes that a page may have, decompressed: what the fetcher keeps and the parser accepts.
const MaxPage = 16 << 20

// Page is one capture of one URL, as it travels from the fetcher to the parser.
type Page struct {
	URL         string    // as asked for
	FinalURL    string    // after redirects
	Status      int       // HTTP
	ContentType string    // as the server gave it
	Captured    time.Time // when the first byte came; "2 hours ago" counts from here
	Truncated   bool      // the body broke off or met a limit
	Item        *FeedItem // what the feed said, where the page came from one
	Body        []byte    // after content decoding, at most MaxPage bytes
	Digest      string    // of Body, see Digest; empty where it was not made yet
}

// Gone tells that the capture is of a page that is there no more: it has a status, 404 or 410, and no body. It says so of the
// article at FinalURL.
func (p *Page) Gone() bool { return p.Status == http.StatusNotFound || p.Status == http.StatusGone }

const (
	headerFinalURL  = "Dateline-Final-Url"
	headerStatus    = "Dateline-Status"
	headerCaptured  = "Dateline-Captured"
	headerTruncated = "Dateline-Truncated"
	headerItem      = "Dateline-Feed-Item"
	headerDigest    = "Dateline-Digest"
)

var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil { // options are constant
			panic(err)
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(MaxPage), zstd.WithDecoderConcurrency(0))
		if err != nil {
			panic(err)
		}
		return d
	})
)

// Encode writes the page as a message: headers, and the body compressed with zstd.
func (p *Page) Encode() (header map[string][]string, body []byte, err error) {
	header = map[string][]string{
		HeaderContentType:     {p.ContentType},
		HeaderContentEncoding: {"zstd"},
		HeaderURL:             {p.URL},
		headerFinalURL:        {p.FinalURL},
		headerStatus:          {strconv.Itoa(p.Status)},
		headerCaptured:        {p.Captured.UTC().Format(time.RFC3339Nano)},
	}
	if p.Truncated {
		header[headerTruncated] = []string{"true"}
	}
	if p.Digest != "" {
		header[headerDigest] = []string{p.Digest}
	}
	if p.Item != nil {
		item, err := json.Marshal(p.Item)
		if err != nil {
			return nil, nil, fmt.Errorf("page %s: feed item: %w", p.URL, err)
		}
		header[headerItem] = []string{string(item)}
	}
	return header, encoder().EncodeAll(p.Body, nil), nil
}

// DecodePage reads what Encode writes. It never returns more than MaxPage bytes of body.
func DecodePage(header map[string][]string, body []byte) (*Page, error) {
	p := &Page{
		URL:         HeaderValue(header, HeaderURL),
		FinalURL:    HeaderValue(header, headerFinalURL),
		ContentType: HeaderValue(header, HeaderContentType),
		Truncated:   HeaderValue(header, headerTruncated) == "true",
		Digest:      HeaderValue(header, headerDigest),
	}
	var err error
	if p.Status, err = strconv.Atoi(HeaderValue(header, headerStatus)); err != nil {
		return nil, fmt.Errorf("page %s: %s: %w", p.URL, headerStatus, err)
	}
	if p.Captured, err = time.Parse(time.RFC3339Nano, HeaderValue(header, headerCaptured)); err != nil {
		return nil, fmt.Errorf("page %s: %s: %w", p.URL, headerCaptured, err)
	}
	if item := HeaderValue(header, headerItem); item != "" {
		if err := json.Unmarshal([]byte(item), &p.Item); err != nil {
			return nil, fmt.Errorf("page %s: %s: %w", p.URL, headerItem, JSONError(err))
		}
	}
	switch enc := HeaderValue(header, HeaderContentEncoding); enc {
	case "zstd":
		if p.Body, err = decoder().DecodeAll(body, nil); err != nil {
			return nil, fmt.Errorf("page %s: %w", p.URL, err)
		}
	case "":
		p.Body = body
	default:
		return nil, fmt.Errorf("page %s: content encoding %q is not zstd", p.URL, enc)
	}
	return p, nil
}
