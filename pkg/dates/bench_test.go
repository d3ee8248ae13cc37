package dates

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{
		"2024-11-06T09:30:00+04:30", "2024-11-06T09:30:00.000+0000", "2024-11-06", "1730885400", "Wed, 06 Nov 2024 09:30:00 GMT",
		"November 6, 2024", "چهارشنبه ۱۶ آبان ۱۴۰۳، ساعت ۱۰:۰۴", "2024年11月6日 下午3:05", "no date at all",
	} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(s)
			}
		})
	}
}

func BenchmarkMentions(b *testing.B) {
	text := strings.Repeat("The minister told reporters in Kabul on Wednesday that 12,500 families, among them 300 from May Street, had left the valley since November 6. ", 40)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Mentions("en", text, day("2024-11-07"))
	}
}
