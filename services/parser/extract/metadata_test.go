package extract

import (
	"context"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

// ld is a script of JSON-LD.
func ld(json string) string { return `<script type="application/ld+json">` + json + `</script>` }

func TestHeadline(t *testing.T) {
	site := `<meta property="og:site_name" content="The Alder Post">`
	for _, c := range []struct{ name, head, more, want string }{
		{"heading and JSON-LD agree", ld(`{"@type":"NewsArticle","headline":"Bridge opens"}`) + `<meta property=og:title content="You won't believe this bridge">`, "<h1>Bridge opens</h1>", "Bridge opens json-ld"},
		{"heading and OpenGraph agree", ld(`{"@type":"NewsArticle","headline":"Bridge opening Alder 2024"}`) + `<meta property=og:title content="Bridge opens">`, "<h1>Bridge opens</h1>", "Bridge opens opengraph"},
		{"JSON-LD and OpenGraph agree", ld(`{"@type":"NewsArticle","headline":"Bridge opens"}`) + `<meta property=og:title content="Bridge opens">`, "<h1>Local: Bridge opens</h1>", "Bridge opens json-ld"},
		{"a kicker in the heading", `<meta property=og:title content="Bridge opens after nine years">`, "<h1><span>Local</span> <span>Bridge opens after nine years</span></h1>", "Bridge opens after nine years opengraph"},
		{"the site behind", site + `<meta property=og:title content="Bridge opens | Local | The Alder Post">`, "<h1>Bridge opens | Local</h1>", "Bridge opens | Local opengraph"},
		{"the site in front", site + `<title>Alder Post: Bridge opens</title>`, "", "Bridge opens html"},
		{"the site by its host", `<title>Bridge opens - paper.example</title>`, "", "Bridge opens html"},
		{"a colon that is the headline's", site + `<title>War: what it cost</title>`, "", "War: what it cost html"},
		{"live updates", ld(`{"@type":"LiveBlogPosting","headline":"Bridge opens: live updates"}`), "<h1>Bridge opens: live updates</h1>", "Bridge opens: live updates json-ld"},
		{"the heading is the site's", site + `<title>Bridge opens | The Alder Post</title>`, "<h1>The Alder Post</h1>", "Bridge opens html"},
		{"of several headings the one that <title> knows", `<title>Bridge opens | Paper</title>`, "<h1>Sport</h1><h1>Bridge opens</h1>", "Bridge opens html"},
		{"a heading of second rank that <title> knows", `<title>Bridge opens at last - Archive 2</title>`, "<h2>Most read</h2><h2>Bridge opens at last</h2>", "Bridge opens at last html"},
		{"headings in comments do not count", `<title>T</title>`, "<div class=comments><h1>Nonsense</h1></div>", "T html"},
		{"escaped twice", `<meta property=og:title content="Alder &amp;amp; Birch">`, "", "Alder & Birch opengraph"},
		{"microdata", "", `<span itemprop=headline>Bridge opens</span>`, "Bridge opens html"},
		{"the heading against JSON-LD and OpenGraph", ld(`{"@type":"NewsArticle","headline":"Alder bridge 2024"}`) + `<meta property=og:title content="Alder bridge 2024">`, "<h1>Bridge opens after nine years</h1>", "Bridge opens after nine years html"},
		{"the heading is the front page's link", `<title>Bridge opens - Alder - Notes of a walker</title>`, `<h1><a href="https://www.paper.example/">Alder - Notes of a walker</a></h1>`, "Bridge opens html"},
		{"the heading is the front page's link, archived", `<title>Bridge opens | Notes</title>`, `<h1><a href="/web/2008/http://www.paper.example/"><b>Notes</b></a></h1><h2>Bridge opens</h2>`, "Bridge opens html"},
		{
			"a heading that ends a trail of links", ld(`{"@type":"NewsArticle","headline":"Alder bridge: opening, tolls, dates"}`) + `<meta property=og:title content="Bridge opens after nine years">`,
			`<ol><li><a href=/>Home</a></li><li><a href=/local>Local</a></li><li><h1>Alder bridge: opening, tolls, dates</h1></li></ol><h2>Bridge opens after nine years</h2>`, "Bridge opens after nine years opengraph",
		},
		{"a heading behind text and a link", ld(`{"@type":"NewsArticle","headline":"Bridge opens after nine years"}`), `<p>From our reporter <a href=/a>Ann</a></p><h1>Bridge opens after nine years</h1><h2>Bridge opens</h2>`, "Bridge opens after nine years json-ld"},
		{"a kicker that JSON-LD has too", ld(`{"@type":"NewsArticle","headline":"Nine years on: Bridge opens to all"}`) + `<meta property=og:title content="Bridge opens to all">`, "<h1><span>Nine years on</span><span>Bridge opens to all</span></h1>", "Nine years on: Bridge opens to all json-ld"},
		{"a kicker that is marked", `<meta property=og:title content="Nine years on: Bridge opens to all">`, `<h1><span class=article__kicker>Nine years on</span>: <span>Bridge opens to all</span></h1>`, "Bridge opens to all html"},
		{"a kicker that is marked by data", `<meta property=og:title content="Nine years on: Bridge opens to all">`, `<h1><span data-article-kicker=x>Nine years on</span><div>Bridge opens to all</div></h1>`, "Bridge opens to all html"},
		{"a kicker in JSON-LD and OpenGraph", ld(`{"@type":"NewsArticle","headline":"Nine years on: Bridge opens to all | Local"}`) + `<meta property=og:title content="Nine years on: Bridge opens to all">`, `<h1>Bridge opens to all</h1>`, "Nine years on: Bridge opens to all opengraph"},
		{"an alternative headline", ld(`{"@type":"NewsArticle","headline":"Alder bridge 2024","alternativeHeadline":"Bridge opens after nine years"}`) + `<meta property=og:title content="Bridge opens after nine years">`, "", "Bridge opens after nine years opengraph"},
	} {
		if got := headline(read1(t, "https://www.paper.example/a/b", page(c.head, c.more), nil)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// What the URL was made of decides where sources differ.
func TestHeadlineByURL(t *testing.T) {
	head := ld(`{"@type":"NewsArticle","headline":"After nine years Bob walks over"}`) + `<meta property=og:title content="Brücke über die Alder eröffnet">`
	for url, want := range map[string]string{
		"https://www.paper.example/a/b":                                                            "After nine years Bob walks over json-ld",
		"https://www.paper.example/a/bruecke-ueber-die-alder-eroeffnet":                            "Brücke über die Alder eröffnet opengraph",
		"https://www.paper.example/a/brucke-uber-die-alder-eroffnet-1.23.html":                     "Brücke über die Alder eröffnet opengraph",
		"https://www.paper.example/a/br%C3%BCcke-%C3%BCber-die-alder-er%C3%B6ffnet,Xy1Z?from=feed": "Brücke über die Alder eröffnet opengraph",
		"https://www.paper.example/a/bruecke-ueber-die-alder-eroeffnet-und-gesperrt":               "After nine years Bob walks over json-ld",
		"https://www.paper.example/a?b=bruecke-ueber-die-alder-eroeffnet":                          "After nine years Bob walks over json-ld",
	} {
		if got := headline(read1(t, url, page(head, "<h1>After nine years Bob walks over</h1>"), nil)); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}

func TestSlugs(t *testing.T) {
	for _, c := range []struct {
		path, headline string
		want           bool
	}{
		{"bridge-opens-after-nine-years", "Bridge opens after nine years", true},
		{"Bridge_opens_after_nine_years_id_1234.html", "“Bridge opens”: after nine years?", true},
		{"bridge-opens-after-nine-years.html", "Bridge opens after nine years", true},
		{"bridge-opens-after-nine-years-article25136526.html", "Bridge opens after nine years", true},
		{"x/bridge-opens-after-nine-years.e4f07910-3c72-4551-a37d-96207f2c9b02.html", "Bridge opens after nine years", true},
		{"bridge-opens-after-nine", "Bridge opens after nine years", false},
		{"bridge-opens-after-nine-years-and-closes", "Bridge opens after nine years", false},
		{"bridge-opens-after-nine-years-then", "Bridge opens after nine years", true}, // one short word is taken for an ending
		{"bridge-opens-1", "Bridge opens", false},                                     // too little to tell
		{"pont-de-l-aulne-a-rouvert-sur-oeuvre", "Pont de l'Aulne a rouvert sur œuvre", true},
		{"broen-aapner-for-foerste-gang", "Broen åpner for første gang", true},
		{"broen-apner-for-forste-gang", "Broen åpner for første gang", true},
		{"nowy-most-lodz-wschod", "Nowy most Łódź-Wschód", true},
		{"мост-открыт-после-ремонта", "Мост открыт после ремонта", true},
		{"", "Bridge opens after nine years", false},
	} {
		if got := slugsOf("https://www.paper.example/" + c.path).name(c.headline); got != c.want {
			t.Errorf("%s: %q %v", c.path, c.headline, got)
		}
	}
}

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Bridge opens to all", "BRIDGE OPENS, to all!", true},
		{"Local: Bridge opens to all", "Bridge opens to all", true},
		{"Bridge opens to all", "Bridge opens to all – Local", true},
		{"The bridge opens to all", "Bridge opens to all", false},
		{"Bridge opens to all at last", "Bridge opens to all", false},
		{"Local: Bridge", "Bridge", false}, // a word alone is no headline
		{"Bridge opens to all", "Bob walks over a bridge", false},
		{"İzmir: Köprü yeniden açıldı", "Köprü yeniden açıldı", true},
	} {
		a, b := claim{evidence: evidence{value: c.a}, key: letters(c.a)}, claim{evidence: evidence{value: c.b}, key: letters(c.b)}
		if a.alike(&b) != c.want || b.alike(&a) != c.want {
			t.Errorf("%q, %q: want %v", c.a, c.b, c.want)
		}
	}
}

func TestAuthors(t *testing.T) {
	far := strings.Repeat("<p>Nobody had left the talks, whatever had been written of them on that day.</p>", 40)
	for _, c := range []struct{ name, head, more, want string }{
		{"JSON-LD", ld(`{"@type":"NewsArticle","headline":"H","author":[{"@type":"Person","name":"By Ann Weaver, Alder News"},"Bob Miller"]}`), "", "Ann Weaver|Bob Miller json-ld"},
		{"JSON-LD of the page", ld(`{"@type":"WebPage","name":"H","author":{"@type":"Person","name":"Ann Weaver"}}`), "", "Ann Weaver json-ld"},
		{"microdata", "", `<h1>Bridge</h1><div itemprop=author itemscope itemtype="https://schema.org/Person"><img alt=x><span itemprop=name>Ann Weaver</span></div>`, "Ann Weaver html"},
		{"microdata of a comment", "", `<h1>Bridge</h1><div itemscope itemtype="https://schema.org/Comment"><span itemprop=author>Ann Weaver</span></div>`, " "},
		{"rel=author", "", `<h1>Bridge</h1>By <a rel="author nofollow" href=/ann>Ann Weaver</a>`, "Ann Weaver html"},
		{"class", "", `<h1>Bridge</h1><div class="article-byline"><b>Ann Weaver</b><span>Political editor</span><button>Follow</button></div>`, "Ann Weaver html"},
		{"class, two links", "", `<h1>Bridge</h1><div class=byline>By <a href=/author/ann>Ann Weaver</a> <a href=/author/bob>Bob Miller</a> <a href=/share>Share this</a></div>`, "Ann Weaver|Bob Miller html"},
		{"several elements", "", `<h1>Bridge</h1><span class=author>Ann Weaver</span> <span class=author>Bob Miller</span>`, "Ann Weaver|Bob Miller html"},
		{"the inner of two", "", `<h1>Bridge</h1><div class=author-box><span class=author-name>Ann Weaver</span><p>Alder</p></div>`, "Ann Weaver html"},
		{"text", "", `<h1>Bridge</h1><p>By Ann Weaver and Bob Miller</p>`, "Ann Weaver|Bob Miller html"},
		{"label and name apart", "", `<h1>Bridge</h1><p><b>Autor:</b> Anna Weber</p>`, "Anna Weber html"},
		{"behind a date", "", `<h1>Bridge</h1><p>06.11.2024 13:30 von Anna Weber</p>`, "Anna Weber html"},
		{"words that are no byline", "", `<h1>Bridge</h1><p>By the time we knew, it was too late.</p>`, " "},
		{"comments", "", `<h1>Bridge</h1><div id=comments><span class=author>Ann Weaver</span></div>`, " "},
		{"teasers", "", `<h1>Bridge</h1>` + far + `<div class=related><span class=author>Ann Weaver</span></div>`, " "},
		{"photographer", "", `<h1>Bridge</h1><figure><figcaption class=author>Ann Weaver</figcaption></figure><p>Photos: Bob Miller</p>`, " "},
		{"at the end", "", `<h1>Bridge</h1>` + far + `<p><em>Text: Ann Weaver</em></p>`, "Ann Weaver html"},
		{"account names lose to names", `<meta name=author content=aweaver>`, `<h1>Bridge</h1><p class=byline>Ann Weaver</p>`, "Ann Weaver html"},
		{"who names more", ld(`{"@type":"NewsArticle","headline":"H","author":"Ann Weaver"}`), `<h1>Bridge</h1><p class=byline>By Ann Weaver and Bob Miller</p>`, "Ann Weaver|Bob Miller html"},
		{"the site is nobody", `<meta property="og:site_name" content="The Alder"><meta name=author content="The Alder">`, `<h1>Bridge</h1><p class=byline>Ann Weaver</p>`, "Ann Weaver html"},
		{"an organization alone", ld(`{"@type":"NewsArticle","headline":"H","author":{"@type":"Organization","name":"Alder Newsroom"}}`), "", "Alder Newsroom (organization) json-ld"},
		{"a label far below before an organization", `<meta name=author content="Alder News">`, `<h1>Bridge</h1>` + far + `<ul><li><b>Autorin/Autor</b> Ann Weaver</ul>`, "Ann Weaver html"},
		{"an organization before a teaser's byline", `<meta name=author content="Alder News">`, `<h1>Bridge</h1>` + far + `<p>By Ann Weaver</p>`, "Alder News (organization) meta"},
		{"a site of two words is no two people", `<meta name=author content="Ann & Bob"><meta property=og:site_name content="Ann & Bob">`, `<h1>Bridge</h1><p class=byline>By Carol Weaver</p>`, "Carol Weaver html"},
		{"the site's name with its author class", "", `<h1 class="vcard author"><a href="https://www.paper.example/">Ann Weaver</a></h1><h2>Bridge</h2><p class=author>Bob Miller</p>`, "Bob Miller html"},
		{"by, alone in its element", "", `<h1>Bridge</h1><div><span>By</span><span><a href=/x>Ann Weaver</a></span></div>`, "Ann Weaver html"},
		{"by, before a space that does not break", "", "<h1>Bridge</h1><div>By\u00a0<a href=/x>Ann Weaver</a></div>", "Ann Weaver html"},
		{"a label of two words", "", `<h1>Bridge</h1><p>Written by: <a href=/x>Ann Weaver</a></p>`, "Ann Weaver html"},
		{"a label in German", "", `<h1>Bridge</h1><p>Geschrieben von <a href=/x>Anna Weber</a></p>`, "Anna Weber html"},
		{"a name as a paragraph below the headline", `<meta name=author content="Alder News">`, `<h1>Bridge</h1><p><strong>Ann Weaver</strong></p><p>The bridge is open.</p>`, "Ann Weaver html"},
		{"a name as a paragraph, and an administrator", ld(`{"@type":"NewsArticle","headline":"Bridge","author":{"name":"Desk D","url":"https://www.paper.example/author/admin/"}}`), `<h1>Bridge</h1><p>By Desk D</p><p>ANN WEAVER</p>`, "ANN WEAVER html"},
		{"an administrator alone", ld(`{"@type":"NewsArticle","headline":"Bridge","author":{"name":"Ann Weaver","url":"/author/admin/"}}`), `<h1>Bridge</h1>`, "Ann Weaver json-ld"},
		{"a name that the headline speaks of", `<meta name=author content="Alder News">`, `<h1>A bridge for Ann Weaver</h1><p>Ann Weaver</p>`, "Alder News (organization) meta"},
		{"a name that links elsewhere", `<meta name=author content="Alder News">`, `<h1>Bridge</h1><p><a href=/local>Alder Valley</a></p>`, "Alder News (organization) meta"},
		{"a name in a paragraph of more", `<meta name=author content="Alder News">`, `<h1>Bridge</h1><p><b>Ann Weaver</b> has opened the bridge.</p>`, "Alder News (organization) meta"},
		{"a name as a paragraph far below", `<meta name=author content="Alder News">`, `<h1>Bridge</h1>` + far + `<p>Ann Weaver</p>`, "Alder News (organization) meta"},
		{"nobody", "", `<h1>Bridge</h1>`, " "},
	} {
		a := read1(t, "https://www.paper.example/a/b", page(c.head, c.more), nil)
		for i := range a.Authors {
			if a.Authors[i].Organization {
				a.Authors[i].Name += " (organization)"
			}
		}
		if got := authors(a); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	a := read1(t, "https://www.paper.example/a/b", page(ld(`{"@type":"NewsArticle","headline":"H","author":{"name":"Ann Weaver","url":"/ann"}}`), `<h1>Bridge</h1><p class=byline>Ann Weaver, AFP</p>`), nil)
	if a.Authors[0].URL != "https://www.paper.example/ann" || a.Agency != "AFP" || a.Provenance["agency"] != article.FromHTML {
		t.Errorf("%+v, agency %q", a.Authors, a.Agency)
	}
}

func TestDates(t *testing.T) {
	far := strings.Repeat("<p>Nobody had left the talks, whatever had been written of them on that day.</p>", 40)
	const url = "https://www.paper.example/a/b"
	words := strings.Repeat("nobody had left the talks, whatever had been said of them; ", 5)
	for _, c := range []struct{ name, url, head, more, want string }{
		{"JSON-LD before OpenGraph", url, ld(`{"@type":"NewsArticle","headline":"H","datePublished":"2024-11-05T10:00:00Z"}`) + `<meta property=article:published_time content="2024-11-04T10:00:00Z">`, "", "2024-11-05T10:00:00Z json-ld"},
		{"JSON-LD of the page", url, ld(`{"@type":"WebPage","name":"H","datePublished":"2024-11-05"}`), "", "2024-11-05 json-ld"},
		{"JSON-LD of a video", url, ld(`{"@type":"VideoObject","name":"V","uploadDate":"2024-11-05"}`), "", "2024-11-05 json-ld"},
		{"a clock time of the same day", url, ld(`{"@type":"NewsArticle","headline":"H","datePublished":"2024-11-05"}`) + `<meta property=article:published_time content="2024-11-05T10:00:00+02:00">`, "", "2024-11-05T10:00:00+02:00 opengraph"},
		{"two against one", url, ld(`{"@type":"NewsArticle","headline":"H","datePublished":"2024-10-01"}`) + `<meta property=article:published_time content="2024-11-05T10:00:00Z">`, `<h1>Bridge</h1><time datetime="2024-11-05T10:00:00Z">x</time>`, "2024-11-05T10:00:00Z opengraph"},
		{"an instant in the page's zone", url, ld(`{"@type":"NewsArticle","headline":"H","datePublished":"2024-11-05T23:30:00Z"}`), `<h1>Bridge</h1><time datetime="2024-11-06T00:30:00+01:00">x</time>`, "2024-11-06T00:30:00+01:00 json-ld"},
		{"an instant by the page's clock", url, ld(`{"@type":"NewsArticle","headline":"H","datePublished":"2024-11-05T23:30:00Z"}`), `<h1>Bridge</h1><span class=date>2024-11-06 00:30</span>`, "2024-11-06T00:30:00+01:00 json-ld"},
		{"a day that begins at the instant", url, `<meta property=article:published_time content="2024-11-05T23:00:00Z">`, `<h1>Bridge</h1><span class=date>6 November 2024</span>`, "2024-11-06T00:00:00+01:00 opengraph"},
		{"a meta element of any kind loses to what is shown", url, `<meta name=date content="2024-10-01">`, `<h1>Bridge</h1><time datetime="2024-11-05">x</time>`, "2024-11-05 html"},
		{"microdata of a comment", url, "", `<h1>Bridge</h1><div itemscope itemtype="https://schema.org/Comment"><meta itemprop=datePublished content="2024-11-05"></div>`, "none"},
		{"times in comments and teasers", url, "", `<h1>Bridge</h1>` + far + `<div class=comments><time datetime="2024-11-05"></time></div><ul class=related-posts><li><time datetime="2024-11-04"></time></ul>`, "none"},
		{"class", url, "", `<h1>Bridge</h1><span class="entry-date">5 November 2024</span>`, "2024-11-05 html"},
		{"class, its words apart", url, "", `<h1>Bridge</h1><div class="postDate"><b>5</b><i>November</i><i>2024</i></div>`, "2024-11-05 html"},
		{"text by the headline", url, "", `<h1>Bridge</h1><p>Ann Weaver | 5 November 2024</p>`, "2024-11-05 text"},
		{"label", url, "", `<h1>Bridge</h1>` + far + `<p>Published: 5 November 2024</p>`, "2024-11-05 text"},
		{"label before", url, "", `<h1>Bridge</h1>` + far + `<p>1.10.2024</p><p><b>Veröffentlicht am</b> <i>5.11.2024</i></p>`, "2024-11-05 text"},
		{"what the article speaks of", url, "", `<h1>Bridge</h1><p>The bridge, which had been begun in the autumn and then left, was closed again on 5 November 2020.</p>`, "none"},
		{"copyright", url, "", `<h1>Bridge</h1>` + far + `<p>© 2024-11-05</p>`, "none"},
		{"today's date is not the article's", url, "", `<h1>Bridge</h1><p class=current-date>6 November 2024</p>` + far + `<p>Published: 5 November 2024</p>`, "2024-11-05 text"},
		{"URL", "https://www.paper.example/2024/11/05/b", "", "", "2024-11-05 html"},
		{"data of a script", url, `<script>var page = {"publishedAt":"2024-11-05T10:00:00Z"}</script>`, "", "2024-11-05T10:00:00Z html"},
		{"the day of the headline's line before a loose meta element", url, `<meta name=dc.date content="2024-10-01">`, `<h1>Bridge</h1><p>5 November 2024</p>`, "2024-11-05 text"},
		{"a category's name is no part of the page", url, "", `<article class="post category-aktuelles"><h1>Bridge</h1><time datetime="2024-11-05">x</time></article>`, "2024-11-05 html"},
		{"two digits of the year", url, `<meta http-equiv=content-language content=de>`, `<h1>Bridge</h1><p>von <a href=/ann>Ann Weaver</a>, 5.11.24</p>`, "2024-11-05 text"},
		{"bars between the numbers", url, "", `<h1>Bridge</h1><p>26 | 10 | 2024</p>`, "2024-10-26 text"},
		{"blanks in the markup do not count", url, "", `<h1>Bridge</h1><p>5 November 2024` + strings.Repeat(" ", 200) + `|</p>`, "2024-11-05 text"},
		{"a paragraph that opens with a date", url, "", `<h1>Bridge</h1><p>Alder, (5 November 2024). ` + words + `</p>`, "2024-11-05 text"},
		{"a paragraph that opens with a date and a dash", url, "", `<h1>Bridge</h1><p>5 November 2024 – ` + words + `</p>`, "2024-11-05 text"},
		{"a paragraph that speaks of a date", url, "", `<h1>Bridge</h1><p>On 5 November 2024 ` + words + `</p>`, "none"},
		{"a byline below the text", url, "", `<h1>Bridge</h1>` + far + `<div class=post-footer>Von Ann Weaver am 05.11.2024, 11:51 | 0 Meinungen</div>`, "2024-11-05T11:51 text"},
		{"by in a sentence", url, "", `<h1>Bridge</h1>` + far + `<p>In force since 5 November 2024 were the new rules as made by law</p>`, "none"},
		{"a clock above the headline", url, "", `<header><p>Wed, 6 Nov 2024</p></header><p>` + words + `</p><h1>Bridge</h1><p>5 November 2024</p>`, "2024-11-05 text"},
		{"the month of the URL and a day of it", "https://www.paper.example/2024/11/b", "", `<h1>Bridge</h1>` + far + `<p>5 November 2024</p>`, "2024-11-05 text"},
		{"the month of the URL and another day by the headline", "https://www.paper.example/2024/10/b", "", `<h1>Bridge</h1><p>5 November 2024</p>` + far + `<p>1 October 2024</p>`, "2024-11-05 text"},
		{"pubdate of a teaser", url, "", `<h1>Bridge</h1><time datetime="2024-11-05">x</time>` + far + `<time pubdate datetime="2024-11-06">x</time>`, "2024-11-05 html"},
		{"a box beside the headline", url, `<meta name=date content="2024-10-01">`, `<h1>Bridge</h1><p>` + words + `</p><p>` + words + `</p><aside><time datetime="2024-11-05">x</time></aside>`, "2024-11-05 html"},
		{"microdata of a recording", url, "", `<h1>Bridge</h1><div itemscope itemtype="https://schema.org/AudioObject"><meta itemprop=datePublished content="2024-11-05"></div>`, "2024-11-05 html"},
		{"the title of an abbreviation", url, "", `<h1>Bridge</h1><abbr title="5 November 2024">Tuesday</abbr>`, "2024-11-05 html"},
		{"data-date", url, "", `<h1>Bridge</h1><i data-date="2024-11-05"></i>`, "2024-11-05 html"},
		{"data-date is a weak word", url, "", `<h1>Bridge</h1><i data-date="2024-11-06"></i><p>5 November 2024</p>`, "2024-11-05 text"},
		{"the first entry of a thread", url, "", `<h1>Bridge</h1><div class=comment><span class=commentTime>5 November 2024</span></div>` + far + `<div class=comment><span class=commentTime>6 November 2024</span></div>`, "2024-11-05 html"},
		{"long ago", url, `<meta property=article:published_time content="1970-01-01T00:00:00Z">`, "", "none"},
	} {
		if got := date(read1(t, c.url, page(c.head, c.more), nil)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestModified(t *testing.T) {
	for _, c := range []struct{ name, more, published, modified string }{
		{"by the words", `<h1>Bridge</h1><p class=date>Published 5 November 2024</p><p class=date>Updated 6 November 2024</p>`, "2024-11-05", "2024-11-06"},
		{"by the class", `<h1>Bridge</h1><time class=published datetime="2024-11-05"></time><time class=updated datetime="2024-11-06"></time>`, "2024-11-05", "2024-11-06"},
		{"by the property", `<h1>Bridge</h1><meta itemprop=datePublished content="2024-11-05"><meta itemprop=dateModified content="2024-11-06">`, "2024-11-05", "2024-11-06"},
		{"both in a text", `<h1>Bridge</h1><p class=date>5.11.2024 - Güncelleme : 6.11.2024</p>`, "2024-11-05", "2024-11-06"},
		{"both in a line", `<h1>Bridge</h1><p>5 November 2024, updated 6 November 2024</p>`, "2024-11-05", "2024-11-06"},
		{"both with their zones", `<h1>Bridge</h1><p class=date>5 November 2024 10:04 GMT, updated 6 November 2024 11:00 GMT</p>`, "2024-11-05T10:04Z", "2024-11-06T11:00Z"},
		{"by the words before", `<h1>Bridge</h1><p>Published 5 November 2024</p><p>Aktualisiert: <time datetime="2024-11-06"></time></p>`, "2024-11-05", "2024-11-06"},
	} {
		a := read1(t, "https://www.paper.example/a/b", page("", c.more), nil)
		published, modified := "", ""
		if a.DatePublished != nil {
			published = a.DatePublished.String()
		}
		if a.DateModified != nil {
			modified = a.DateModified.String()
		}
		if published != c.published || modified != c.modified {
			t.Errorf("%s: published %q, modified %q; want %q, %q", c.name, published, modified, c.published, c.modified)
		}
	}
}

// Where the page gives no more than a change, this is the publication, and marked so.
func TestPublishedByChange(t *testing.T) {
	captured := time.Date(2024, 11, 7, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, head, more, want string }{
		{"shown", "", `<h1>Bridge</h1><p>Aktualisiert: <time datetime="2024-11-06"></time></p>`, "2024-11-06 modified"},
		{"in the footer", "", `<h1>Bridge</h1><footer>This page was last edited on 6 November 2024, at 19:23.</footer>`, "2024-11-06T19:23 modified"},
		{"data", ld(`{"@type":"NewsArticle","headline":"H","dateModified":"2024-11-06T10:00:00Z"}`), "", "2024-11-06T10:00:00Z modified"},
		{"whenever the page was made", `<meta property=og:updated_time content="2024-11-06T10:00:00Z">`, "", "none"},
		{"now", ld(`{"@type":"NewsArticle","headline":"H","dateModified":"2024-11-07T11:59:00Z"}`), "", "none"},
		{"today", "", `<h1>Bridge</h1><p>Updated: 7 November 2024</p>`, "none"},
		{"a publication is known", `<meta name=date content="2024-11-05">`, `<h1>Bridge</h1><p>Updated: 6 November 2024</p>`, "2024-11-05 meta"},
	} {
		a, err := Article(context.Background(), Page{URL: "https://www.paper.example/a/b", ContentType: "text/html", Body: []byte(page(c.head, c.more)), Captured: captured})
		if err != nil {
			t.Fatal(err)
		}
		if got := date(a); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if c.want != "none" && a.DateModified == nil && c.name != "a publication is known" {
			t.Errorf("%s: no date of modification", c.name)
		}
	}
}

// An article that a page shows as of another day than its data first gave was published anew, where its data agrees.
func TestPublishedAnew(t *testing.T) {
	data := ld(`{"@type":"NewsArticle","headline":"H","datePublished":"2023-01-02T10:00:00Z","dateModified":"2024-11-05T09:00:00Z"}`)
	meta := `<meta property=article:published_time content="2023-01-02T10:00:00Z">`
	for _, c := range []struct{ name, url, more, want string }{
		{"shown as the article's", "/a/b", `<p class=date>5 November 2024</p>`, "2024-11-05 html"},
		{"in the line below the headline", "/a/b", `<p>5 November 2024</p>`, "2024-11-05 text"},
		{"shown as a change", "/a/b", `<p class=date>Last updated 5 November 2024</p>`, "2023-01-02T10:00:00Z json-ld"},
		{"shown with a change before", "/a/b", `<p class=date>Last updated 5 November 2024, created 2 January 2023</p>`, "2023-01-02T10:00:00Z json-ld"},
		{"shown with a name and a change before", "/a/b", `<p class=date><b>Ann Weaver</b> Last updated 5 November 2024, created 2 January 2023</p>`, "2023-01-02T10:00:00Z json-ld"},
		{"both are shown", "/a/b", `<p class=date>5 November 2024</p><p class=date>2 January 2023</p>`, "2023-01-02T10:00:00Z json-ld"},
		{"the URL has the first", "/2023/01/02/b", `<p class=date>5 November 2024</p>`, "2023-01-02T10:00:00Z json-ld"},
		{"a clock alone", "/a/b", `<time datetime="2024-11-05T09:00:00Z">9:00</time>`, "2023-01-02T10:00:00Z json-ld"},
		{"a day that no data has", "/a/b", `<p class=date>6 December 2024</p>`, "2023-01-02T10:00:00Z json-ld"},
	} {
		if got := date(read1(t, "https://www.paper.example"+c.url, page(data+meta, "<h1>Bridge</h1>"+c.more), nil)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDateCandidates(t *testing.T) {
	head := ld(`{"@type":"NewsArticle","headline":"H","datePublished":"Tue, 05 Nov 2024 10:00:00 GMT"}`) + `<meta property=article:published_time content="2024-11-05T10:00:00Z"><meta name=pubdate content="2034-01-01">`
	a := read1(t, "https://www.paper.example/2024/11/04/b", page(head, ""), nil)
	var got []string
	for _, d := range a.DateCandidates {
		got = append(got, d.String()+" "+d.Raw)
		if d.Future != (d.Time.Year() == 2034) {
			t.Errorf("%+v", d)
		}
	}
	if got, want := strings.Join(got, "|"), "2024-11-05T10:00:00Z Tue, 05 Nov 2024 10:00:00 GMT|2024-11-04 2024/11/04|2034-01-01 2034-01-01"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if a.DatePublished.Raw != "Tue, 05 Nov 2024 10:00:00 GMT" {
		t.Errorf("raw %q", a.DatePublished.Raw)
	}
	many := page("", `<h1>Bridge</h1>`+manyDays(50))
	if a := read1(t, "https://www.paper.example/b", many, nil); len(a.DateCandidates) != article.MaxDateCandidates {
		t.Errorf("%d candidates", len(a.DateCandidates))
	}
}

func manyDays(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<p>Published: " + time.Date(2024, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) + "</p>")
	}
	return b.String()
}

// Of a page's JSON-LD the article counts that the page is about.
func TestWhichArticle(t *testing.T) {
	teaser := `{"@type":"NewsArticle","headline":"Another story","datePublished":"2024-11-01","url":"https://www.paper.example/other"}`
	for _, c := range []struct{ name, own, more string }{
		{"by its URL", `{"@type":"NewsArticle","headline":"Bridge opens","datePublished":"2024-11-05","mainEntityOfPage":"http://paper.example/a/b/"}`, ""},
		{"by its headline", `{"@type":"NewsArticle","headline":"Bridge opens","datePublished":"2024-11-05"}`, "<title>Bridge opens | Paper</title>"},
	} {
		for _, head := range []string{ld(teaser) + ld(c.own), ld(c.own) + ld(teaser), ld("[" + teaser + "," + c.own + "]")} {
			if a := read1(t, "https://www.paper.example/a/b", page(head+c.more, ""), nil); a.Headline != "Bridge opens" || date(a) != "2024-11-05 json-ld" {
				t.Errorf("%s: %q %s", c.name, a.Headline, date(a))
			}
		}
	}
}

func TestExplain(t *testing.T) {
	e := &Explanation{}
	head := ld(`{"@type":"NewsArticle","headline":"Bridge opens","datePublished":"2024-11-05","author":"Ann Weaver"}`) +
		`<meta property=og:title content="Look at this bridge"><meta name=pubdate content="soon"><meta name=author content="admin"><meta property=article:content_tier content=locked><link rel=canonical href="https://other.example/a">`
	_, err := Article(context.Background(), Page{URL: "https://www.paper.example/a/b", ContentType: "text/html", Body: []byte(page(head, "<h1>Bridge opens</h1>")), Explain: e})
	if err != nil {
		t.Fatal(err)
	}
	won := map[string]int{}
	for _, f := range e.Fields {
		if f.Won {
			won[f.Field]++
		}
		if f.Won == (f.Why != "") || f.Detail == "" || f.From == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, want := range []FieldEvidence{
		{"headline", "Bridge opens", article.FromJSONLD, "headline", true, ""},
		{"headline", "Look at this bridge", article.FromOpenGraph, "og:title", false, "outvoted, 44 to 15"},
		{"headline", "Bridge opens", article.FromHTML, "heading", false, "says the same"},
		{"date_published", "2024-11-05", article.FromJSONLD, "datePublished", true, ""},
		{"date_published", "soon", article.FromMeta, "pubdate", false, "cannot be read"},
		{"authors", "Ann Weaver", article.FromJSONLD, "author", true, ""},
		{"canonical_url", "https://other.example/a", article.FromHTML, "link rel=canonical", false, "no page of this site"},
		{"is_accessible_for_free", "false", article.FromOpenGraph, "article:content_tier", true, ""},
		{"authors", "admin", article.FromMeta, "meta author", false, "names nobody"},
	} {
		found := false
		for _, f := range e.Fields {
			found = found || f == want
		}
		if !found {
			t.Errorf("missing %+v in\n%+v", want, e.Fields)
		}
	}
	for field, n := range won {
		if n != 1 {
			t.Errorf("%s was won %d times", field, n)
		}
	}
}

func TestWordsOf(t *testing.T) {
	for _, c := range []struct {
		in   string
		want words
	}{
		{"entry-date", wordDate},
		{"pubDate", wordDate},
		{"postDate_x", wordDate},
		{"authorName byline", wordAuthor},
		{"entry-title", wordHeadline},
		{"title", 0},
		{"site title", 0},
		{"no-sidebar", 0},
		{"has-comments author", wordAuthor},
		{"COMMENTS", wordComments},
		{"update", wordUpdated},
		{"candidate", 0},
		{"c-article__author--large", wordAuthor},
		{"", 0},
		{"veröffentlicht", wordDate},
		{strings.Repeat("a", 100) + "-date", wordDate},
	} {
		if got := wordsOf(c.in); got != c.want {
			t.Errorf("%q: %b, want %b", c.in, got, c.want)
		}
	}
}

func TestFullName(t *testing.T) {
	for in, want := range map[string]bool{
		"Ann Weaver": true, " ANN\n O’WEAVER-SMITH, ": true, "Jean-Luc M. D'Arc": true, "Ann": false, "Ann weaver": false, "Ann Weaver 3": false, "The Bridge Is Open Again": false,
		"Ann: Weaver": false, "": false, strings.Repeat("Ann ", 2000): false,
	} {
		if got := isFullName(in); got != want {
			t.Errorf("isFullName(%.20q) %v", in, got)
		}
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]bool{
		"May 3, 2020": true, "3.5.20": true, "3/5/2020": true, "۱۴۰۳": true, "20200503": true, "12:30": false, "3.5 million": false, "12345": false, "no digits": false, "": false,
	} {
		if got := looksDated(in); got != want {
			t.Errorf("looksDated(%q) %v", in, got)
		}
	}
	for in, want := range map[string]bool{
		"By Ann": true, " von ": true, "Autor: A": true, "Autor": true, "Autor und Held": false, "Text von A": true, "Text": false, "Text folgt": false, "作者：张三": true, "Автор: А": true, "The minister": false, "": false, "Ein Beitrag von": true, "By\u00a0": true, "Written by:": true, "Erstellt von": true, "Gespeichert": false,
	} {
		if got := startsByline(in); got != want {
			t.Errorf("startsByline(%q) %v", in, got)
		}
	}
}

func TestAttribution(t *testing.T) {
	prose := "<p>The old bridge over the Orlen was opened again on Wednesday, after two years of repairs that cost more than anyone had thought.</p>"
	for name, c := range map[string]struct{ first, last, agency, place, day string }{
		"dateline with agency":  {"<p>KABUL, Nov 6 (AP) — The minister said that the bridge would be opened again, and it was.</p>", "", "AP", "KABUL", "Nov 6"},
		"after a lead":          {prose + "<p>PARIS (Reuters) - The minister said that the bridge would be opened again, and it was.</p>", "", "Reuters", "PARIS", ""},
		"an agency in Persian":  {"<p>به گزارش خبرگزاری مهر، پل تاریخی پس از دو سال بازسازی روز چهارشنبه بازگشایی شد و هزاران نفر از آن گذشتند.</p>", "", "Mehr", "", ""},
		"closing line":          {prose, "<p>It is the first bridge over the river that has ever been opened twice. (dpa)</p>", "dpa", "", ""},
		"a byline goes before":  {"<p class=byline>By Ann Writer, Associated Press</p>" + prose, "<p>It is the first bridge over the river that has ever been opened twice. (AFP)</p>", "AP", "", ""},
		"nothing of that":       {prose, "<p>He read it in the AP.</p>", "", "", ""},
		"the text keeps it all": {"<p>KABUL (AP) — The minister said that the bridge would be opened again, and it was.</p>", "", "AP", "KABUL", ""},
	} {
		a, err := Article(context.Background(), Page{
			URL: "https://e.example/a", ContentType: "text/html", Captured: captured,
			Body: []byte("<html lang=en><title>Bridge opened again</title><article><h1>Bridge opened again</h1>" + c.first + prose + strings.Replace(prose, "old", "new", 1) + c.last + "</article></html>"),
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		place, day := "", ""
		if a.Dateline != nil {
			if place = a.Dateline.Place; a.Dateline.Date != nil {
				day = a.Dateline.Date.Raw
			}
		}
		if a.Agency != c.agency || place != c.place || day != c.day {
			t.Errorf("%s: agency %q, place %q, day %q", name, a.Agency, place, day)
		}
		if text := article.PlainText(a.Body); place != "" && !strings.Contains(text, place) {
			t.Errorf("%s: the text lost its dateline: %s", name, text)
		}
	}
}
