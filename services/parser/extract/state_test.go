package extract

import (
	"context"
	"errors"
	"strings"
	"testing"

	"dateline/pkg/article"
)

const sentence = "The ministry said on Wednesday that the talks would go on, and that nobody, whatever had been written, had left them."

func TestBodyState(t *testing.T) {
	paragraphs := func(n int) string { return strings.Repeat("<p>"+sentence+"</p>", n) }
	const paid = `<script type="application/ld+json">{"@type":"NewsArticle","headline":"H","isAccessibleForFree":false}</script>`
	teasers := ""
	for _, place := range []string{"Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel"} {
		teasers += `<div class="item"><h3><a href="/` + place + `">The council of ` + place + ` has met again on Monday</a></h3><p>It spoke of the bridge in ` + place + ` and of its cost.</p></div>`
	}
	for _, c := range []struct {
		name, html string
		truncated  bool
		want       article.BodyState
		reason     Reason
	}{
		{"whole", "<article>" + paragraphs(8) + "</article>", false, article.BodyFull, ""},
		{"short", "<article><h1>Talks</h1><p>" + sentence + "</p></article>", false, article.BodyFull, ""},
		{"truncated", "<article>" + paragraphs(8) + "</article>", true, article.BodyPartial, ""},
		{"ends with an ellipsis", "<article><p>The ministry said on Wednesday that the talks would go on, and that nobody, whatever had been written, had…</p></article>", false, article.BodyPartial, ""},
		{"not free, and little of it", paid + "<article>" + paragraphs(1) + "</article>", false, article.BodyPaywalled, ""},
		{"not free, and all of it", paid + "<article>" + paragraphs(20) + "</article>", false, article.BodyFull, ""},
		{"not free, and a teaser in JSON-LD", ld(`{"@type":"NewsArticle","headline":"H","isAccessibleForFree":false,"articleBody":"`+sentence+` The minister added that …"}`) + "<div><p>Subscribe to read</p></div>", false, article.BodyPaywalled, ""},
		{"not free, and a sentence in JSON-LD", ld(`{"@type":"NewsArticle","headline":"H","isAccessibleForFree":false,"articleBody":"`+sentence+`"}`) + "<div><p>Log in</p></div>", false, article.BodyPaywalled, ""},
		{"not free, and all of it in JSON-LD", ld(`{"@type":"NewsArticle","headline":"H","isAccessibleForFree":false,"articleBody":"`+strings.Repeat(sentence+" ", 10)+`"}`) + "<article>" + paragraphs(1) + "</article>", false, article.BodyFull, ""},
		{"a teaser in JSON-LD", ld(`{"@type":"NewsArticle","headline":"H","articleBody":"`+sentence+` The minister added that …"}`) + "<div></div>", false, article.BodyPartial, ""},
		{"a wall's words", "<article><h1>Talks</h1><p>" + sentence + "</p><p>The minister added that</p></article><div class=paywall><p>Subscribe to continue reading</p></div>", false, article.BodyPaywalled, ""},
		{"a wall's words under a whole text", "<article>" + paragraphs(20) + "</article><div class=paywall><p>Subscribe to continue reading</p></div>", false, article.BodyFull, ""},
		{"list", "<title>Council</title><main><h1>Council</h1>" + teasers + "</main>", false, article.BodyList, ""},
		{"an article above a list", "<title>Talks</title><main><h1>Talks</h1>" + paragraphs(4) + teasers + "</main>", false, article.BodyFull, ""},
		{"challenge by title", "<title>Just a moment...</title><body><p>Enable JavaScript and cookies to continue</p></body>", false, article.BodyChallenge, Challenge},
		{"challenge by text", "<title>news.example</title><body><h1>Please verify you are human to go on to the page that you asked for</h1></body>", false, article.BodyChallenge, Challenge},
		{"challenge by markup", `<title>news.example</title><script src="/cdn-cgi/challenge-platform/x.js"></script><body><p>news.example, please wait</p></body>`, false, article.BodyChallenge, Challenge},
		{"an article about challenges", `<title>Just a moment... of silence</title><meta property="og:type" content="article"><article>` + paragraphs(8) + "</article>", false, article.BodyFull, ""},
		{"consent", "<title>Before you continue</title><body><p>We and our partners store and/or access information on a device, such as cookies.</p><button>Accept all</button><p>Manage options or accept all to go on.</p></body>", false, article.BodyConsent, Consent},
		{"an article with a consent notice", "<article>" + paragraphs(8) + "</article><div id=cookie-banner><p>We use cookies. Accept all or manage options.</p></div>", false, article.BodyFull, ""},
		{"empty", "<html><body><nav><a href=/>Home</a></nav></body></html>", false, article.BodyEmpty, NoText},
	} {
		var x Explanation
		a, err := Article(context.Background(), Page{URL: "https://e.example/a", ContentType: "text/html", Body: []byte(c.html), Truncated: c.truncated, Explain: &x})
		var why *Error
		if errors.As(err, &why) != (c.reason != "") || why != nil && why.Reason != c.reason {
			t.Errorf("%s: error %v, want reason %q", c.name, err, c.reason)
		}
		if a == nil || a.BodyState != c.want {
			t.Errorf("%s: %+v, want %s (%s)", c.name, a, c.want, x.State)
		}
		if len(x.State) == 0 {
			t.Errorf("%s: no evidence", c.name)
		}
	}
}
