// Package config reads Dateline's one YAML file, and prints what is in force.
//
// The command-line grammar is the configuration's only description: every flag with an environment variable is also a key
// of the file, under the flag's name. Flags win over the environment, the environment over the file, the file over the
// defaults.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// Load reads a configuration file: one mapping of flag names to values. It is a kong.ConfigurationLoader.
func Load(r io.Reader) (kong.Resolver, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(r).Decode(&doc); errors.Is(err, io.EOF) {
		return file{}, nil
	} else if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("configuration line %d: not a mapping of keys to values", root.Line)
	}
	f := file{}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		s, err := scalar(value)
		if err != nil {
			return nil, fmt.Errorf("configuration line %d: key %q: %w", value.Line, key.Value, err)
		}
		if _, twice := f[key.Value]; twice {
			return nil, fmt.Errorf("configuration line %d: key %q stands twice", key.Line, key.Value)
		}
		f[key.Value] = entry{key.Line, s}
	}
	return f, nil
}

func scalar(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.SequenceNode:
		var all []string
		for _, c := range n.Content {
			s, err := scalar(c)
			if err != nil {
				return "", err
			}
			all = append(all, s)
		}
		return strings.Join(all, ","), nil
	}
	return "", errors.New("not a value or a list of values")
}

type entry struct {
	line  int
	value string
}

// file is a configuration file's keys: a kong.Resolver.
type file map[string]entry

// Validate refuses keys that no flag has.
func (f file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flag := range configurable(app.Node) {
		known[flag.Name] = true
	}
	var unknown []string
	for key, e := range f {
		if !known[key] {
			unknown = append(unknown, fmt.Sprintf("line %d: unknown key %q", e.line, key))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("configuration %s; `dateline config` lists the keys", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve gives a flag the file's value, unless the environment has one.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	e, ok := f[flag.Name]
	if !ok || !isConfigurable(flag) || fromEnvironment(flag) != "" {
		return nil, nil
	}
	return e.value, nil
}

func isConfigurable(flag *kong.Flag) bool { return len(flag.Envs) > 0 && flag.Name != "config" }

func fromEnvironment(flag *kong.Flag) string {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return name
		}
	}
	return ""
}

// configurable lists the configurable flags of a command and those below it, each name once.
func configurable(n *kong.Node) []*kong.Flag {
	var flags []*kong.Flag
	seen := map[string]bool{}
	_ = kong.Visit(n, func(v kong.Visitable, next kong.Next) error {
		if flag, ok := v.(*kong.Flag); ok && isConfigurable(flag) && !seen[flag.Name] {
			seen[flag.Name] = true
			flags = append(flags, flag)
		}
		return next(nil)
	})
	return flags
}

// UnknownEnvironment lists DATELINE_ variables that no flag reads. They are worth a warning and no more: Kubernetes sets
// such variables for a service named dateline.
func UnknownEnvironment(app *kong.Application, environ []string) []string {
	known := map[string]bool{"DATELINE_CONFIG": true, "DATELINE_SHARED": true} // the latter is the tests'
	for _, flag := range configurable(app.Node) {
		for _, name := range flag.Envs {
			known[name] = true
		}
	}
	var unknown []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "DATELINE_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// Print writes the configuration in force for a parsed command as a YAML file that gives it again, with where each
// value comes from. Secrets are masked.
func Print(w io.Writer, k *kong.Context) error {
	onLine := map[*kong.Flag]bool{}
	resolved := map[*kong.Flag]bool{}
	for _, p := range k.Path {
		if p.Flag != nil {
			onLine[p.Flag] = !p.Resolved
			resolved[p.Flag] = resolved[p.Flag] || p.Resolved
		}
	}
	group := "\x00"
	for _, flag := range configurable(k.Selected()) {
		if title := groupOf(flag); title != group {
			group = title
			if _, err := fmt.Fprintf(w, "\n# %s\n", title); err != nil {
				return err
			}
		}
		value := written(k.FlagValue(flag))
		if flag.Tag.Has("secret") && value != "" {
			value = "********"
		}
		from := "default"
		switch name := fromEnvironment(flag); {
		case onLine[flag]:
			from = "flag"
		case name != "":
			from = name
		case resolved[flag]:
			from = "file"
		}
		b, err := yaml.Marshal(map[string]string{flag.Name: value})
		if err != nil {
			return fmt.Errorf("print %s: %w", flag.Name, err)
		}
		if _, err := fmt.Fprintf(w, "%-48s # %s: %s\n", strings.TrimSpace(string(b)), from, flag.Help); err != nil {
			return err
		}
	}
	return nil
}

// written is a value as a file gives it: of a list, its values with commas between.
func written(v any) string {
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		return fmt.Sprint(v)
	}
	values := make([]string, list.Len())
	for i := range values {
		values[i] = fmt.Sprint(list.Index(i).Interface())
	}
	return strings.Join(values, ",")
}

func groupOf(flag *kong.Flag) string {
	if flag.Group != nil {
		return flag.Group.Title
	}
	return "Common"
}
