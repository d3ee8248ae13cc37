package content

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// zone is a set of what markup says an element is: by its tag, role, microdata and the words in its class and id.
type zone uint32

const (
	navigation zone = 1 << iota
	sidebar
	footer
	header
	form
	figure // pictures, videos and what describes them
	hidden
	comments
	related
	share
	byline
	bio
	promotion
	tags
	teaser
	embed
	pullQuote
	body    // the article's text
	wrapper // content, story, entry: of the article, or around it
	lead
	title
	infobox
	consent
	poll
	liveBlog
	articleTag
	listTag
	tableTag
	quoteTag
	preTag
	more
	newsletter
	zoneCount = iota
)

var zoneNames = [zoneCount]string{
	"navigation", "sidebar", "footer", "header", "form", "figure", "hidden", "comments", "related", "share", "byline", "bio", "promotion", "tags", "teaser", "embed",
	"pull-quote", "body", "wrapper", "lead", "title", "infobox", "consent", "poll", "live-blog", "article", "list", "table", "quote", "pre", "more", "newsletter",
}

// zoneOf reads an element's markup.
func zoneOf(n *html.Node) zone {
	var z zone
	switch n.DataAtom {
	case atom.Html, atom.Body:
		return 0 // their classes tell of the site
	case atom.Nav, atom.Menu:
		z = navigation
	case atom.Aside:
		z = sidebar
	case atom.Footer:
		z = footer
	case atom.Header, atom.Hgroup:
		z = header
	case atom.Form, atom.Fieldset, atom.Label, atom.Legend:
		z = form
	case atom.Figure, atom.Figcaption, atom.Caption:
		z = figure
	case atom.Article:
		z = articleTag
	case atom.Ul, atom.Ol, atom.Dl:
		z = listTag
	case atom.Table:
		z = tableTag
	case atom.Blockquote:
		z = quoteTag
	case atom.Pre:
		z = preTag
	case atom.Dialog:
		z = promotion
	case atom.Address:
		z = byline
	}
	for i := range n.Attr {
		a := &n.Attr[i]
		switch a.Key {
		case "class", "id", "role", "itemprop", "data-component", "data-testid", "data-qa", "data-module", "data-type", "data-block-type", "data-name", "aria-label":
			z |= zoneOfWords(a.Val)
		case "hidden":
			z |= hidden
		case "aria-hidden":
			if a.Val == "true" {
				z |= hidden
			}
		case "style":
			if hides(a.Val) {
				z |= hidden
			}
		}
	}
	return z
}

// hides reports whether a style has display:none or visibility:hidden.
func hides(style string) bool {
	var b [64]byte
	s := b[:0]
	for i := 0; i < len(style) && len(s) < len(b); i++ {
		if c := style[i]; c > ' ' {
			s = append(s, c|0x20)
		}
	}
	t := string(s)
	for i := 0; i+12 <= len(t); i++ {
		if t[i] == 'd' && t[i:i+12] == "display:none" || i+17 <= len(t) && t[i] == 'v' && t[i:i+17] == "visibility:hidden" {
			return true
		}
	}
	return false
}

// maxAttr bounds what is read of an attribute: what says what an element is stands early.
const maxAttr = 400

// zoneOfWords reads names such as "article-body", "articleBody" and "post_comments": word by word, and in pairs.
func zoneOfWords(s string) zone {
	var z zone
	var buf [48]byte
	word, prev := buf[:0], 0 // prev is where the last word but one starts in buf
	s = s[:min(len(s), maxAttr)]
	skip := false // the rest of a class that tells what an element has or lacks, not what it is
	flush := func() {
		if !skip && prev == 0 {
			switch string(word) {
			case "has", "no", "with", "without", "format", "category", "status", "type", "js", "wp":
				skip = true
			}
		}
		if skip {
			word, prev = buf[:0], 0
			return
		}
		if len(word) > prev {
			z |= zoneWords[string(word[prev:])]
			if prev > 0 {
				z |= zoneWords[string(word)]
			}
		}
		if n := len(word) - prev; n > 0 && n < 24 { // the next may make a pair with it
			copy(buf[:], word[prev:])
			word, prev = buf[:n], n
		} else {
			word, prev = buf[:0], 0
		}
	}
	lower := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			if lower {
				flush()
			}
			lower = false
			c |= 0x20
		case c == ' ':
			flush()
			word, prev, skip = buf[:0], 0, false
			lower = false
			continue
		default:
			if len(word) > prev {
				flush()
			}
			lower = false
			continue
		}
		if len(word) < len(buf) {
			word = append(word, c)
		}
	}
	flush()
	return z
}

func shapeOf(n *html.Node) uint32 {
	h := uint32(2166136261)
	add := func(s string) {
		for i := 0; i < len(s); i++ {
			h = (h ^ uint32(s[i])) * 16777619
		}
		h = (h ^ 0xff) * 16777619
	}
	add(n.Data)
	for i := range n.Attr {
		if n.Attr[i].Key == "class" {
			c := n.Attr[i].Val
			add(c[:min(len(c), maxAttr)])
		}
	}
	return h
}

var zoneWords = func() map[string]zone {
	m := map[string]zone{}
	for _, w := range []struct {
		zone  zone
		words []string
	}{
		{navigation, []string{"nav", "navbar", "navigation", "menu", "submenu", "topbar", "toolbar", "pagination", "pager", "pagenav", "toc", "tableofcontents", "skip", "tabs", "tab", "dropdown", "sitemap", "breadcrumb", "breadcrumbs", "crumb", "crumbs", "search", "langs", "jump"}},
		{sidebar, []string{"sidebar", "side", "aside", "rail", "widget", "widgets", "complementary", "secondary", "rightcol", "rightcolumn", "leftcol", "sidecol", "sidecolumn", "marginalia", "rightrail", "columnright", "lateral"}},
		{footer, []string{"footer", "foot", "copyright", "colophon", "legal", "disclaimer", "imprint", "contentinfo", "bottom", "footnote", "pie", "rodape", "endnote"}},
		{header, []string{"header", "masthead", "banner", "topper", "hero", "cabecera"}},
		{form, []string{"form", "input", "login", "search", "signin", "textbox"}},
		{figure, []string{"caption", "captions", "wpcaption", "gallery", "slideshow", "slider", "carousel", "image", "images", "img", "photo", "photos", "picture", "foto", "bild", "imagem", "imagen", "video", "videos", "media", "player", "audio", "podcast", "credit", "credits", "figure", "lightbox", "thumbnail", "thumb", "legend", "legende", "figcaption", "photographer", "imagecaption", "fotoserie", "mediathek", "bildunterschrift", "pie", "epigrafe", "slide", "swiper", "copyrights"}},
		{hidden, []string{"hidden", "hide", "sronly", "visuallyhidden", "screenreader", "screenreadertext", "offscreen", "invisible", "noscript", "onlyprint", "printonly", "mobileonly", "modal", "popup", "overlay", "lightbox", "tooltip", "accessibility"}},
		{comments, []string{"comment", "comments", "commentlist", "commentary", "commentsection", "kommentar", "kommentare", "kommentarer", "comentario", "comentarios", "commentaire", "commentaires", "commenti", "commento", "disqus", "livefyre", "respond", "reply", "replies", "reacties", "discussion", "komentarze", "komentar", "coral", "hyvor", "feedback", "forum", "fbcomments", "opinie", "reviews", "hozzaszolas"}},
		{related, []string{"related", "relacionadas", "relacionados", "relacionada", "relatedposts", "relatedarticles", "relatedcontent", "relatedstories", "recommended", "recommend", "recommendation", "recommendations", "readalso", "readnext", "readmore", "seealso", "similar", "suggested", "suggestions", "outbrain", "taboola", "zergnet", "popular", "trending", "mostread", "mostpopular", "mostviewed", "recirc", "recirculation", "morestories", "morefrom", "moreon", "morenews", "upnext", "nextarticle", "nextpost", "nextup", "verwandt", "weitere", "correlati", "leggi", "lireaussi", "alsoread", "alireaussi", "onward", "jarpyp", "yarpp", "crp", "linkbox", "linklist", "articlelinks", "nextprev", "postnavigation", "prevnext", "siblings", "inlinelink", "popularposts", "recentposts", "recent", "latest", "latestnews", "contextual", "readers", "thema", "mehr", "dossier", "plista", "ligatus", "nrelate", "inread", "lesenswert", "seemore", "moreinfo", "relations", "associated", "crosslink", "crosslinks", "backlink", "articlelist", "linkedarticle", "relatedlinks", "onthistopic", "topstories"}},
		{share, []string{"share", "sharing", "shares", "sharebar", "sharedaddy", "sharethis", "social", "socials", "addthis", "addtoany", "facebook", "twitter", "whatsapp", "teilen", "partager", "compartir", "condividi", "shareaholic", "sociallinks", "socialmedia", "jpshare", "sharebuttons", "sharetools", "delen", "dela", "follow", "tools", "print", "bookmark", "telegram", "actions", "buttons", "reactions"}},
		{byline, []string{"byline", "author", "authors", "autor", "autores", "auteur", "writer", "meta", "metadata", "postmeta", "entrymeta", "articlemeta", "date", "datetime", "timestamp", "time", "published", "publish", "pubdate", "posted", "updated", "dateline", "infos", "postinfo", "articleinfo", "postdate", "datepublished", "datemodified", "redakteur", "journalist", "verfasser", "fecha", "data", "datum", "signature", "firma", "authorname", "contributor", "contributors", "byauthor", "readingtime", "infoline"}},
		{bio, []string{"bio", "biography", "authorbio", "authorbox", "authorinfo", "aboutauthor", "aboutauthors", "authordescription", "authorabout", "authorprofile", "profile", "authorcard", "authordesc"}},
		{newsletter, []string{"newsletter", "newsletters", "newslettersignup", "subscribe", "subscription", "signup", "mailchimp", "optin", "mailmunch", "newsletterbox", "mailinglist"}},
		{promotion, []string{"subscriber", "promo", "promos", "promotion", "promobox", "ad", "ads", "advert", "advertisement", "advertising", "adv", "adbox", "adslot", "adsbygoogle", "adunit", "dfp", "gpt", "banner", "sponsor", "sponsored", "commercial", "cta", "offer", "marketing", "partner", "partners", "affiliate", "shop", "donate", "donation", "membership", "register", "registration", "app", "appdownload", "paywall", "piano", "abo", "anzeige", "werbung", "publicidad", "publicite", "pub", "reklama", "annonce", "mc", "callout", "notice", "message", "alert", "offers", "product", "products", "commerce", "buy", "price", "regwall", "push", "notification", "adcontainer", "inlinead", "calltoaction", "leaky", "upsell"}},
		{tags, []string{"tag", "tags", "tagcloud", "taglist", "tagged", "topics", "topic", "keywords", "categories", "category", "cat", "catlinks", "rubrik", "etiquetas", "kicker", "label", "labels", "eyebrow", "section", "sectionname", "overline", "temas", "tematy", "spitzmarke", "dachzeile"}},
		{teaser, []string{"card", "cards", "teaser", "teasers", "feed", "river", "archive", "grid", "tile", "tiles", "stream", "listing", "headlines", "newslist", "storylist", "stories", "postlist", "articlecard", "packages", "package", "cluster", "collection", "newsfeed", "ticker", "blogroll", "briefs", "playlist"}},
		{embed, []string{"tweet", "twittertweet", "instagram", "instagrammedia", "embed", "embedded", "oembed", "tiktok", "fbpost", "iframe", "youtube", "facebookpost", "embeds", "socialembed", "twittervideo", "datawrapper", "infogram"}},
		{pullQuote, []string{"pullquote", "pull", "quote", "zitat", "citation", "blockquote", "quotation", "destacado", "callout", "cita"}},
		{body, []string{"body", "articlebody", "articletext", "entrycontent", "postcontent", "storybody", "richtext", "prose", "textbody", "bodytext", "bodycopy", "fulltext", "maintext", "articlecontent", "storycontent", "contenttext", "newstext", "posttext", "entrytext", "storytext", "texto", "texte", "testo", "contenu", "contenido", "corps", "cuerpo", "corpo", "brodtext", "paragraph", "articleparagraph", "articlemain", "newsbody", "newscontent", "postbody", "contentbody", "detailcontent", "articledetail", "storyline", "paragraphs", "articolo", "tresc", "obsah", "textblock", "copy", "detailtext", "singlecontent", "pagecontent", "wysiwyg", "rte", "editorial", "reader", "artikeltext"}},
		{wrapper, []string{"content", "article", "story", "entry", "post", "main", "text", "artikel", "articulo", "noticia", "nota", "hentry", "single", "detail", "maincontent", "blog", "blogpost", "news", "haber", "statya"}},
		{lead, []string{"lead", "lede", "leadin", "leadtext", "leadparagraph", "standfirst", "dek", "deck", "summary", "subtitle", "subhead", "subheadline", "subheading", "subtitulo", "soustitre", "abstract", "excerpt", "intro", "introduction", "introtext", "ingress", "chapo", "sapo", "chapeau", "vorspann", "anriss", "bajada", "entradilla", "copete", "manchet", "perex", "sommario", "occhiello", "description", "preamble", "headdescription", "articlesummary", "teasertext", "subline", "hatshort", "underrubrik", "zajawka", "spot", "bajante", "postexcerpt", "articlelead", "sumario"}},
		{title, []string{"title", "headline", "heading", "titulo", "titel", "titre", "titolo", "tytul", "rubrik", "headlines", "entrytitle", "posttitle", "articletitle", "pagetitle", "headtitle", "subtitle"}},
		{infobox, []string{"infobox", "factbox", "fact", "facts", "faktaboks", "fakta", "factfile", "box", "infographic", "keypoints", "highlights", "highlight", "timeline", "inset", "sidebarbox", "keyfacts", "takeaways", "kurzfassung", "bullets", "bulletpoints", "tldr", "glossary", "excursus", "kasten", "infokasten", "recap", "explainer", "knowledge", "background"}},
		{consent, []string{"cookie", "cookies", "consent", "gdpr", "ccpa", "onetrust", "cmp", "privacy", "didomi", "cookiebanner", "usercentrics", "cookielaw", "cookienotice", "sourcepoint", "otsdk"}},
		{poll, []string{"poll", "quiz", "survey", "vote", "rating", "ratings", "voting", "umfrage", "encuesta", "stars", "usefulness", "helpful"}},
		{liveBlog, []string{"liveblog", "live", "liveticker", "liveupdates", "liveevent", "liveblogpost", "minutebyminute", "keyevents"}},
		{more, []string{"more", "also", "link", "links", "list", "item", "items", "info", "extra", "bottomline", "outro"}},
	} {
		for _, word := range w.words {
			m[word] |= w.zone
		}
	}
	return m
}()
