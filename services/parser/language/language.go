// Package language tells the language of a text.
//
// The library behind it is a choice to be made again: the parser's next version compares the candidates (whatlanggo,
// lingua-go, …) on the corpus, so nothing outside this package names it.
package language

import (
	"strings"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
	"golang.org/x/text/language"
)

const (
	// sample is how many bytes of a text are looked at: more changes no verdict and costs time.
	sample = 2 << 10
	// sure is the confidence from which on a detection may contradict what a page declares of itself.
	sure = 0.8
	// minLetters is the shortest text, in bytes, whose detection counts against a declaration.
	minLetters = 100
)

// Detect returns the language of a text as a BCP 47 tag, and from 0 to 1 how sure that is. Of a text without letters the
// tag is "".
func Detect(text string) (tag string, confidence float64) {
	if len(text) > sample {
		cut := sample
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	info := whatlanggo.Detect(text)
	if info.Lang < 0 {
		return "", 0
	}
	if tag = info.Lang.Iso6391(); tag == "" {
		tag = info.Lang.Iso6393()
	}
	confidence = info.Confidence
	if !(confidence >= 0) { // the library divides by the number of trigrams, of which there may be none
		confidence = 0
	}
	return tag, min(confidence, 1)
}

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

// Choose says what language an article is in: the declared one where the text agrees or says too little, else the
// detected one.
func Choose(declared, detected string, confidence float64, textBytes int) string {
	switch {
	case detected == "", declared != "" && Base(declared) == Base(detected):
		return declared
	case declared == "":
		return detected
	case confidence < sure || textBytes < minLetters:
		return declared
	}
	return detected
}
