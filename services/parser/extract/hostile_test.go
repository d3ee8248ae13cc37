package extract

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

// memoryBudget is what a page may take at most, whatever it holds.
const memoryBudget = 256 << 20

// The worst pages end with an article or an error that says why, in time and in memory.
func TestHostilePagesAreCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	story := strings.Repeat("<p>The bridge over the Alder was opened on Wednesday, nine years after the first stone was laid.</p>", 8)
	for name, c := range map[string]struct {
		page string
		want Reason // where the error is certain
	}{
		"100 MB of one tag":        {strings.Repeat("<b>", 100<<20/3), TooLarge},
		"as much of one tag":       {strings.Repeat("<b>", article.MaxPage/3), TooLarge},
		"a million attributes":     {"<p " + strings.Repeat("a=b ", 1<<20) + ">" + story, ""},
		"attributes, each another": {"<p " + differing(1<<19) + ">" + story, ""},
		"attributes of a letter":   {strings.Repeat("<p "+strings.Repeat("a ", 100)+">", 75_000) + story, TooLarge},
		"attributes parted by /":   {"<p " + strings.Repeat("a/", 7<<20) + ">" + story, TooLarge},
		"HTML in JSON-LD":          {ld(`{"@type":"NewsArticle","headline":"H","articleBody":"<p>`+manyFonts(400)+strings.Repeat("<p>a<\\/p>", 100_000)+`"}`) + story, ""},
		"tags in JSON-LD":          {ld(`{"@type":"NewsArticle","headline":"`+strings.Repeat("<\\/b><", 1<<20)+`"}`) + story, ""},
		"an attribute of 8 MB":     {`<div class="` + strings.Repeat("related comment ", 1<<19) + `">` + story + "</div>", ""},
		"a comment of 8 MB":        {"<!--" + strings.Repeat("-", 8<<20) + "-->" + story, ""},
		"a script of 8 MB":         {"<script>" + strings.Repeat(`{"datePublished":"2024-11-06"},`, 1<<18) + "</script>" + story, ""},
		"JSON-LD 100,000 deep":     {`<script type="application/ld+json">` + strings.Repeat(`{"@graph":[`, 100_000) + "</script>" + story, ""},
		"lone surrogates":          {`<script type="application/ld+json">{"@type":"NewsArticle","headline":"\ud800 \udc00\ud800x","articleBody":"\udfff"}</script><h1>&#xD800;&#55297;</h1>` + story, ""},
		"a million entities":       {story + strings.Repeat("&lt;&amp;&notin;&#x110000;&#0;", 200_000), ""},
		"NUL bytes":                {strings.Repeat("<p>a\x00b</p>", 10_000) + story, ""},
		"foster parenting":         {strings.Repeat("<table><p>a</p><tr><b>", 2_000) + story, ""},
		"the adoption agency":      {strings.Repeat("<a><b><i><p></a></b></i>", 5_000) + story, ""},
		"select in select":         {strings.Repeat("<select><option><div>", 20_000) + story, ""},
		"templates":                {strings.Repeat("<template>", 400) + story, ""},
		"svg and math in turn":     {strings.Repeat("<svg><foreignObject><math><mtext>", 100) + story, ""},
		"frames":                   {strings.Repeat("<frameset><frame>", 20_000), ""},
		"a headline of 2 MB":       {"<title>" + strings.Repeat("Bridge ", 250_000) + "</title>" + story, ""},
		"100,000 bylines":          {strings.Repeat(`<p class="byline author">By Ann Writer and Bob Reporter</p>`, 50_000) + story, ""},
		"100,000 dates":            {strings.Repeat("<time datetime=2024-11-06>6 November 2024</time>", 50_000) + story, ""},
		"blocks of spaces":         {strings.Repeat("<p>"+strings.Repeat(" ", 100)+"</p>", 50_000) + story, ""},
		"one word of 2 MB":         {"<p>" + strings.Repeat("a", 1<<21-1000) + "</p>", ""},
		"lists in lists in lists":  {strings.Repeat("<ul><li><p>a</p>", 200) + strings.Repeat("<li>b", 50_000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			peak := make(chan uint64)
			done := make(chan struct{})
			go func() {
				most := uint64(0)
				for {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
					select {
					case <-done:
						peak <- most
						return
					case <-time.After(20 * time.Millisecond):
					}
				}
			}()
			body := []byte(c.page)
			began := time.Now()
			a, err := Article(context.Background(), Page{URL: "https://e.example/a", ContentType: "text/html", Body: body, Captured: captured})
			took := time.Since(began)
			close(done)
			used := int64(<-peak) - int64(before.HeapAlloc) - int64(len(body))
			var why *Error
			if err != nil && !errors.As(err, &why) || why != nil && why.Reason == Panic || c.want != "" && (why == nil || why.Reason != c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if took > Budget+time.Second || used > memoryBudget {
				t.Errorf("took %v and %d MB", took, used>>20)
			}
			t.Logf("%8s %5d MB  %v %t", took.Round(time.Millisecond), used>>20, err, a != nil)
		})
	}
}
