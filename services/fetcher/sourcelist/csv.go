package sourcelist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"dateline/pkg/charset"
)

// columns are those that are written, in this order, and the other names under which they are read.
var columns = []struct {
	name    string
	aliases []string
	field   func(*entry) *string // nil for tags
}{
	{"url", []string{"feed", "feed_url", "feedurl", "xmlurl", "xml_url", "rss"}, func(e *entry) *string { return &e.url }},
	{"kind", []string{"type"}, func(e *entry) *string { return &e.kind }},
	{"title", []string{"name", "text"}, func(e *entry) *string { return &e.title }},
	{"home", []string{"site", "site_url", "homepage", "htmlurl", "html_url", "website"}, func(e *entry) *string { return &e.home }},
	{"language", []string{"lang"}, func(e *entry) *string { return &e.language }},
	{"country", nil, func(e *entry) *string { return &e.country }},
	{"tags", []string{"tag", "category", "categories", "folder"}, nil},
	{"interval", nil, func(e *entry) *string { return &e.interval }},
	{"agent", []string{"user_agent", "user-agent"}, func(e *entry) *string { return &e.agent }},
	{"host_delay", nil, func(e *entry) *string { return &e.hostDelay }},
	{"refetch", nil, func(e *entry) *string { return &e.refetch }},
	{"paused", nil, func(e *entry) *string { return &e.paused }},
}

// Columns are the names of the columns that are written.
func Columns() []string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// ReadCSV reads a table with a header row, parted by commas, semicolons or tabs, in the encoding that it is in. Column names
// are those of Columns or usual others, in any order and case; only the URL's must be there. A column of another name is
// told of as a problem of the first line, and left out. The error is that of r, ErrTooLarge, or that the whole is no such
// table; what is wrong with single rows is in the List's Problems.
func ReadCSV(r io.Reader) (*List, error) {
	text, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("CSV: %w", err)
	}
	table := csv.NewReader(strings.NewReader(text))
	table.Comma = comma(text)
	table.FieldsPerRecord = -1
	table.TrimLeadingSpace = table.Comma != '\t'
	header, err := table.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("CSV: it is empty; its first row has to name the columns, of which url must be one")
	}
	if err != nil {
		return nil, fmt.Errorf("CSV: %w", err)
	}
	c := newCollector()
	index, err := c.header(header)
	if err != nil {
		return nil, err
	}
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return &c.list, nil
		}
		if err != nil { // of misplaced quotes; the reader goes on with the next line
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				c.problem(parse.StartLine, "%w", parse.Err)
				continue
			}
			return nil, fmt.Errorf("CSV: %w", err)
		}
		line, _ := table.FieldPos(0)
		if c.full() {
			return nil, fmt.Errorf("CSV: line %d: %w: more than %d sources", line, ErrTooLarge, MaxSources)
		}
		if strings.TrimSpace(strings.Join(row, "")) != "" {
			c.row(line, index, row)
		}
	}
}

// header finds the columns. A column's index is that of columns, or -1.
func (c *collector) header(row []string) ([]int, error) {
	index := make([]int, len(row))
	by := map[string]int{}
	for i, column := range columns {
		for _, name := range append(column.aliases, column.name) {
			by[name] = i
		}
	}
	hasURL := false
	used := map[int]string{}
	for i, name := range row {
		index[i] = -1
		key := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
		at, ok := by[key]
		if !ok {
			if key != "" {
				c.problem(1, "column %q is not read: the columns are %s", clip(name), strings.Join(Columns(), ", "))
			}
			continue
		}
		if before, twice := used[at]; twice {
			return nil, fmt.Errorf("CSV: line 1: the columns %q and %q are the same", before, name)
		}
		used[at] = name
		index[i] = at
		hasURL = hasURL || at == 0
	}
	if !hasURL {
		return nil, fmt.Errorf("CSV: line 1: no column url; the first row has to name the columns, and is %q", clip(strings.Join(row, ",")))
	}
	return index, nil
}

func (c *collector) row(line int, index []int, row []string) {
	var e entry
	for i, value := range row {
		value = bare(value)
		switch {
		case i >= len(index):
			if strings.TrimSpace(value) != "" {
				c.problem(line, "more values than the %d columns: %q", len(index), clip(value))
			}
		case index[i] < 0:
		case columns[index[i]].field == nil:
			e.tags = append(e.tags, value)
		default:
			*columns[index[i]].field(&e) = value
		}
	}
	if strings.TrimSpace(e.url) == "" {
		c.problem(line, "no url")
		return
	}
	c.add(line, e)
}

// WriteCSV writes a table that ReadCSV reads back as it was.
func WriteCSV(w io.Writer, sources []Source) error {
	table := csv.NewWriter(w)
	_ = table.Write(Columns()) // Flush tells
	for _, s := range sources {
		row := []string{s.URL, string(s.Kind), s.Title, s.Home, s.Language, s.Country, strings.Join(s.Tags, ";"), interval(s.Interval), s.Agent, interval(s.HostDelay), policy(s.Refetch), flag(s.Paused)}
		for i := range row {
			row[i] = quoted(row[i])
		}
		_ = table.Write(row)
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// quoted keeps spreadsheets from taking a value for a formula, which a feed's title could otherwise be: such a value gets an
// apostrophe in front, as people write it there. bare takes it off again.
func quoted(s string) string {
	if formula(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

func bare(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && formula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}

func formula(s string) bool { return s != "" && strings.ContainsRune("=+-@", rune(s[0])) }

// comma is what parts the values of the first line.
func comma(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(line, ",")
	for _, r := range ";\t" {
		if n := strings.Count(line, string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}

// read reads all there is, as UTF-8.
func read(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return "", err
	}
	if len(b) > MaxBytes {
		return "", fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxBytes)
	}
	d, err := charset.Decode(b, "")
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(string(bytes.TrimPrefix([]byte(d.Text), []byte("\ufeff"))), "\n"), nil
}

// clip keeps error messages short.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
