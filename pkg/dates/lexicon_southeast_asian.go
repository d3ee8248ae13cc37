package dates

// southEastAsian also holds Swahili, whose names are English's as Indonesian's are Dutch's.
var southEastAsian = []language{
	{
		codes: "id",
		months: "januari,jan.|februari,pebruari,feb.,peb.|maret,mar.|april,apr.|mei|juni,jun.|juli,jul.|agustus,agu.,agt.,ags.|september,sept.,sep.|oktober,okt.|" +
			"november,nopember,nov.,nop.|desember,des.",
		weekdays: "senin,sen.|selasa,sel.|rabu,rab.|kamis,kam.|jumat,jum at,jum.|sabtu,sab.|minggu,min.,ahad",
		fillers:  "tanggal,tgl,sekitar,pada",
		clock:    "pukul,jam,pkl",
		days:     "hari ini|kemarin",
		after:    "lalu,yang lalu",
		units:    "detik|menit|jam|hari|minggu,pekan|bulan|tahun",
		numbers:  "satu,se|dua|tiga",
		capital:  true,
	},
	{
		codes: "ms",
		months: "januari,jan.|februari,feb.|mac|april,apr.|mei|jun|julai,jul.|ogos,ogo.|september,sept.,sep.|oktober,okt.|" +
			"november,nov.|disember,dis.",
		weekdays: "isnin,isn.|selasa,sel.|rabu,rab.|khamis,kha.|jumaat,jum.|sabtu,sab.|ahad,ahd.",
		parts:    "pagi,pg|petang,ptg,malam,tengah hari",
		fillers:  "hb,pada",
		clock:    "pukul,jam",
		days:     "hari ini|semalam,kelmarin",
		after:    "lalu,yang lalu,lepas",
		units:    "saat|minit|jam|hari|minggu|bulan|tahun",
		numbers:  "satu,se|dua|tiga",
		capital:  true,
	},
	{
		codes: "tl fil",
		months: "enero,ene.|pebrero,peb.|marso,mar.|abril,abr.|mayo|hunyo,hun.|hulyo,hul.|agosto,ago.|setyembre,set.|oktubre,okt.|" +
			"nobyembre,nob.|disyembre,dis.",
		weekdays: "lunes,lun.|martes,mar.|miyerkules,miyerkoles,miy.|huwebes,huw.|biyernes,biy.|sabado,sab.|linggo,lin.",
		parts:    "am,a m,ng umaga|pm,p m,ng hapon,ng gabi",
		fillers:  "ng,ika,noong",
		clock:    "sa,alas",
		days:     "ngayong araw|kahapon|kamakalawa",
		after:    "nakalipas,ang nakalipas,nakararaan,ang nakararaan",
		units:    "segundo,segundong|minuto,minutong|oras|araw|linggo,linggong|buwan|taon,taong",
		numbers:  "isang|dalawang|tatlong",
	},
	{
		codes: "sw",
		months: "januari,jan.|februari,feb.|machi,mac.|aprili,apr.|mei|juni,jun.|julai,jul.|agosti,ago.|septemba,sep.|oktoba,okt.|" +
			"novemba,nov.|desemba,des.",
		weekdays: "jumatatu|jumanne|jumatano|alhamisi|ijumaa|jumamosi|jumapili",
		fillers:  "tarehe,ya,mwaka,mwezi",
		clock:    "saa",
		days:     "leo|jana|juzi",
		after:    "iliyopita,zilizopita,uliopita,yaliyopita,liyopita",
		units:    "sekunde|dakika|saa|siku|wiki|mwezi,miezi|mwaka,miaka",
		numbers:  "moja|mbili|tatu",
	},
	{
		codes: "vi",
		months: "tháng một,tháng giêng|tháng hai|tháng ba|tháng tư,tháng bốn|tháng năm|tháng sáu|tháng bảy|tháng tám|tháng chín|tháng mười|" +
			"tháng mười một|tháng mười hai,tháng chạp",
		weekdays: "thứ hai,thứ 2|thứ ba,thứ 3|thứ tư,thứ 4|thứ năm,thứ 5|thứ sáu,thứ 6|thứ bảy,thứ 7|chủ nhật",
		parts:    "sáng,sa|chiều,ch,tối,trưa",
		fillers:  "ngày,năm,khoảng",
		clock:    "lúc,vào lúc,hồi",
		hours:    "h,giờ",
		monthNo:  "tháng,thg",
		days:     "hôm nay|hôm qua|hôm kia",
		after:    "trước",
		units:    "giây|phút|giờ,tiếng|ngày|tuần|tháng|năm",
		numbers:  "một|hai|ba",
	},
	{
		codes: "th",
		months: "มกราคม,ม ค.|กุมภาพันธ์,ก พ.|มีนาคม,มี ค.|เมษายน,เม ย.|พฤษภาคม,พ ค.|มิถุนายน,มิ ย.|กรกฎาคม,ก ค.|สิงหาคม,ส ค.|กันยายน,ก ย.|ตุลาคม,ต ค.|" +
			"พฤศจิกายน,พ ย.|ธันวาคม,ธ ค.",
		weekdays: "วันจันทร์,จันทร์|วันอังคาร,อังคาร|วันพุธ,พุธ|วันพฤหัสบดี,วันพฤหัส,พฤหัสบดี,พฤหัส|วันศุกร์,ศุกร์|วันเสาร์,เสาร์|วันอาทิตย์,อาทิตย์",
		fillers:  "ที่,วันที่,เดือน,ประมาณ",
		clock:    "เวลา",
		hours:    "น,นาฬิกา",
		days:     "วันนี้|เมื่อวาน,เมื่อวานนี้|เมื่อวานซืน",
		after:    "ที่แล้ว,ที่ผ่านมา,ก่อน,มาแล้ว",
		units:    "วินาที|นาที|ชั่วโมง,ชม|วัน|สัปดาห์|เดือน|ปี",
	},
}
