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

// FromURL finds the day or the month that a URL's path names: /2024/11/06/, /2024/11/, /2024-11-06-title, /20241106/.
// Longer runs of digits are ids, and the query and the host are not looked at. Raw is the words of the URL.
func FromURL(url string) (article.Date, bool) {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	url = url[:min(len(url), maxURL)]
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
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
		d, ok := urlDate(path[i:], path[i-1])
		switch {
		case ok && d.Precision == article.Day:
			return d, true
		case ok && month.Raw == "":
			month = d
		}
	}
	return month, month.Raw != ""
}

// urlDate reads the date that a path goes on with after the byte before it.
func urlDate(s string, before byte) (article.Date, bool) {
	n, year := run(s)
	month, day := 0, 0
	size := n
	switch n {
	case 8:
		year, month, day = year/10000, year/100%100, year%100
	case 4:
		if len(s) < 6 || before != '/' && before != '-' && before != '_' {
			return article.Date{}, false
		}
		sep := s[4]
		if sep != '/' && sep != '-' && sep != '_' && sep != '.' {
			return article.Date{}, false
		}
		var digits int
		if digits, month = run(s[5:]); digits < 1 || digits > 2 {
			return article.Date{}, false
		}
		size += 1 + digits
		if size < len(s) && s[size] == sep {
			if digits, d := run(s[size+1:]); digits == 1 || digits == 2 {
				size += 1 + digits
				day = d
			}
		}
		if day == 0 && (sep != '/' || before != '/' || size < len(s) && s[size] != '/') { // a month is a folder
			return article.Date{}, false
		}
	default:
		return article.Date{}, false
	}
	if year < firstWebYear || year > lastWebYear || month < 1 || month > 12 {
		return article.Date{}, false
	}
	d := article.Date{Precision: article.Day, Raw: s[:size]}
	if day == 0 {
		day, d.Precision = 1, article.Month
	}
	d.Time = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return d, validDay(year, time.Month(month), day)
}
