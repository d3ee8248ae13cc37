package feed

import (
	"math"
	"strconv"
	"strings"

	"dateline/services/fetcher/markup"
)

// place takes an element of GeoRSS, GML or W3C's vocabulary; it is false of others.
func (a *About) place(e *markup.Element) bool {
	switch e.Name {
	case "georss:point", "gml:point", "gml:pos":
		a.setPlace("Point", 1, 1, positions(e))
	case "georss:line", "gml:linestring":
		a.setPlace("LineString", 2, maxVertices, positions(e))
	case "georss:polygon", "gml:polygon":
		a.setPlace("Polygon", 4, maxVertices, positions(e))
	case "georss:box", "gml:envelope":
		a.setPlace("Box", 2, 2, positions(e))
	case "georss:where", "where", "geo:point":
		for c := range e.Children {
			a.place(c)
		}
	case "georss:featurename":
		if a.Place == nil {
			a.Place = &Place{}
		}
		a.Place.Name = e.Text()
	case "geo:lat", "geo:long":
		v, err := strconv.ParseFloat(e.Text(), 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 360 {
			return true
		}
		if a.Place == nil || len(a.Place.Coordinates) == 0 {
			a.Place = &Place{Type: "Point", Coordinates: make([][2]float64, 1)}
		}
		i := 0
		if e.Name == "geo:lat" {
			i = 1
		}
		a.Place.Coordinates[0][i] = v
	default:
		return false
	}
	return true
}

// positions is the text of e, that of each element in it apart.
func positions(e *markup.Element) string {
	return strings.Join(leaves(nil, e), " ")
}

func leaves(texts []string, e *markup.Element) []string {
	if !e.HasElements() {
		return append(texts, e.Text())
	}
	for c := range e.Children {
		texts = leaves(texts, c)
	}
	return texts
}

// maxVertices of a line or polygon.
const maxVertices = 10_000

// setPlace reads latitudes and longitudes, in turn. Too few are no place.
func (a *About) setPlace(kind string, least, most int, text string) {
	numbers := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r <= ' ' })
	if len(numbers)%2 != 0 || len(numbers) < 2*least || len(numbers) > 2*most {
		return
	}
	p := &Place{Type: kind, Coordinates: make([][2]float64, 0, len(numbers)/2)}
	if a.Place != nil {
		p.Name = a.Place.Name
	}
	for i := 0; i < len(numbers); i += 2 {
		lat, err := strconv.ParseFloat(numbers[i], 64)
		if err != nil || !(math.Abs(lat) <= 90) {
			return
		}
		long, err := strconv.ParseFloat(numbers[i+1], 64)
		if err != nil || !(math.Abs(long) <= 360) {
			return
		}
		p.Coordinates = append(p.Coordinates, [2]float64{long, lat})
	}
	a.Place = p
}
