package dates

import (
	"strings"
	"testing"

	"dateline/pkg/article"
)

func TestFromURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://a.example/2024/11/06/title.html":                              "2024-11-06",
		"https://a.example/news/2024/11/6/title":                               "2024-11-06",
		"https://a.example/news/2024/11/06":                                    "2024-11-06",
		"https://a.example/2024/nov/06/title":                                  "2024-11-06",
		"https://a.example/2024/1106/c1001-40223222.html":                      "2024-11-06",
		"https://a.example/2024-11-06-title":                                   "2024-11-06",
		"https://a.example/news/title-2024-11-06.html":                         "2024-11-06",
		"https://a.example/news/2024_11_06_title":                              "2024-11-06",
		"https://a.example/20241106/title":                                     "2024-11-06",
		"https://a.example/title-20241106.html":                                "2024-11-06",
		"https://a.example/title-20241106093000-nt.html":                       "2024-11-06",
		"https://a.example/x20241106_96887132":                                 "2024-11-06",
		"https://a.example/26-11-2024-title":                                   "2024-11-26",
		"https://a.example/lage_vom_06.11.2024_x":                              "2024-11-06",
		"https://a.example/2024/11/":                                           "2024-11",
		"https://a.example/2024/11/title-of-2023-10-05":                        "2023-10-05",
		"a.example/2024/11/06/":                                                "2024-11-06",
		"https://web.example/web/20120216182711/http://b.example/":             "",
		"https://web.example/web/20120216182711/http://b.example/2011/02/03/x": "2011-02-03",
		"https://web.example/web/20120216182711/b.example/x":                   "",
		"https://a.example/2024/11":                                            "",
		"https://a.example/11/06/2024/":                                        "",
		"https://a.example/06-11-2024-title":                                   "", // whose 6 and 11?
		"https://a.example/id/20241306":                                        "",
		"https://a.example/id/2024110612":                                      "",
		"https://a.example/id/120241106":                                       "",
		"https://a.example/id/20241106999999":                                  "",
		"https://a.example/20241106abc":                                        "",
		"https://a.example/?d=2024-11-06":                                      "",
		"https://2024-11-06.example/":                                          "",
		"https://a.example/2024/13/06/":                                        "",
		"https://a.example/1024/11/06/":                                        "",
		"https://a.example/2024/02/30/":                                        "",
		"https://a.example/plan-2024-25-results":                               "",
		"https://a.example/top-10-films-of-2024-2":                             "",
		"": "",
	} {
		d, ok := FromURL(url)
		if got := d.String(); ok != (want != "") || ok && got != want || ok && !strings.Contains(url, d.Raw) {
			t.Errorf("%s: %s (%t, raw %q), want %s", url, got, ok, d.Raw, want)
		}
	}
}

func FuzzFromURL(f *testing.F) {
	for _, s := range []string{"https://a.example/2024/11/06/x", "/20241106093000-x", "a/2024/nov/06/", "/26-11-2024-", "//2024_1_1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := FromURL(s)
		if !ok {
			return
		}
		if d.Raw == "" || !strings.Contains(s, d.Raw) || d.Precision != article.Day && d.Precision != article.Month || d.Time.Year() < firstWebYear || d.Time.Year() > lastWebYear {
			t.Fatalf("%q: %+v", s, d)
		}
	})
}
