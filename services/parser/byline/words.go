package byline

import "strings"

// set makes a set of words in lower case.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// The words of bylines, in lower case. Languages are not told apart: hardly any word means another thing in another one.
var (
	// by are the words that stand before a name.
	by = set(`by von vom par por di door av af przez от від de la по بقلم توسط از da`)
	// leads stand before one of by ("Posted by", "Ein Beitrag von"), or before a colon.
	leads = set(`a all alle an and am an article articles articolo artículo artikel author authors autor autora autore autoren autorin autoři auteur aus beitrag beiträge bericht
		comment commentary compiled contributed cura created door ein eine eingestellt einem entry erstellt escrito essay exclusive feature from gastbeitrag gepostet geplaatst
		geschreven geschrieben guest il interview kolumne kommentar more news on opinion opinión por post posted posting posts produced publicado publicato publié published
		publikováno publiziert pubblicato reported reporter reporting report review rédigé rezension scritto section skrevet skriven skrifað special story submitted
		tekst testo text texte texto the this um updated verfasst veröffentlicht view views von words written zeige écrit un une eintrag nachricht from kategorie
		автор авторы автори текст опубликовал написал written-by postado byline writer writers journalist verfasser verfasserin autorzy opracowanie napisał redigerat
		نویسنده نویسندگان گزارشگر کاتب الكاتب تأليف كتب كتبت نگارنده خبرنگار 作者 文 记者 記者 撰文 執筆 글 yazar yazan szerző írta autorius kirjoittaja forfatter tác giả`)
	// between stand before or in dates.
	between = set(`stand am um on at uhr le el den der il op kl klo kl. à das at: o'clock en em på`)
	// others stand before the names of people who did not write: pictures, translations, checks.
	others = set(`bild bilder camera copyright credit credits edited editing editor editora editorial éditeur edit fact-checked fact foto fotografie fotografía fotografia fotos
		fotoğraf fotó grafik grafiken graphic graphics illustration illustrations illustrationen illustrated image images imagen infografik infografika kamera kép medically music
		obrázek photo photograph photographer photographs photography photos picture pictures quelle quellen redaktionell reviewed schnitt source sources
		titelbild traducción translated translation translator traduction übersetzt übersetzung übersetzer video videos zdjęcie zdjęcia фото видео источник перевод редактор
		عکس عکاس مترجم ترجمه صورة تصوير 图 摄影 责任编辑 编辑 图片 来源 图源 写真 撮影 編集 사진 verantwortlich publisher herausgeber`)
	// joins part names wherever they stand; lightJoins only between full names ("José Ortega y Gasset").
	joins      = set(`and und et og och och ja és ve & + with mit avec и та и и und și και und plus sowie`)
	lightJoins = set(`y e i en a con med و і и ir in un`)
	// particles stand in names in lower case.
	particles = set(`a al af av am auf ap abu ben bin bint d da dal das de degli dei del dela della den der des di do dos du e el et 't het i ibn in la las le les lo los ma
		mac na of och op os o' san santa st st. 't te ten ter to und van vande vander ver vom von vor y z za zu zum zur ul ur bat`)
	// notNames end a name, for what follows says what the person is or where.
	notNames = set(`in aus for für at pour para bei is ist was has hat writes schreibt covers from reports berichtet dans chez near contributed om over about über reporting
		reporter: est es är er on`)
	// of stand after a role, before whose it is.
	of = set(`of der des for bei am im at du della`)
	// roles are what a person is.
	roles = set(`analyst anchor autor autorin author blogger bureau bureauchef chef chefredakteur chefredakteurin chefreporter chief co-author co-founder columnist columnista
		contributing contributor contributors correspondent corresponsal critic deputy digital director editor editor-at-large editor-in-chief editors enviado especial
		fellow former founder freelance freelancer gastautor gastautorin guest health historian host intern investigative journalist journaliste journalistin journalista
		abteilungsleiter abteilungsleiterin projektleiter projektleiterin ressortleiter ressortleiterin teamleiter teamleiterin kolumnist korrespondent korrespondentin lead managing newsletter opinion photographer photojournalist policy political politics producer professor redakteur
		redakteurin redacteur rédacteur rédactrice redactor redactora reporter reporterin reporters senior special specialist sports staff strategist trainee video volontär volontärin
		writer writers wissenschaftsredakteur gazeteci muhabir muhabiri haberci корреспондент обозреватель журналист редактор خبرنگار گزارشگر 기자 記者 记者 특파원
		ph.d. phd md m.d. mba ma ba bsc msc jd rn rd ceo cto cfo mp mep prof prof. dr dr. publisher`)
	// desks are bodies of a newsroom.
	desks = set(`agencies agenturen agency agencias agencia agences board desk desks editorial editors feed hauptredaktion internetredaktion lokalredaktion newsdesk newsroom newswire
		online-redaktion onlineredaktion press pressestelle redaction redacción redacao redação redakce redakcia redakcija redakció redakcja redaktion redaktionen redaktionsteam redazione
		redactie red rédaction sportredaktion staff support syndicated syndication team toimitus webdesk webredaktion webteam wire wires newsteam
		редакция редакція редакцията تحریریه تحریر التحرير هیئت 编辑部 編集部 본지`)
	// accounts are names under which nobody in particular writes.
	accounts = set(`admin administrator admin1 root user webmaster unknown unbekannt anonymous anonym none null undefined n/a na guest gast bot system superuser nobody 本报讯`)
	// interfaces are words of buttons that stand beside bylines.
	interfaces = set(`twitter facebook instagram linkedin whatsapp pinterest telegram youtube reddit rss e-mail email mail share shares teilen compartir partager condividi delen sdílet paylaş follow folgen following
		suivre seguir segui フォロー subscribe abonnieren contact kontakt kontaktieren more mehr comments comment kommentare kommentar print drucken imprimir live watch listen anhören vorlesen play
		home startseite menu search artikel articles artículos login download bookmark merken save speichern scholar copy link url close read abo newsletter profile profil bio biography biografie about website homepage loading updated actualizado actualizada aktualisiert modified publiziert published publicado publicada publié posted veröffentlicht
		erstellt geändert pubblicato aggiornato gepubliceerd bijgewerkt monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi
		mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes maandag dinsdag woensdag donderdag vrijdag zaterdag zondag today yesterday heute gestern hoy ayer`)
	// houses are words of the names of companies and papers.
	houses = set(`ag agency association broadcasting bundesverband bureau center centre chronicle club college committee company consulting corp corporation council daily department ev
		e.v. fernsehen foundation gazette gmbh group guardian herald inc inc. institut institute international journal kg limited llc ltd ltd. magazin magazine media ministry
		nachrichten network networks news newspaper newspapers office online org organisation organization press radio rundfunk se school society studio studios telegraph times today
		tribune tv union universität university université verband verein verlag web weekly world zeitung 新聞 新闻 日报 日報 디지털`)
	// agencies give the name to use for what bylines and datelines call a news agency.
	agencies = map[string]string{
		"ap": "AP", "associated press": "AP", "afp": "AFP", "agence france-presse": "AFP", "agence france presse": "AFP", "reuters": "Reuters", "thomson reuters": "Reuters",
		"dpa": "dpa", "deutsche presse-agentur": "dpa", "dpa-afx": "dpa-AFX", "efe": "EFE", "agencia efe": "EFE", "xinhua": "Xinhua", "新华社": "Xinhua", "新华网": "Xinhua", "新華社": "Xinhua",
		"tass": "TASS", "тасс": "TASS", "ria novosti": "RIA Novosti", "риа новости": "RIA Novosti", "interfax": "Interfax", "интерфакс": "Interfax", "anadolu ajansı": "Anadolu",
		"anadolu agency": "Anadolu", "ansa": "ANSA", "apa": "APA", "sda": "SDA", "keystone-sda": "Keystone-SDA", "belga": "Belga", "anp": "ANP", "ntb": "NTB", "ritzau": "Ritzau",
		"press trust of india": "PTI", "pti": "PTI", "ani": "ANI", "ians": "IANS", "kyodo": "Kyodo", "kyodo news": "Kyodo", "共同通信": "Kyodo", "共同": "Kyodo", "jiji": "Jiji", "jiji press": "Jiji", "時事通信": "Jiji",
		"yonhap": "Yonhap", "연합뉴스": "Yonhap", "bernama": "Bernama", "antara": "Antara", "irna": "IRNA", "isna": "ISNA", "tasnim": "Tasnim", "ایرنا": "IRNA", "ایسنا": "ISNA", "تسنیم": "Tasnim",
		"pajhwok": "Pajhwok", "upi": "UPI", "united press international": "UPI", "pa media": "PA", "press association": "PA", "canadian press": "The Canadian Press", "cp": "The Canadian Press",
		"aap": "AAP", "australian associated press": "AAP", "lusa": "Lusa", "europa press": "Europa Press", "agência brasil": "Agência Brasil", "agerpres": "Agerpres", "mti": "MTI",
		"čtk": "ČTK", "ctk": "ČTK", "pap": "PAP", "tanjug": "Tanjug", "ukrinform": "Ukrinform", "укринформ": "Ukrinform", "unian": "UNIAN", "уніан": "UNIAN", "kna": "KNA", "epd": "epd", "sid": "SID",
		"dow jones": "Dow Jones", "dow jones newswires": "Dow Jones", "bloomberg": "Bloomberg", "bloomberg news": "Bloomberg", "ddp": "ddp", "dapd": "dapd", "rasc": "RASC", "中新社": "China News Service",
		"مهر": "Mehr", "فارس": "Fars", "سانا": "SANA", "وام": "WAM", "واس": "SPA", "petra": "Petra", "بترا": "Petra", "mena": "MENA", "أ ش أ": "MENA",
		"رویترز": "Reuters", "رويترز": "Reuters", "روئٹرز": "Reuters", "ロイター": "Reuters", "路透社": "Reuters", "路透": "Reuters", "로이터": "Reuters", "рейтер": "Reuters", "रॉयटर्स": "Reuters",
		"أ ف ب": "AFP", "أ.ف.ب": "AFP", "ا ف ب": "AFP", "ا.ف.ب": "AFP", "فرانس برس": "AFP", "وكالة فرانس برس": "AFP", "فرانس\u200cپرس": "AFP", "خبرگزاری فرانسه": "AFP", "اے ایف پی": "AFP", "法新社": "AFP", "afp通信": "AFP", "एएफपी": "AFP",
		"أسوشيتد برس": "AP", "اسوشيتد برس": "AP", "أ ب": "AP", "آسوشیتدپرس": "AP", "آسوشیتد پرس": "AP", "اسوشیتدپرس": "AP", "اے پی": "AP", "美联社": "AP", "美聯社": "AP", "ap通信": "AP", "एपी": "AP",
		"د ب أ": "dpa", "德新社": "dpa", "شینهوا": "Xinhua", "شينخوا": "Xinhua", "الأناضول": "Anadolu", "آناتولی": "Anadolu", "аа": "Anadolu", "塔斯社": "TASS", "タス通信": "TASS", "تاس": "TASS", "إفي": "EFE",
		"интерфакс-украина": "Interfax-Ukraine", "інтерфакс-україна": "Interfax-Ukraine", "interfax-ukraine": "Interfax-Ukraine", "interfax.ru": "Interfax", "унн": "UNN", "укрінформ": "Ukrinform", "белта": "BelTA", "belta": "BelTA", "казинформ": "Kazinform",
		"時事": "Jiji", "共同社": "Kyodo", "時事通信社": "Jiji", "中央社": "CNA", "뉴시스": "Newsis", "뉴스1": "News1", "조선중앙통신": "KCNA", "朝中社": "KCNA", "भाषा": "PTI", "पीटीआई": "PTI", "वार्ता": "UNI", "uni": "UNI", "एएनआई": "ANI", "आईएएनएस": "IANS",
		"باختر": "Bakhtar", "پژواک": "Pajhwok", "خامه پرس": "Khaama Press", "khaama press": "Khaama Press", "ایلنا": "ILNA", "ایکنا": "IQNA", "کونا": "KUNA", "كونا": "KUNA", "kuna": "KUNA", "قنا": "QNA", "بنا": "BNA", "واج": "APS", "app": "APP", "اے پی پی": "APP",
		"adnkronos": "Adnkronos", "italpress": "Italpress", "askanews": "askanews", "agi": "AGI", "télam": "Télam", "telam": "Télam", "notimex": "Notimex", "prensa latina": "Prensa Latina", "estadão conteúdo": "Estadão Conteúdo", "folhapress": "Folhapress", "globe newswire": "GLOBE NEWSWIRE", "business wire": "Business Wire",
		"vna": "VNA", "ttxvn": "VNA", "thai news agency": "TNA", "bss": "BSS", "unb": "UNB", "lana": "LANA", "wafa": "WAFA", "وفا": "WAFA", "tap": "TAP", "map": "MAP", "ana-mpa": "ANA-MPA", "αμπε": "ANA-MPA", "απε-μπε": "ANA-MPA", "hina": "HINA", "srna": "SRNA", "beta": "Beta", "sita": "SITA", "tasr": "TASR", "bta": "BTA", "бта": "BTA", "elta": "ELTA", "leta": "LETA", "bns": "BNS", "azertac": "AZERTAC", "trend": "", "ndtv": "", "stt": "STT", "tt": "TT",
	}
)
