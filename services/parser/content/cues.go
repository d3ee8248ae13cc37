package content

import (
	"unicode"
	"unicode/utf8"
)

// cue is a set of what the first words of a block announce.
type cue uint16

const (
	cueRelated cue = 1 << iota
	cueCaption
	cuePromotion
	cueByline
	cueLegal
	cueComments
	cueAd
	cueShare
	cueNavigation
	cueSource
	cueInCaption
	cueInPromotion
	cueInLegal
	cueInSocial
	cueCount = iota
)

var cueNames = [cueCount]string{"related", "caption", "promotion", "byline", "legal", "comments", "ad", "share", "navigation", "source", "in-caption", "in-promotion", "in-legal", "in-social"}

// mayEnd tells of most words that no phrase ends with them.
var mayEnd [4096]bool

// starts are the beginnings of blocks, of one to four words, in small letters.
var starts, inside, maxStart = func() (map[uint64]cue, map[uint64]cue, int) {
	m, in := map[uint64]cue{}, map[uint64]cue{}
	ends := uint64(0)
	longest := 0
	put := func(m map[uint64]cue, c cue, phrases ...string) {
		for _, s := range phrases {
			n := 0
			h := uint64(fnvOffset)
			tokens([]byte(s), func(w uint64) { n++; h = (h ^ w) * fnvPrime; ends = w })
			longest = max(longest, n)
			mayEnd[ends%uint64(len(mayEnd))] = true
			m[h] |= c
		}
	}
	put(m, cueRelated, "read more", "read also", "also read", "see also", "related", "more on", "more from", "more about", "more", "don't miss", "you may", "you might", "lesen sie", "lies auch", "mehr zum thema", "mehr zu", "mehr", "auch interessant", "zum thema", "hier finden sie", "lire aussi", "à lire", "a lire", "voir aussi", "lire la suite", "sur le même", "lee también", "lea también", "le puede", "te puede", "también", "ver más", "más información", "leia também", "leia mais", "veja também", "veja", "saiba mais", "leggi anche", "leggi", "approfondisci", "les også", "les mer", "läs också", "läs mer", "læs også", "læs mere", "lue myös", "читайте также", "читайте", "читать", "по теме", "смотрите также", "ещё", "еще по теме", "материалы по теме", "ayrıca", "ilgili", "czytaj", "zobacz", "przeczytaj", "lees ook", "lees meer", "meer over", "čtěte také", "čtěte", "citește", "citeşte", "citiți", "olvasd", "baca juga", "xem thêm", "その他", "関連", "関連記事", "相关", "延伸阅读", "相關", "관련", "اقرأ", "بیشتر بخوانید", "watch", "click here", "see more", "listen", "listen to", "recommended", "up next", "continue reading", "in case you missed", "what to read next", "latest", "trending", "popular", "most read", "most popular", "top stories", "editor's picks", "explore", "next", "previous", "further reading", "next story", "story continues")
	put(m, cueCaption, "image", "images", "photo", "photos", "picture", "pictured", "foto", "fotos", "bild", "file photo", "file", "credit", "graphic", "video", "screenshot", "fotografía", "imagen", "imagem", "crédito", "symbolbild", "symbolfoto", "archivbild", "slide", "gallery", "bildunterschrift", "fotografia", "фото", "photograph", "illustration", "grafik", "reproduction", "divulgação", "kuva", "fot", "写真", "사진", "图", "图片", "عکس")
	put(m, cuePromotion, "subscribe", "sign up", "follow us", "follow", "join", "get the latest", "get our", "get the", "download", "newsletter", "abonnieren", "suscríbete", "suscribete", "inscreva", "iscriviti", "support", "donate", "like us", "send", "email", "contact", "have a tip", "got a story", "do you have", "register", "log in", "login", "sign in", "jetzt", "abonnez", "inscrivez", "telegram", "whatsapp", "подписывайтесь", "подпишитесь", "folgen sie", "folge", "síguenos", "sigue", "siga", "receba", "recibe", "recevez", "your email", "enter your", "by submitting", "by signing", "by clicking", "thank you for", "thanks for", "to read", "already", "unlock", "become a", "we want to hear", "let us know", "tell us", "want more", "please", "stay", "keep up", "never miss", "our", "start your", "try", "shop", "buy", "available", "para seguir", "newsletters", "if you", "was this", "did you", "have you", "mit dem", "noch mehr", "hier", "für", "zum")
	put(m, cueByline, "by", "von", "por", "par", "di", "door", "av", "af", "written by", "reporting by", "editing by", "additional reporting", "published", "updated", "posted", "last modified", "last updated", "first published", "stand", "veröffentlicht", "aktualisiert", "publicado", "actualizado", "publié", "mis à jour", "erschienen", "опубликовано", "автор", "author", "authors", "text", "autor", "publisert", "oppdatert", "publicerad", "uppdaterad", "gepubliceerd", "redacción", "redação", "about the author", "writer", "reporter", "story by", "report by", "written", "words by", "pubblicato", "aggiornato", "julkaistu", "yayınlanma", "güncelleme", "posted on", "posted by", "publicado por", "compiled by", "min read", "lesedauer", "date", "作者", "記者", "记者", "编辑", "责任编辑", "기자", "来源", "입력", "수정")
	put(m, cueLegal, "copyright", "all rights reserved", "©", "this article was", "this story was", "this article originally", "this article is", "this post was", "a version of this", "the views expressed", "views expressed", "opinions expressed", "disclaimer", "terms of", "terms", "privacy", "alle rechte", "diese meldung", "dieser artikel", "este artículo", "este artigo", "cet article", "the conversation", "republished", "editor's note", "editors note", "note", "correction", "this content", "the content", "material from", "todos los derechos", "todos os direitos", "tous droits", "reproduction", "©")
	put(m, cueComments, "comments", "comment", "leave a comment", "leave a reply", "kommentare", "kommentar", "комментарии", "log in to comment", "add a comment", "post a comment", "commentaires", "comentarios", "comentários", "commenti", "reactions", "reply", "0 comments", "no comments", "view comments", "show comments", "join the conversation", "responses", "diskutieren", "ihre meinung", "yorumlar", "komentarze", "ответить")
	put(m, cueAd, "advertisement", "anzeige", "annons", "publicidad", "publicidade", "werbung", "реклама", "annonce", "reklama", "story continues below", "continue reading below", "article continues", "ad", "ads", "sponsored", "promoted", "pubblicità", "publicité", "advertentie", "mainos", "iklan", "reklam", "hirdetés", "広告", "광고", "annonse", "after promotion")
	put(m, cueShare, "share", "share this", "share on", "tweet", "facebook", "twitter", "print", "teilen", "partager", "compartir", "compartilhe", "condividi", "delen", "dela", "del", "copy link", "link copied", "save", "email this", "поделиться", "paylaş", "udostępnij", "merken", "drucken", "save article", "gift", "whatsapp", "pinterest", "linkedin", "共有", "분享", "分享", "reddit")
	put(m, cueNavigation, "home", "menu", "skip to", "search", "back to", "back", "all", "view all", "show more", "load more", "close", "open", "news", "startseite", "inicio", "início", "accueil", "главная", "toggle", "tags", "tag", "topics", "categories", "category", "filed under", "schlagworte", "temas", "etiquetas", "themen", "sections", "mots clés", "posted in", "tagged", "теги", "labels", "keywords", "in this article", "table of contents", "contents", "inhalt", "inhaltsverzeichnis", "sommaire", "key points", "play", "pause", "duration", "current time", "loading", "transcript", "minutes", "volume")
	put(m, cueSource, "source", "sources", "quelle", "quellen", "fuente", "fonte", "via", "источник", "kaynak", "źródło", "bron", "kilde", "with reporting", "with files", "mit material", "dpa", "reuters", "afp", "ap", "(dpa)", "(reuters)", "ansa", "efe", "출처", "来源", "fuentes", "zdroj", "fontos")
	put(in, cueInCaption, "getty images", "getty", "ap photo", "image credit", "photo by", "photo credit", "file photo", "picture alliance", "foto dpa", "via getty", "istock", "shutterstock", "photo courtesy", "image courtesy", "courtesy of", "foto von", "imago", "alamy", "unsplash", "photo reuters", "reuters file", "afp photo", "imaginechina", "archivfoto", "fotó", "picture", "foto", "photograph", "bild", "image")
	put(in, cueInPromotion, "newsletter", "newsletters", "subscribe", "subscribing", "sign up", "signing up", "inbox", "app store", "google play", "free trial", "subscription", "unsubscribe", "follow us", "on twitter", "on facebook", "on instagram", "on telegram", "google news", "whatsapp", "discount", "affiliate", "commission", "podcast", "whatsapp kanal", "click here", "instagram", "youtube", "our privacy", "privacy policy", "terms of service", "terms of use", "e mail", "recaptcha")
	put(in, cueInLegal, "all rights reserved", "rights reserved", "may not be published", "rewritten or redistributed", "not be reproduced", "alle rechte vorbehalten", "copyright", "cookies", "cookie", "originally published", "originally appeared", "first appeared")
	put(in, cueInSocial, "facebook", "twitter", "linkedin", "pinterest", "reddit", "tumblr", "telegram", "vk", "viber", "messenger")
	return m, in, longest
}()

// maxCued is the longest text, in bytes, that is looked through for cues inside.
const maxCued = 500

// cuesOf finds the cues of a text.
func cuesOf(t []byte) cue {
	var c cue
	short := len(t) <= maxCued
	head := t[:min(len(t), maxCued)]
	var a, b uint64 // the words before
	n, start := 0, uint64(fnvOffset)
	tokens(head, func(w uint64) {
		if n < maxStart {
			start = (start ^ w) * fnvPrime
			c |= starts[start]
		}
		if n++; short && mayEnd[w%uint64(len(mayEnd))] {
			c |= inside[(fnvOffset^w)*fnvPrime]
			if n > 1 {
				c |= inside[((fnvOffset^b)*fnvPrime^w)*fnvPrime]
			}
			if n > 2 {
				c |= inside[(((fnvOffset^a)*fnvPrime^b)*fnvPrime^w)*fnvPrime]
			}
		}
		a, b = b, w
	})
	return c
}

// tokens calls f with a hash of each word, in small letters; a character of a script without spaces is a word.
func tokens(t []byte, f func(uint64)) {
	word, in := uint64(fnvOffset), false
	end := func() {
		if in {
			f(word)
			word, in = fnvOffset, false
		}
	}
	for i := 0; i < len(t); {
		c := rune(t[i])
		size := 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(t[i:])
		}
		i += size
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			word, in = (word^uint64(c))*fnvPrime, true
		case c >= 'A' && c <= 'Z':
			word, in = (word^uint64(c|0x20))*fnvPrime, true
		case c < utf8.RuneSelf || c == '’':
			end()
		case wide(c) || c == '©':
			end()
			f(uint64(c))
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c):
			word, in = (word^uint64(unicode.ToLower(c)))*fnvPrime, true
		default:
			end()
		}
	}
	end()
}
