package warc

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// entry is what the index says of a response or a revisit.
type entry struct {
	url            string
	date           time.Time
	mime           string
	status         int
	digest         []byte // SHA-1 of the payload; nil where it is not known
	offset, length int64  // of the gzip member
}

const mimeRevisit = "warc/revisit"

// appendLine adds the entry's line of CDXJ, as pywb and others read it: the URL turned around, the time, and JSON. Lines
// are in the order of the file; `LC_ALL=C sort` merges the indexes of several files for those who look up in them.
func (e *entry) appendLine(b []byte, filename string) []byte {
	fields := struct {
		URL      string `json:"url"`
		MIME     string `json:"mime,omitempty"`
		Status   string `json:"status,omitempty"`
		Digest   string `json:"digest,omitempty"`
		Length   string `json:"length"`
		Offset   string `json:"offset"`
		Filename string `json:"filename"`
	}{
		URL: e.url, MIME: e.mime, Digest: base32.StdEncoding.EncodeToString(e.digest),
		Length: strconv.FormatInt(e.length, 10), Offset: strconv.FormatInt(e.offset, 10), Filename: filename,
	}
	if e.status != 0 {
		fields.Status = strconv.Itoa(e.status)
	}
	out := bytes.NewBuffer(b)
	out.WriteString(surt(e.url))
	out.WriteString(e.date.UTC().Format(" 20060102150405 "))
	line := json.NewEncoder(out)
	line.SetEscapeHTML(false)
	if err := line.Encode(fields); err != nil { // strings only
		panic(err)
	}
	return out.Bytes()
}

// surt turns a URL around for sorting (Sort-friendly URI Reordering Transform), in the form of indexes: without scheme
// and www, all in lower case: com,example,news)/path?query.
func surt(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return oneWord(strings.ToLower(raw))
	}
	host := strings.ToLower(u.Hostname())
	if ascii, err := idna.ToASCII(host); err == nil {
		host = ascii
	}
	labels := strings.Split(strings.TrimPrefix(strings.TrimSuffix(host, "."), "www."), ".")
	if isNumeric(labels) || strings.Contains(host, ":") { // an address has no parts to turn around
		labels = []string{host}
	}
	var b strings.Builder
	for i := len(labels) - 1; i >= 0; i-- {
		b.WriteString(labels[i])
		if i > 0 {
			b.WriteByte(',')
		}
	}
	if p := u.Port(); p != "" && p != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		b.WriteString(":" + p)
	}
	b.WriteString(")")
	_, rest, _ := strings.Cut(raw, "://")
	rest = rest[strings.IndexAny(rest+"/", "/?#"):]
	rest, _, _ = strings.Cut(rest, "#")
	if !strings.HasPrefix(rest, "/") {
		b.WriteByte('/')
	}
	b.WriteString(strings.ToLower(rest))
	return oneWord(b.String())
}

func isNumeric(labels []string) bool {
	for _, l := range labels {
		if strings.Trim(l, "0123456789") != "" {
			return false
		}
	}
	return true
}

func oneWord(s string) string { return strings.ReplaceAll(oneLine(s), " ", "%20") }
