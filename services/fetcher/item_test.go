package fetcher

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"dateline/pkg/article"
	"dateline/services/fetcher/feed"
)

// items are the jobs of a feed's entries; an entry without one has the error's text.
func items(t *testing.T, entries string) (jobs []*article.Job, errs []string) {
	t.Helper()
	f, err := feed.Parse("https://news.example/feed", nil, []byte(`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>`+entries))
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Entries {
		m, err := itemJob("https://news.example/feed", &f.Entries[i])
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		j := new(article.Job)
		if err := json.Unmarshal(m.Body, j); err != nil {
			t.Fatal(err)
		}
		if len(m.Body) > 60<<10 {
			t.Errorf("a job of %d bytes", len(m.Body))
		}
		jobs = append(jobs, j)
	}
	return jobs, errs
}

func TestItemJob(t *testing.T) {
	jobs, errs := items(t, `
<item><title>Bridge &lt;b&gt;reopens&lt;/b&gt;</title><link>/2024/bridge#top</link><guid isPermaLink="false">n-17</guid><dc:creator>Ada Fields</dc:creator><dc:creator>Ada Fields</dc:creator><author>b@news.example</author><pubDate>Wed, 06 Nov 2024 09:30:00 +0100</pubDate><description>&lt;p&gt;It reopens.&lt;/p&gt;</description></item>
<item><link>javascript:alert(1)</link><guid>https://news.example/2024/ferry</guid><dc:date>2024-11-06T09:30:00Z</dc:date><content>Only content</content></item>
<item><title>No page of its own</title><guid>n-18</guid></item>
<item><link>/`+strings.Repeat("x", 3000)+`</link></item>`)
	want := []string{
		`https://news.example/2024/bridge n-17 "Bridge reopens" "It reopens." [Ada Fields] 2024-11-06 08:30:00 +0000 UTC`,
		`https://news.example/2024/ferry https://news.example/2024/ferry "" "Only content" [] 2024-11-06 09:30:00 +0000 UTC`,
	}
	var got []string
	for _, j := range jobs {
		got = append(got, fmt.Sprintf("%s %s %q %q %v %v", j.URL, j.Item.ID, j.Item.Title, j.Item.Summary, j.Item.Authors, j.Item.Published))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(errs) != 2 || !strings.Contains(errs[1], "more than 2048") {
		t.Errorf("%q", errs)
	}
}

func TestItemJobIsBounded(t *testing.T) {
	long := strings.Repeat("é word ", 10_000)
	jobs, _ := items(t, "<item><link>/a</link><title>"+long+"</title><description>"+long+"</description><guid isPermaLink='false'>"+long+"</guid>"+strings.Repeat("<dc:creator>"+long+"</dc:creator>", 3)+"<author>a</author><author>b</author></item>")
	i := jobs[0].Item
	if len(i.Title) > maxItemTitle || len(i.Title) < maxItemTitle-10 || len(i.Summary) > maxItemSummary || len(i.ID) > maxItemID || len(i.Authors) > maxItemAuthors || len(i.Authors[0]) > maxItemAuthor {
		t.Errorf("title %d, summary %d, id %d bytes, %d authors", len(i.Title), len(i.Summary), len(i.ID), len(i.Authors))
	}
}
