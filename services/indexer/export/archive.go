package export

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode"

	"dateline/pkg/article"
	"dateline/pkg/markdown"
	"dateline/services/indexer/store"

	"go.yaml.in/yaml/v3"
)

// archive writes Markdown: a file an article in a tar archive, which can be written and read as a stream and continued.
type archive struct {
	w *tar.Writer
}

func newArchive(w io.Writer) *archive { return &archive{tar.NewWriter(w)} }

func (z *archive) Encode(r *store.Record) error {
	a, err := r.Decode()
	if err != nil {
		return fmt.Errorf("export record %d: %w", r.Seq, err)
	}
	b, err := document(r, a)
	if err == nil {
		err = z.w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: fileName(a), Size: int64(len(b)), Mode: 0o644, ModTime: r.Stored.Truncate(time.Second)})
	}
	if err == nil {
		_, err = z.w.Write(b)
	}
	if err == nil {
		err = z.w.Flush() // pads the file, so that it is whole
	}
	if err != nil {
		return fmt.Errorf("export record %d: %w", r.Seq, err)
	}
	return nil
}

func (z *archive) Close() error { return z.w.Close() }

// fileName is a folder for the source, and the day and the id. Whatever the source is called, the name stays in the
// archive and can be unpacked on any system.
func fileName(a *article.Article) string {
	folder := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || strings.ContainsRune(".-_", c) {
			return c
		}
		return '_'
	}, a.Source)
	folder = strings.Trim(folder, ".")
	if folder == "" {
		folder = "_"
	}
	day := "undated"
	if a.DatePublished != nil {
		day = a.DatePublished.Time.Format(time.DateOnly)
		switch a.DatePublished.Precision {
		case article.Year, article.Month:
			day = a.DatePublished.String()
		}
	}
	return path.Join(folder, day+"-"+a.ID+".md")
}

// frontMatter says what the text does not. Dates are as precise as they are known.
type frontMatter struct {
	Title     string   `yaml:"title"`
	Date      string   `yaml:"date,omitempty"`
	Modified  string   `yaml:"modified,omitempty"`
	Source    string   `yaml:"source"`
	URL       string   `yaml:"url,omitempty"`
	Canonical string   `yaml:"canonical_url,omitempty"`
	Publisher string   `yaml:"publisher,omitempty"`
	Agency    string   `yaml:"agency,omitempty"`
	Authors   []string `yaml:"authors,omitempty"`
	Language  string   `yaml:"language,omitempty"`
	Section   string   `yaml:"section,omitempty"`
	Keywords  []string `yaml:"keywords,omitempty"`
	Summary   string   `yaml:"description,omitempty"`
	Image     string   `yaml:"image,omitempty"`
	State     string   `yaml:"body_state"`
	ID        string   `yaml:"id"`
	Revision  int      `yaml:"revision"`
}

// document is an article as Markdown. Its body has the headline as heading where there is one: a title that was taken
// from the text is in the text.
func document(r *store.Record, a *article.Article) ([]byte, error) {
	m := frontMatter{
		Title: a.DisplayTitle.Text, Source: a.Source, URL: a.URL, Canonical: a.CanonicalURL, Publisher: a.Publisher, Agency: a.Agency,
		Authors: names(a.Authors), Language: a.InLanguage, Section: a.Section, Keywords: a.Keywords, Summary: a.Description, Image: a.Image,
		State: string(a.BodyState), ID: a.ID, Revision: r.Revision,
	}
	m.Date, _ = dateCells(a.DatePublished)
	m.Modified, _ = dateCells(a.DateModified)
	var b bytes.Buffer
	b.WriteString("---\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	b.WriteString("---\n\n")
	if a.Headline != "" {
		fmt.Fprintf(&b, "# %s\n\n", markdown.Line(a.Headline))
	}
	b.WriteString(markdown.Body(blocks(a)))
	return b.Bytes(), nil
}

// blocks is an article's body; of one that has only its plain text, that in paragraphs.
func blocks(a *article.Article) []article.Block {
	if len(a.Body) > 0 || a.Text == "" {
		return a.Body
	}
	var body []article.Block
	for text := range strings.SplitSeq(a.Text, "\n\n") {
		body = append(body, article.Block{Type: article.Paragraph, Text: text})
	}
	return body
}
