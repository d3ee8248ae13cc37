package content

import (
	"slices"
	"strings"
	"testing"

	"dateline/pkg/article"

	"golang.org/x/net/html"
)

func find(t testing.TB, page string, h Hints) *Content {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return Find(doc, h)
}

// Paragraphs of an invented article, of which fixtures are made.
var story = []string{
	"The bridge over the Alder was opened on Wednesday, nine years after the first stone was laid.",
	"Hundreds of people walked across it in the rain, many of them with umbrellas and some with instruments.",
	"The council paid for most of it, the county for the rest, and the ferry company for the fireworks.",
	"“We always knew that it would be built,” said Ann Warden, who was the mayor when the plans were drawn.",
	"The ferry makes its last crossing on Sunday evening, and there are only forty places on board.",
}

func paragraphs(texts ...string) string { return "<p>" + strings.Join(texts, "</p>\n<p>") + "</p>" }

// What stands around articles, on pages everywhere.
const (
	menu    = `<nav class="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li><li><a href="/sport">Sport</a></li></ul></nav>`
	footing = `<footer><p>Copyright 2024 The Alder Post. All rights reserved.</p><ul><li><a href="/imprint">Imprint</a></li><li><a href="/privacy">Privacy policy</a></li></ul></footer>`
)

func TestWhatIsAroundStaysOut(t *testing.T) {
	for name, clutter := range map[string]string{
		"related links":    `<div class="related-articles"><h3>Read more</h3><ul><li><a href=/1>The ferry that will be missed by everybody</a></li><li><a href=/2>What the bridge has cost the county so far</a></li></ul></div>`,
		"inline link":      `<p class="read-also"><a href=/1>Read also: The ferry that will be missed</a></p>`,
		"newsletter":       `<div class="newsletter-signup"><h4>Our newsletter</h4><p>Sign up for our newsletter and get the news of the Alder into your inbox every morning.</p><form><input></form></div>`,
		"share bar":        `<div class="share-buttons"><ul><li><a href=/f>Facebook</a></li><li><a href=/t>Twitter</a></li><li><a href=/w>WhatsApp</a></li></ul></div>`,
		"advertisement":    `<div class="ad-slot"><span>Advertisement</span></div>`,
		"cookie notice":    `<div id="cookie-banner"><p>We use cookies to give you the best experience. By going on you consent to our use of cookies.</p></div>`,
		"author biography": `<div class="author-bio"><p>Bob Reporter has written about bridges for the Alder Post since 1999. Follow him on Twitter.</p></div>`,
		"tags":             `<div class="tags"><a href=/tag/bridge>bridge</a> <a href=/tag/alder>Alder</a> <a href=/tag/ferry>ferry</a></div>`,
		"comments":         `<section id="comments"><h3>2 comments</h3><ol class="comment-list"><li><p>I have waited nine years for this bridge, and now it rains on it every day of the week.</p></li><li><p>The ferry was better, and it had a bar with a piano in it, which no bridge in the county has.</p></li></ol></section>`,
	} {
		for _, at := range []int{2, len(story)} {
			body := slices.Insert(slices.Clone(strings.SplitAfter(paragraphs(story...), "\n")), at, clutter)
			page := "<html><head><title>Bridge opens</title></head><body>" + menu + `<article><header><h1>Bridge opens</h1><p class="byline">By Bob Reporter | 6 November 2024</p></header><div class="article-body">` +
				strings.Join(body, "") + "</div></article>" + footing + "</body></html>"
			c := find(t, page, Hints{Headlines: []string{"Bridge opens"}})
			if got, want := article.PlainText(c.Body), strings.Join(story, "\n\n"); got != want {
				t.Errorf("%s, after paragraph %d: %s\n%s", name, at, diff(want, got), explain(c))
			}
		}
	}
}

func diff(want, got string) string {
	var b strings.Builder
	w, g := strings.Split(want, "\n\n"), strings.Split(got, "\n\n")
	for _, s := range w {
		if !slices.Contains(g, s) {
			b.WriteString("\n  missing: " + s)
		}
	}
	for _, s := range g {
		if !slices.Contains(w, s) {
			b.WriteString("\n  extra: " + s)
		}
	}
	return b.String()
}

func explain(c *Content) string {
	var b strings.Builder
	for _, e := range c.Explain() {
		b.WriteString(map[bool]string{true: "\n  + ", false: "\n  - "}[e.Kept] + e.Text[:min(len(e.Text), 50)] + " | " + e.Why)
	}
	return b.String()
}

func TestKindsOfText(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string // type: text of each block
	}{
		{
			"headings, lists, quotes and tables in order",
			paragraphs(story[:2]...) + "<h2>What it cost</h2>" + paragraphs(story[2]) + "<ul><li>Steel: 4 million</li><li>Stone: 2 million</li></ul>" +
				"<blockquote><p>We always knew that it would be built, and that it would rain on the day.</p></blockquote>" +
				"<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2015</td><td>3 million</td></tr><tr><td>2024</td><td>9 million</td></tr></table>" + paragraphs(story[4]),
			[]string{
				"paragraph: " + story[0], "paragraph: " + story[1], "heading: What it cost", "paragraph: " + story[2], "list: Steel: 4 million|Stone: 2 million",
				"quote: We always knew that it would be built, and that it would rain on the day.", "table: Year/Cost|2015/3 million|2024/9 million", "paragraph: " + story[4],
			},
		},
		{
			"captions, which are not of the text",
			paragraphs(story[0]) + "<figure><img src=x><figcaption>The mayor cuts the ribbon on the bridge.</figcaption></figure>" + paragraphs(story[1:]...),
			append([]string{"paragraph: " + story[0], "caption: The mayor cuts the ribbon on the bridge."}, prefixed(story[1:])...),
		},
		{
			"interview",
			paragraphs(story[0], "<b>Ms Warden, are you glad that it is done?</b>", "Yes. We always knew that it would be built, but not when.", "<b>And the rain?</b>", "It always rains here, and the bridge has been built for that.", story[4]),
			prefixed([]string{story[0], "Ms Warden, are you glad that it is done?", "Yes. We always knew that it would be built, but not when.", "And the rain?", "It always rains here, and the bridge has been built for that.", story[4]}),
		},
		{
			"poem, line by line, with its refrain",
			paragraphs("The ferry went,<br>the ferry came,<br>and nobody will know its name.", "It rains, it rains,<br>on bridge and stone.", "The water takes<br>what it has shown,<br>and every crossing is alone.", "It rains, it rains,<br>on bridge and stone."),
			prefixed([]string{"The ferry went,\nthe ferry came,\nand nobody will know its name.", "It rains, it rains,\non bridge and stone.", "The water takes\nwhat it has shown,\nand every crossing is alone.", "It rains, it rains,\non bridge and stone."}),
		},
		{
			"byline without a mark",
			paragraphs(append([]string{"By Ann Writer and Bob Reporter, Alderton | Updated: 6.11.2024, 10:04"}, story...)...),
			prefixed(story),
		},
		{
			"poem in pre",
			"<pre>\nThe ferry went,\n  the ferry came,\nand nobody will <i>know\n  its</i> name.\n\nThe water takes\n    what it has shown,\nand every crossing is alone.\n</pre>",
			[]string{"paragraph: The ferry went,\nthe ferry came,\nand nobody will know\nits name.", "paragraph: The water takes\nwhat it has shown,\nand every crossing is alone."},
		},
		{
			"brief of a few words",
			"<p>The bridge is open.</p>",
			[]string{"paragraph: The bridge is open."},
		},
		{
			"gallery",
			"<p>The bridge was opened on Wednesday.</p><figure><img src=1.jpg><figcaption>The mayor cuts the ribbon in the rain.</figcaption></figure><figure><img src=2.jpg><figcaption>Hundreds of people walk over the bridge with umbrellas.</figcaption></figure>",
			[]string{"paragraph: The bridge was opened on Wednesday.", "caption: The mayor cuts the ribbon in the rain.", "caption: Hundreds of people walk over the bridge with umbrellas."},
		},
		{
			"gallery without words beside",
			"<figure><img src=1.jpg><figcaption>The mayor cuts the ribbon in the rain.</figcaption></figure><figure><img src=2.jpg><figcaption>Hundreds of people walk over the bridge with umbrellas.</figcaption></figure>",
			[]string{"paragraph: The mayor cuts the ribbon in the rain.", "paragraph: Hundreds of people walk over the bridge with umbrellas."},
		},
		{
			"short and without stops",
			paragraphs("เมื่อวันพุธที่ 6 พฤศจิกายน 2567 มีการเปิดสะพานใหม่ข้ามแม่น้ำ มีประชาชนหลายร้อยคนเดินข้ามสะพานท่ามกลางสายฝน", "นายกเทศมนตรีกล่าวว่า สะพานนี้ใช้เวลาสร้างเก้าปี และมีค่าใช้จ่ายหกล้านบาท ซึ่งเทศบาลเป็นผู้จ่าย"),
			prefixed([]string{"เมื่อวันพุธที่ 6 พฤศจิกายน 2567 มีการเปิดสะพานใหม่ข้ามแม่น้ำ มีประชาชนหลายร้อยคนเดินข้ามสะพานท่ามกลางสายฝน", "นายกเทศมนตรีกล่าวว่า สะพานนี้ใช้เวลาสร้างเก้าปี และมีค่าใช้จ่ายหกล้านบาท ซึ่งเทศบาลเป็นผู้จ่าย"}),
		},
		{
			"paragraphs made with line breaks",
			"<div>" + strings.Join(story, "<br><br>") + "</div>",
			prefixed(story),
		},
		{
			"right to left",
			paragraphs("افتتح الجسر فوق النهر يوم الأربعاء، بعد تسع سنوات من وضع الحجر الأول.", "وعبره مئات الأشخاص تحت المطر، وكان كثير منهم يحملون المظلات.", "ودفع المجلس معظم التكلفة، بينما دفعت المقاطعة الباقي."),
			prefixed([]string{"افتتح الجسر فوق النهر يوم الأربعاء، بعد تسع سنوات من وضع الحجر الأول.", "وعبره مئات الأشخاص تحت المطر، وكان كثير منهم يحملون المظلات.", "ودفع المجلس معظم التكلفة، بينما دفعت المقاطعة الباقي."}),
		},
		{
			"without spaces",
			paragraphs("周三，横跨奥尔德河的大桥在奠基九年后正式通车，数百人冒雨走过大桥。", "市议会支付了大部分费用，其余由县政府承担，渡轮公司支付了烟花的费用。", "渡轮将于周日晚上进行最后一次航行，船上只有四十个座位。"),
			prefixed([]string{"周三，横跨奥尔德河的大桥在奠基九年后正式通车，数百人冒雨走过大桥。", "市议会支付了大部分费用，其余由县政府承担，渡轮公司支付了烟花的费用。", "渡轮将于周日晚上进行最后一次航行，船上只有四十个座位。"}),
		},
	} {
		page := "<html><head><title>Bridge opens</title></head><body>" + menu + `<article><h1>Bridge opens</h1><div class="article-body">` + c.body + "</div></article>" + footing + "</body></html>"
		found := find(t, page, Hints{Headlines: []string{"Bridge opens"}})
		var got []string
		for _, b := range found.Body {
			got = append(got, string(b.Type)+": "+blockText(b))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"), explain(found))
		}
	}
}

func blockText(b article.Block) string {
	switch b.Type {
	case article.List:
		return strings.Join(b.Items, "|")
	case article.Table:
		var rows []string
		for _, r := range b.Rows {
			rows = append(rows, strings.Join(r, "/"))
		}
		return strings.Join(rows, "|")
	}
	return b.Text
}

func prefixed(texts []string) []string {
	var out []string
	for _, s := range texts {
		out = append(out, "paragraph: "+s)
	}
	return out
}

// A live blog's entries are all of it.
func TestLiveBlog(t *testing.T) {
	var entries strings.Builder
	for i, p := range story {
		entries.WriteString(`<div class="liveblog-entry"><time datetime="2024-11-06T1` + string(rune('0'+i)) + `:00Z">1` + string(rune('0'+i)) + `:00</time><h2>Entry about the bridge</h2><p>` + p + "</p></div>")
	}
	c := find(t, `<html><body>`+menu+`<article><h1>Live: the bridge opens</h1><p class="lead">All that happens on the Alder today, from the first crossing to the last ferry.</p><div class="liveblog">`+entries.String()+`</div></article>`+footing+`</body></html>`, Hints{Headlines: []string{"Live: the bridge opens"}})
	text := article.PlainText(c.Body)
	for _, p := range story {
		if !strings.Contains(text, p) {
			t.Errorf("missing: %s%s", p, explain(c))
		}
	}
}

// The text is found without any names in the markup, and however little of it there is beside other things.
func TestPlainMarkup(t *testing.T) {
	side := ""
	for _, place := range []string{"Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel"} {
		side += `<div><a href=/x><h4>The council of ` + place + ` meets</h4></a><div>It will speak of bridges, of ferries, and of what both of them cost.</div></div>`
	}
	for _, page := range []string{
		"<html><body><h1>Bridge opens</h1>" + paragraphs(story[:3]...) + "</body></html>",
		"<html><body><table><tr><td>" + side + "</td><td><h1>Bridge opens</h1>" + paragraphs(story[:3]...) + "</td></tr></table></body></html>",
		"<html><body><div><div><h1>Bridge opens</h1>" + paragraphs(story[:3]...) + "</div><div>" + side + "</div></div></body></html>",
		"<html><body>" + paragraphs(story[:3]...) + "</body></html>",
	} {
		c := find(t, page, Hints{Headlines: []string{"Bridge opens"}})
		if got, want := article.PlainText(c.Body), strings.Join(story[:3], "\n\n"); got != want {
			t.Errorf("%s%s", diff(want, got), explain(c))
		}
	}
}

func TestRepeats(t *testing.T) {
	body := paragraphs(story[:3]...) + `<aside class="pullquote"><p>We always knew that it would be built</p></aside>` + paragraphs(story[3:]...)
	copied := `<div class="mobile"><div class="article-body">` + paragraphs(story...) + `</div></div>`
	c := find(t, `<html><body><article><h1>Bridge opens</h1><div class="article-body">`+body+`</div></article>`+copied+`</body></html>`, Hints{})
	if got, want := article.PlainText(c.Body), strings.Join(story, "\n\n"); got != want {
		t.Errorf("%s%s", diff(want, got), explain(c))
	}
}

func TestWeights(t *testing.T) {
	w, err := readWeights(weightsFile)
	if err != nil {
		t.Fatal(err)
	}
	again, err := readWeights(w.String())
	if err != nil || !slices.Equal(w.First, again.First) || !slices.Equal(w.Second, again.Second) {
		t.Errorf("weights change when they are written and read: %v", err)
	}
	for _, broken := range []string{"bias:1\t1\n", "no:feature\t1\t1\n", "bias:1 x y\n"} {
		if _, err := readWeights(broken); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
}
