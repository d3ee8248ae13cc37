// Package charset brings pages to UTF-8.
//
// What says how a page is encoded, in this order: a byte order mark; being valid UTF-8 as a whole, which is no accident, and
// right more often than servers and authors are; the HTTP header; the page's declaration; what its text looks like; the
// language that it declares, by the table of the HTML standard; else windows-1252. A header or declaration that leaves
// much unreadable loses to what the text looks like.
package charset

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Source says what decided on a charset.
type Source string

// The sources.
const (
	BOM         Source = "bom"
	Valid       Source = "utf-8" // the whole is valid, or nearly
	Header      Source = "header"
	Declaration Source = "declaration"
	Detection   Source = "detection"
	Language    Source = "language"
	Default     Source = "default"
)

// Sources are all there are.
var Sources = []Source{BOM, Valid, Header, Declaration, Detection, Language, Default}

// Decoded is a page in UTF-8.
type Decoded struct {
	Text     string // valid UTF-8
	Charset  string // by the WHATWG's name, such as windows-1251
	Source   Source
	Replaced int // characters that could not be read, and are U+FFFD
}

// ErrForbidden means that the charset is one that browsers refuse, such as hz-gb-2312: text in it can be made to look harmless
// and be something else (WHATWG Encoding, "replacement").
var ErrForbidden = errors.New("charset is not read, for safety")

const (
	// prescan is how many bytes are searched for a declaration: pages put it after kilobytes of scripts.
	prescan = 64 << 10
	// sample is how many bytes of text without tags detection looks at.
	sample = 16 << 10
)

// Decode decodes a page. contentType is the server's Content-Type, of which the charset parameter counts.
func Decode(body []byte, contentType string) (Decoded, error) {
	if enc, name, n := byMark(body); enc != nil {
		return decode(body[n:], enc, name, BOM)
	}
	if d, ok := asUTF8(body); ok {
		return d, nil
	}
	return byLabels(body, []label{{headerLabel(contentType), Header}, {declaredLabel(body), Declaration}}, func(l label) (encoding.Encoding, string) {
		enc, name := charset.Lookup(l.name)
		if strings.HasPrefix(name, "utf-16") && l.source == Declaration { // it was read as ASCII
			return nil, ""
		}
		return enc, name
	})
}

// label is what somebody calls the charset.
type label struct {
	name   string
	source Source
}

// byLabels decodes what is not UTF-8 by the first label that lookup knows and that fits, or by what the text looks like; of those
// that leave much unreadable by the one that leaves the least.
func byLabels(body []byte, labels []label, lookup func(label) (encoding.Encoding, string)) (Decoded, error) {
	var given *Decoded
	for _, l := range labels {
		enc, name := lookup(l)
		if enc == nil {
			continue
		}
		d, err := decode(body, enc, name, l.source)
		if err != nil {
			return d, err
		}
		if !d.garbled() && name != "utf-8" { // which it would have been found to be
			return d, nil
		}
		if given == nil || d.Replaced < given.Replaced {
			given = &d
		}
	}
	d, err := decode(body, nil, "", Detection)
	if err != nil {
		return d, err
	}
	if given != nil && given.Replaced <= d.Replaced {
		return *given, nil
	}
	return d, nil
}

// garbled reports whether so much was not readable that the charset must be another.
func (d Decoded) garbled() bool { return d.Replaced > 16 && d.Replaced*100 > len(d.Text) }

func byMark(b []byte) (enc encoding.Encoding, name string, n int) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return unicode.UTF8, "utf-8", 3
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "utf-32le", 4
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32be", 4
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le", 2
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be", 2
	}
	return nil, "", 0
}

// asUTF8 takes a page that is UTF-8 but for a few bytes, and a character that breaks off at its end, as in truncated pages.
func asUTF8(b []byte) (Decoded, bool) {
	b = b[:completeRunes(b)]
	if utf8.Valid(b) {
		if escapes(b) {
			return Decoded{}, false
		}
		return Decoded{Text: string(b), Charset: "utf-8", Source: Valid}, true
	}
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRune(b[i:])
		if size == 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	if bad*10 > good || bad*100 > len(b) {
		return Decoded{}, false
	}
	d, err := decode(b, unicode.UTF8, "utf-8", Valid)
	return d, err == nil
}

// escapes reports whether what looks like ASCII has the escape sequences of ISO-2022-JP.
func escapes(b []byte) bool {
	return bytes.Contains(b, []byte("\x1b$")) || bytes.Contains(b, []byte("\x1b(J"))
}

// completeRunes is the length of b without a character that breaks off at its end.
func completeRunes(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// decode decodes with a charset, or where it is nil with the one that the text looks like.
func decode(body []byte, enc encoding.Encoding, name string, source Source) (Decoded, error) {
	if enc == nil {
		enc, name, source = guess(body)
	}
	if name == "replacement" {
		return Decoded{}, ErrForbidden
	}
	b, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return Decoded{}, fmt.Errorf("charset %s: %w", name, err)
	}
	text := strings.ToValidUTF8(string(b), "\ufffd")
	text = strings.TrimPrefix(text, "\ufeff")
	return Decoded{Text: text, Charset: name, Source: source, Replaced: strings.Count(text, "\ufffd")}, nil
}

func headerLabel(contentType string) string {
	if contentType == "" {
		return ""
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil { // the parameters are broken; browsers find the charset nevertheless
		return labelAfter([]byte(strings.ToLower(contentType)))
	}
	return params["charset"]
}

// declaredLabel is that of <meta charset>, <meta http-equiv> or <?xml encoding?>.
func declaredLabel(body []byte) string {
	head := bytes.ToLower(body[:min(len(body), prescan)])
	if label := labelAfter(head); label != "" {
		return label
	}
	if bytes.HasPrefix(bytes.TrimSpace(head), []byte("<?xml")) {
		if _, after, ok := bytes.Cut(head[:min(len(head), 200)], []byte("encoding=")); ok {
			return trimLabel(after)
		}
	}
	return ""
}

func labelAfter(b []byte) string {
	for {
		_, after, ok := bytes.Cut(b, []byte("charset="))
		if !ok {
			return ""
		}
		if label := trimLabel(after); label != "" {
			if enc, _ := charset.Lookup(label); enc != nil {
				return label
			}
		}
		b = after
	}
}

func trimLabel(b []byte) string {
	label := strings.TrimLeft(string(b[:min(len(b), 40)]), `"' `)
	if i := strings.IndexAny(label, "\"'/>;<, \t\r\n"); i >= 0 {
		label = label[:i]
	}
	return label
}

// sure is the confidence from which on the detector is believed against the language that a page declares.
const sure = 0.7

// guess finds a charset by what the text looks like, or else by the page's language.
func guess(body []byte) (encoding.Encoding, string, Source) {
	r := chardet.Detect(text(body))
	enc, name := charset.Lookup(r.Encoding)
	byLanguage, languageName := charset.Lookup(languages[language(body)])
	if centralEuropean[languageName] { // the two differ in where they have some letters: only one has any below 0xa0
		byLanguage, languageName = charset.Lookup("iso-8859-2")
		if slices.ContainsFunc(body, func(c byte) bool { return c >= 0x80 && c < 0xa0 }) {
			byLanguage, languageName = charset.Lookup("windows-1250")
		}
	}
	switch {
	case enc != nil && r.Confidence >= sure && !strings.HasPrefix(name, "windows-125") && !strings.HasPrefix(name, "iso-8859") && name != "utf-8" && name != "replacement":
		return enc, name, Detection
	case byLanguage != nil:
		return byLanguage, languageName, Language
	case enc != nil && r.Confidence >= sure && name != "utf-8" && name != "replacement":
		return enc, name, Detection
	}
	return charmap.Windows1252, "windows-1252", Default
}

// text is the start of a page's text, without tags, scripts and styles.
func text(b []byte) []byte {
	out := make([]byte, 0, sample)
	for len(b) > 0 && len(out) < sample {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			i = len(b)
		}
		out = append(out, b[:min(i, sample-len(out))]...)
		b = b[i:]
		for _, raw := range []string{"script", "style"} {
			if len(b) > len(raw) && strings.EqualFold(string(b[1:len(raw)+1]), raw) {
				end := bytes.Index(b, []byte("</"))
				for end >= 0 && !hasPrefixFold(b[end+2:], raw) {
					next := bytes.Index(b[end+2:], []byte("</"))
					if next < 0 {
						end = -1
						break
					}
					end += 2 + next
				}
				if end < 0 {
					return out
				}
				b = b[end:]
			}
		}
		if i := bytes.IndexByte(b, '>'); i >= 0 {
			b = b[i+1:]
		} else {
			break
		}
	}
	return out
}

func hasPrefixFold(b []byte, s string) bool {
	return len(b) >= len(s) && strings.EqualFold(string(b[:len(s)]), s)
}

// language is the first subtag of <html lang>.
func language(body []byte) string {
	head := bytes.ToLower(body[:min(len(body), prescan)])
	_, after, ok := bytes.Cut(head, []byte("<html"))
	if !ok {
		return ""
	}
	tag, _, _ := bytes.Cut(after, []byte(">"))
	_, value, ok := bytes.Cut(tag, []byte("lang="))
	if !ok {
		return ""
	}
	label := trimLabel(value)
	if zh := strings.HasPrefix(label, "zh"); zh && (strings.Contains(label, "tw") || strings.Contains(label, "hk") || strings.Contains(label, "hant")) {
		return "zh-tw"
	}
	base, _, _ := strings.Cut(label, "-")
	return base
}

var centralEuropean = map[string]bool{"windows-1250": true, "iso-8859-2": true}

// languages are the charsets that pages in a language are in where nothing is said (HTML, 13.2.3.2, step 9).
var languages = map[string]string{
	"ar": "windows-1256", "az": "windows-1254", "ba": "windows-1251", "be": "windows-1251", "bg": "windows-1251", "cs": "windows-1250", "el": "iso-8859-7", "et": "windows-1257",
	"fa": "windows-1256", "he": "windows-1255", "hr": "windows-1250", "hu": "iso-8859-2", "ja": "shift_jis", "kk": "windows-1251", "ko": "euc-kr", "ku": "windows-1254",
	"ky": "windows-1251", "lt": "windows-1257", "lv": "windows-1257", "mk": "windows-1251", "pl": "iso-8859-2", "ru": "windows-1251", "sah": "windows-1251", "sk": "windows-1250",
	"sl": "iso-8859-2", "sr": "windows-1251", "tg": "windows-1251", "th": "windows-874", "tr": "windows-1254", "tt": "windows-1251", "uk": "windows-1251", "vi": "windows-1258",
	"zh": "gb18030", "zh-tw": "big5",
	"de": "windows-1252", "en": "windows-1252", "es": "windows-1252", "fr": "windows-1252", "it": "windows-1252", "pt": "windows-1252", "nl": "windows-1252", "sv": "windows-1252",
	"da": "windows-1252", "no": "windows-1252", "nb": "windows-1252", "fi": "windows-1252", "is": "windows-1252", "ca": "windows-1252", "gl": "windows-1252", "eu": "windows-1252",
}
