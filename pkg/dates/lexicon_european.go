package dates

// european are the languages of Europe that no other file holds.
var european = []language{
	{
		codes: "fi",
		months: "tammikuuta,tammikuu,tammikuun,tammi.|helmikuuta,helmikuu,helmikuun,helmi.|maaliskuuta,maaliskuu,maaliskuun,maalis.|huhtikuuta,huhtikuu,huhtikuun,huhti.|" +
			"toukokuuta,toukokuu,toukokuun,touko.|kesäkuuta,kesäkuu,kesäkuun,kesä.|heinäkuuta,heinäkuu,heinäkuun,heinä.|elokuuta,elokuu,elokuun,elo.|" +
			"syyskuuta,syyskuu,syyskuun,syys.|lokakuuta,lokakuu,lokakuun,loka.|marraskuuta,marraskuu,marraskuun,marras.|joulukuuta,joulukuu,joulukuun,joulu.",
		weekdays: "maanantai,maanantaina,ma.|tiistai,tiistaina,ti.|keskiviikko,keskiviikkona,ke.|torstai,torstaina,to.|perjantai,perjantaina,pe.|lauantai,lauantaina,la.|sunnuntai,sunnuntaina,su.",
		fillers:  "noin,n",
		clock:    "klo,kello",
		days:     "tänään|eilen|toissapäivänä",
		after:    "sitten",
		units:    "sekunti,sekuntia,s|minuutti,minuuttia,min|tunti,tuntia,h,t|päivä,päivää,pv|viikko,viikkoa,vk|kuukausi,kuukautta,kk|vuosi,vuotta,v",
		numbers:  "yksi|kaksi|kolme|neljä|viisi",
	},
	{
		codes: "et",
		months: "jaanuar,jaanuari,jaanuaril,jaan.|veebruar,veebruari,veebruaril,veebr.|märts,märtsi,märtsil|aprill,aprilli,aprillil,apr.|mai,mail|juuni,juunil|juuli,juulil|august,augusti,augustil,aug.|" +
			"september,septembri,septembril,sept.|oktoober,oktoobri,oktoobril,okt.|november,novembri,novembril,nov.|detsember,detsembri,detsembril,dets.",
		weekdays: "esmaspäev,esmaspäeval,e.|teisipäev,teisipäeval,t.|kolmapäev,kolmapäeval,k.|neljapäev,neljapäeval,n.|reede,reedel,r.|laupäev,laupäeval,l.|pühapäev,pühapäeval,p.",
		fillers:  "a,aasta,aastal",
		clock:    "kell,kl",
		days:     "täna|eile|üleeile",
		after:    "tagasi,eest",
		units:    "sekund,sekundit|minut,minutit,min|tund,tundi,h|päev,päeva|nädal,nädalat|kuu,kuud|aasta,aastat",
	},
	{
		codes: "lv",
		months: "janvāris,janvārī,janvāra,janv.,jan.|februāris,februārī,februāra,febr.,feb.|marts,martā,marta,mar.|aprīlis,aprīlī,aprīļa,apr.|maijs,maijā,maija|jūnijs,jūnijā,jūnija,jūn.|jūlijs,jūlijā,jūlija,jūl.|" +
			"augusts,augustā,augusta,aug.|septembris,septembrī,septembra,sept.|oktobris,oktobrī,oktobra,okt.|novembris,novembrī,novembra,nov.|decembris,decembrī,decembra,dec.",
		weekdays: "pirmdiena,pirmdien|otrdiena,otrdien|trešdiena,trešdien|ceturtdiena,ceturtdien|piektdiena,piektdien|sestdiena,sestdien|svētdiena,svētdien",
		fillers:  "gada,g",
		clock:    "plkst,pulksten,plkst no",
		days:     "šodien|vakar|aizvakar",
		before:   "pirms",
		units:    "sekundes,sekundēm|minūtes,minūtēm,min|stundas,stundām,h|dienas,dienām|nedēļas,nedēļām|mēneša,mēnešiem|gada,gadiem",
	},
	{
		codes:     "lt",
		yearFirst: true,
		months: "sausio,sausis,saus.|vasario,vasaris,vas.|kovo,kovas|balandžio,balandis,bal.|gegužės,gegužė,geg.|birželio,birželis,birž.|liepos,liepa|rugpjūčio,rugpjūtis,rugp.|" +
			"rugsėjo,rugsėjis,rugs.|spalio,spalis,spal.|lapkričio,lapkritis,lapkr.,lap.|gruodžio,gruodis,gruod.,gruo.",
		weekdays: "pirmadienis,pirmadienį|antradienis,antradienį|trečiadienis,trečiadienį|ketvirtadienis,ketvirtadienį|penktadienis,penktadienį|šeštadienis,šeštadienį|sekmadienis,sekmadienį",
		fillers:  "m,metų,d,dieną",
		hours:    "val",
		days:     "šiandien|vakar|užvakar",
		before:   "prieš",
		units:    "sekundę,sekundes,sekundžių,sek|minutę,minutes,minučių,min|valandą,valandas,valandų,val|dieną,dienas,dienų,d|savaitę,savaites,savaičių,sav|mėnesį,mėnesius,mėnesių,mėn|metus,metų",
	},
	{
		codes:     "hu",
		yearFirst: true,
		months: "január,januári,jan.|február,februári,febr.,feb.|március,márciusi,márc.|április,áprilisi,ápr.|május,májusi,máj.|június,júniusi,jún.|július,júliusi,júl.|augusztus,augusztusi,aug.|" +
			"szeptember,szeptemberi,szept.|október,októberi,okt.|november,novemberi,nov.|december,decemberi,dec.",
		weekdays: "hétfő,hétfőn,h.|kedd,kedden,k.|szerda,szerdán,sze.|csütörtök,csütörtökön,cs.|péntek,pénteken,p.|szombat,szombaton,szo.|vasárnap,v.",
		ordinals: "án,én,i,jén,ján,je,a",
		fillers:  "év,évi,kb",
		hours:    "óra,óra kor,órakor,kor",
		days:     "ma|tegnap|tegnapelőtt",
		after:    "ezelőtt,e",
		units: "másodperc,másodperccel,másodperce|perc,perccel,perce,p|óra,órával,órája|nap,nappal,napja|hét,héttel,hete|hónap,hónappal,hónapja|" +
			"év,évvel,éve",
		numbers: "egy|két,kettő|három|négy|öt",
	},
	{
		codes: "el",
		months: "ιανουαρίου,ιανουάριος,ιανουάριο,ιαν.|φεβρουαρίου,φεβρουάριος,φεβρουάριο,φεβ.,φεβρ.|μαρτίου,μάρτιος,μάρτιο,μαρ.|απριλίου,απρίλιος,απρίλιο,απρ.|μαΐου,μάιος,μάιο,μαΐ.,μαι.|" +
			"ιουνίου,ιούνιος,ιούνιο,ιουν.|ιουλίου,ιούλιος,ιούλιο,ιουλ.|αυγούστου,αύγουστος,αύγουστο,αυγ.|σεπτεμβρίου,σεπτέμβριος,σεπτέμβριο,σεπ.,σεπτ.|" +
			"οκτωβρίου,οκτώβριος,οκτώβριο,οκτ.|νοεμβρίου,νοέμβριος,νοέμβριο,νοε.,νοεμ.|δεκεμβρίου,δεκέμβριος,δεκέμβριο,δεκ.",
		weekdays: "δευτέρα,δευ.|τρίτη,τρι.|τετάρτη,τετ.|πέμπτη,πεμ.|παρασκευή,παρ.|σάββατο,σαβ.|κυριακή,κυρ.",
		parts:    "πμ,π μ|μμ,μ μ",
		ordinals: "η,ης,ος",
		fillers:  "του,της,στις,τις,την,από,περίπου",
		clock:    "ώρα,στις,στη,στην",
		days:     "σήμερα|χθες,χτες,εχθές|προχθές,προχτές",
		before:   "πριν,πριν από,εδώ και",
		after:    "πριν",
		units: "δευτερόλεπτο,δευτερόλεπτα|λεπτό,λεπτά|ώρα,ώρες|ημέρα,ημέρες,μέρα,μέρες|εβδομάδα,εβδομάδες|μήνα,μήνες|" +
			"χρόνο,χρόνια,έτος,έτη",
		numbers: "ένα,μία,μια,έναν|δύο|τρεις,τρία|τέσσερις|πέντε",
		capital: true,
	},
	{
		codes: "sq",
		months: "janar,jan.|shkurt,shk.|mars,mar.|prill,pri.|maj|qershor,qer.|korrik,kor.|gusht,gush.|shtator,sht.|tetor,tet.|" +
			"nëntor,nën.|dhjetor,dhj.",
		weekdays: "e hënë|e martë|e mërkurë|e enjte|e premte|e shtunë|e diel",
		parts:    "pd,p d|md,m d",
		fillers:  "më,datë,e,i",
		clock:    "ora,në orën,në,orën",
		days:     "sot|dje|pardje",
		before:   "para",
		after:    "më parë",
		units:    "sekondë,sekonda|minutë,minuta,min|orë|ditë|javë|muaj,muaji|vit,vjet,vite",
		numbers:  "një|dy|tre",
	},
	{
		codes:     "eu",
		yearFirst: true,
		months: "urtarrila,urtarrilaren,urtarrilak,urt.|otsaila,otsailaren,otsailak,ots.|martxoa,martxoaren,martxoak,mar.|apirila,apirilaren,apirilak,api.|maiatza,maiatzaren,maiatzak,mai.|ekaina,ekainaren,ekainak,eka.|" +
			"uztaila,uztailaren,uztailak,uzt.|abuztua,abuztuaren,abuztuak,abu.|iraila,irailaren,irailak,ira.|urria,urriaren,urriak,urr.|azaroa,azaroaren,azaroak,aza.|abendua,abenduaren,abenduak,abe.",
		weekdays: "astelehena,al.|asteartea,ar.|asteazkena,az.|osteguna,og.|ostirala,or.|larunbata,lr.|igandea,ig.",
		ordinals: "ko,a,an,ean,eko",
		fillers:  "urteko",
		days:     "gaur|atzo|herenegun",
		before:   "duela",
		units:    "segundo|minutu|ordu|egun|aste|hilabete,hil|urte",
	},
	{
		codes: "cy",
		months: "ionawr,ion.|chwefror,chwef.,chw.|mawrth,maw.|ebrill,ebr.|mai|mehefin,meh.|gorffennaf,gorff.,gor.|awst|medi|hydref,hyd.|" +
			"tachwedd,tach.|rhagfyr,rhag.",
		weekdays: "dydd llun,llun|dydd mawrth|dydd mercher,mercher|dydd iau,iau|dydd gwener,gwener|dydd sadwrn,sadwrn|dydd sul,sul",
		ordinals: "fed,eg,af,ain,ydd",
		fillers:  "o",
		clock:    "am",
		days:     "heddiw|ddoe|echdoe",
		after:    "yn ôl",
		units:    "eiliad|munud,funud|awr|diwrnod,ddiwrnod|wythnos|mis,fis|blynedd,flynedd",
	},
	{
		codes: "ga",
		months: "eanáir,ean.|feabhra,feabh.|márta|aibreán,aib.|bealtaine,beal.|meitheamh,meith.|iúil|lúnasa,lún.|meán fómhair,mfómh.|deireadh fómhair,dfómh.|" +
			"samhain,samh.|nollaig,noll.",
		weekdays: "dé luain,luan|dé máirt|dé céadaoin|déardaoin|dé haoine|dé sathairn|dé domhnaigh",
		fillers:  "an,na,mí",
		clock:    "ag",
		days:     "inniu|inné|arú inné",
		after:    "ó shin",
		units:    "soicind|nóiméad,noiméad|uair,uaire,huaire|lá,laethanta|seachtain,seachtaine|mí|bliain,bliana,bhliain",
	},
}
