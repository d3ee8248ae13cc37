package charset

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestDecodeXML(t *testing.T) {
	in := func(enc encoding.Encoding, text string) []byte {
		b, err := enc.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	declared := func(name, text string) string {
		return "<?xml version='1.0' encoding='" + name + "'?><a>" + text + "</a>"
	}
	for _, c := range []struct {
		name, contentType string
		enc               encoding.Encoding
		text              string
		charset           string
		source            Source
	}{
		{"UTF-8", "", unicode.UTF8, declared("iso-8859-1", "é"), "utf-8", Valid},
		{"UTF-8 with mark", "", unicode.UTF8BOM, declared("iso-8859-1", "é"), "utf-8", BOM},
		{"UTF-16 with mark", "", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), declared("utf-8", "é"), "utf-16le", BOM},
		{"UTF-16", "", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), declared("utf-16", "é"), "utf-16be", Detection},
		{"UTF-16, other way", "", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), declared("utf-16", "é"), "utf-16le", Detection},
		{"UTF-32", "", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), declared("utf-32", "é"), "utf-32be", Detection},
		{"UTF-32, other way", "", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), declared("utf-32", "é"), "utf-32le", Detection},
		{"EBCDIC", "", charmap.CodePage037, declared("ebcdic-cp-us", "e"), "ibm037", Declaration},
		{"declaration", "", charmap.Windows1251, declared("windows-1251", "Свет"), "windows-1251", Declaration},
		{"declaration of IANA's", "", charmap.CodePage852, declared("cp852", "Środa"), "ibm852", Declaration},
		{"declaration, spelt otherwise", "", charmap.Windows1250, declared("windows_1250", "Środa"), "windows-1250", Declaration},
		{"a number", "", charmap.CodePage437, declared("437", "café"), "ibm437", Declaration},
		{"Macintosh", "", charmap.MacintoshCyrillic, declared("maccyrillic", "Свет"), "x-mac-cyrillic", Declaration},
		{"header before declaration", "text/xml; charset=windows-1251", charmap.Windows1251, declared("windows-1252", "Свет"), "windows-1251", Header},
		{"unknown header", "text/xml; charset=none", charmap.Windows1251, declared("windows-1251", "Свет"), "windows-1251", Declaration},
		{"forbidden", "text/xml; charset=hz-gb-2312", charmap.Windows1252, declared("none", "é"), "windows-1252", Detection},
		{"UTF-16 that is none", "", charmap.Windows1251, declared("utf-16", strings.Repeat("Мост через реку открыли в среду. ", 5)), "windows-1251", Detection},
	} {
		d, err := DecodeXML(in(c.enc, c.text), c.contentType)
		if err != nil || d.Text != c.text || d.Charset != c.charset || d.Source != c.source {
			t.Errorf("%s: %q, %s by %s, %v; want %s by %s", c.name, d.Text[:min(len(d.Text), 60)], d.Charset, d.Source, err, c.charset, c.source)
		}
	}
}

func FuzzDecodeXML(f *testing.F) {
	f.Add([]byte("<?xml version='1.0' encoding='cp852'?>\x80"), "text/xml; charset=x")
	f.Add([]byte("\x00<\x00?"), "")
	f.Add([]byte("\x4c\x6f\xa7\x94\x93"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		d, err := DecodeXML(body, contentType)
		if err != nil || strings.ToValidUTF8(d.Text, "") != d.Text || d.Charset == "" || d.Source == "" {
			t.Fatalf("%+v, %v", d, err)
		}
	})
}
