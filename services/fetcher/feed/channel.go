package feed

import (
	"slices"
	"strings"

	"dateline/services/fetcher/markup"
)

// element takes an element of the feed itself.
func (r *reader) element(e *markup.Element) {
	f := r.feed
	switch e.Name {
	case "description", "abstract", "dc:description", "itunes:summary", "summary":
		if f.Subtitle.IsZero() {
			f.Subtitle = r.text(e, TypeHTML)
		}
	case "info":
		f.Info = r.text(e, TypePlain)
	case "docs":
		f.Docs = url(e)
	case "newlocation", "itunes:new-feed-url":
		f.NewFeedURL = first(f.NewFeedURL, url(e))
	case "ttl":
		f.TTL = number(e.Text())
	case "skiphours":
		for c := range e.Children {
			if h := number(c.Text()) % 24; c.Name == "hour" && !slices.Contains(f.SkipHours, h) { // midnight is also 24
				f.SkipHours = append(f.SkipHours, h)
			}
		}
	case "skipdays":
		for c := range e.Children {
			if day := weekday(c.Text()); c.Name == "day" && day != "" && !slices.Contains(f.SkipDays, day) {
				f.SkipDays = append(f.SkipDays, day)
			}
		}
	case "sy:updateperiod":
		f.UpdatePeriod = strings.ToLower(e.Text())
	case "sy:updatefrequency":
		f.UpdateTimes = number(e.Text())
	case "sy:updatebase":
		f.UpdateBase.read(e.Text())
	case "fh:archive":
		f.Archive = true
	case "fh:complete":
		f.Complete = true
	case "itunes:complete":
		f.Ended = strings.EqualFold(e.Text(), "yes")
	case "cloud":
		f.Cloud = &Cloud{Domain: e.Attr("domain"), Port: e.Attr("port"), Path: e.Attr("path"), Procedure: e.Attr("registerprocedure"), Protocol: e.Attr("protocol")}
	case "textinput":
		f.TextInput = &TextInput{Title: e.Child("title").Text(), Description: e.Child("description").Text(), Name: e.Child("name").Text()}
		if l := e.Child("link"); l != nil {
			f.TextInput.Link = url(l, "href")
		}
	case "items": // RDF's table of contents
	default:
		if !r.about(&f.About, e) {
			f.extend(e)
		}
	}
}

var weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

func weekday(s string) string {
	for _, day := range weekdays {
		if strings.EqualFold(s, day) {
			return day
		}
	}
	return ""
}
