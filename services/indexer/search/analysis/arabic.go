package analysis

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The words here are folded: ی and ک are the Persian ones, ه stands for ة, ا for أ and إ and آ.

// cut takes the first of the endings off that leaves a word of at least so many letters.
func cut(word string, least int, endings []string) string {
	for _, e := range endings {
		if w, ok := strings.CutSuffix(word, e); ok && utf8.RuneCountInString(w) >= least {
			return w
		}
	}
	return word
}

var (
	arabicArticles = []string{"وال", "بال", "کال", "فال", "لل", "ال"}
	arabicEndings  = []string{"ها", "ان", "ات", "ون", "ین", "یه", "ه", "ی"}
)

// arabicForm is the light10 stemmer: Larkey, Ballesteros and Connell, Light Stemming for Arabic Information Retrieval,
// 2007. It takes off conjunction, article and endings, and leaves patterns within the word alone.
func arabicForm(word string) string {
	w := word
	if rest, ok := strings.CutPrefix(w, "و"); ok && utf8.RuneCountInString(rest) >= 3 && !strings.HasPrefix(w, "وال") {
		w = rest
	}
	for _, a := range arabicArticles {
		if rest, ok := strings.CutPrefix(w, a); ok && utf8.RuneCountInString(rest) >= 2 {
			w = rest
			break
		}
	}
	for _, e := range arabicEndings { // each once, in this order
		w = cut(w, 2, []string{e})
	}
	return w
}

var (
	// persianEndings are written onto the word, after a space or after a zero-width non-joiner.
	persianEndings = []string{"هایمان", "هایتان", "هایشان", "هایم", "هایت", "هایش", "هایی", "های", "ها", "ترین", "تر"}
	// persianEnclitics are so written after a zero-width non-joiner only: apart, they are words.
	persianEnclitics = []string{"ام", "ات", "اش", "ای", "اند", "ایم", "اید", "ی", "مان", "تان", "شان"}
)

func isSuffix(word string, g gap) bool {
	return slices.Contains(persianEndings, word) || g == gapZWNJ && slices.Contains(persianEnclitics, word)
}

func isVerbPrefix(word string) bool { return word == "می" || word == "نمی" }

const persianStem = 3 // letters that a word without its suffix has at least, so that دختر stays whole

// persianSuffix is the suffix that is written onto a word, or "".
func persianSuffix(word string) string {
	for _, e := range persianEndings {
		if w, ok := strings.CutSuffix(word, e); ok && utf8.RuneCountInString(w) >= persianStem {
			return e
		}
	}
	return ""
}

// persianForm takes off plural, comparative, and the ی of ezafe and indefiniteness.
func persianForm(word string) string {
	return cut(strings.TrimSuffix(word, persianSuffix(word)), persianStem, []string{"یی", "ی"})
}

var pashtoEndings = []string{"گانی", "گانو", "گان", "ونه", "ونو", "انو", "ان", "یو", "وی", "و", "ه", "ی"}

// pashtoForm takes off the endings of number and case.
func pashtoForm(word string) string { return cut(word, 2, pashtoEndings) }

var urduEndings = []string{"یوں", "یاں", "ییں", "وں", "یں", "ے", "ا", "ه", "ی"}

// urduForm takes off the endings of number, case and gender.
func urduForm(word string) string { return cut(word, 3, urduEndings) }
