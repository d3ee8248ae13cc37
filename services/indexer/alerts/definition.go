package alerts

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
)

// Definition is a saved query as it is asked for.
type Definition struct {
	Search  map[string]string `json:"search"`  // search.Params by name
	Changes []article.Outcome `json:"changes"` // that it tells of; empty for new alone
	Webhook *Webhook          `json:"webhook"`
	NATS    bool              `json:"nats"`
}

// Webhook is where alerts are posted to.
type Webhook struct {
	URL    string `json:"url"`
	Secret string `json:"secret"` // whsec_ and 24 to 64 bytes in base64; empty for that of before or a new one
}

// DefinitionError names the part of a definition that is wrong, and what is wrong with it.
type DefinitionError struct {
	Field  string
	Detail string
}

func (e *DefinitionError) Error() string { return e.Field + " " + e.Detail }

// maxValue is the most bytes of a search parameter other than q.
const maxValue = 400

// ParseDefinition reads a Definition's JSON. Errors are *DefinitionError.
func ParseDefinition(b []byte) (Definition, error) {
	var d Definition
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(&d)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = fmt.Errorf("there is something after the JSON, at byte %d", dec.InputOffset())
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		err = errors.New("is empty; it should be JSON such as {\"search\": {\"q\": \"flour\"}}")
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("broken JSON: it breaks off after %d bytes", len(b))
	}
	if err != nil {
		return Definition{}, &DefinitionError{"body", strings.TrimPrefix(article.JSONError(err).Error(), "json: ")}
	}
	return d, nil
}

// ParseQuery makes the search of a saved query's parameters.
func ParseQuery(params map[string]string) (*search.Query, error) {
	for name, value := range params {
		if !slices.Contains(search.Params, name) {
			return nil, &DefinitionError{"search", fmt.Sprintf("has no parameter %q; known are %s", name, strings.Join(search.Params, ", "))}
		}
		if name != "q" && len(value) > maxValue {
			return nil, &search.ParamError{Param: name, Detail: fmt.Sprintf("is longer than %d bytes", maxValue)}
		}
	}
	return search.ParseQuery(func(name string) string { return params[name] }, 0)
}

func (a *Alerts) validate(name string, d *Definition) error {
	if !article.ValidPublisher(name) { // which has to be a token of a subject, too
		return &DefinitionError{"name", fmt.Sprintf("%.80q is not 1 to 63 of a-z, 0-9, - and _, the first a letter or a digit", name)}
	}
	if len(d.Search) == 0 {
		return &DefinitionError{"search", "is missing: a saved query has at least one of " + strings.Join(search.Params, ", ")}
	}
	if _, err := ParseQuery(d.Search); err != nil {
		return err
	}
	if len(d.Changes) == 0 {
		d.Changes = []article.Outcome{article.OutcomeNew}
	}
	for _, c := range d.Changes {
		if !slices.Contains(changes, c) {
			return &DefinitionError{"changes", fmt.Sprintf("has %q; known are %v", c, changes)}
		}
	}
	if !slices.Contains(d.Changes, article.OutcomeNew) {
		return &DefinitionError{"changes", "has to have new: what else is told, is told of articles that were new before"}
	}
	if d.Webhook == nil {
		return nil
	}
	if err := a.checkURL(d.Webhook.URL); err != nil {
		return &DefinitionError{"webhook.url", err.Error()}
	}
	if d.Webhook.Secret == "" {
		return nil
	}
	if _, err := decodeSecret(d.Webhook.Secret); err != nil {
		return &DefinitionError{"webhook.secret", err.Error()}
	}
	return nil
}

// maxURL is the most bytes of a webhook's URL.
const maxURL = 2000

// checkURL refuses early what could never be posted to.
func (a *Alerts) checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("cannot be read as a URL")
	case len(raw) > maxURL:
		return fmt.Errorf("is longer than %d bytes", maxURL)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return fmt.Errorf("%q is not an http or https URL", u.Redacted())
	case u.User != nil:
		return errors.New("has a user name or password in it: alerts are signed instead")
	case u.Fragment != "":
		return errors.New("has a fragment, which is not sent")
	}
	port := uint64(443)
	if u.Scheme == "http" {
		port = 80
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.ParseUint(p, 10, 16); err != nil {
			return fmt.Errorf("port %q is none", p)
		}
	}
	host := strings.ToLower(u.Hostname())
	if err := a.guard.Host(host, uint16(port)); err != nil {
		return fmt.Errorf("%w (--webhook-allow lets networks through)", err)
	}
	return nil
}

const secretPrefix = "whsec_"

func encodeSecret(key []byte) string { return base64.StdEncoding.EncodeToString(key) }

// decodeSecret reads a key as Standard Webhooks has it.
func decodeSecret(s string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(s, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("is not %s and 24 to 64 bytes in base64", secretPrefix)
	}
	return key, nil
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }
