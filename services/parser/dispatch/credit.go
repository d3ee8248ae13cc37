package dispatch

import (
	"strings"

	"dateline/services/parser/byline"
)

// Reported is the agency that a text's first sentence names as its source, as those of Iran and its neighbours do: "به گزارش
// ایسنا، …"; "" where it names none.
func Reported(text string) string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "به گزارش ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest[:min(len(rest), maxOpening)], "،")
	for _, end := range [...]string{" به نقل از ", " از ", " در "} {
		name, _, _ = strings.Cut(name, end)
	}
	name = strings.TrimSpace(strings.TrimPrefix(name, "خبرنگار "))
	if byline.Agency(name) != "" {
		return name
	}
	return ""
}

// Closing is the agency that a text's last line credits: "(dpa)", "— Reuters", "Source: AFP", "kng/mik/dpa"; "" where it credits none.
func Closing(line string) string {
	line = strings.TrimRight(line, " .")
	if open := strings.LastIndexAny(line, "(（"); open > 0 && (strings.HasSuffix(line, ")") || strings.HasSuffix(line, "）")) {
		line = line[open:]
	}
	if len(line) > maxOpening {
		return ""
	}
	line = strings.Trim(line, " .()（）[]/–—-©*")
	if _, after, ok := strings.Cut(line, ":"); ok {
		if label, _, _ := strings.Cut(line, ":"); !sources[strings.ToLower(strings.TrimSpace(label))] {
			return ""
		}
		line = strings.TrimSpace(after)
	}
	if isAgency(line) {
		return line
	}
	if i := strings.LastIndexByte(line, '/'); i > 0 && isAgency(line[i+1:]) && strings.ToLower(line[:i]) == line[:i] { // the editors' marks before it
		return line[i+1:]
	}
	return ""
}

// sources are the words before a credit.
var sources = map[string]bool{"source": true, "sources": true, "quelle": true, "quellen": true, "fuente": true, "fonte": true, "источник": true, "джерело": true, "kaynak": true, "منبع": true, "المصدر": true, "来源": true, "來源": true, "出典": true, "출처": true, "źródło": true, "bron": true, "zdroj": true, "forrás": true, "kilde": true, "källa": true, "lähde": true, "πηγή": true}
