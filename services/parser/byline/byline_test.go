package byline

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ in, people, agencies, place string }{
		{"By Ann Writer and Bob Reporter in Kabul", "Ann Writer|Bob Reporter", "", "Kabul"},
		{"Ann Writer", "Ann Writer", "", ""},
		{"Von Anna Autor, Bert Berg und Cora Clemens", "Anna Autor|Bert Berg|Cora Clemens", "", ""},
		{"Por Ana Pérez y Luis Gómez", "Ana Pérez|Luis Gómez", "", ""},
		{"Par Anne Durand et Luc Petit", "Anne Durand|Luc Petit", "", ""},
		{"Di Anna Rossi e Luca Bianchi", "Anna Rossi|Luca Bianchi", "", ""},
		{"Door Anna de Vries en Piet van den Berg", "Anna de Vries|Piet van den Berg", "", ""},
		{"Av Anna Berg og Per Dal", "Anna Berg|Per Dal", "", ""},
		{"José Ortega y Gasset", "José Ortega y Gasset", "", ""},
		{"Text: Ann Writer, Fotos: Bob Camera", "Ann Writer", "", ""},
		{"Photo: Bob Camera | Text: Ann Writer", "Ann Writer", "", ""},
		{"Photos by Bob Camera", "", "", ""},
		{"Posted by Ann Writer on 3 May 2020", "Ann Writer", "", ""},
		{"View all posts by Ann Writer", "Ann Writer", "", ""},
		{"Ein Beitrag von Anna Autor", "Anna Autor", "", ""},
		{"Zeige alle Beiträge von Anna Autor", "Anna Autor", "", ""},
		{"Anna von Stein", "Anna von Stein", "", ""},
		{"von Kathrin", "Kathrin", "", ""},
		{"Artikel von: Anna Autor", "Anna Autor", "", ""},
		{"نویسنده: احمد کریمی", "احمد کریمی", "", ""},
		{"作者：张三", "张三", "", ""},
		{"记者 张三", "张三", "", ""},
		{"渡辺花子記者", "渡辺花子", "", ""},
		{"김철수 기자", "김철수", "", ""},
		{"Автор: Иван Петров", "Иван Петров", "", ""},
		{"By ANN WRITER, Political Editor", "ANN WRITER", "", ""},
		{"Ann Writer, BBC News, Kabul", "Ann Writer", "", "Kabul"},
		{"Ann Writer, Senior Staff Writer", "Ann Writer", "", ""},
		{"By Ann Writer, The Associated Press", "Ann Writer", "AP", ""},
		{"By Ann Writer (AFP)", "Ann Writer", "AFP", ""},
		{"Reuters", "", "Reuters", ""},
		{"dpa/AFP", "", "dpa|AFP", ""},
		{"Alder Valley News Agency", "", "Alder Valley News Agency", ""},
		{"Ani Kovac", "Ani Kovac", "", ""},
		{"Ani", "Ani", "", ""},
		{"Staff Writer", "", "", ""},
		{"Redaktion", "", "", ""},
		{"Web Desk", "", "", ""},
		{"Editorial Board", "", "", ""},
		{"admin", "", "", ""},
		{"The Alder Times", "", "", ""},
		{"ann.writer@paper.example", "", "", ""},
		{"Ann Writer @annwriter", "Ann Writer", "", ""},
		{"Ann Writer https://paper.example/ann", "Ann Writer", "", ""},
		{"paper.example", "", "", ""},
		{"Weaver, Ann", "Ann Weaver", "", ""},
		{"Weaver, Ann; Miller, Bob", "Ann Weaver|Bob Miller", "", ""},
		{"Ann Writer; Bob Reporter", "Ann Writer|Bob Reporter", "", ""},
		{"Ann Writer | Reporter | 3. Mai 2020, 10:04 Uhr", "Ann Writer", "", ""},
		{"Von Energie-Experte Emil Strom", "Emil Strom", "", ""},
		{"Ann Writer is a reporter who covers schools", "Ann Writer", "", ""},
		{"Reporting by Ann Writer; Editing by Bob Editor", "Ann Writer", "", ""},
		{"J.R. Stone", "J.R. Stone", "", ""},
		{"R. R.", "R. R.", "", ""},
		{"Michael L. Anders, PhD", "Michael L. Anders", "", ""},
		{"Fotograf aus Hamburg", "", "", ""},
		{"Ann Weaver Staff Writer", "Ann Weaver", "", ""},
		{"06.11.2023 13:30 von Olga", "Olga", "", ""},
		{"Ann Weaver am 16.11.2022", "Ann Weaver", "", ""},
		{"Publiziert am | 13. Januar | von | ann", "ann", "", ""},
		{"No Author", "", "", ""},
		{"Journalist i Paris", "", "", "Paris"},
		{"in Paris", "", "", "Paris"},
		{"Text von Ann Writer Fotos von Bob Camera", "Ann Writer", "", ""},
		{"Ann Writer, Editor of the Post", "Ann Writer", "", ""},
		{"Ann Writer, Projektleiterin der Brücke", "Ann Writer", "", ""},
		{"Ann Writer Stand: 3. Mai 2020", "Ann Writer", "", ""},
		{"SHOW ALL ARTICLES OF", "", "", ""},
		{"Alle Artikel", "", "", ""},
		{"Search author on: PubMed", "", "", ""},
		{"Karl Heinz Schleiter", "Karl Heinz Schleiter", "", ""},
		{"Alle Artikel von Ann Writer", "Ann Writer", "", ""},
		{"Eine Dienstleistung von", "", "", ""},
		{"alder.example, Frankfurt, Germany", "", "", "Frankfurt"},
		{"Ann Weaver | Share | Follow", "Ann Weaver", "", ""},
		{"uriebe", "uriebe", "", ""},
		{"Ann Writer ANN WRITER ann writer", "", "", ""},
		{"Ann Writer, ann writer", "Ann Writer", "", ""},
		{"The minister said on Wednesday that the talks would go on", "", "", ""},
		{"Ann Writer is a reporter. She lives in Alder with her two dogs.", "Ann Writer", "", ""},
		{"Ann Writer and van den Berg", "Ann Writer|van den Berg", "", ""},
		{"By Ann Writer of The Associated Press", "Ann Writer", "AP", ""},
		{"By Ann Writer of the Alder Times", "Ann Writer", "", ""},
		{"By Ann Writer in Kabul and Bob Reporter in London", "Ann Writer|Bob Reporter", "", "Kabul"},
		{"Ana Novak in Bor Kovač", "Ana Novak|Bor Kovač", "", ""},
		{"By Ann Writer Nov 6, 2024 10:04 am", "Ann Writer", "", ""},
		{"2020", "", "", ""},
		{"", "", "", ""},
	} {
		b := Read(c.in)
		if got := strings.Join(b.People, "|"); got != c.people {
			t.Errorf("%q: people %q, want %q", c.in, got, c.people)
		}
		if got := strings.Join(b.Agencies, "|"); got != c.agencies {
			t.Errorf("%q: agencies %q, want %q", c.in, got, c.agencies)
		}
		if b.Place != c.place {
			t.Errorf("%q: place %q, want %q", c.in, b.Place, c.place)
		}
	}
}

func TestOrganizations(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Alder Times", "Alder Times"},
		{"Redaktion alder.example", "Redaktion alder.example"},
		{"Ann Weaver, The Associated Press", "The Associated Press"},
		{"Alder staff reporter", "Alder staff reporter"},
		{"red, alder.example/Agenturen", "red|alder.example|Agenturen"},
		{"Photos: Associated Press", ""},
		{"admin", ""},
		{"Ann Weaver", ""},
	} {
		if got := strings.Join(Read(c.in).Organizations, "|"); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestReadIsBounded(t *testing.T) {
	if got := Read(strings.Repeat("A B, ", 1000)); !reflect.DeepEqual(got, Byline{}) {
		t.Errorf("%+v", got)
	}
	for _, piece := range []string{"a ", "by ", ", ", "(", "text: ", "and ", "|"} {
		took := func(n int) time.Duration {
			s := strings.Repeat(piece, maxBytes/len(piece)/n)
			best := time.Hour
			for range 20 {
				began := time.Now()
				Read(s)
				best = min(best, time.Since(began))
			}
			return best
		}
		if half, whole := took(4), took(1); whole > 12*half+200*time.Microsecond {
			t.Errorf("%q: %v for a quarter, %v for the whole", piece, half, whole)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"By Ann Writer and Bob Reporter in Kabul", "Text: A, Foto: B", "Writer, Ann; B, C", "(AP) — x", "作者：张三", "0 0 A \x80 \xdaA ."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := Read(s)
		if len(b.People) > maxPeople {
			t.Errorf("%d people", len(b.People))
		}
		for _, p := range b.People {
			if strings.TrimSpace(p) != p || p == "" {
				t.Errorf("%q", p)
			}
		}
	})
}
