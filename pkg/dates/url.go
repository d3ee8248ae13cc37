package dates

import (
	"strings"
	"time"

	"dateline/pkg/article"
)

// The years that a URL's date may have. The web is no older.
const (
	firstWebYear = 1991
	lastWebYear  = 2099
)

// maxURL bounds what is looked at, in bytes.
const maxURL = 2048

// FromURL finds the day or the month that a URL's path names: /2024/11/06/, /2024/nov/06/, /2024/1106/, /2024-11-06-title,
// /26-11-2024-title, /20241106/, also with a time, as in -20241106093000-; /2024/11/ where there is no day. Other long runs of
// digits are ids, and neither host nor query is looked at; of a URL within a URL, as archives have them, only the inner one
// is. Raw is the piece of the URL, and the precision is a day's or a month's.
func FromURL(url string) (article.Date, bool) {
	url = url[:min(len(url), maxURL)]
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	if i := strings.LastIndex(url, "://"); i >= 0 {
		url = url[i+3:]
	}
	slash := strings.IndexByte(url, '/')
	if slash < 0 {
		return article.Date{}, false
	}
	var month article.Date
	path := url[slash:]
	for i := 1; i < len(path); i++ {
		if !digit(path[i]) || digit(path[i-1]) {
			continue
		}
		d, ok := urlDate(path, i)
		switch {
		case ok && d.Precision == article.Day:
			return d, true
		case ok && month.Raw == "":
			month = d
		}
	}
	return month, month.Raw != ""
}

// urlDate reads the date that starts at a digit of a path.
func urlDate(path string, at int) (article.Date, bool) {
	before, s := path[at-1], path[at:]
	n, value := run(s)
	switch {
	case n == 8 && ends(s, 8), (n == 12 || n == 14) && ends(s, n) && validTime(s[8:n]) && !aFolder(before, s[n:]): // an archive's capture is a folder
		return urlDay(value/10000, value/100%100, value%100, s[:8])
	case n == 4 && len(s) > 5 && isSeparator(before):
		return yearLed(s, value, before)
	case n <= 2 && len(s) > n && isSeparator(before): // 26-11-2024, 6.11.2024
		sep := s[n]
		m, month := run(s[n+1:])
		if y := n + 1 + m; m >= 1 && m <= 2 && len(s) > y && s[y] == sep && (sep == '.' || sep == '-') && (sep == '.' || value > 12 || value == month) {
			if digits, year := run(s[y+1:]); digits == 4 && ends(s, y+5) {
				return urlDay(year, month, value, s[:y+5])
			}
		}
	}
	return article.Date{}, false
}

// yearLed reads what follows a year of four digits that s starts with.
func yearLed(s string, year int, before byte) (article.Date, bool) {
	sep := s[4]
	if !isSeparator(sep) {
		return article.Date{}, false
	}
	n, month := run(s[5:])
	size := 5 + n
	folder := sep == '/' && before == '/'
	switch {
	case n == 4 && folder && size < len(s) && s[size] == '/':
		return urlDay(year, month/100, month%100, s[:size])
	case n == 0 && folder:
		letters := strings.IndexByte(s[5:], '/')
		if letters < 3 || letters > maxFolded {
			return article.Date{}, false
		}
		for _, m := range lex().entry(s[5 : 5+letters]).meanings {
			if m.class == monthName && m.calendar == gregorian && len(m.rest) == 0 {
				month = m.value
			}
		}
		size = 5 + letters
	case n < 1 || n > 2:
		return article.Date{}, false
	}
	if size < len(s) && s[size] == sep {
		if n, day := run(s[size+1:]); (n == 1 || n == 2) && day > 0 && ends(s, size+1+n) {
			return urlDay(year, month, day, s[:size+1+n])
		}
	}
	if !folder || size >= len(s) || s[size] != '/' || month < 1 || month > 12 || year < firstWebYear || year > lastWebYear {
		return article.Date{}, false
	}
	return article.Date{Time: time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC), Precision: article.Month, Raw: s[:size]}, true
}

func urlDay(year, month, day int, raw string) (article.Date, bool) {
	if year < firstWebYear || year > lastWebYear || month < 1 || month > 12 || !validDay(year, time.Month(month), day) {
		return article.Date{}, false
	}
	return article.Date{Time: time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), Precision: article.Day, Raw: raw}, true
}

// validTime reports whether digits are hours and minutes, and seconds if there are more.
func validTime(s string) bool {
	_, n := run(s)
	if len(s) == 6 {
		if n%100 > 59 {
			return false
		}
		n /= 100
	}
	return n/100 < 24 && n%100 < 60
}

func isSeparator(c byte) bool {
	switch c {
	case '/', '-', '_', '.', '~':
		return true
	}
	return false
}

func aFolder(before byte, after string) bool { return before == '/' && strings.HasPrefix(after, "/") }

// ends reports whether the digits before a byte are not part of a longer word.
func ends(s string, at int) bool {
	return at >= len(s) || isSeparator(s[at]) || s[at] == ';' || s[at] == ','
}
