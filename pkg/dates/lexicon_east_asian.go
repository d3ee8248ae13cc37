package dates

// eastAsian months are numbers with a sign after them (see signs).
var eastAsian = []language{
	{
		codes:     "zh yue",
		yearFirst: true,
		weekdays: "星期一,週一,周一,礼拜一,禮拜一|星期二,週二,周二,礼拜二,禮拜二|星期三,週三,周三,礼拜三,禮拜三|星期四,週四,周四,礼拜四,禮拜四|星期五,週五,周五,礼拜五,禮拜五|" +
			"星期六,週六,周六,礼拜六,禮拜六|星期日,星期天,週日,周日,礼拜日,礼拜天,禮拜日",
		parts:   "上午,早上,凌晨,清晨,早晨|下午,晚上,中午,傍晚",
		fillers: "约,約,于,於",
		days:    "今天,今日|昨天,昨日|前天",
		after:   "前,之前,以前",
		units:   "秒,秒钟,秒鐘|分钟,分鐘,分|小时,小時,个小时,個小時|天,日|周,週,星期,个星期,個星期|个月,個月|年",
		numbers: "一|二,两,兩|三|四|五|六|七|八|九|十",
	},
	{
		codes:     "ja",
		yearFirst: true,
		weekdays:  "月曜日,月曜|火曜日,火曜|水曜日,水曜|木曜日,木曜|金曜日,金曜|土曜日,土曜|日曜日,日曜",
		parts:     "午前|午後",
		fillers:   "約",
		days:      "今日,本日|昨日|一昨日,おととい",
		after:     "前",
		units:     "秒|分|時間|日|週間|か月,ヶ月,カ月,ヵ月|年",
	},
	{
		codes:     "ko",
		yearFirst: true,
		weekdays:  "월요일|화요일|수요일|목요일|금요일|토요일|일요일",
		parts:     "오전,새벽,아침|오후,저녁,밤",
		fillers:   "약",
		days:      "오늘|어제|그저께,그제",
		after:     "전",
		units:     "초|분|시간|일|주,주일|개월,달|년",
		numbers:   "한|두|세|네|다섯",
	},
}

// signs stand after the numbers of a date, or around its years.
var signs = []anyWord{
	{yearWord, "年,년", 0, 0},
	{monthWord, "月,월", 0, 0},
	{dayWord, "日,号,號,일", 0, 0},
	{hourWord, "时,時,点,點,点钟,點鐘,시", 0, 0},
	{minuteWord, "分,분", 0, 0},
	{secondWord, "秒,초", 0, 0},
	{weekdayName, "日,일", 0, 0}, // in brackets
	{weekdayName, "月,一,월", 1, 0},
	{weekdayName, "火,二,화", 2, 0},
	{weekdayName, "水,三,수", 3, 0},
	{weekdayName, "木,四,목", 4, 0},
	{weekdayName, "金,五,금", 5, 0},
	{weekdayName, "土,六,토", 6, 0},
	{eraBefore, "令和", 2018, 0},
	{eraBefore, "平成", 1988, 0},
	{eraBefore, "昭和", 1925, 0},
	{eraBefore, "大正", 1911, 0},
	{eraBefore, "明治", 1867, 0},
	{eraBefore, "民國,民国,中華民國,中华民国", 1911, 0},
	{eraBefore, "公元,西元,西暦", 0, 0},
	{eraBefore, "พ ศ,พุทธศักราช", -543, 0},
	{eraBefore, "ค ศ", 0, 0},
	{eraAfter, "هـ,هجري,هجرية,ھ,هجری,هجری قمری,ه ق,قمری,ah", 0, hijri},
	{eraAfter, "هـ ش,ه ش,هجری شمسی,هجری خورشیدی,شمسی,خورشیدی,هجري شمسي,لمريز,لمریز", 0, jalali},
	{eraAfter, "م,ميلادي,ميلادية,میلادی,زېږديز,ad,ce", 0, gregorian},
	{eraAfter, "ዓ ም", 0, ethiopic},
}
