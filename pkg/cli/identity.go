package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/pkg/article"

	"github.com/dustin/go-humanize"
)

// minutes is how times are shown to people.
const minutes = "2006-01-02 15:04"

// Merges lists an article's addresses and merges, and undoes merges.
type Merges struct {
	Client
	ID   string `arg:"" help:"Id of an article."`
	Undo uint64 `help:"Part what the merge of this number made one, for good. Only on the indexer's machine." placeholder:"NUMBER"`
	JSON bool   `help:"Print the API's answer."`
}

type addresses struct {
	ArticleID string `json:"article_id"`
	Addresses []struct {
		URL   string    `json:"url"`
		Merge uint64    `json:"merge"`
		Since time.Time `json:"since"`
	} `json:"addresses"`
	Merges []struct {
		Number   uint64     `json:"number"`
		Time     time.Time  `json:"time"`
		From     string     `json:"from"`
		Into     string     `json:"into"`
		Address  string     `json:"address"`
		Tier     string     `json:"tier"`
		Evidence string     `json:"evidence"`
		Undone   *time.Time `json:"undone"`
	} `json:"merges"`
}

// Run prints addresses and merges, after the change that is asked for.
func (m *Merges) Run(ctx context.Context, term *Terminal) error {
	if !article.ValidID(m.ID) {
		return fmt.Errorf("%q is not the id of an article: 32 hex digits", m.ID)
	}
	path := "/v1/articles/" + m.ID + "/addresses"
	var raw json.RawMessage
	var a addresses
	read := func() error {
		if err := m.get(ctx, path, nil, &raw); err != nil {
			return err
		}
		a = addresses{}
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("answer of %s: %w", path, err)
		}
		return nil
	}
	if err := read(); err != nil {
		return err
	}
	if m.Undo != 0 {
		if err := m.undo(ctx, &a); err != nil {
			return err
		}
		if err := read(); err != nil {
			return err
		}
	}
	if m.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	return a.print(term.Out)
}

// undo makes sure that the merge is one of the article's: a number that is mistyped must not part others.
func (m *Merges) undo(ctx context.Context, a *addresses) error {
	for _, merge := range a.Merges {
		if merge.Number == m.Undo {
			return m.do(ctx, http.MethodDelete, "/v1/merges/"+strconv.FormatUint(m.Undo, 10)+"?article="+url.QueryEscape(m.ID), nil, nil)
		}
	}
	return fmt.Errorf("--undo %d: article %s has no merge of that number", m.Undo, m.ID)
}

func (a *addresses) print(out io.Writer) error {
	if err := a.printAddresses(out); err != nil {
		return err
	}
	if len(a.Merges) == 0 {
		_, err := fmt.Fprintln(out, "nothing was merged into it")
		return err
	}
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(w, "merge\ttime\tfrom\tinto\ttier\tevidence")
	for _, m := range a.Merges {
		evidence := m.Evidence
		if m.Undone != nil {
			evidence = "undone " + m.Undone.Local().Format(minutes)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", m.Number, m.Time.Local().Format(minutes), m.From, m.Into, m.Tier, evidence)
	}
	return w.Flush()
}

func (a *addresses) printAddresses(out io.Writer) error {
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	for _, at := range a.Addresses {
		mark := ""
		if at.Merge != 0 {
			mark = fmt.Sprintf("merge %d", at.Merge)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", at.Since.Local().Format(minutes), at.URL, mark)
	}
	return w.Flush()
}

// addresses prints where an article is known, if that is at several places.
func (s *Show) addresses(ctx context.Context, out io.Writer, id string) error {
	var a addresses
	if err := s.get(ctx, "/v1/articles/"+id+"/addresses", nil, &a); err != nil || len(a.Addresses) < 2 {
		return err
	}
	if _, err := fmt.Fprintf(out, "\nknown at %d addresses\n", len(a.Addresses)); err != nil {
		return err
	}
	return a.printAddresses(out)
}

// revisions prints an article's revisions, all of them.
func (s *Show) revisions(ctx context.Context, out io.Writer, id string) error {
	path := "/v1/articles/" + id + "/revisions"
	if s.JSON {
		var raw json.RawMessage
		if err := s.get(ctx, path, nil, &raw); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s\n", raw)
		return err
	}
	query := url.Values{"limit": {"100"}}
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	for {
		var page struct {
			Revisions []struct {
				Revision int       `json:"revision"`
				Seq      uint64    `json:"seq"`
				Stored   time.Time `json:"stored"`
				Title    string    `json:"title"`
				Changed  []string  `json:"changed"`
				Removal  string    `json:"removal"`
			} `json:"revisions"`
			Next string `json:"next_cursor"`
		}
		if err := s.get(ctx, path, query, &page); err != nil {
			return err
		}
		for _, r := range page.Revisions {
			what := strings.Join(r.Changed, ", ")
			if r.Removal != "" {
				what = r.Removal
			}
			fmt.Fprintf(w, "%d\t%s\tchange %d\t%s\t%s\n", r.Revision, r.Stored.Local().Format(minutes), r.Seq, what, r.Title)
		}
		if page.Next == "" {
			return w.Flush()
		}
		query.Set("cursor", page.Next)
	}
}

// Diff prints what differs between two revisions of an article.
type Diff struct {
	Client
	ID   string `arg:"" help:"Id of an article."`
	From int    `help:"Number of the first revision; without, that of the one before --to." placeholder:"N"`
	To   int    `help:"Number of the second revision; without, that of the latest." placeholder:"M"`
	JSON bool   `help:"Print the API's answer."`
}

// Run asks for the differences and prints them: what went and what came, in colours or in brackets.
func (d *Diff) Run(ctx context.Context, term *Terminal) error {
	if !article.ValidID(d.ID) {
		return fmt.Errorf("%q is not the id of an article: 32 hex digits", d.ID)
	}
	query := url.Values{}
	for name, n := range map[string]int{"from": d.From, "to": d.To} {
		if n != 0 {
			query.Set(name, strconv.Itoa(n))
		}
	}
	path := "/v1/articles/" + d.ID + "/diff"
	var raw json.RawMessage
	if err := d.get(ctx, path, query, &raw); err != nil {
		return err
	}
	if d.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	var diff struct {
		From    int              `json:"from"`
		To      int              `json:"to"`
		Removal *article.Removal `json:"removal"`
		Fields  []struct {
			Field  string  `json:"field"`
			Before string  `json:"before"`
			After  string  `json:"after"`
			Pieces []piece `json:"pieces"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(raw, &diff); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	fmt.Fprintf(term.Out, "revision %d to %d\n", diff.From, diff.To)
	if r := diff.Removal; r != nil {
		fmt.Fprintf(term.Out, "%s since %s\n", r.Reason, r.Time.Local().Format(minutes))
	}
	if len(diff.Fields) == 0 {
		fmt.Fprintln(term.Out, "no field differs")
	}
	for _, f := range diff.Fields {
		pieces, gap := f.Pieces, " "
		if pieces == nil {
			pieces = []piece{{"delete", f.Before}, {"insert", f.After}}
		}
		if f.Field == "text" {
			gap = "\n"
		}
		fmt.Fprintf(term.Out, "\n%s:%s%s\n", f.Field, gap, term.changes(pieces))
	}
	return nil
}

type piece struct {
	Op   string `json:"op"`
	Text string `json:"text"`
}

// around is how many characters of what did not change are shown on either side of what did.
const around = 120

// changes writes pieces for the terminal: deletions red and struck through, insertions green; elsewhere as wdiff does.
func (t *Terminal) changes(pieces []piece) string {
	del, ins, off := [2]string{"[-", "-]"}, [2]string{"{+", "+}"}, ""
	if t.Styled {
		off = "\x1b[0m"
		del, ins = [2]string{"\x1b[31;9m", off}, [2]string{"\x1b[32m", off}
	}
	var b strings.Builder
	for i, p := range pieces {
		switch {
		case p.Text == "":
		case p.Op == "delete":
			b.WriteString(del[0] + p.Text + del[1])
		case p.Op == "insert":
			b.WriteString(ins[0] + p.Text + ins[1])
		default:
			b.WriteString(shortened(p.Text, i > 0, i < len(pieces)-1))
		}
	}
	return b.String()
}

// shortened leaves out what is far from a change: before says that there is one before the text, after that one follows.
func shortened(text string, before, after bool) string {
	r := []rune(text)
	keep := 0
	for _, there := range []bool{before, after} {
		if there {
			keep += around
		}
	}
	if len(r) <= keep+len(" … ") {
		return text
	}
	head, tail := 0, 0
	if before {
		head = around
	}
	if after {
		tail = around
	}
	return string(r[:head]) + " … " + string(r[len(r)-tail:])
}

// Repeated lists the texts that are refused because a site shows them at many addresses, and corrects that.
type Repeated struct {
	Client
	Allow string `help:"Have the text of this id stored from now on: it is no error page. Only on the indexer's machine." xor:"change" placeholder:"ID"`
	Clear string `help:"Count the addresses of the text of this id anew. Only on the indexer's machine." xor:"change" placeholder:"ID"`
	JSON  bool   `help:"Print the API's answer."`
}

// Run prints the texts, after the change that is asked for.
func (r *Repeated) Run(ctx context.Context, term *Terminal) error {
	const path = "/v1/repeated"
	for method, id := range map[string]string{http.MethodPost: r.Allow, http.MethodDelete: r.Clear} {
		if id == "" {
			continue
		}
		if !article.ValidID(id) {
			return fmt.Errorf("%q is not the id of a text: 32 hex digits", id)
		}
		if err := r.do(ctx, method, path+"/"+id, nil, nil); err != nil {
			return err
		}
	}
	var raw json.RawMessage
	if err := r.get(ctx, path, nil, &raw); err != nil {
		return err
	}
	if r.JSON {
		_, err := fmt.Fprintf(term.Out, "%s\n", raw)
		return err
	}
	var list struct {
		Repeated []struct {
			ID       string    `json:"id"`
			Site     string    `json:"site"`
			Text     string    `json:"text"`
			Stored   int       `json:"stored"`
			Refused  int       `json:"refused"`
			LastSeen time.Time `json:"last_seen"`
			URLs     []string  `json:"urls"`
			Allowed  bool      `json:"allowed"`
		} `json:"repeated"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	if len(list.Repeated) == 0 {
		_, err := fmt.Fprintln(term.Out, "no text is refused")
		return err
	}
	for _, e := range list.Repeated {
		state := "refused"
		if e.Allowed {
			state = "allowed"
		}
		fmt.Fprintf(term.Out, "%s  %s  %s: %s addresses stored, %s arrivals refused, the last %s\n  %q\n", e.ID, e.Site, state,
			humanize.Comma(int64(e.Stored)), humanize.Comma(int64(e.Refused)), e.LastSeen.Local().Format(minutes), e.Text)
		for _, u := range e.URLs {
			fmt.Fprintf(term.Out, "  %s\n", u)
		}
	}
	return nil
}
