// Package rules reads what publishers' pages need beyond the generic way: selectors for fields, and elements to drop.
//
// A directory holds a YAML file for each publisher. A rule is for pages of its hosts, of a path and of a time; it wins over
// everything else that a page says. deploy/rules/alder.example.yaml is an example of all that a file may hold.
package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dateline/pkg/weburl"

	"github.com/andybalholm/cascadia"
	"go.yaml.in/yaml/v3"
)

// file is one publisher's.
type file struct {
	Hosts []string `yaml:"hosts"`
	Rules []*Rule  `yaml:"rules"`
}

// Rule is for the pages of some hosts and their subdomains. The longest path that fits a page wins.
type Rule struct {
	Path       string             `yaml:"path"`        // prefix of the URL's path; all where it is empty
	ValidFrom  day                `yaml:"valid_from"`  // first day of capture; open where it is empty
	ValidUntil day                `yaml:"valid_until"` // last day of capture
	Fields     map[string]sources `yaml:"fields"`      // of the article, by its name in JSON
	Drop       []selector         `yaml:"drop"`        // elements that are taken out before anything is read
	Examples   []Example          `yaml:"examples"`

	file string // that it stands in
	line int
}

// Example is a page, and what has to come out of it.
type Example struct {
	URL         string    `yaml:"url"`
	Captured    time.Time `yaml:"captured"`
	HTML        string    `yaml:"html"` // the page, or
	File        string    `yaml:"file"` // a file beside the rule that holds it
	Expect      Expected  `yaml:"expect"`
	Contains    []string  `yaml:"contains"` // in the text
	NotContains []string  `yaml:"not_contains"`
}

// Expected is the value of fields by their names: a text, or several.
type Expected map[string]texts

// Name is where a rule stands: file and line.
func (r *Rule) Name() string { return fmt.Sprintf("%s:%d", r.file, r.line) }

// UnmarshalYAML notes the line.
func (r *Rule) UnmarshalYAML(n *yaml.Node) error {
	type plain Rule
	if err := strict(n, (*plain)(r), "path", "valid_from", "valid_until", "fields", "drop", "examples"); err != nil {
		return err
	}
	r.line = n.Line
	return nil
}

// strict decodes a mapping that has no other keys than those known: yaml.v3 forgets to look inside of custom types.
func strict(n *yaml.Node, into any, known ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains(known, k.Value) {
			return fmt.Errorf("line %d: unknown key %q, known are %s", k.Line, k.Value, strings.Join(known, ", "))
		}
	}
	return n.Decode(into)
}

// day is a calendar day, UTC.
type day struct{ time.Time }

// UnmarshalYAML reads 2024-11-06.
func (d *day) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no day such as 2024-11-06", n.Line, n.Value)
	}
	d.Time = t
	return nil
}

// selector is CSS, compiled.
type selector struct {
	cascadia.Sel
	text string
}

// UnmarshalYAML compiles.
func (s *selector) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: not a CSS selector", n.Line)
	}
	sel, err := cascadia.Parse(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no CSS selector: %w", n.Line, n.Value, err)
	}
	s.Sel, s.text = sel, n.Value
	return nil
}

// source is where a field's value stands.
type source struct {
	Select   selector `yaml:"select"`
	Attr     string   `yaml:"attr"`     // attribute that holds it; the element's text where it is empty
	Timezone zone     `yaml:"timezone"` // of dates that do not tell theirs: Asia/Kabul
}

// sources are tried in their order.
type sources []source

// UnmarshalYAML reads a selector, a source, or several of them.
func (s *sources) UnmarshalYAML(n *yaml.Node) error {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, n := range nodes {
		var one source
		var err error
		if n.Kind == yaml.ScalarNode {
			err = one.Select.UnmarshalYAML(n)
		} else {
			err = strict(n, &one, "select", "attr", "timezone")
		}
		if err == nil && one.Select.Sel == nil {
			err = fmt.Errorf("line %d: select is missing", n.Line)
		}
		if err != nil {
			return err
		}
		*s = append(*s, one)
	}
	return nil
}

// zone is a time zone.
type zone struct{ *time.Location }

// UnmarshalYAML reads a name of the IANA time zone database.
func (z *zone) UnmarshalYAML(n *yaml.Node) error {
	l, err := time.LoadLocation(n.Value)
	if err != nil || n.Value == "" {
		return fmt.Errorf("line %d: %q is no time zone such as Asia/Kabul", n.Line, n.Value)
	}
	z.Location = l
	return nil
}

// texts are one or several.
type texts []string

// UnmarshalYAML reads a text or a list of them.
func (t *texts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = texts{n.Value}
		return nil
	}
	var all []string
	err := n.Decode(&all)
	*t = all
	return err
}

// Set is all rules. It does not change.
type Set struct {
	byHost map[string][]*Rule
	rules  []*Rule
}

// Rules are all there are, in the order of files.
func (s *Set) Rules() []*Rule { return s.rules }

// Load reads the *.yaml files of a directory. The error tells of every file that is broken, with file and line.
func Load(dir string) (*Set, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	s := &Set{byHost: map[string][]*Rule{}}
	var broken []error
	for _, name := range names {
		f, err := readFile(name)
		if err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for _, host := range f.Hosts {
			s.byHost[host] = append(s.byHost[host], f.Rules...)
		}
		s.rules = append(s.rules, f.Rules...)
	}
	for host, rules := range s.byHost {
		if err := overlap(rules); err != nil {
			broken = append(broken, fmt.Errorf("host %s: %w", host, err))
		}
	}
	if broken != nil {
		return nil, errors.Join(broken...)
	}
	return s, nil
}

func readFile(name string) (*file, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	f := &file{}
	if err := d.Decode(f); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(f.Hosts) == 0 || len(f.Rules) == 0 {
		return nil, errors.New("hosts or rules are missing")
	}
	for _, h := range f.Hosts {
		if h != strings.ToLower(h) || strings.ContainsAny(h, "/: ") || !strings.Contains(h, ".") || strings.Trim(h, ".") != h {
			return nil, fmt.Errorf("%q is no host name in small letters", h)
		}
	}
	for i, r := range f.Rules {
		if r == nil { // no call of UnmarshalYAML for what is null
			return nil, fmt.Errorf("rule %d: is empty", i+1)
		}
		r.file = name
		if err := r.check(filepath.Dir(name)); err != nil {
			return nil, fmt.Errorf("line %d: %w", r.line, err)
		}
	}
	return f, nil
}

func (r *Rule) check(dir string) error {
	if len(r.Fields) == 0 && len(r.Drop) == 0 {
		return errors.New("a rule without fields and drop does nothing")
	}
	for name, from := range r.Fields {
		if !slices.Contains(fieldNames, name) {
			return fmt.Errorf("no field %q, there are %s", name, strings.Join(fieldNames, ", "))
		}
		if len(from) == 0 {
			return fmt.Errorf("%s has no selector", name)
		}
	}
	if !r.ValidFrom.IsZero() && !r.ValidUntil.IsZero() && r.ValidUntil.Before(r.ValidFrom.Time) {
		return errors.New("valid_until is before valid_from")
	}
	if len(r.Examples) == 0 {
		return errors.New("a rule needs an example")
	}
	for i := range r.Examples {
		e := &r.Examples[i]
		if (e.HTML == "") == (e.File == "") {
			return fmt.Errorf("example %d: needs html or file", i+1)
		}
		if e.File != "" {
			b, err := os.ReadFile(filepath.Join(dir, e.File))
			if err != nil {
				return fmt.Errorf("example %d: %w", i+1, err)
			}
			e.HTML = string(b)
		}
		for name := range e.Expect {
			if !slices.Contains(fieldNames, name) {
				return fmt.Errorf("example %d expects %q, which is no field; there are %s", i+1, name, strings.Join(fieldNames, ", "))
			}
		}
		if len(e.Expect) == 0 && len(e.Contains) == 0 && len(e.NotContains) == 0 {
			return fmt.Errorf("example %d expects nothing", i+1)
		}
	}
	return nil
}

// overlap finds two rules of a host of which either might be used for a page.
func overlap(rules []*Rule) error {
	for i, a := range rules {
		for _, b := range rules[:i] {
			if a.Path != b.Path {
				continue
			}
			if (a.ValidUntil.IsZero() || !a.ValidUntil.Before(b.ValidFrom.Time)) && (b.ValidUntil.IsZero() || !b.ValidUntil.Before(a.ValidFrom.Time)) {
				return fmt.Errorf("%s and %s are for the same path and time", b.Name(), a.Name())
			}
		}
	}
	return nil
}

// For is the rule for a page that was captured at a time, nil where there is none. A page without a time is as of now.
func (s *Set) For(url string, captured time.Time) *Rule {
	if s == nil || len(s.byHost) == 0 {
		return nil
	}
	if captured.IsZero() {
		captured = time.Now()
	}
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	for host := weburl.Host(url); host != ""; {
		var best *Rule
		for _, r := range s.byHost[host] {
			if r.fits("/"+path, captured) && (best == nil || len(r.Path) > len(best.Path)) {
				best = r
			}
		}
		if best != nil {
			return best
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return nil
}

func (r *Rule) fits(path string, captured time.Time) bool {
	return strings.HasPrefix(path, r.Path) && (r.ValidFrom.IsZero() || !captured.Before(r.ValidFrom.Time)) &&
		(r.ValidUntil.IsZero() || captured.Before(r.ValidUntil.AddDate(0, 0, 1)))
}
