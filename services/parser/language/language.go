// Package language tells the language of a text, by its script, its letters and its small words.
package language

import (
	"strings"

	"golang.org/x/text/language"
)

const (
	// sample is how many bytes of a text are looked at: more changes no verdict and costs time.
	sample = 4 << 10
	// sure is the confidence from which on a detection may contradict what a page declares of itself.
	sure = 0.8
	// minText is the shortest text, in bytes, whose detection counts against a declaration.
	minText = 100
)

// Canonical brings a declared language ("en_us", "EN-us", "ger") to a BCP 47 tag, or "" if it is none.
func Canonical(declared string) string {
	declared, _, _ = strings.Cut(strings.TrimSpace(declared), ",") // <html lang="en, fr"> happens
	t, err := language.Parse(declared)
	if err != nil || t == language.Und {
		return ""
	}
	return t.String()
}

// Base is the language of a tag without its script and region; "und" for "".
func Base(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	if base == "" {
		return "und"
	}
	return base
}

// alike are languages that texts tell apart too weakly to contradict what a page declares, and two names of one.
var alike = map[string]string{
	"hr": "sh", "bs": "sh", "sr": "sh", "cnr": "sh", "sh": "sh", "id": "ms", "ms": "ms", "no": "no", "nb": "no", "nn": "no", "fa": "fa", "prs": "fa", "tl": "fil", "fil": "fil",
	"zh": "zh", "yue": "zh", "cmn": "zh", "ku": "ku", "kmr": "ku", "ckb": "ckb", "gsw": "de", "de": "de", "lb": "lb",
}

func same(a, b string) bool {
	a, b = Base(a), Base(b)
	return a == b || alike[a] != "" && alike[a] == alike[b]
}

// Choose says what language an article is in: the declared one where the text agrees or says too little, else the
// detected one.
func Choose(declared, detected string, confidence float64, textBytes int) string {
	switch {
	case detected == "", declared != "" && same(declared, detected):
		return declared
	case declared == "":
		return detected
	case confidence < sure || textBytes < minText:
		return declared
	}
	return detected
}
