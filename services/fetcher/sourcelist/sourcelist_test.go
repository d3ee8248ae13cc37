package sourcelist

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"dateline/services/fetcher/refetch"
)

var sources = []Source{
	{URL: "https://a.example/feed?a=1&b=%22", Kind: Feed, Title: `The "Daily" <A> & Co, Ltd; élan`, Home: "https://a.example/", Language: "pt-BR", Country: "BR", Tags: []string{"News", "South America"}, Interval: 90 * time.Minute, Agent: "Bot/1.0 (+https://b.example)"},
	{URL: "https://b.example/map.xml", Kind: Sitemap, Tags: []string{"News"}, Interval: 24 * time.Hour, HostDelay: 10 * time.Second, Refetch: refetch.Policy{time.Hour, 24 * time.Hour}, Paused: true},
	{URL: "https://c.example/", Kind: Page, Title: "=HYPERLINK(1)", Interval: 1500 * time.Millisecond, Refetch: refetch.Policy{}},
	{URL: "https://d.example/rss", Kind: Feed, Title: "'-5 & 'it'", Language: "zh-Hant"},
}

func TestRoundTrip(t *testing.T) {
	var table, outline bytes.Buffer
	if err := errors.Join(WriteCSV(&table, sources), WriteOPML(&outline, "All & more", sources)); err != nil {
		t.Fatal(err)
	}
	check := func(what, text string, got *List, err error) {
		t.Helper()
		if err != nil || len(got.Problems) > 0 || !reflect.DeepEqual(got.Sources, sources) {
			t.Errorf("%s: %v\n%s\n got %+v\nwant %+v", what, err, text, got, sources)
		}
	}
	got, err := ReadCSV(&table)
	check("CSV", table.String(), got, err)
	text := outline.String()
	got, err = ReadOPML(&outline)
	check("OPML", text, got, err)
	if strings.Contains(text, "<A>") || !strings.Contains(text, `<outline text="News">`+"\n"+`  <outline type="rss" xmlUrl="https://a.example/feed?a=1&amp;b=%22"`) {
		t.Error(text)
	}
}

func TestReadCSV(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"other names, order and case": {"Name,Feed URL,Category\nA,a.example/f,x|y\n", `{https://a.example/f feed A x+y}`},
		"semicolons":                  {"\ufeffurl;tags;kind\r\nhttps://a.example/;\"a;b,c\";Sitemap\r\n", `{https://a.example/ sitemap a+b+c}`},
		"tabs":                        {"url\ttitle\nhttps://a.example/\tA, B\n", `{https://a.example/ feed A, B}`},
		"latin-1":                     {"url,title\nhttps://a.example/,caf\xe9 \xe0 la carte\n", `{https://a.example/ feed café à la carte}`},
		"short, empty and long rows":  {"url,title\nhttps://a.example/\n,\n\n ,x\nhttps://b.example/,b,c\n", `{https://a.example/ feed}{https://b.example/ feed b} line 5: no url; line 6: more values than the 2 columns: "c"`},
		"the same twice":              {"url,title,tags\nhttps://a.example/,,x\nhttps://A.example:443/#f,A,y\n", `{https://a.example/ feed A x+y}`},
		"bad values": {
			"url,kind,home,language,country,interval\nhttps://a.example/,feed,ftp://x/,english!,XX1,5\nmailto:a@b,feed,,,,\nhttps://b.example/,podcast,,,,\nhttps://c.example/,,,,uk,-5m\n",
			`{https://a.example/ feed}{https://c.example/ feed GB} line 2: home: not a web address: "ftp://x/": scheme "ftp" is not http or https; line 2: language "english!": a tag such as en or pt-BR; line 2: country "XX1": two letters such as DE; line 2: interval "5": a duration from 1s, such as 15m or 1h30m; line 3: url: not a web address: "mailto:a@b": scheme "mailto" is not http or https; line 4: kind "podcast": feed, sitemap or page; line 5: interval "-5m": a duration from 1s, such as 15m or 1h30m`,
		},
		"lines in quotes":  {"url,title\nhttps://a.example/,\"a\nb\"\nx y,\n", `{https://a.example/ feed a b} line 4: url: not a web address`},
		"misplaced quotes": {"url,title\nhttps://a.example/,a \"b\" c\nhttps://b.example/,b\n", `{https://b.example/ feed b} line 2: bare " in non-quoted-field`},
		"unknown column":   {"url,notes\nhttps://a.example/,x\n", `{https://a.example/ feed} line 1: column "notes" is not read: the columns are url, kind, title, home, language, country, tags, interval, agent, host_delay, refetch, paused`},
		"visits":           {"url,refetch\nhttps://a.example/,\"1h, 24h\"\nhttps://b.example/,none\nhttps://c.example/,default\nhttps://d.example/,1h 1d\n", `{https://a.example/ feed 1h,1d}{https://b.example/ feed none}{https://c.example/ feed}{https://d.example/ feed} line 5: refetch: "1h 1d" is no duration such as 15m, 6h or 7d, nor none`},
		"manners":          {"url,host_delay,paused\nhttps://a.example/,90s,Yes\nhttps://b.example/,2h,perhaps\n", `{https://a.example/ feed 1m30s true}{https://b.example/ feed} line 3: host_delay "2h": a duration up to 1h, such as 10s; line 3: paused "perhaps": true or false`},
	} {
		l, err := ReadCSV(strings.NewReader(c.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := show(l); got != c.want && (!strings.HasSuffix(c.want, "not a web address") || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	for in, want := range map[string]string{
		"": "it is empty", "title,x\n": "no column url", "https://a.example/\nhttps://b.example/\n": "no column url", "url,feed\n": "are the same", "\"url": "extraneous",
	} {
		if l, err := ReadCSV(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v", in, l, err)
		}
	}
}

// show writes what is not empty.
func show(l *List) string {
	var b strings.Builder
	for _, s := range l.Sources {
		words := []string{s.URL, string(s.Kind), s.Title, s.Home, s.Language, s.Country, strings.Join(s.Tags, "+"), interval(s.Interval), s.Agent, interval(s.HostDelay), policy(s.Refetch), flag(s.Paused)}
		fmt.Fprintf(&b, "{%s}", strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
	}
	for i, p := range l.Problems {
		if i == 0 {
			b.WriteByte(' ')
		} else {
			b.WriteString("; ")
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

func TestReadOPML(t *testing.T) {
	in := `<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.1"><head><title>Mine</title></head><body>
<outline text="Caf` + "\xe9" + ` &amp; more"><OUTLINE xmlURL="https://a.example/?a=1&b=2&copy=3" TEXT=A title="A feed" htmlUrl="https://a.example/" language="de" category="/Boston/Weather, Sport">
<outline text="Inner" isComment="false"><outline type="rss" text="https://b.example/f" xmlUrl="https://b.example/f"/></outline>
</outline>
<outline type="rss" text="Again" xmlUrl="https://a.example/?a=1&amp;b=2&amp;copy=3"/></outline>
<outline text="Twice"><outline xmlUrl="https://b.example/f" text="B"/></outline>
<outline type="link" text="Front" url="https://c.example/"/><outline type="link" text="None"/>
<outline type="include" text="Others" url="https://d.example/x.opml"/>
<outline type="rss" text="Lost"/>
<outline xmlUrl="feed" text="Bad"/>
<!-- <outline xmlUrl="https://no.example/"/> -->
<outline xmlUrl="https://e.example/`
	want := `{https://a.example/?a=1&b=2&copy=3 feed A feed https://a.example/ de Café & more+Boston/Weather+Sport}{https://b.example/f feed B Café & more+Inner+Twice}{https://c.example/ page Front} ` +
		`line 9: another list, "https://d.example/x.opml", is not read: import it for itself; line 10: the feed "Lost" has no xmlUrl; line 11: url: not a web address: "feed": `
	l, err := ReadOPML(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if got := show(l); !strings.HasPrefix(got, want) || len(l.Problems) != 3 {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if l, err := ReadOPML(strings.NewReader("<opml><body></body></opml>")); err != nil || len(l.Sources) != 0 {
		t.Errorf("an empty list: %+v, %v", l, err)
	}
	for _, in := range []string{"", "url\nhttps://a.example/", "<rss/>"} {
		if l, err := ReadOPML(strings.NewReader(in)); err == nil {
			t.Errorf("%q: %+v", in, l)
		}
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("disk is broken")
	for name, read := range map[string]func() error{
		"read CSV":   func() error { _, err := ReadCSV(iotest.ErrReader(broken)); return err },
		"read OPML":  func() error { _, err := ReadOPML(iotest.ErrReader(broken)); return err },
		"write CSV":  func() error { return WriteCSV(failing{broken}, sources) },
		"write OPML": func() error { return WriteOPML(failing{broken}, "x", sources) },
	} {
		if err := read(); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadCSV(bytes.NewReader(make([]byte, MaxBytes+1))); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestLinear(t *testing.T) {
	for name, c := range map[string]struct {
		read  func(string) (*List, error)
		piece string
	}{
		"folders":    {readOPML, "<outline text=a>"},
		"ends":       {readOPML, "</outline>"},
		"tags":       {readOPML, "<outline xmlUrl=https://a.example/ category='%d,a,b,c'/>"},
		"quotes":     {readCSV, "\"a\n"},
		"rows":       {readCSV, "https://a.example/%d,a\n"},
		"commas":     {readCSV, ",,,,,\n"},
		"categories": {readCSV, "https://a.example/,%d;b;c;d\n"},
	} {
		took := func(n int) time.Duration {
			var b strings.Builder
			b.WriteString("url,tags\n")
			for i := 0; b.Len() < n; i++ {
				b.WriteString(strings.ReplaceAll(c.piece, "%d", fmt.Sprint(i)))
			}
			best := time.Hour
			for range 2 {
				start := time.Now()
				_, _ = c.read(b.String())
				best = min(best, time.Since(start))
			}
			return best
		}
		small := max(took(1<<16), time.Millisecond)
		if large := took(1 << 19); large > 40*small {
			t.Errorf("%s: 8 times as much takes %.0f times as long", name, float64(large)/float64(small))
		}
	}
}

func readOPML(s string) (*List, error) { return ReadOPML(strings.NewReader(s)) }
func readCSV(s string) (*List, error)  { return ReadCSV(strings.NewReader(s)) }

// FuzzReadCSV and FuzzReadOPML hold that what was read is written and read again as it was, in both forms.
func FuzzReadCSV(f *testing.F) {
	f.Add("url,kind,title,home,language,country,tags,interval,agent\nhttps://a.example/,page,'=A,b.example,de,AT,a;b,15m,x\n")
	f.Add("\ufefftitle;url\n\"a\"\"\n\";a.example\n'x;b.example:8080/\xe9\n")
	f.Fuzz(func(t *testing.T, s string) { again(t, readCSV, s) })
}

func FuzzReadOPML(f *testing.F) {
	f.Add(`<opml><outline text="a,b"><outline xmlUrl="https://a.example/?a&b" text="'-"/><outline type=link url=b.example category="/x/,/y/z"></outline>`)
	f.Add("<outline xmlurl=a.example dateline:interval=1h dateline:kind=sitemap dateline:agent='\x00 x' title='https://a.example/'><outline type=include>")
	f.Fuzz(func(t *testing.T, s string) { again(t, readOPML, s) })
}

func again(t *testing.T, read func(string) (*List, error), s string) {
	l, err := read(s)
	if err != nil {
		return
	}
	var table, outline bytes.Buffer
	if err := errors.Join(WriteCSV(&table, l.Sources), WriteOPML(&outline, "x", l.Sources)); err != nil {
		t.Fatal(err)
	}
	csv, err := readCSV(table.String())
	if err != nil || len(csv.Problems) > 0 || !slices.EqualFunc(csv.Sources, l.Sources, func(a, b Source) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("CSV: %v\n%s\n got %+v\nwant %+v", err, table.String(), csv, l)
	}
	opml, err := readOPML(outline.String())
	if err != nil {
		t.Fatal(err)
	}
	byURL := func(a, b Source) int { return strings.Compare(a.URL, b.URL) }
	slices.SortFunc(opml.Sources, byURL)
	slices.SortFunc(l.Sources, byURL)
	if len(opml.Problems) > 0 || !slices.EqualFunc(opml.Sources, l.Sources, func(a, b Source) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("OPML:\n%s\n got %+v\nwant %+v", outline.String(), opml, l)
	}
}

func BenchmarkReadOPML(b *testing.B) {
	all := make([]Source, 10_000)
	for i := range all {
		all[i] = Source{URL: fmt.Sprintf("https://site%d.example/feed", i), Kind: Feed, Title: fmt.Sprintf("Site %d", i), Tags: []string{fmt.Sprintf("folder %d", i%50)}}
	}
	var doc bytes.Buffer
	if err := WriteOPML(&doc, "x", all); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(doc.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if l, err := ReadOPML(bytes.NewReader(doc.Bytes())); err != nil || len(l.Sources) != len(all) {
			b.Fatal(err)
		}
	}
}
