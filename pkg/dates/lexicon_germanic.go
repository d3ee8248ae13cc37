package dates

var germanic = []language{
	{
		codes:    "en",
		months:   "january,jan.|february,feb.|march,mar.|april,apr.|may|june,jun.|july,jul.|august,aug.|september,sept.,sep.|october,oct.|november,nov.|december,dec.",
		weekdays: "monday,mon.|tuesday,tues.,tue.|wednesday,wed.,weds.|thursday,thurs.,thur.,thu.|friday,fri.|saturday,sat.|sunday,sun.",
		parts:    "am,a m|pm,p m",
		ordinals: "st,nd,rd,th",
		fillers:  "of,on,the,about,around,corresponding to,time,local",
		clock:    "at",
		hours:    "hrs,hours",
		days:     "today|yesterday",
		after:    "ago",
		units: "second,seconds,sec,secs,s|minute,minutes,min,mins,m|hour,hours,hr,hrs,h|day,days,d|week,weeks,wk,wks,w|" +
			"month,months,mo,mos|year,years,yr,yrs,y",
		numbers: "a,an,one|two|three|four|five|six|seven|eight|nine|ten",
		on:      "on",
		ahead:   "next,week",
		capital: true,
	},
	{
		codes: "de",
		months: "januar,jänner,jan.,jän.|februar,feber,feb.,febr.|märz,maerz,mär.,mrz.,mar.|april,apr.|mai|juni,juno,jun.|juli,julei,jul.|" +
			"august,aug.|september,sept.,sep.|oktober,okt.|november,nov.|dezember,dez.",
		weekdays: "montag,mo.|dienstag,di.|mittwoch,mi.|donnerstag,do.|freitag,fr.|samstag,sonnabend,sa.|sonntag,so.",
		fillers:  "den,der,dem,am,vom,etwa,ca,rund",
		clock:    "um,gegen",
		hours:    "uhr,h",
		days:     "heute|gestern|vorgestern",
		before:   "vor",
		units: "sekunde,sekunden,sek|minute,minuten,min|stunde,stunden,std|tag,tage,tagen|woche,wochen|monat,monate,monaten|" +
			"jahr,jahre,jahren",
		numbers: "ein,eine,einer,einem|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn",
		on:      "am",
		ahead:   "kommender,nächster",
		capital: true,
	},
	{
		codes: "nl",
		months: "januari,jan.|februari,feb.,febr.|maart,mrt.|april,apr.|mei|juni,jun.|juli,jul.|augustus,aug.|september,sept.,sep.|oktober,okt.|" +
			"november,nov.|december,dec.",
		weekdays: "maandag,ma.,maa.|dinsdag,di.,din.|woensdag,wo.,woe.|donderdag,do.,don.|vrijdag,vr.,vrij.|zaterdag,za.,zat.|zondag,zo.,zon.",
		ordinals: "e,ste",
		fillers:  "de,op,van,ongeveer",
		clock:    "om",
		hours:    "uur,u,h",
		days:     "vandaag|gisteren|eergisteren",
		after:    "geleden",
		units: "seconde,seconden,sec|minuut,minuten,min|uur,uren,u|dag,dagen|week,weken|maand,maanden|" +
			"jaar,jaren",
		numbers: "een,één|twee|drie|vier|vijf|zes|zeven|acht|negen|tien",
	},
	{
		codes: "af",
		months: "januarie,jan.|februarie,feb.|maart,mrt.|april,apr.|mei|junie,jun.|julie,jul.|augustus,aug.|september,sept.,sep.|oktober,okt.|" +
			"november,nov.|desember,des.",
		weekdays: "maandag,ma.|dinsdag,di.|woensdag,wo.|donderdag,do.|vrydag,vr.|saterdag,sa.|sondag,so.",
		parts:    "vm|nm",
		fillers:  "die,op,van",
		clock:    "om",
		days:     "vandag|gister|eergister",
		after:    "gelede",
		units:    "sekonde,sekondes|minuut,minute|uur,ure|dag,dae|week,weke|maand,maande|jaar",
		numbers:  "een|twee|drie",
	},
	{
		codes: "sv",
		months: "januari,jan.|februari,feb.,febr.|mars,mar.|april,apr.|maj|juni,jun.|juli,jul.|augusti,aug.|september,sept.,sep.|oktober,okt.|" +
			"november,nov.|december,dec.",
		weekdays: "måndag,måndagen,mån.|tisdag,tisdagen,tis.,tisd.|onsdag,onsdagen,ons.|torsdag,torsdagen,tors.,tor.|fredag,fredagen,fre.|" +
			"lördag,lördagen,lör.|söndag,söndagen,sön.",
		parts:    "fm|em",
		ordinals: "e,a",
		fillers:  "den,ca",
		clock:    "kl,klockan",
		days:     "i dag,idag|i går,igår|i förrgår,förrgår",
		before:   "för",
		after:    "sedan,sen",
		units:    "sekund,sekunder,sek|minut,minuter,min|timme,timmar,tim|dag,dagar,dygn|vecka,veckor|månad,månader|år",
		numbers:  "en,ett|två|tre|fyra|fem|sex|sju|åtta|nio|tio",
	},
	{
		codes: "da",
		months: "januar,jan.|februar,feb.,febr.|marts,mar.|april,apr.|maj|juni,jun.|juli,jul.|august,aug.|september,sept.,sep.|oktober,okt.|" +
			"november,nov.|december,dec.",
		weekdays: "mandag,man.,ma.|tirsdag,tirs.,tir.,ti.|onsdag,ons.,on.|torsdag,tors.,tor.,to.|fredag,fre.,fr.|lørdag,lør.,lø.|søndag,søn.,sø.",
		fillers:  "den,d,cirka,ca",
		clock:    "kl,klokken",
		days:     "i dag,idag|i går,igår|i forgårs,forgårs",
		before:   "for",
		after:    "siden",
		units:    "sekund,sekunder|minut,minutter,min|time,timer,t|dag,dage|uge,uger|måned,måneder|år",
		numbers:  "en,et|to|tre|fire|fem|seks|syv|otte|ni|ti",
	},
	{
		codes: "no nb nn",
		months: "januar,jan.|februar,feb.,febr.|mars,mar.|april,apr.|mai|juni,jun.|juli,jul.|august,aug.|september,sept.,sep.|oktober,okt.|" +
			"november,nov.|desember,des.",
		weekdays: "mandag,måndag,man.,må.|tirsdag,tysdag,tirs.,tir.,tys.|onsdag,ons.|torsdag,tors.,tor.|fredag,fre.|lørdag,laurdag,lør.,lau.|søndag,sundag,søn.",
		fillers:  "den,d,cirka,ca",
		clock:    "kl,klokka,klokken",
		days:     "i dag,idag|i går,igår|i forgårs,forgårs",
		before:   "for",
		after:    "siden,sidan",
		units: "sekund,sekunder,sekund|minutt,minutter,minuttar,min|time,timer,timar,t|dag,dager,dagar,døgn|uke,uker,veke,veker|" +
			"måned,måneder,månad,månader|år",
		numbers: "en,ett,ei,ein|to|tre|fire|fem|seks|sju,syv|åtte|ni|ti",
	},
	{
		codes: "is",
		months: "janúar,jan.|febrúar,feb.,febr.|mars,mar.|apríl,apr.|maí|júní,jún.|júlí,júl.|ágúst,ágú.|september,sept.,sep.|október,okt.|" +
			"nóvember,nóv.|desember,des.",
		weekdays: "mánudagur,mánudaginn,mánudag,mán.|þriðjudagur,þriðjudaginn,þriðjudag,þri.|miðvikudagur,miðvikudaginn,miðvikudag,mið.|" +
			"fimmtudagur,fimmtudaginn,fimmtudag,fim.|föstudagur,föstudaginn,föstudag,fös.|laugardagur,laugardaginn,laugardag,lau.|" +
			"sunnudagur,sunnudaginn,sunnudag,sun.",
		fillers: "þann,hinn",
		clock:   "kl,klukkan",
		days:    "í dag|í gær",
		before:  "fyrir",
		after:   "síðan",
		units: "sekúndu,sekúndum|mínútu,mínútum|klukkustund,klukkustundum,klukkutíma,klukkutímum,tíma|degi,dögum|viku,vikum|" +
			"mánuði,mánuðum|ári,árum",
		numbers: "einni,einum,einu|tveimur|þremur",
	},
}
