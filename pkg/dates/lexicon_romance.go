package dates

var romance = []language{
	{
		codes: "fr",
		months: "janvier,janv.,jan.|février,févr.,fév.,fev.|mars,mar.|avril,avr.|mai|juin|juillet,juil.,juill.,jul.|août,aou.|septembre,sept.,sep.|octobre,oct.|" +
			"novembre,nov.|décembre,déc.",
		weekdays: "lundi,lun.|mardi,mar.|mercredi,mer.|jeudi,jeu.|vendredi,ven.|samedi,sam.|dimanche,dim.",
		parts:    "du matin|du soir,de l après midi",
		ordinals: "er,e",
		fillers:  "le,du,de,environ",
		clock:    "à,vers",
		hours:    "h,heure,heures",
		days:     "aujourd hui|hier|avant hier",
		before:   "il y a",
		units: "seconde,secondes,sec,s|minute,minutes,min,mn|heure,heures,h|jour,jours,j|semaine,semaines,sem|mois|" +
			"an,ans,année,années",
		numbers: "un,une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix",
	},
	{
		codes: "es",
		months: "enero,ene.|febrero,feb.|marzo,mar.|abril,abr.|mayo,may.|junio,jun.|julio,jul.|agosto,ago.|septiembre,setiembre,sept.,sep.,set.|octubre,oct.|" +
			"noviembre,nov.|diciembre,dic.",
		weekdays: "lunes,lun.|martes,mar.|miércoles,mié.|jueves,jue.|viernes,vie.|sábado,sáb.|domingo,dom.",
		parts:    "a m,am,de la mañana,de la madrugada|p m,pm,de la tarde,de la noche",
		fillers:  "de,del,el,día,unos,unas,aproximadamente",
		clock:    "a las,a la,las",
		hours:    "h,hs,hrs,horas",
		days:     "hoy|ayer|anteayer,antier",
		before:   "hace",
		after:    "atrás",
		units: "segundo,segundos,seg|minuto,minutos,min|hora,horas,h|día,días|semana,semanas|mes,meses|" +
			"año,años",
		numbers: "un,una,uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez",
		on:      "el",
		ahead:   "próximo,que,siguiente",
	},
	{
		codes: "pt",
		months: "janeiro,jan.|fevereiro,fev.|março,mar.|abril,abr.|maio,mai.|junho,jun.|julho,jul.|agosto,ago.|setembro,set.|outubro,out.|" +
			"novembro,nov.|dezembro,dez.",
		weekdays: "segunda feira,segunda,seg.|terça feira,terça,ter.|quarta feira,quarta,qua.|quinta feira,quinta,qui.|sexta feira,sexta,sex.|" +
			"sábado,sáb.|domingo,dom.",
		parts:    "da manhã,da madrugada|da tarde,da noite",
		ordinals: "o",
		fillers:  "de,do,em,dia,cerca de",
		clock:    "às,as,à,a",
		hours:    "h,hs,horas,hora",
		days:     "hoje|ontem|anteontem",
		before:   "há",
		after:    "atrás",
		units: "segundo,segundos,seg|minuto,minutos,min|hora,horas,h|dia,dias|semana,semanas|mês,meses|" +
			"ano,anos",
		numbers: "um,uma|dois,duas|três|quatro|cinco|seis|sete|oito|nove|dez",
		on:      "na,no",
		ahead:   "que,da,seguinte,próxima,próximo",
	},
	{
		codes: "it",
		months: "gennaio,gen.|febbraio,feb.,febb.|marzo,mar.|aprile,apr.|maggio,mag.|giugno,giu.|luglio,lug.|agosto,ago.|settembre,sett.,set.|ottobre,ott.|" +
			"novembre,nov.|dicembre,dic.",
		weekdays: "lunedì,lun.|martedì,mar.|mercoledì,mer.|giovedì,gio.|venerdì,ven.|sabato,sab.|domenica,dom.",
		parts:    "del mattino,di mattina|del pomeriggio,di sera",
		fillers:  "di,del,il,l,circa",
		clock:    "alle,alle ore,ore,h,le,dalle,all",
		days:     "oggi|ieri|l altro ieri,altro ieri",
		after:    "fa",
		units: "secondo,secondi,sec|minuto,minuti,min|ora,ore|giorno,giorni,gg|settimana,settimane|mese,mesi|" +
			"anno,anni",
		numbers: "un,una,uno|due|tre|quattro|cinque|sei|sette|otto|nove|dieci",
	},
	{
		codes: "ro",
		months: "ianuarie,ian.|februarie,feb.,febr.|martie,mar.|aprilie,apr.|mai|iunie,iun.|iulie,iul.|august,aug.|septembrie,sept.,sep.|octombrie,oct.|" +
			"noiembrie,nov.,noi.|decembrie,dec.",
		weekdays: "luni,lun.|marți,mar.|miercuri,mie.|joi|vineri,vin.|sâmbătă,sâm.|duminică,dum.",
		fillers:  "de,pe,din,circa,aproximativ",
		clock:    "la,ora,la ora,orele",
		days:     "azi,astăzi|ieri|alaltăieri",
		before:   "acum,în urmă cu",
		after:    "în urmă",
		units: "secundă,secunde|minut,minute,min|oră,ore,o|zi,zile|săptămână,săptămâni|lună,luni|" +
			"an,ani",
		numbers: "un,o|două,doi|trei|patru|cinci|șase|șapte|opt|nouă|zece",
	},
	{
		codes: "ca",
		months: "gener,gen.|febrer,febr.,feb.|març|abril,abr.|maig|juny|juliol,jul.|agost,ag.|setembre,set.|octubre,oct.|" +
			"novembre,nov.|desembre,des.",
		weekdays: "dilluns,dl.|dimarts,dt.|dimecres,dc.|dijous,dj.|divendres,dv.|dissabte,ds.|diumenge,dg.",
		parts:    "del matí|de la tarda,del vespre",
		fillers:  "de,d,del,el,l",
		clock:    "a les,les,a la",
		hours:    "h,hores",
		days:     "avui|ahir|abans d ahir",
		before:   "fa",
		units:    "segon,segons|minut,minuts,min|hora,hores,h|dia,dies|setmana,setmanes|mes,mesos|any,anys",
		numbers:  "un,una|dos,dues|tres|quatre|cinc|sis|set|vuit|nou|deu",
	},
	{
		codes: "gl",
		months: "xaneiro,xan.|febreiro,feb.|marzo,mar.|abril,abr.|maio|xuño,xuñ.|xullo,xul.|agosto,ago.|setembro,set.|outubro,out.|" +
			"novembro,nov.|decembro,dec.",
		weekdays: "luns|martes,mar.|mércores,mér.|xoves,xov.|venres,ven.|sábado,sáb.|domingo,dom.",
		fillers:  "de,do,o,en,día",
		clock:    "ás,á",
		hours:    "h,horas",
		days:     "hoxe|onte|antonte",
		before:   "hai",
		units:    "segundo,segundos|minuto,minutos,min|hora,horas,h|día,días|semana,semanas|mes,meses|ano,anos",
		numbers:  "un,unha|dous,dúas|tres",
	},
}
