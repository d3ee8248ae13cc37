package publication

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/lineartest"
)

func testdata(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFormats(t *testing.T) {
	const long = "paragraph: The bridge over the Alder was opened on Wednesday.; heading: What it cost; list: Steel|Stone"
	for _, c := range []struct {
		name, contentType, file, id, body string
		more                              func(*article.Article) bool
	}{
		{
			"NITF", "application/nitf+xml", "nitf.xml", "alder-20241106-7",
			"paragraph: The bridge over the Alder was opened on Wednesday.; caption: The mayor cuts the ribbon.; heading: What it cost; list: Steel: 4 million|Stone: 2 million; quote: We always knew.; table: Year/Cost|2024/6 million",
			func(a *article.Article) bool {
				return a.AlternativeHeadline == "Nine years of work" && a.Section == "Local" && a.Dateline.Date.String() == "2024-11-06" && a.Dateline.Place == "ALDERTON" && len(a.Authors) == 2 && strings.Join(a.Keywords, "|") == "bridge|Alder"
			},
		},
		{
			"NewsML-G2", "application/vnd.iptc.g2.newsmessage+xml", "newsml.xml", "urn:newsml:alder.example:20241106:7",
			"paragraph: The bridge over the Alder was opened on Wednesday.; heading: What it cost; list: Steel",
			func(a *article.Article) bool {
				return a.DateModified.String() == "2024-11-06T12:00:00+01:00" && a.Dateline.Place == "Alderton" && len(a.Authors) == 1 && strings.Join(a.Keywords, "|") == "bridge|transport"
			},
		},
		{"NewsML-G2 by its first element", "text/xml", "newsml.xml", "urn:newsml:alder.example:20241106:7", "paragraph: The bridge over the Alder was opened on Wednesday.; heading: What it cost; list: Steel", nil},
		{"ninjs 1", "application/ninjs+json", "ninjs-1.json", "tag:alder.example,2024:7", long, func(a *article.Article) bool {
			return a.DateModified.String() == "2024-11-06T12:00:00+01:00" && a.Section == "Local" && strings.Join(a.Keywords, "|") == "transport" && len(a.Authors) == 2
		}},
		{"ninjs 2 by its shape", "application/json", "ninjs-2.json", "tag:alder.example,2024:7", long, func(a *article.Article) bool { return a.AlternativeHeadline == "" || len(a.Authors) == 2 }},
		{"ninjs 3", "application/json", "ninjs-3.json", "tag:alder.example,2024:7", "paragraph: The bridge over the Alder was opened on Wednesday.; paragraph: It rained.", nil},
	} {
		a := mustRead(t, h("Content-Type", c.contentType), testdata(t, c.file))
		if a.Publication.ID != c.id || a.ID != article.IDOfPublication("rasc", c.id) || a.Headline != "Bridge over the Alder opens" || a.Description != "It was opened in the rain." && c.name != "NITF" ||
			a.Agency != "Valley News Agency" || a.InLanguage != "en-GB" || a.DatePublished.String() != "2024-11-06T09:30:00+01:00" || a.Authors[0].Name != "Ann Writer" {
			t.Errorf("%s: %+v", c.name, a)
		}
		if a.Provenance["headline"] != article.FromPublisher || a.Provenance["body"] != article.FromPublisher {
			t.Errorf("%s: %v", c.name, a.Provenance)
		}
		var got []string
		for _, b := range a.Body {
			s := b.Text
			switch b.Type {
			case article.List:
				s = strings.Join(b.Items, "|")
			case article.Table:
				var rows []string
				for _, r := range b.Rows {
					rows = append(rows, strings.Join(r, "/"))
				}
				s = strings.Join(rows, "|")
			}
			got = append(got, string(b.Type)+": "+s)
		}
		if g := strings.Join(got, "; "); g != c.body {
			t.Errorf("%s: %s\nwant %s", c.name, g, c.body)
		}
		if c.more != nil && !c.more(a) {
			t.Errorf("%s: %+v %+v", c.name, a, a.Dateline)
		}
	}
}

func TestMarkupOfFormats(t *testing.T) {
	nitf, ninjs := testdata(t, "nitf.xml"), testdata(t, "ninjs-1.json")
	body, _, _ := strings.Cut(nitf, "<body.content>")
	a := mustRead(t, h("Content-Type", "application/nitf+xml"), body+"<body.content><p>The ferry\nwent,<br/> the ferry came.</p><br/></body.content></body></nitf>")
	if len(a.Body) != 1 || a.Body[0].Text != "The ferry went,\nthe ferry came." {
		t.Errorf("lines of a poem: %+v", a.Body)
	}
	before, after, _ := strings.Cut(nitf, "<story.date")
	_, after, _ = strings.Cut(after, ">")
	_, after, _ = strings.Cut(after, "</story.date>")
	if a = mustRead(t, h("Content-Type", "application/nitf+xml"), before+"<story.date>Nov. 6</story.date>"+after); a.Dateline.Date.String() != "2024-11-06" {
		t.Errorf("a day in words: %+v", a.Dateline)
	}
	later := strings.Replace(ninjs, `"firstcreated"`, `"x"`, 1)
	if a = mustRead(t, h("Content-Type", "application/json"), later); a.DatePublished.From != article.FromModified || a.Provenance["date_published"] != article.FromModified || !a.DatePublished.Time.Equal(a.DateModified.Time) {
		t.Errorf("a version's date alone: %+v", a.DatePublished)
	}
	before, _, _ = strings.Cut(ninjs, `"body_`)
	hostile := "<p>"
	for i := range 400 {
		hostile += "<font a" + strconv.Itoa(i) + ">"
	}
	_, _, err := Read(context.Background(), Publication{
		Publisher: "rasc", Header: h("Content-Type", "application/json"), Stored: time.Now(),
		Body: []byte(before + `"body_xhtml": "` + hostile + strings.Repeat("<p>a</p>", 20_000) + `"}`),
	})
	if err == nil || !strings.Contains(err.Error(), "too_large") {
		t.Errorf("elements that are opened again and again: %v", err)
	}
}

func TestFormatsSayWhatIsWrong(t *testing.T) {
	nitf, newsml, ninjs := testdata(t, "nitf.xml"), testdata(t, "newsml.xml"), testdata(t, "ninjs-1.json")
	for _, c := range []struct{ name, contentType, body, want string }{
		{"broken XML", "application/xml", "<nitf><body>", "body: broken XML at line 1"},
		{"another entity", "application/xml", "<!DOCTYPE nitf [<!ENTITY a 'b'>]><nitf>&a;</nitf>", "invalid character entity &a;"},
		{"deep XML", "application/xml", strings.Repeat("<a>", 1000), "nest deeper than 200"},
		{"other XML", "application/xml", "<rss/>", `its first element is "rss"`},
		{"no XML", "application/xml", "  x", "XML without an element"},
		{"no text", "application/xml", "<nitf><head><docdata><doc-id id-string='1'/></docdata></head><body><body.content/></body></nitf>", "body.content: has no text"},
		{"bad date", "application/xml", strings.Replace(nitf, "20241106T093000+0100", "tomorrow", 1), "docdata/date.release"},
		{"several items", "application/xml", strings.Replace(newsml, "ninat:picture", "ninat:text", 1), "holds 2 news items of text"},
		{"no item", "application/xml", "<newsMessage/>", "holds 0 news items of text"},
		{"a package", "application/xml", "<packageItem/>", "is a packageItem"},
		{"a picture", "application/json", strings.Replace(ninjs, `"type": "text"`, `"type": "picture"`, 1), `type: "picture"`},
		{"ninjs without a body", "application/json", `{"uri":"x:1","type":"text","pubstatus":"usable"}`, "body: has no text"},
	} {
		_, _, err := Read(context.Background(), Publication{Publisher: "rasc", Header: h("Content-Type", c.contentType), Body: []byte(c.body), Stored: time.Now()})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzXML(f *testing.F) {
	for _, name := range []string{"nitf.xml", "newsml.xml"} {
		f.Add(testdata(f, name))
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _, _ = Read(context.Background(), Publication{Publisher: "rasc", Header: h("Content-Type", "application/xml"), Body: []byte(s), Stored: time.Now()})
	})
}

func FuzzNinjs(f *testing.F) {
	for _, name := range []string{"ninjs-1.json", "ninjs-2.json", "ninjs-3.json"} {
		f.Add(testdata(f, name))
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _, _ = Read(context.Background(), Publication{Publisher: "rasc", Header: h("Content-Type", "application/json"), Body: []byte(s), Stored: time.Now()})
	})
}

// Twice the publication takes about twice the time.
func TestXMLIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"paragraphs": "<p>The bridge was opened.</p>", "lists": "<ul><li>a</li></ul>", "rows": "<tr><td>a</td></tr>", "quotes": "<bq><p>a</p></bq>", "text": "word ", "attributes": "<p a='b' c='d'/>",
	} {
		lineartest.Check(t, name, 16_000, func(n int) func() {
			body := []byte("<nitf><head><docdata><doc-id id-string='1'/></docdata></head><body><body.content>" + strings.Repeat(piece, n) + "</body.content></body></nitf>")
			return func() {
				_, _, _ = Read(context.Background(), Publication{Publisher: "rasc", Header: h("Content-Type", "application/xml"), Body: body, Stored: time.Now()})
			}
		})
	}
}
