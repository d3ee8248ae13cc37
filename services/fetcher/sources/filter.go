package sources

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"dateline/services/fetcher/registry"
)

// Filter chooses sources.
type Filter struct {
	Kind     string `help:"Only those of a kind: feed, sitemap, page or auto." enum:",feed,sitemap,page,auto" default:"" placeholder:"KIND"`
	Tag      string `help:"Only those with a tag."`
	Language string `help:"Only those in a language; en stands for en-GB too."`
	Country  string `help:"Only those of a country."`
	State    string `help:"Only those that do so: ok, failing, dead or paused." enum:",ok,failing,dead,paused" default:"" placeholder:"STATE"`
}

// bad is the state of what fails or is dead.
const bad = "bad"

func (f *Filter) passes(s *registry.Source) bool {
	health := healthOf(s)
	return (f.Kind == "" || string(s.Kind) == f.Kind) && (f.Tag == "" || slices.Contains(s.Tags, f.Tag)) &&
		(f.Language == "" || within(s.Language, f.Language)) && (f.Country == "" || strings.EqualFold(s.Country, f.Country)) &&
		(f.State == "" || health == f.State || f.State == bad && (health == "failing" || health == "dead"))
}

func healthOf(s *registry.Source) string {
	if s.Paused {
		return "paused"
	}
	return string(s.Revisit.Health().Status)
}

// within tells whether a language is another, or a part of it.
func within(language, of string) bool {
	language, of = strings.ToLower(language), strings.ToLower(of)
	return language == of || strings.HasPrefix(language, of+"-") || strings.HasPrefix(language, of+"_") // as some feeds write it
}

// chosen are the sources that pass, by address. They are good beside an error that wraps registry.ErrBroken.
func (r *Registry) chosen(ctx context.Context, f Filter) ([]*registry.Source, error) {
	all := map[string]*registry.Source{} // one that changes meanwhile comes twice
	err := r.All(ctx, func(s *registry.Source) error {
		all[s.URL] = s
		return nil
	})
	if err != nil && !errors.Is(err, registry.ErrBroken) {
		return nil, err
	}
	maps.DeleteFunc(all, func(_ string, s *registry.Source) bool { return !f.passes(s) })
	return slices.SortedFunc(maps.Values(all), func(a, b *registry.Source) int { return strings.Compare(a.URL, b.URL) }), err
}
