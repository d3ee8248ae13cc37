package sources

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/sourcelist"
)

// Import adds the sources of an OPML or CSV file, - for standard input, and tells by line what it leaves out. Those of
// which the list says nothing new are polled when they would have been. progress is called after each.
func (r *Registry) Import(ctx context.Context, in io.Reader, out io.Writer, file string, progress func(done, all int)) error {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, sourcelist.MaxBytes+1))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	read := sourcelist.ReadCSV
	if isOPML(file, b) {
		read = sourcelist.ReadOPML
	}
	list, err := read(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, p := range list.Problems {
		fmt.Fprintf(out, "%s: %v\n", file, p)
	}
	counts := map[string]int{}
	for i, l := range list.Sources {
		_, what, err := r.put(ctx, l.URL, wishOf(l), func(there *registry.Wish) (due bool) {
			before := *there
			merge(there, wishOf(l))
			return !reflect.DeepEqual(before, *there)
		})
		switch {
		case errors.Is(err, ErrRejected):
			fmt.Fprintf(out, "rejected  %s: %v\n", l.URL, err)
			what = "rejected"
		case err != nil:
			return err
		}
		counts[what]++
		if progress != nil {
			progress(i+1, len(list.Sources))
		}
	}
	fmt.Fprintf(out, "%d sources: %d added, %d changed, %d unchanged, %d rejected, %d problems\n", len(list.Sources), counts["added"], counts["changed"], counts["unchanged"], counts["rejected"], len(list.Problems))
	if counts["rejected"]+len(list.Problems) > 0 {
		return ErrRejected
	}
	return nil
}

func wishOf(l sourcelist.Source) registry.Wish {
	return registry.Wish{
		Kind: registry.Kind(l.Kind), Title: l.Title, Home: l.Home, Language: l.Language, Country: l.Country, Tags: l.Tags,
		Interval: registry.Duration(l.Interval), HostDelay: registry.Duration(l.HostDelay), Paused: l.Paused, Refetch: l.Refetch, Overrides: fetch.Overrides{Agent: l.Agent},
	}
}

// merge adds to a wish what a list says. What it says nothing of stays, as does all that lists cannot say; that something is
// a feed is what they say of what they do not know.
func merge(there *registry.Wish, list registry.Wish) {
	if list.Kind != registry.Feed || there.Kind == registry.Auto {
		there.Kind = list.Kind
	}
	for to, from := range map[*string]string{
		&there.Title: list.Title, &there.Home: list.Home, &there.Language: list.Language, &there.Country: list.Country, &there.Overrides.Agent: list.Overrides.Agent,
	} {
		*to = cmp.Or(from, *to)
	}
	there.Interval, there.HostDelay = cmp.Or(list.Interval, there.Interval), cmp.Or(list.HostDelay, there.HostDelay)
	there.Paused = there.Paused || list.Paused
	if !list.Refetch.IsZero() {
		there.Refetch = list.Refetch
	}
	if len(list.Tags) > 0 {
		there.Tags = list.Tags
	}
}

// isOPML tells by a file's name, or else by how it begins.
func isOPML(file string, b []byte) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".opml", ".xml":
		return true
	case ".csv", ".tsv":
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(b, "\ufeff \t\r\n"), []byte("<"))
}

// Export writes the sources that pass as OPML or CSV.
func (r *Registry) Export(ctx context.Context, out io.Writer, f Filter, opml bool) error {
	all, broken := r.chosen(ctx, f)
	if broken != nil && !errors.Is(broken, registry.ErrBroken) {
		return broken
	}
	list := make([]sourcelist.Source, len(all))
	for i, s := range all {
		list[i] = sourcelist.Source{
			URL: s.URL, Kind: sourcelist.Kind(s.Kind), Title: s.Title, Home: s.Home, Language: s.Language, Country: s.Country, Tags: s.Tags,
			Interval: time.Duration(s.Interval), Agent: s.Overrides.Agent, HostDelay: time.Duration(s.HostDelay), Paused: s.Paused, Refetch: s.Refetch,
		}
		if s.Kind == registry.Auto {
			list[i].Kind = sourcelist.Feed
		}
	}
	if opml {
		return errors.Join(sourcelist.WriteOPML(out, "Dateline's sources", list), broken)
	}
	return errors.Join(sourcelist.WriteCSV(out, list), broken)
}
