package dates

var slavic = []language{
	{
		codes: "ru",
		months: "января,январь,янв.|февраля,февраль,фев.,февр.|марта,март,мар.|апреля,апрель,апр.|мая,май|июня,июнь,июн.|июля,июль,июл.|" +
			"августа,август,авг.|сентября,сентябрь,сен.,сент.|октября,октябрь,окт.|ноября,ноябрь,ноя.,нояб.|декабря,декабрь,дек.",
		weekdays: "понедельник,пн.|вторник,вт.|среда,среду,ср.|четверг,чт.|пятница,пятницу,пт.|суббота,субботу,сб.|воскресенье,вс.",
		parts:    "утра,ночи|вечера,дня",
		ordinals: "го,е",
		fillers:  "г,год,года,от,примерно,около",
		clock:    "в",
		hours:    "ч,час,часа,часов",
		days:     "сегодня|вчера|позавчера",
		after:    "назад",
		units: "секунда,секунду,секунды,секунд,сек|минута,минуту,минуты,минут,мин|час,часа,часов,ч|день,дня,дней,дн|неделя,неделю,недели,недель|" +
			"месяц,месяца,месяцев,мес|год,года,лет",
		numbers: "один,одну|два,две|три|четыре|пять",
	},
	{
		codes: "uk",
		months: "січня,січень,січ.|лютого,лютий,лют.|березня,березень,бер.|квітня,квітень,квіт.,кві.|травня,травень,трав.,тра.|червня,червень,черв.,чер.|" +
			"липня,липень,лип.|серпня,серпень,серп.,сер.|вересня,вересень,вер.|жовтня,жовтень,жовт.,жов.|листопада,листопад,лист.,лис.|грудня,грудень,груд.,гру.",
		weekdays: "понеділок,пн.|вівторок,вт.|середа,середу,ср.|четвер,чт.|п ятниця,п ятницю,пт.|субота,суботу,сб.|неділя,неділю,нд.",
		fillers:  "р,рік,року,від,близько",
		clock:    "о,об,в,у",
		hours:    "год,година,години,годин",
		days:     "сьогодні|вчора,учора|позавчора",
		after:    "тому,назад",
		units: "секунда,секунду,секунди,секунд|хвилина,хвилину,хвилини,хвилин,хв|година,годину,години,годин,год|день,дня,дні,днів|" +
			"тиждень,тижня,тижні,тижнів|місяць,місяця,місяці,місяців|рік,роки,років,року",
		numbers: "один,одну|два,дві|три|чотири|п ять",
	},
	{
		codes: "be",
		months: "студзеня,студзень|лютага,люты|сакавіка,сакавік|красавіка,красавік|мая,май,траўня,травень|чэрвеня,чэрвень|ліпеня,ліпень|" +
			"жніўня,жнівень|верасня,верасень|кастрычніка,кастрычнік|лістапада,лістапад|снежня,снежань",
		weekdays: "панядзелак,пн.|аўторак,аўт.|серада,сераду,ср.|чацвер,чц.|пятніца,пятніцу,пт.|субота,суботу,сб.|нядзеля,нядзелю,нд.",
		fillers:  "г,год,года",
		clock:    "у,а,аб",
		days:     "сёння|учора|пазаўчора",
		after:    "таму,назад",
		units:    "секунду,секунды,секунд|хвіліну,хвіліны,хвілін|гадзіну,гадзіны,гадзін|дзень,дні,дзён|тыдзень,тыдні,тыдняў|месяц,месяцы,месяцаў|год,гады,гадоў",
	},
	{
		codes: "bg",
		months: "януари,ян.,яну.|февруари,фев.|март,мар.|април,апр.|май|юни|юли|август,авг.|септември,септ.,сеп.|октомври,окт.|" +
			"ноември,ноем.,ное.|декември,дек.",
		weekdays: "понеделник,пн.,пон.|вторник,вт.,вто.|сряда,ср.,сря.|четвъртък,чт.,чет.|петък,пт.,пет.|събота,сб.,съб.|неделя,нд.,нед.",
		fillers:  "г,год,година,на,от",
		clock:    "в,във,от",
		hours:    "ч,часа",
		days:     "днес|вчера|завчера,онзи ден",
		before:   "преди",
		units: "секунда,секунди,сек|минута,минути,мин|час,часа,часове,ч|ден,дни,дена|седмица,седмици|месец,месеца,месеци|" +
			"година,години",
		numbers: "един,една,едно|два,две|три|четири|пет",
	},
	{
		codes: "mk",
		months: "јануари,јан.|февруари,фев.|март,мар.|април,апр.|мај|јуни,јун.|јули,јул.|август,авг.|септември,септ.,сеп.|октомври,окт.|" +
			"ноември,ноем.,ное.|декември,дек.",
		weekdays: "понеделник,пон.|вторник,вто.|среда,сре.|четврток,чет.|петок,пет.|сабота,саб.|недела,нед.",
		fillers:  "г,год,година,на",
		clock:    "во,од",
		hours:    "ч,часот",
		days:     "денес|вчера|завчера",
		before:   "пред",
		units:    "секунда,секунди|минута,минути,мин|час,часа,часови|ден,дена|недела,недели,седмица,седмици|месец,месеци,месеца|година,години",
		numbers:  "еден,една|два,две|три",
	},
	{
		codes: "sr bs sh",
		months: "januar,januara,januaru,јануар,јануара,јануару,jan.,јан.|februar,februara,februaru,фебруар,фебруара,фебруару,feb.,феб.|mart,marta,martu,март,марта,марту,mar.,мар.|april,aprila,aprilu,април,априла,апр.,apr.|" +
			"maj,maja,maju,мај,маја,мају|jun,juna,juni,junu,јун,јуна,јуни,јуну|jul,jula,juli,julu,јул,јула,јули,јулу|avgust,avgusta,august,augusta,август,августа,авг.,avg.,aug.|" +
			"septembar,septembra,septembru,септембар,септембра,септембру,sep.,sept.,сеп.,септ.|oktobar,oktobra,oktobru,октобар,октобра,октобру,okt.,окт.|" +
			"novembar,novembra,novembru,новембар,новембра,новембру,nov.,нов.|decembar,decembra,decembru,децембар,децембра,децембру,dec.,дец.",
		weekdays: "ponedeljak,ponedjeljak,понедељак,понедјељак,pon.,пон.|utorak,уторак,uto.,уто.|sreda,sredu,srijeda,srijedu,среда,среду,сриједа,sre.,sri.,сре.|četvrtak,четвртак,čet.,чет.|petak,петак,pet.,пет.|" +
			"subota,subotu,субота,суботу,sub.,суб.|nedelja,nedelju,nedjelja,nedjelju,недеља,недељу,недјеља,ned.,нед.",
		fillers: "god,godine,године,год,g,г",
		clock:   "u,у,od",
		hours:   "h,časova,sati,часова,сати",
		days:    "danas,данас|juče,jučer,јуче|prekjuče,prekjučer,прекјуче",
		before:  "pre,prije,пре,прије",
		units: "sekund,sekundi,sekunda,sekunde,секунди,секунде|minut,minuta,minute,min,минут,минута,мин|sat,sata,sati,h,čas,časa,časova,сат,сата,сати|dan,dana,дан,дана|" +
			"nedelju,nedelje,nedelja,sedmicu,sedmice,sedmica,недељу,недеље,недеља|mesec,meseca,meseci,mjesec,mjeseca,mjeseci,месец,месеца,месеци|godinu,godine,godina,годину,године,година",
		numbers: "jedan,jednu,један,једну|dva,dve,dvije,два,две|tri,три",
	},
	{
		codes: "hr",
		months: "siječnja,siječanj,sij.|veljače,veljača,velj.,vlj.|ožujka,ožujak,ožu.|travnja,travanj,tra.|svibnja,svibanj,svi.|lipnja,lipanj,lip.|" +
			"srpnja,srpanj,srp.|kolovoza,kolovoz,kol.|rujna,rujan,ruj.|listopada,listopad,lis.|studenoga,studenog,studeni,stu.|prosinca,prosinac,pro.",
		weekdays: "ponedjeljak,pon.|utorak,uto.|srijeda,srijedu,sri.|četvrtak,čet.|petak,pet.|subota,subotu,sub.|nedjelja,nedjelju,ned.",
		fillers:  "god,godine,g",
		clock:    "u,od",
		hours:    "h,sati",
		days:     "danas|jučer|prekjučer",
		before:   "prije",
		units:    "sekundu,sekunde,sekundi|minutu,minute,minuta,min|sat,sata,sati,h|dan,dana|tjedan,tjedna,tjedana|mjesec,mjeseca,mjeseci|godinu,godine,godina",
		numbers:  "jedan,jednu|dva,dvije|tri",
	},
	{
		codes: "sl",
		months: "januar,januarja,januarju,jan.|februar,februarja,februarju,feb.|marec,marca,marcu,mar.|april,aprila,aprilu,apr.|maj,maja,maju|junij,junija,juniju,jun.|julij,julija,juliju,jul.|" +
			"avgust,avgusta,avgustu,avg.|september,septembra,septembru,sep.,sept.|oktober,oktobra,oktobru,okt.|november,novembra,novembru,nov.|december,decembra,decembru,dec.",
		weekdays: "ponedeljek,pon.|torek,tor.|sreda,sredo,sre.|četrtek,čet.|petek,pet.|sobota,soboto,sob.|nedelja,nedeljo,ned.",
		fillers:  "dne,leta",
		clock:    "ob,ura",
		hours:    "uri,h",
		days:     "danes|včeraj|predvčerajšnjim",
		before:   "pred",
		units:    "sekundo,sekundama,sekundami|minuto,minutama,minutami,min|uro,urama,urami|dnevom,dnevoma,dnevi|tednom,tednoma,tedni|mesecem,mesecema,meseci|letom,letoma,leti",
		numbers:  "enim,eno|dvema|tremi",
	},
	{
		codes: "pl",
		months: "stycznia,styczeń,sty.,stycz.|lutego,luty,lut.|marca,marzec,mar.|kwietnia,kwiecień,kwi.,kwiec.|maja,maj|czerwca,czerwiec,cze.,czerw.|" +
			"lipca,lipiec,lip.|sierpnia,sierpień,sie.,sierp.|września,wrzesień,wrz.,wrzes.|października,październik,paź.,paźdz.|listopada,listopad,lis.,listop.|grudnia,grudzień,gru.,grudz.",
		weekdays: "poniedziałek,pon.,pn.|wtorek,wt.|środa,środę,śr.|czwartek,czw.|piątek,pt.,pi.|sobota,sobotę,sob.|niedziela,niedzielę,niedz.,nd.",
		fillers:  "r,roku,dnia,około,ok",
		clock:    "o,godz,godzina,o godz,o godzinie,g",
		days:     "dziś,dzisiaj|wczoraj|przedwczoraj",
		before:   "przed",
		after:    "temu",
		units: "sekundę,sekundy,sekund,sek|minutę,minuty,minut,min|godzinę,godziny,godzin,godz,h|dzień,dni|tydzień,tygodnie,tygodni|" +
			"miesiąc,miesiące,miesięcy|rok,lata,lat",
		numbers: "jeden,jedną|dwa,dwie|trzy|cztery|pięć",
	},
	{
		codes: "cs",
		months: "ledna,leden,led.|února,únor,úno.|března,březen,bře.|dubna,duben,dub.|května,květen,kvě.|června,červen,čvn.|července,červenec,čvc.|" +
			"srpna,srpen,srp.|září,zář.|října,říjen,říj.|listopadu,listopad,lis.|prosince,prosinec,pro.",
		weekdays: "pondělí,po.|úterý,út.|středa,středu,st.|čtvrtek,čt.|pátek,pá.|sobota,sobotu,so.|neděle,neděli,ne.",
		fillers:  "dne,asi",
		clock:    "v,ve,o",
		hours:    "hod,hodin,h",
		days:     "dnes|včera|předevčírem",
		before:   "před",
		units: "sekundou,sekundami|minutou,minutami,min|hodinou,hodinami,hod|dnem,dny|týdnem,týdny|měsícem,měsíci|" +
			"rokem,lety,roky",
		numbers: "jedním,jednou|dvěma|třemi",
	},
	{
		codes: "sk",
		months: "januára,január,jan.|februára,február,feb.|marca,marec,mar.|apríla,apríl,apr.|mája,máj|júna,jún|júla,júl|augusta,august,aug.|" +
			"septembra,september,sep.,sept.|októbra,október,okt.|novembra,november,nov.|decembra,december,dec.",
		weekdays: "pondelok,po.|utorok,ut.|streda,stredu,st.|štvrtok,št.|piatok,pi.|sobota,sobotu,so.|nedeľa,nedeľu,ne.",
		fillers:  "dňa,asi",
		clock:    "o,v",
		hours:    "hod,h",
		days:     "dnes|včera|predvčerom",
		before:   "pred",
		units:    "sekundou,sekundami|minútou,minútami,min|hodinou,hodinami,hod|dňom,dňami|týždňom,týždňami|mesiacom,mesiacmi|rokom,rokmi",
		numbers:  "jedným,jednou|dvoma,dvomi|tromi",
	},
}
