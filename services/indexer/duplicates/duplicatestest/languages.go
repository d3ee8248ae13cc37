package duplicatestest

import "strings"

// language is a vocabulary and a grammar, both small. Patterns name slots: n noun, a adjective, v verb, t time, p place,
// w person, q number. Sentences of all languages have the same slots in the same order of meaning where the numbers in the
// patterns say so, so that one story can be told in each: a translation.
type language struct {
	code             string
	n, a, v, t, p, w []string
	patterns         []string
	brief            string   // a pattern for short news, of which a site has one a day
	boilerplate      []string // of all sites of the language
	credit           string   // that a copy opens with
	spaces           bool
	retyped          *strings.Replacer // another way to type the same
}

func words(s string) []string { return strings.Split(s, "|") }

var languages = []language{
	{
		code: "en", spaces: true,
		n: words("farmers|traders|prices|officials|bridges|schools|ministers|workers|taxes|hospitals|voters|lawmakers|roads|banks|exports|villages|judges|miners|fuels|harvests|students|engineers|rivers|budgets"),
		a: words("local|foreign|rising|new|northern|damaged|public|private|costly|modest|unpaid|seasonal|disputed|temporary|rural|heavy"),
		v: words("criticised|welcomed|reached|blocked|supported|delayed|replaced|questioned|affected|approved|rejected|overtook|surprised|protected"),
		t: words("on Monday|last week|this spring|on Thursday|after the flood|in recent days|before the vote|since October"),
		p: words("Marnby|Oldreach|Kestrel Bay|Tolland|Sankt Ulm|Veridan|Port Amsel|Quillon|Harrowgate|Lowen|Brask|Tindale|Ostermoor|Calder"),
		w: words("Anna Verrill|Tomas Okoro|Judith Lamm|Karim Sadeq|Elena Prusk|David Hallow|Miriam Osei|Peter Grun|Noor Walid|Ivo Stanic|Clara Benn|Samuel Roth|Lena Dorn|Farid Amani"),
		patterns: []string{
			"The {a1} {n1} of {p1} {v1} the {a2} {n2} {t1}.", "{w1} said {t1} that {q1} {n1} in {p1} {v1} the {a1} {n2}.",
			"According to {w1}, {a1} {n1} {v1} most {n2} near {p1}.", "Some {q1} {a1} {n1} {v1} {n2} between {p1} and {p2} {t1}.",
			"“Our {n1} {v1} every {a1} plan for {n2},” {w1} told reporters in {p1}.", "In {p1}, {w1} called the {a1} {n1} a burden on {n2} and {n3}.",
		},
		brief:       "The index of {a1} {n1} in {p1} closed at {q1} points, {q2} points above the day before, as {n2} {v1} the {a2} {n3}, {w1} said {t1}.",
		boilerplate: []string{"Sign up for our morning newsletter and never miss a story again.", "This material may not be published, broadcast, rewritten or redistributed without permission."},
		credit:      "(Northwire) –", retyped: strings.NewReplacer("“", "\"", "”", "\"", "ti", "t\u00adi", " ", "\u00a0"),
	},
	{
		code: "de", spaces: true,
		n: words("Bauern|Händler|Preise|Behörden|Brücken|Schulen|Minister|Arbeiter|Steuern|Krankenhäuser|Wähler|Abgeordnete|Straßen|Banken|Exporte|Dörfer|Richter|Bergleute|Kraftstoffe|Ernten|Studenten|Ingenieure|Flüsse|Haushalte"),
		a: words("örtlichen|ausländischen|steigenden|neuen|nördlichen|beschädigten|öffentlichen|privaten|teuren|bescheidenen|unbezahlten|saisonalen|umstrittenen|befristeten|ländlichen|schweren"),
		v: words("kritisierten|begrüßten|erreichten|blockierten|unterstützten|verzögerten|ersetzten|bezweifelten|trafen|billigten|verwarfen|überholten|überraschten|schützten"),
		t: words("am Montag|vorige Woche|in diesem Frühling|am Donnerstag|nach der Flut|in den letzten Tagen|vor der Wahl|seit Oktober"),
		p: words("Marnby|Altreich|Falkenbucht|Tolland|Sankt Ulm|Veridan|Amselhafen|Quillon|Harrowgate|Lowen|Brask|Tindal|Ostermoor|Kalder"),
		w: words("Anna Verrill|Tomas Okoro|Judith Lamm|Karim Sadeq|Elena Prusk|David Hallow|Miriam Osei|Peter Grün|Noor Walid|Ivo Stanic|Clara Benn|Samuel Roth|Lena Dorn|Farid Amani"),
		patterns: []string{
			"Die {a1} {n1} in {p1} {v1} {t1} die {a2} {n2}.", "Wie {w1} {t1} sagte, {v1} {q1} {n1} in {p1} die {a1} {n2}.",
			"Nach Angaben von {w1} {v1} die {a1} {n1} bei {p1} viele {n2}.", "Rund {q1} der {a1} {n1} {v1} {t1} {n2} zwischen {p1} und {p2}.",
			"„Unsere {n1} {v1} alle {a1} Pläne für {n2}“, sagte {w1} in {p1}.", "In {p1} nannte {w1} die {a1} {n1} eine Last für {n2} und {n3}.",
		},
		brief:       "Der Index der {a1} {n1} in {p1} schloss {t1} bei {q1} Punkten, {q2} Punkte über dem Vortag, weil {n2} die {a2} {n3} {v1}, sagte {w1}.",
		boilerplate: []string{"Abonnieren Sie unseren Newsletter am Morgen und verpassen Sie keine Geschichte mehr.", "Alle Rechte vorbehalten, Nachdruck und Verbreitung nur mit ausdrücklicher Genehmigung der Redaktion."},
		credit:      "Marnby (Nordfunk) –", retyped: strings.NewReplacer("„", "»", "“", "«", "ü", "u\u0308", "ä", "a\u0308"),
	},
	{
		code: "ru", spaces: true,
		n: words("фермеры|торговцы|цены|чиновники|мосты|школы|министры|рабочие|налоги|больницы|избиратели|депутаты|дороги|банки|поставки|деревни|судьи|шахтёры|запасы|урожаи|студенты|инженеры|реки|бюджеты"),
		a: words("местные|иностранные|растущие|новые|северные|повреждённые|общественные|частные|дорогие|скромные|неоплаченные|сезонные|спорные|временные|сельские|тяжёлые"),
		v: words("осудили|приветствовали|достигли|блокировали|поддержали|задержали|заменили|оспорили|затронули|одобрили|отвергли|обогнали|удивили|защитили"),
		t: words("в понедельник|на прошлой неделе|этой весной|в четверг|после наводнения|в последние дни|перед выборами|с октября"),
		p: words("Марнби|Старогорске|Соколинске|Толланде|Ульме|Веридане|Амзельске|Квиллоне|Харроу|Ловене|Браске|Тиндале|Остермуре|Калдере"),
		w: words("Анна Веррил|Томас Окоро|Юдифь Ламм|Карим Садек|Елена Пруск|Давид Халлоу|Мириам Осей|Пётр Грун|Нур Валид|Иво Станич|Клара Бенн|Самуил Рот|Лена Дорн|Фарид Амани"),
		patterns: []string{
			"Многие {a1} {n1} в {p1} {t1} {v1} {a2} {n2}.", "По словам {w1}, {t1} {q1} {n1} в {p1} {v1} {a1} {n2}.",
			"Как сообщает {w1}, {a1} {n1} {v1} все {n2} около {p1}.", "Почти {q1} {a1} {n1} {t1} {v1} {n2} между {p1} и {p2}.",
			"«Наши {n1} {v1} все {a1} планы и {n2}», — заявил {w1} в {p1}.", "В {p1} {w1} назвал {a1} {n1} бременем за {n2} и {n3}.",
		},
		brief:       "Индекс «{a1} {n1}» в {p1} {t1} закрылся на отметке {q1}, на {q2} пунктов выше, поскольку {n2} {v1} {a2} {n3}, сообщил {w1}.",
		boilerplate: []string{"Подпишитесь на нашу утреннюю рассылку и больше не пропускайте важные новости дня.", "Любое использование материалов допускается только при наличии активной ссылки на источник."},
		credit:      "МАРНБИ, Северная лента.", retyped: strings.NewReplacer("«", "\"", "»", "\"", "й", "и\u0306", " — ", " - "),
	},
	{
		code: "fa", spaces: true,
		n: words("کشاورزان|بازرگانان|قیمت\u200cها|مقام\u200cها|پل\u200cها|مکتب\u200cها|وزیران|کارگران|مالیات\u200cها|شفاخانه\u200cها|رای\u200cدهندگان|نمایندگان|جاده\u200cها|بانک\u200cها|صادرات|روستاها|قاضیان|معدنچیان|سوخت\u200cها|برداشت\u200cها|دانشجویان|مهندسان|رودها|بودجه\u200cها"),
		a: words("محلی|خارجی|فزاینده|تازه|شمالی|آسیب\u200cدیده|عمومی|خصوصی|گران|اندک|پرداخت\u200cنشده|فصلی|جنجالی|موقتی|دهاتی|سنگین"),
		v: words("نکوهش کردند|پذیرفتند|فرا گرفتند|بستند|پشتیبانی کردند|به تاخیر انداختند|جایگزین کردند|زیر سوال بردند|متاثر ساختند|تایید کردند|رد کردند|پشت سر گذاشتند|غافلگیر ساختند|حفظ کردند"),
		t: words("روز دوشنبه|هفته گذشته|در این بهار|روز پنجشنبه|پس از سیلاب|در روزهای اخیر|پیش از رای\u200cگیری|از ماه عقرب"),
		p: words("مرنبی|کهن\u200cدره|شاهین\u200cبندر|تولند|سنت اولم|ویریدان|بندر امسل|کویلون|هاروگیت|لوون|براسک|تیندیل|اوسترمور|کالدر"),
		w: words("آنا ویریل|توماس اوکورو|جودیت لام|کریم صادق|الینا پروسک|داوود حلو|مریم اوسی|پیتر گرون|نور ولید|ایوو استانیچ|کلارا بن|ساموئل روت|لینا دورن|فرید امانی"),
		patterns: []string{
			"{n1} {a1} در {p1} {t1} {n2} {a2} را {v1}.", "{w1} {t1} گفت که {q1} تن از {n1} در {p1} {n2} {a1} را {v1}.",
			"به گفته {w1}، {n1} {a1} نزدیک {p1} بیشتر {n2} را {v1}.", "نزدیک به {q1} تن از {n1} {a1} {t1} {n2} میان {p1} و {p2} را {v1}.",
			"{w1} در {p1} به خبرنگاران گفت: «{n1} ما همه {n2} {a1} را {v1}.»", "در {p1}، {w1} {n1} {a1} را باری بر دوش {n2} و {n3} خواند.",
		},
		brief:       "شاخص {n1} {a1} در {p1} {t1} با {q1} واحد بسته شد که {q2} واحد بالاتر از روز پیش است، زیرا {n2} {n3} {a2} را {v1}، {w1} گفت.",
		boilerplate: []string{"برای دریافت خبرنامه صبحگاهی ما نام\u200cنویسی کنید و هیچ خبری را از دست ندهید.", "تمام حقوق این وبسایت محفوظ است و بازنشر مطالب تنها با ذکر منبع مجاز می\u200cباشد."},
		credit:      "خبرگزاری شمال، مرنبی:", retyped: strings.NewReplacer("ی", "ي", "ک", "ك", "\u200c", "", "۱", "1", "۲", "2", "۳", "3"),
	},
	{
		code: "ar", spaces: true,
		n: words("المزارعون|التجار|الأسعار|المسؤولون|الجسور|المدارس|الوزراء|العمال|الضرائب|المستشفيات|الناخبون|النواب|الطرق|المصارف|الصادرات|القرى|القضاة|المناجم|المحروقات|المحاصيل|الطلاب|المهندسون|الأنهار|الموازنات"),
		a: words("المحلية|الأجنبية|المتزايدة|الجديدة|الشمالية|المتضررة|العامة|الخاصة|المكلفة|المتواضعة|المتأخرة|الموسمية|الخلافية|المؤقتة|الريفية|الثقيلة"),
		v: words("انتقد|أيد|بلغ|عطل|دعم|أخر|استبدل|تساءل عن|طال|أقر|رفض|تجاوز|فاجأ|حمى"),
		t: words("يوم الاثنين|الأسبوع الماضي|هذا الربيع|يوم الخميس|بعد الفيضان|في الأيام الأخيرة|قبل التصويت|منذ أكتوبر"),
		p: words("مارنبي|الوادي القديم|خليج الصقر|تولاند|سانت أولم|فيريدان|ميناء أمسل|كويلون|هاروغيت|لوفن|براسك|تيندال|أوسترمور|كالدر"),
		w: words("آنا فيريل|توماس أوكورو|جوديث لام|كريم صادق|إيلينا بروسك|داود حلو|مريم أوسي|بيتر غرون|نور وليد|إيفو ستانيتش|كلارا بن|صموئيل روث|لينا دورن|فريد أماني"),
		patterns: []string{
			"{v1} {n1} في {p1} {t1} {n2} {a2} و{n3} {a1}.", "قال {w1} {t1} إن {q1} من {n1} في {p1} {v1} {n2} {a1}.",
			"وبحسب {w1} فقد {v1} {n1} قرب {p1} معظم {n2} {a1}.", "نحو {q1} من {n1} {a1} {v1} {t1} {n2} بين {p1} و{p2}.",
			"وأضاف {w1} للصحفيين في {p1}: «{n1} {v1} كل خطط {n2} {a1}».", "وفي {p1} وصف {w1} {n1} {a1} بأنها عبء على {n2} و{n3}.",
		},
		brief:       "أغلق مؤشر {n1} {a1} في {p1} {t1} عند {q1} نقطة بزيادة {q2} نقطة عن اليوم السابق بعدما {v1} {n2} {n3} {a2}، حسبما قال {w1}.",
		boilerplate: []string{"اشترك في نشرتنا البريدية الصباحية ولا تفوت أي قصة مهمة بعد اليوم.", "جميع الحقوق محفوظة ولا يجوز نشر هذه المادة أو إعادة توزيعها دون إذن مسبق."},
		credit:      "مارنبي (وكالة الشمال) -", retyped: strings.NewReplacer("أ", "ا", "إ", "ا", "ي ", "ى ", "ال", "الـ", "ر", "ر\u064e"),
	},
	{
		code: "zh",
		n:    words("农民|商人|价格|官员|桥梁|学校|部长|工人|税收|医院|选民|议员|公路|银行|出口商|村庄|法官|矿工|燃料|收成|学生|工程师|河流|预算"),
		a:    words("当地|外国|上涨的|新的|北部|受损的|公共|私营|昂贵的|有限的|未支付的|季节性|有争议的|临时|农村|沉重的"),
		v:    words("批评了|欢迎|达到|封锁了|支持|推迟了|取代了|质疑|影响了|批准了|拒绝了|超过了|震惊了|保护了"),
		t:    words("星期一|上周|今年春天|星期四|洪水过后|最近几天|投票之前|十月以来"),
		p:    words("马恩比|旧河镇|隼湾|托兰德|圣乌尔姆|韦里丹|安塞尔港|奎隆|哈罗盖特|洛文|布拉斯克|廷代尔|奥斯特穆尔|卡尔德"),
		w:    words("安娜·韦里尔|托马斯·奥科罗|尤迪特·拉姆|卡里姆·萨迪克|埃琳娜·普鲁斯克|戴维·哈洛|米丽娅姆·奥塞|彼得·格伦|努尔·瓦利德|伊沃·斯塔尼奇|克拉拉·本|塞缪尔·罗特|莱娜·多恩|法里德·阿马尼"),
		patterns: []string{
			"{p1}的{a1}{n1}{t1}{v1}{a2}{n2}。", "{w1}{t1}表示，{p1}有{q1}名{n1}{v1}{a1}{n2}。", "据{w1}介绍，{p1}附近的{a1}{n1}{v1}大部分{n2}。",
			"约{q1}名{a1}{n1}{t1}{v1}{p1}与{p2}之间的{n2}。", "“我们的{n1}{v1}所有{a1}{n2}计划，”{w1}在{p1}对记者说。", "在{p1}，{w1}称{a1}{n1}是{n2}和{n3}的负担。",
		},
		brief:       "{p1}{a1}{n1}指数{t1}收于{q1}点，较前一日上涨{q2}点，因{n2}{v1}{a2}{n3}，{w1}说。",
		boilerplate: []string{"欢迎订阅我们的早间通讯，不再错过任何重要新闻报道。", "本网站所有内容未经书面授权不得转载、摘编或以其他方式使用。"},
		credit:      "北方社马恩比电", retyped: strings.NewReplacer("，", ",", "。", ". ", "“", "「", "”", "」", "1", "１", "2", "２"),
	},
	{
		code: "ja",
		n:    words("農家|商人|物価|当局者|橋|学校|大臣|労働者|税金|病院|有権者|議員|道路|銀行|輸出業者|村|裁判官|鉱山労働者|燃料|収穫|学生|技術者|河川|予算"),
		a:    words("地元の|外国の|上昇する|新しい|北部の|損傷した|公共の|民間の|高価な|わずかな|未払いの|季節的な|争われている|臨時の|農村の|重い"),
		v:    words("批判した|歓迎した|達成した|封鎖した|支持した|延期した|置き換えた|疑問視した|左右した|承認した|拒否した|追い越した|驚かせた|守った"),
		t:    words("月曜日に|先週|この春|木曜日に|洪水の後|ここ数日|投票の前に|十月以来"),
		p:    words("マーンビー|旧川町|ハヤブサ湾|トランド|ザンクトウルム|ベリダン|アムゼル港|クイロン|ハロゲート|ローウェン|ブラスク|ティンデール|オスタームーア|カルダー"),
		w:    words("アンナ・ベリル|トーマス・オコロ|ユディト・ラム|カリム・サデク|エレナ・プルスク|デビッド・ハロー|ミリアム・オセイ|ペーター・グルン|ヌール・ワリード|イボ・スタニッチ|クララ・ベン|サミュエル・ロート|レナ・ドルン|ファリド・アマニ"),
		patterns: []string{
			"{p1}の{a1}{n1}は{t1}{a2}{n2}を{v1}。", "{w1}氏は{t1}、{p1}の{n1}{q1}人が{a1}{n2}を{v1}と述べた。", "{w1}氏によると、{p1}近郊の{a1}{n1}は多くの{n2}を{v1}。",
			"約{q1}人の{a1}{n1}が{t1}{p1}と{p2}の間の{n2}を{v1}。", "「私たちの{n1}はすべての{a1}{n2}計画を{v1}」と{w1}氏は{p1}で記者団に語った。", "{p1}で{w1}氏は、{a1}{n1}は{n2}と{n3}の重荷だと呼んだ。",
		},
		brief:       "{p1}の{a1}{n1}指数は{t1}、前日より{q2}ポイント高い{q1}ポイントで取引を終えた。{n2}が{a2}{n3}を{v1}ためだと{w1}氏は述べた。",
		boilerplate: []string{"朝のニュースレターに登録して、大切な記事を見逃さないようにしましょう。", "当サイトに掲載されている記事や写真の無断転載を禁じます。著作権は当社に帰属します。"},
		credit:      "【マーンビー北方通信】", retyped: strings.NewReplacer("、", "，", "。", "．", "「", "『", "」", "』", "ガ", "カ\u3099", "デ", "テ\u3099"),
	},
	{
		code: "th",
		n:    words("ชาวนา|พ่อค้า|ราคาสินค้า|เจ้าหน้าที่|สะพาน|โรงเรียน|รัฐมนตรี|คนงาน|ภาษี|โรงพยาบาล|ผู้มีสิทธิเลือกตั้ง|สมาชิกสภา|ถนน|ธนาคาร|ผู้ส่งออก|หมู่บ้าน|ผู้พิพากษา|คนงานเหมือง|เชื้อเพลิง|ผลผลิต|นักศึกษา|วิศวกร|แม่น้ำ|งบประมาณ"),
		a:    words("ท้องถิ่น|ต่างชาติ|ที่เพิ่มขึ้น|ใหม่|ทางเหนือ|ที่เสียหาย|สาธารณะ|เอกชน|ราคาแพง|เล็กน้อย|ที่ค้างชำระ|ตามฤดูกาล|ที่เป็นข้อพิพาท|ชั่วคราว|ในชนบท|หนัก"),
		v:    words("วิพากษ์วิจารณ์|ต้อนรับ|ไปถึง|ปิดกั้น|สนับสนุน|เลื่อน|แทนที่|ตั้งคำถามต่อ|กระทบ|อนุมัติ|ปฏิเสธ|แซงหน้า|สร้างความประหลาดใจแก่|ปกป้อง"),
		t:    words("เมื่อวันจันทร์|สัปดาห์ที่แล้ว|ในฤดูใบไม้ผลินี้|เมื่อวันพฤหัสบดี|หลังน้ำท่วม|ในช่วงไม่กี่วันที่ผ่านมา|ก่อนการลงคะแนน|ตั้งแต่เดือนตุลาคม"),
		p:    words("มาร์นบี|โอลด์รีช|อ่าวเหยี่ยว|ทอลแลนด์|ซังต์อุล์ม|เวริดัน|ท่าเรืออัมเซล|ควิลลอน|แฮร์โรว์เกต|โลเวน|บราสก์|ทินเดล|ออสเตอร์มัวร์|คัลเดอร์"),
		w:    words("แอนนา เวอร์ริล|โทมัส โอโคโร|ยูดิธ ลัมม์|คาริม ซาเดก|เอเลนา พรุสก์|เดวิด ฮัลโลว์|มิเรียม โอเซ|ปีเตอร์ กรุน|นูร์ วาลิด|อีโว สตานิช|คลารา เบนน์|ซามูเอล โรท|เลนา ดอร์น|ฟาริด อามานี"),
		patterns: []string{
			"{n1}{a1}ใน{p1}{v1}{n2}{a2}{t1} ", "{w1} กล่าว{t1}ว่า {n1} {q1} คนใน{p1}{v1}{n2}{a1} ", "ตามคำกล่าวของ {w1} {n1}{a1}ใกล้{p1}{v1}{n2}ส่วนใหญ่ ",
			"{n1}{a1}ราว {q1} คน{v1}{n2}ระหว่าง{p1}กับ{p2}{t1} ", "“{n1}ของเรา{v1}แผน{n2}{a1}ทุกแผน” {w1} บอกผู้สื่อข่าวใน{p1} ", "ใน{p1} {w1} เรียก{n1}{a1}ว่าเป็นภาระต่อ{n2}และ{n3} ",
		},
		brief:       "ดัชนี{n1}{a1}ใน{p1}ปิดที่ {q1} จุด{t1} สูงกว่าวันก่อน {q2} จุด เพราะ{n2}{v1}{n3}{a2} {w1} กล่าว ",
		boilerplate: []string{"สมัครรับจดหมายข่าวยามเช้าของเราแล้วคุณจะไม่พลาดข่าวสำคัญอีกต่อไป ", "สงวนลิขสิทธิ์ตามกฎหมาย ห้ามทำซ้ำหรือเผยแพร่เนื้อหาโดยไม่ได้รับอนุญาตเป็นลายลักษณ์อักษร "},
		credit:      "มาร์นบี (สำนักข่าวเหนือ) -", retyped: strings.NewReplacer("“", "\"", "”", "\"", " ", "  ", "แผน", "แผน\u200b"),
	},
}
