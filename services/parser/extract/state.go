package extract

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/services/parser/content"
)

// hints are what the text is held against.
func (f *facts) hints(a *article.Article) content.Hints {
	titles := append(f.mainHeadings(), a.Headline, f.title, f.ldArticle.Headline, f.meta("og:title"))
	return content.Hints{Headlines: titles, Description: a.Description, ArticleBody: f.ldArticle.Body}
}

const (
	// shortText is the length, in characters, below which the text of a page that is not free is only its teaser.
	shortText = 1500
	// thinText is the length below which a text may be that of a wall in front of the article.
	thinText = 1200
	// twice: a JSON-LD articleBody counts only where the page shows so much less that its text was not found.
	twice = 2
)

// chooseBody takes the text that was found, or JSON-LD's where the page's own was not.
func (f *facts) chooseBody(ctx context.Context, a *article.Article, found []article.Block, x *Explanation) {
	a.Body = found
	if a.Body != nil {
		a.Provenance["body"] = article.FromHTML
	}
	told := f.ldArticle.Body
	if told == "" {
		return
	}
	length := utf8.RuneCountInString(article.PlainText(a.Body))
	won := false
	if utf8.RuneCountInString(told) > twice*length {
		body, _ := ArticleBody(ctx, told) // none where it is hostile: the page is judged by what it shows
		if won = utf8.RuneCountInString(article.PlainText(body)) > twice*length; won {
			a.Body, a.Provenance["body"] = body, article.FromJSONLD
		}
	}
	x.field(FieldEvidence{Field: "body", From: article.FromJSONLD, Detail: "articleBody", Value: told, Won: won, Why: "the page shows it, or more"})
}

// setState judges what the body is, and returns the evidence.
func (f *facts) setState(a *article.Article, p Page, found *content.Content) (evidence []string) {
	a.Provenance["body_state"] = article.FromText
	text := article.PlainText(a.Body)
	length := utf8.RuneCountInString(text)
	because := func(state article.BodyState, format string, args ...any) []string {
		a.BodyState = state
		return []string{fmt.Sprintf(format, args...)}
	}
	isArticle := f.ldArticle.Headline != "" || f.ldArticle.Published != "" || f.ogType() == "article"
	if length < thinText && !(isArticle && length > thinText/4) {
		said := strings.ToLower(strings.Join(append([]string{f.title, text}, f.mainHeadings()...), "\n"))
		if why := firstIn(said, challenges); why != "" {
			return because(article.BodyChallenge, "little text, and the page says %q", why)
		}
		if f.challenged != "" && !isArticle && length < thinText/8 {
			return because(article.BodyChallenge, "hardly any text, and its markup is that of a bot challenge: %s", f.challenged)
		}
		all := strings.ToLower(found.AllText(wallText))
		if n, why := countIn(all, consents); n > 1 && !isArticle && (length < thinText/8 || consentText(text)) {
			return because(article.BodyConsent, "little text, and %d phrases of consent walls: %q", n, why)
		}
	}
	paid := a.IsAccessibleForFree != nil && !*a.IsAccessibleForFree
	wall := ""
	if length < shortText {
		wall = firstIn(strings.ToLower(found.AllText(maxText)), walls)
	}
	last := ""
	if n := len(a.Body); n > 0 {
		last = a.Body[n-1].Text
	}
	cut := strings.HasSuffix(last, "…") || strings.HasSuffix(last, "...")
	if teasers, apart := found.Teasers(); !isArticle && len(teasers) >= manyTeasers && apart < listWords {
		a.Body = []article.Block{{Type: article.List, Items: teasers}}
		return because(article.BodyList, "%d teasers, and %d words beside them", len(teasers), apart)
	}
	switch {
	case length == 0:
		return because(article.BodyEmpty, "no text was found")
	case a.Provenance["body"] == article.FromJSONLD && !cut && !(paid && length < thinText/2): // whatever the page shows
	case paid && length < shortText:
		return because(article.BodyPaywalled, "not free by its metadata, and only %d characters are shown", length)
	case wall != "" && (cut || paid || !closed(last)):
		return because(article.BodyPaywalled, "the text breaks off, and the page says %q", wall)
	case wall != "" && length < thinText/2:
		return because(article.BodyPaywalled, "only %d characters are shown, and the page says %q", length, wall)
	case p.Truncated:
		return because(article.BodyPartial, "the capture broke off")
	case cut:
		return because(article.BodyPartial, "the text ends with an ellipsis")
	}
	return because(article.BodyFull, "%d characters, with an end", length)
}

const (
	// wallText is how much of a page is looked at for the words of walls.
	wallText = 8 << 10
	// A page of at least so many teasers, and fewer words beside them, is a list of articles.
	manyTeasers = 6
	listWords   = 50
)

func (f *facts) ogType() string { return strings.ToLower(f.meta("og:type")) }

// closed reports whether a text ends as sentences do.
func closed(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, " \"'”’»)]」』"))
	return strings.ContainsRune(".!?。！？؟۔।:;", r)
}

// consentText reports whether a text is about consent: it has a word of it in every sentence or two.
func consentText(text string) bool {
	n := 0
	for _, w := range []string{"cookie", "consent", "privacy", "partner", "zustimm", "einwillig", "datenschutz", "consentement", "confidentialité", "privacidad", "privacidade"} {
		n += strings.Count(strings.ToLower(text), w)
	}
	return n*150 > len(text)
}

func firstIn(text string, phrases []string) string {
	for _, p := range phrases {
		if strings.Contains(text, p) {
			return p
		}
	}
	return ""
}

func countIn(text string, phrases []string) (n int, first string) {
	for _, p := range phrases {
		if strings.Contains(text, p) {
			if n++; first == "" {
				first = p
			}
		}
	}
	return n, first
}

// What walls say, in small letters. The lists grow with what is met; each phrase has to be one that articles do not use.
var (
	challenges = []string{
		"just a moment...", "checking your browser before", "checking if the site connection is secure", "verify you are human", "verifying you are human", "verify you're human",
		"are you a robot", "i'm not a robot", "enable javascript and cookies to continue", "please enable js and disable any ad blocker", "attention required! | cloudflare", "pardon our interruption",
		"request unsuccessful. incapsula", "ddos protection by", "needs to review the security of your connection", "unusual traffic from your", "access to this page has been denied",
		"complete the security check to access", "performing security verification", "please complete the captcha", "press & hold to confirm you are", "you have been blocked",
		"bitte bestätigen sie, dass sie kein roboter", "ich bin kein roboter", "vérifiez que vous êtes humain", "je ne suis pas un robot", "no soy un robot", "não sou um robô", "non sono un robot",
		"подтвердите, что вы не робот", "я не робот", "请完成安全验证", "请输入验证码", "人机验证", "私はロボットではありません", "로봇이 아닙니다",
	}
	consents = []string{
		"before you continue", "we value your privacy", "we and our partners", "we and our", "store and/or access information on a device", "accept all", "reject all", "manage options", "manage preferences", "manage consent",
		"your privacy choices", "privacy settings", "we use cookies", "this site uses cookies", "cookie settings", "cookie preferences", "personalised ads and content", "personalized ads and content", "legitimate interest",
		"alle akzeptieren", "alle ablehnen", "wir und unsere partner", "zustimmen und weiter", "mit werbung weiterlesen", "einwilligung", "werbefrei", "datenschutzeinstellungen",
		"tout accepter", "tout refuser", "nous et nos partenaires", "accepter et continuer", "continuer sans accepter", "aceptar todo", "rechazar todo", "nosotros y nuestros socios", "aceptar y continuar", "accetta tutto", "noi e i nostri partner",
		"accetta e continua", "aceitar todos", "alles accepteren", "akkoord", "wij en onze partners", "accepter alle", "godkänn alla", "godta alle", "hyväksy kaikki", "zaakceptuj wszystko", "my i nasi partnerzy", "přijmout vše", "összes elfogadása", "принять все", "прийняти всі", "kabul et",
	}
	walls = []string{
		"subscribe to continue", "subscribe to read", "subscribe now to", "to continue reading", "continue reading with", "already a subscriber", "already subscribed", "subscribers only", "subscriber-only", "subscriber exclusive",
		"this article is for subscribers", "this content is for", "for members only", "become a member to read", "sign in to read", "log in to read", "log in to continue", "register to read", "register to continue", "create a free account to", "unlock this article", "unlock the full", "start your free trial",
		"you have reached your limit", "you've reached your", "jetzt weiterlesen", "weiterlesen mit", "mit abo lesen", "diesen artikel weiterlesen", "nur für abonnenten", "sie sind bereits abonnent", "bereits abonnent", "exklusiv für abonnenten", "zugang zu allen artikeln",
		"réservé aux abonnés", "réservé à nos abonnés", "la suite est réservée", "il vous reste", "pour lire la suite", "abonnez-vous pour", "déjà abonné", "suscríbete para", "para seguir leyendo", "exclusivo para suscriptores", "contenido exclusivo para", "ya soy suscriptor", "ya eres suscriptor",
		"exclusivo para assinantes", "assine para", "já é assinante", "già abbonato", "abbonati per", "contenuto riservato", "alleen voor abonnees", "word abonnee", "al abonnee", "log in om verder te lezen", "for abonnenter", "kun for abonnenter", "bli abonnent", "for at læse videre", "logga in för att läsa", "för prenumeranter", "tilaajille",
		"dla subskrybentów", "wykup dostęp", "pro předplatitele", "доступно только подписчикам", "только для подписчиков", "оформите подписку", "abonelere özel", "有料会員限定", "会員限定", "残り", "この記事は有料", "구독자 전용", "订阅后阅读", "登录后继续阅读",
	}
)
