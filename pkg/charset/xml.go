package charset

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// DecodeXML decodes an XML document that is no page, such as a feed or a sitemap, or JSON. It decides as Decode does, but for
// what XML has of its own: the zeros that UTF-16 and UTF-32 put between ASCII's characters and the first bytes of EBCDIC
// tell of these without a byte order mark (XML 1.0, F.1); the declaration is XML's, and may name any charset of IANA's
// register that golang.org/x/text reads, and the charsets that Decode refuses are passed over. Text keeps the declaration.
func DecodeXML(body []byte, contentType string) (Decoded, error) {
	if enc, name, n := byMark(body); enc != nil {
		if name == "utf-8" {
			if d, ok := asUTF8(body[n:]); ok {
				d.Source = BOM
				return d, nil
			}
		} else {
			return decode(body[n:], enc, name, BOM)
		}
	}
	if enc, name := byZeros(body); enc != nil {
		return decode(body, enc, name, Detection)
	}
	ebcdic := bytes.HasPrefix(body, []byte("\x4c\x6f\xa7\x94"))
	if !ebcdic {
		if d, ok := asUTF8(body); ok {
			return d, nil
		}
	}
	declared := xmlLabel(body)
	if ebcdic {
		if declared = xmlLabel(ascii(body)); !strings.Contains(declared, "1047") && !strings.Contains(declared, "1140") && !strings.Contains(declared, "037") {
			declared = "ibm037" // which nearly all the others share their letters with
		}
	}
	return byLabels(body, []label{{headerLabel(contentType), Header}, {declared, Declaration}}, func(l label) (encoding.Encoding, string) {
		enc, name := lookup(l.name)
		if name == "replacement" || strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") { // it would have been told by its zeros
			return nil, ""
		}
		return enc, name
	})
}

// byZeros finds UTF-16 and UTF-32 by the zeros around the document's first character, which is "<", "{" or white space.
func byZeros(b []byte) (encoding.Encoding, string) {
	if len(b) < 4 {
		return nil, ""
	}
	zeros := 0
	for i, c := range b[:4] {
		if c == 0 {
			zeros |= 1 << i
		}
	}
	switch zeros {
	case 0b0111:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32be"
	case 0b1110:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "utf-32le"
	case 0b0101:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be"
	case 0b1010:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le"
	}
	return nil, ""
}

// xmlLabel is the encoding that an XML declaration names.
func xmlLabel(body []byte) string {
	start := bytes.TrimLeft(body[:min(len(body), 300)], " \t\r\n")
	if !bytes.HasPrefix(start, []byte("<?xml")) {
		return ""
	}
	start, _, _ = bytes.Cut(start, []byte("?>"))
	_, after, ok := bytes.Cut(start, []byte("encoding"))
	if !ok {
		return ""
	}
	after = bytes.TrimLeft(after, " \t\r\n=")
	return strings.ToLower(trimLabel(after))
}

// ascii is the start of an EBCDIC document, as far as it is letters.
func ascii(body []byte) []byte {
	b, _ := charmap.CodePage037.NewDecoder().Bytes(body[:min(len(body), 300)])
	return b
}

// lookup finds a charset by its name: as browsers know it, and else by IANA's register, also where it is spelt in other ways.
func lookup(label string) (encoding.Encoding, string) {
	label = strings.ToLower(strings.Trim(label, " \t'\""))
	if label == "" {
		return nil, ""
	}
	for _, spelling := range []string{label, strings.ReplaceAll(label, "_", "-"), "cp" + label, "ibm" + strings.TrimPrefix(label, "cp"), "x-mac-" + strings.TrimPrefix(label, "mac"), strings.TrimSuffix(label, "roman") + "intosh"} {
		if enc, name := charset.Lookup(spelling); enc != nil {
			return enc, name
		}
		if enc, err := ianaindex.IANA.Encoding(spelling); err == nil && enc != nil {
			name, err := ianaindex.IANA.Name(enc)
			if err == nil {
				return enc, strings.ToLower(name)
			}
		}
	}
	return nil, ""
}
