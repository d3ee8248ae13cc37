package api

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of pages.
const (
	defaultLimit   = 20
	maxLimit       = 100
	defaultChanges = 100
	maxChanges     = 1000
	maxWait        = time.Minute
)

// checkParams refuses parameters that the route does not know, and ones that are given twice: a misspelt filter must not
// pass for a search without it.
func (rt route) checkParams(r *http.Request) error {
	if rt.open {
		return nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &problem{Status: http.StatusBadRequest, Detail: "the query cannot be read: " + err.Error()}
	}
	for name, v := range values {
		if !slices.Contains(rt.params, name) {
			known := "this takes no parameters"
			if len(rt.params) > 0 {
				known = "known are " + strings.Join(rt.params, ", ")
			}
			return &problem{Status: http.StatusBadRequest, Detail: fmt.Sprintf("unknown parameter %q; %s", name, known), Parameter: name}
		}
		if len(v) > 1 {
			return badParameter(name, "is given more than once")
		}
	}
	return nil
}

// limit reads the parameter of that name.
func limit(r *http.Request, otherwise, most int) (int, error) {
	s := r.URL.Query().Get("limit")
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, badParameter("limit", fmt.Sprintf("%q is not a number from 1 to %d", s, most))
	}
	return n, nil
}

// listPage reads which page of a list is asked for: the position that it goes on from, zero for the first page, and its length.
func listPage(r *http.Request) (cursor uint64, n int, err error) {
	if n, err = limit(r, defaultLimit, maxLimit); err != nil {
		return 0, 0, err
	}
	cursor, err = decodeListCursor(r.URL.Query().Get("cursor"))
	return cursor, n, err
}

// after reads a cursor of the change feed.
func after(name, s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, badParameter(name, fmt.Sprintf("%q is not a sequence number", s))
	}
	return n, nil
}

// wait reads how long a long poll may last.
func wait(r *http.Request) (time.Duration, error) {
	s := r.URL.Query().Get("wait")
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxWait {
		return 0, badParameter("wait", fmt.Sprintf("%q is not a duration from 0s to %s, such as 30s", s, maxWait))
	}
	return d, nil
}

// The cursor of a list of articles is opaque, so that the order can change one day.
func encodeListCursor(before uint64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64([]byte{1}, before))
}

func decodeListCursor(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 9 || b[0] != 1 {
		return 0, badParameter("cursor", "is not a cursor that this API gave")
	}
	return binary.BigEndian.Uint64(b[1:]), nil
}
