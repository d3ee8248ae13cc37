package warc

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" // by the custom of web archives: it tells bodies apart, and protects nothing
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// level is the least effort: most bodies come compressed already, and the rest is headers.
const level = gzip.BestSpeed

// batch is what is written of one capture: records, each a gzip member, and what the index says of them.
type batch struct {
	out     bytes.Buffer
	block   bytes.Buffer
	z       *gzip.Writer
	records []string // their types
	entries []entry
}

func newBatch() *batch {
	z, err := gzip.NewWriterLevel(nil, level)
	if err != nil { // the level is constant
		panic(err)
	}
	return &batch{z: z}
}

func (b *batch) reset() {
	b.out.Reset()
	b.block.Reset()
	b.records, b.entries = b.records[:0], b.entries[:0]
}

// record adds a record: its fields, then the parts of its block. Writing to memory does not fail.
func (b *batch) record(fields Fields, parts ...[]byte) (length int) {
	start := b.out.Len()
	digest := sha1.New()
	size := 0
	for _, p := range parts {
		digest.Write(p)
		size += len(p)
	}
	b.z.Reset(&b.out)
	var head bytes.Buffer
	head.WriteString("WARC/1.1\r\n")
	for _, f := range fields {
		if f.Value != "" {
			head.WriteString(f.Name + ": " + f.Value + "\r\n")
		}
	}
	head.WriteString(fieldBlockDigest + ": " + sha1Field(digest.Sum(nil)) + "\r\n")
	head.WriteString(fieldLength + ": " + strconv.Itoa(size) + "\r\n\r\n")
	_, _ = b.z.Write(head.Bytes())
	for _, p := range parts {
		_, _ = b.z.Write(p)
	}
	_, _ = b.z.Write([]byte("\r\n\r\n"))
	_ = b.z.Close()
	b.records = append(b.records, fields.Get(fieldType))
	return b.out.Len() - start
}

// info adds the record that a file begins with.
func (b *batch) info(about Info, filename string, now time.Time) {
	b.block.Reset()
	for _, f := range []Field{
		{"software", about.Software},
		{"operator", about.Operator},
		{"http-header-user-agent", about.UserAgent},
		{"robots", about.Robots},
		{"format", "WARC file version 1.1"},
		{"conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"},
	} {
		if f.Value != "" {
			fmt.Fprintf(&b.block, "%s: %s\r\n", f.Name, oneLine(f.Value))
		}
	}
	b.record(Fields{
		{fieldType, TypeInfo},
		{fieldID, newID()},
		{fieldDate, date(now)},
		{fieldFilename, filename},
		{fieldContentType, "application/warc-fields"},
	}, b.block.Bytes())
}

// capture adds the records of a capture. It reports what a later capture may be a revisit of; nil where there is none.
func (b *batch) capture(c *Capture, seen *memory) (*original, error) {
	when := date(c.Started)
	id := newID()
	peer := ""
	if c.Peer.IsValid() {
		peer = c.Peer.Unmap().WithZone("").String()
	}

	b.block.Reset()
	if err := c.request(&b.block); err != nil {
		return nil, err
	}
	b.record(Fields{
		{fieldType, TypeRequest},
		{fieldID, newID()},
		{fieldConcurrent, id},
		{fieldTarget, c.URL},
		{fieldDate, when},
		{fieldAddress, peer},
		{fieldProtocol, c.protocol()},
		{fieldContentType, "application/http;msgtype=request"},
	}, b.block.Bytes())

	b.block.Reset()
	if err := c.response(&b.block); err != nil {
		return nil, fmt.Errorf("capture of %s: %w", c.URL, err)
	}
	fields := Fields{
		{fieldType, TypeResponse},
		{fieldID, id},
		{fieldTarget, c.URL},
		{fieldDate, when},
		{fieldAddress, peer},
		{fieldProtocol, c.protocol()},
		{fieldTruncated, string(c.Truncated)},
		{fieldContentType, "application/http;msgtype=response"},
	}
	e := entry{url: c.URL, date: c.Started, status: c.StatusCode, mime: mediaType(c.Header), offset: int64(b.out.Len())}
	parts := [][]byte{b.block.Bytes(), c.Body}
	var remember *original
	switch {
	case c.notModified():
		fields[0].Value = TypeRevisit
		fields = append(fields, Field{fieldProfile, profileNotModified})
		if o := seen.ofURL(c.URL); o != nil {
			fields = append(fields, o.refers()...)
			fields = append(fields, Field{fieldPayloadDigest, sha1Field(o.sha1[:])})
			e.digest = o.sha1[:]
		}
		e.mime, parts = mimeRevisit, parts[:1]
	default:
		weak, strong := sha1.Sum(c.Body), sha256.Sum256(c.Body)
		fields = append(fields, Field{fieldPayloadDigest, sha1Field(weak[:])}, Field{fieldPayloadSHA256, "sha256:" + hex.EncodeToString(strong[:])})
		e.digest = weak[:]
		if c.Truncated != Whole || len(c.Body) == 0 {
			break
		}
		if o := seen.ofBody(strong); o != nil {
			fields[0].Value = TypeRevisit
			fields = append(fields, Field{fieldProfile, profileIdentical})
			fields = append(fields, o.refers()...)
			e.mime, parts = mimeRevisit, parts[:1]
			break
		}
		remember = &original{url: c.URL, date: when, id: id, sha1: weak, sha256: strong}
	}
	e.length = int64(b.record(fields, parts...))
	b.entries = append(b.entries, e)

	if c.Via != "" {
		b.block.Reset()
		fmt.Fprintf(&b.block, "via: %s\r\n", oneLine(c.Via))
		if c.Took > 0 {
			fmt.Fprintf(&b.block, "fetchTimeMs: %d\r\n", c.Took.Milliseconds())
		}
		b.record(Fields{
			{fieldType, TypeMetadata},
			{fieldID, newID()},
			{fieldConcurrent, id},
			{fieldTarget, c.URL},
			{fieldDate, when},
			{fieldContentType, "application/warc-fields"},
		}, b.block.Bytes())
	}
	return remember, nil
}

func mediaType(h http.Header) string {
	value := h.Get("Content-Type")
	if t, _, err := mime.ParseMediaType(value); err == nil {
		return t
	}
	t, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(oneLine(t))
}

// date is a WARC-Date: UTC, to the nanosecond that WARC 1.1 allows.
func date(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func sha1Field(sum []byte) string { return "sha1:" + base32.StdEncoding.EncodeToString(sum) }

// newID is a random UUID (RFC 9562, 5.4) as a record's id.
func newID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("<urn:uuid:%x-%x-%x-%x-%x>", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
