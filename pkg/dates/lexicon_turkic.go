package dates

// turkic are the Turkic languages, those of the Caucasus, and Tajik, which shares their scripts' habits.
var turkic = []language{
	{
		codes: "tr",
		months: "ocak,oca.|şubat,şub.|mart,mar.|nisan,nis.|mayıs,may.|haziran,haz.|temmuz,tem.|ağustos,ağu.|eylül,eyl.|ekim,eki.|" +
			"kasım,kas.|aralık,ara.",
		weekdays: "pazartesi,pzt.|salı,sal.|çarşamba,çar.,çrş.|perşembe,per.,prş.|cuma,cum.|cumartesi,cmt.|pazar,paz.",
		parts:    "öö|ös",
		fillers:  "yılı,yaklaşık,günü,tarihinde,tarihli",
		clock:    "saat",
		days:     "bugün|dün|evvelsi gün,önceki gün",
		after:    "önce",
		units:    "saniye,sn|dakika,dk|saat,sa|gün|hafta|ay|yıl,sene",
		numbers:  "bir|iki|üç|dört|beş",
		capital:  true,
	},
	{
		codes: "az",
		months: "yanvar,yan.|fevral,fev.|mart,mar.|aprel,apr.|may|iyun,iyn.|iyul,iyl.|avqust,avq.|sentyabr,sen.|oktyabr,okt.|" +
			"noyabr,noy.|dekabr,dek.",
		weekdays: "bazar ertəsi|çərşənbə axşamı|çərşənbə|cümə axşamı|cümə|şənbə|bazar",
		fillers:  "il,ili,təxminən",
		clock:    "saat",
		days:     "bu gün,bugün|dünən",
		after:    "əvvəl,öncə",
		units:    "saniyə|dəqiqə|saat|gün|həftə|ay|il",
		numbers:  "bir|iki|üç",
	},
	{
		codes: "kk",
		months: "қаңтар,қаңтарда,қаң.|ақпан,ақпанда,ақп.|наурыз,наурызда,нау.|сәуір,сәуірде,сәу.|мамыр,мамырда,мам.|маусым,маусымда,мау.|шілде,шілдеде,шіл.|тамыз,тамызда,там.|" +
			"қыркүйек,қыркүйекте,қыр.|қазан,қазанда,қаз.|қараша,қарашада,қар.|желтоқсан,желтоқсанда,жел.",
		weekdays: "дүйсенбі,дс.|сейсенбі,сс.|сәрсенбі,ср.|бейсенбі,бс.|жұма,жм.|сенбі,сб.|жексенбі,жс.",
		fillers:  "жыл,жылы,жылғы,ж",
		clock:    "сағат",
		days:     "бүгін|кеше",
		after:    "бұрын,бүрын",
		units:    "секунд|минут|сағат|күн|апта|ай|жыл",
		numbers:  "бір|екі|үш",
	},
	{
		codes: "uz",
		months: "yanvar,январ,yan.|fevral,феврал,fev.|mart,март,mar.|aprel,апрел,apr.|may,май|iyun,июн,iyn.|iyul,июл,iyl.|avgust,август,avg.|sentabr,sentyabr,сентабр,сентябр,sen.|oktabr,oktyabr,октабр,октябр,okt.|" +
			"noyabr,ноябр,noy.|dekabr,декабр,dek.",
		weekdays: "dushanba,душанба|seshanba,сешанба|chorshanba,чоршанба|payshanba,пайшанба|juma,жума|shanba,шанба|yakshanba,якшанба",
		fillers:  "yil,yilning,йил",
		clock:    "soat,соат",
		days:     "bugun,бугун|kecha,кеча",
		after:    "oldin,avval,олдин,аввал",
		units:    "soniya,сония|daqiqa,дақиқа|soat,соат|kun,кун|hafta,ҳафта|oy,ой|yil,йил",
	},
	{
		codes: "tg",
		months: "январи,январ|феврали,феврал|марти,март|апрели,апрел|майи,май|июни,июн|июли,июл|августи,август|сентябри,сентябр|октябри,октябр|" +
			"ноябри,ноябр|декабри,декабр",
		weekdays: "душанбе|сешанбе|чоршанбе|панҷшанбе|ҷумъа|шанбе|якшанбе",
		fillers:  "соли",
		clock:    "соати",
		days:     "имрӯз|дирӯз",
		after:    "пеш",
		units:    "сония|дақиқа|соат|рӯз|ҳафта|моҳ|сол",
	},
	{
		codes: "hy",
		months: "հունվարի,հունվար,հնվ.|փետրվարի,փետրվար,փտվ.|մարտի,մարտ,մրտ.|ապրիլի,ապրիլ,ապր.|մայիսի,մայիս,մյս.|հունիսի,հունիս,հնս.|հուլիսի,հուլիս,հլս.|օգոստոսի,օգոստոս,օգս.|" +
			"սեպտեմբերի,սեպտեմբեր,սեպ.|հոկտեմբերի,հոկտեմբեր,հոկ.|նոյեմբերի,նոյեմբեր,նոյ.|դեկտեմբերի,դեկտեմբեր,դեկ.",
		weekdays: "երկուշաբթի,երկ.|երեքշաբթի,երք.|չորեքշաբթի,չրք.|հինգշաբթի,հնգ.|ուրբաթ,ուր.|շաբաթ,շբթ.|կիրակի,կիր.",
		ordinals: "ին,ի",
		fillers:  "թ,թվական,թվականի",
		clock:    "ժամը",
		days:     "այսօր|երեկ",
		after:    "առաջ",
		units:    "վայրկյան|րոպե|ժամ|օր|շաբաթ|ամիս|տարի",
	},
	{
		codes: "ka",
		months: "იანვარი,იანვარს,იანვრის,იან.|თებერვალი,თებერვალს,თებერვლის,თებ.|მარტი,მარტს,მარტის,მარ.|აპრილი,აპრილს,აპრილის,აპრ.|მაისი,მაისს,მაისის,მაი.|ივნისი,ივნისს,ივნისის,ივნ.|ივლისი,ივლისს,ივლისის,ივლ.|აგვისტო,აგვისტოს,აგვ.|" +
			"სექტემბერი,სექტემბერს,სექტემბრის,სექ.|ოქტომბერი,ოქტომბერს,ოქტომბრის,ოქტ.|ნოემბერი,ნოემბერს,ნოემბრის,ნოე.|დეკემბერი,დეკემბერს,დეკემბრის,დეკ.",
		weekdays: "ორშაბათი,ორშაბათს|სამშაბათი,სამშაბათს|ოთხშაბათი,ოთხშაბათს|ხუთშაბათი,ხუთშაბათს|პარასკევი,პარასკევს|შაბათი,შაბათს|კვირა,კვირას",
		fillers:  "წლის,წელი,წ",
		clock:    "საათზე",
		days:     "დღეს|გუშინ",
		after:    "წინ",
		units:    "წამის|წუთის|საათის|დღის|კვირის|თვის|წლის",
	},
}
