// Package opensearch keeps the search index on an OpenSearch server.
//
// Each partition of the record has an index of its own, made by one template:
//
//	PREFIX-articles-0-20241106t101500z-k3x5   an index: one generation of partition 0
//	PREFIX-write-0-20241106t101500z-k3x5      alias that it is written by, so that no server makes it again when it was deleted
//	PREFIX-articles-0                         alias that partition 0 is searched by: it points to the current generation
//	PREFIX-articles                           alias of the current generations of all partitions, for other programs
//	PREFIX-cursors                            by the name of an index, the last change that it has taken in
//
// A rebuild fills a new generation and then moves the aliases in one request, which deletes the old one. So one partition can
// be made anew beside others that are written to. Documents have the change's sequence number as their external version:
// what comes again, or late, never replaces what is newer.
//
// Words are analyzed here, as they are for package bleve, and the server splits what it gets at spaces: it needs no plugin,
// and both backends find the same.
package opensearch

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is where the server is, and who asks it.
type Config struct {
	URL      []string `help:"URL of each OpenSearch server of the cluster, with commas between." placeholder:"URL" env:"DATELINE_OPENSEARCH_URL"`
	User     string   `help:"User to log in as." env:"DATELINE_OPENSEARCH_USER"`
	Password string   `help:"Password of that user." env:"DATELINE_OPENSEARCH_PASSWORD" secret:""`
	CA       string   `name:"ca" help:"PEM file with the authorities that signed the server's certificate, instead of the system's." type:"path" placeholder:"FILE" env:"DATELINE_OPENSEARCH_CA"`
	Prefix   string   `help:"What the names of indexes and aliases begin with: another one for each record." default:"dateline" env:"DATELINE_OPENSEARCH_PREFIX"`
}

var prefixes = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

// Validate names what is wrong.
//
// It is not named Validate, because the parser of the command line would call that with any backend.
func (c *Config) Check() error {
	if len(c.URL) == 0 {
		return errors.New("--opensearch-url is needed with --search-backend opensearch")
	}
	for _, s := range c.URL {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New("--opensearch-url: each has to be a URL such as https://search.example:9200")
		}
		if u.User != nil {
			return errors.New("--opensearch-url: a user and password go into --opensearch-user and --opensearch-password, where they are kept out of sight")
		}
	}
	if !prefixes.MatchString(c.Prefix) {
		return fmt.Errorf("--opensearch-prefix %q: up to 100 lower case letters, digits, hyphens and underscores", c.Prefix)
	}
	return nil
}

//go:embed index.json
var indexJSON []byte

// mappingVersion has to grow with each change to index.json and document: an index of another version is made anew.
const mappingVersion = "1"

// version is what an index has to be of.
const version = search.Version + "." + mappingVersion

// requestTimeout bounds one request, above what the one who asks waits.
const requestTimeout = time.Minute

// backend is one partition's index.
type backend struct {
	store     *store.Store
	client    *opensearchapi.Client
	log       *slog.Logger
	metrics   *metrics
	prefix    string
	partition int
	stop      context.CancelFunc // ends what the client does in the background

	mu      sync.Mutex // held while the current generation is looked for or replaced
	current atomic.Pointer[generation]
	looked  time.Time // when the current generation was last seen to be there; the projector's
}

// generation is one index on the server.
type generation struct {
	*backend
	name    string
	live    atomic.Bool // it is searched
	cursor  atomic.Uint64
	refused map[string]bool // ids of articles that the server does not take; the projector's
}

// Open opens the index of a partition of the record, which is 0 where it is not divided. A server that does not answer is no
// error: the index is there once it does, and Check tells of it until then.
func Open(st *store.Store, c Config, partition int, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
	b, err := newBackend(st, c, partition, reg, log)
	if err != nil {
		return nil, err
	}
	return search.New(st, b, reg, log)
}

func newBackend(st *store.Store, c Config, partition int, reg prometheus.Registerer, log *slog.Logger) (*backend, error) {
	ctx, stop := context.WithCancel(context.Background())
	conf := opensearch.Config{
		Addresses: c.URL, Username: c.User, Password: c.Password, Context: ctx, DisableRetry: true, RequestTimeout: requestTimeout,
		CompressRequestBody: true,
	}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			stop()
			return nil, fmt.Errorf("--opensearch-ca: %w", err)
		}
		conf.CACert = pem
	}
	client, err := opensearchapi.NewClient(opensearchapi.Config{Client: conf})
	if err != nil {
		stop()
		return nil, fmt.Errorf("--opensearch-url: %w", err)
	}
	return &backend{store: st, client: client, log: log, metrics: newMetrics(reg), prefix: c.Prefix, partition: partition, stop: stop}, nil
}

// Close is search.Backend's.
func (b *backend) Close() error {
	b.stop()
	return b.client.Close()
}

// Names on the server.

func (b *backend) all() string     { return b.prefix + "-articles" }
func (b *backend) alias() string   { return fmt.Sprintf("%s-articles-%d", b.prefix, b.partition) }
func (b *backend) cursors() string { return b.prefix + "-cursors" }

// writeAlias is the alias that an index is written by.
func (b *backend) writeAlias(index string) string {
	return b.prefix + "-write" + strings.TrimPrefix(index, b.all())
}

// made says which record and which version of Dateline an index was made by; it is part of its mapping.
type made struct {
	Version   string `json:"dateline"`
	Store     string `json:"record"`
	Partition int    `json:"partition"`
}

// Current is search.Backend's. It looks for the index on the server the first time, and again after it was not there.
func (b *backend) Current(ctx context.Context) (search.Generation, error) {
	if g := b.current.Load(); g != nil {
		return g, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	g, err := b.attach(ctx)
	if err != nil {
		return nil, fmt.Errorf("OpenSearch: %w", err)
	}
	g.live.Store(true)
	b.current.Store(g)
	b.looked = time.Now()
	return g, nil
}

// attach finds the current generation, or begins one where there is none that fits the store.
func (b *backend) attach(ctx context.Context) (*generation, error) {
	if err := b.putTemplate(ctx); err != nil {
		return nil, err
	}
	indexes, err := b.indexes(ctx)
	if err != nil {
		return nil, err
	}
	var current string
	for name, ix := range indexes {
		if ix.made.Store != b.store.ID() {
			return nil, fmt.Errorf("index %s belongs to another record (%s, this one is %s): use another --opensearch-prefix, or delete it", name, ix.made.Store, b.store.ID())
		}
		if ix.searched && current != "" {
			return nil, fmt.Errorf("alias %s points to both %s and %s: take it off one of them", b.alias(), current, name)
		}
		if ix.searched {
			current = name
		}
	}
	var stale []string
	for name := range indexes { // that a rebuild left half done
		if name != current {
			if err := b.drop(ctx, name); err != nil {
				return nil, err
			}
		}
	}
	if current != "" {
		g, why := b.open(ctx, current, indexes[current].made)
		if why == nil || errors.Is(why, search.ErrUnavailable) {
			return g, why
		}
		b.log.Warn("search index is made anew from the record", "index", current, "reason", why, "records", b.store.LastSeq())
		stale = append(stale, current)
	}
	g, err := b.create(ctx)
	if err != nil {
		return nil, err
	}
	return g, b.switchTo(ctx, g, stale...)
}

// found is an index on the server.
type found struct {
	made     made
	searched bool
}

// indexes are this partition's.
func (b *backend) indexes(ctx context.Context) (map[string]found, error) {
	resp, err := b.client.Indices.Get(ctx, opensearchapi.IndicesGetReq{Indices: []string{b.alias() + "-*"}})
	if err != nil {
		return nil, b.blame(ctx, "look for indexes", err)
	}
	all := map[string]found{}
	for name, ix := range *resp.IndicesGetRespData {
		var mapping struct {
			Meta made `json:"_meta"`
		}
		if err := json.Unmarshal(ix.Mappings, &mapping); err != nil {
			return nil, fmt.Errorf("mapping of index %s: %w", name, err)
		}
		_, searched := ix.Aliases[b.alias()]
		all[name] = found{mapping.Meta, searched}
	}
	return all, nil
}

// open reads the cursor of an index, or tells why it does not fit the store.
func (b *backend) open(ctx context.Context, name string, m made) (*generation, error) {
	if m.Version != version || m.Partition != b.partition {
		return nil, fmt.Errorf("it has mapping version %q, this Dateline has %q", m.Version, version)
	}
	g := &generation{backend: b, name: name, refused: map[string]bool{}}
	at, err := g.readCursor(ctx)
	if err != nil {
		return nil, err
	}
	last := b.store.LastSeq()
	if at > last {
		return nil, fmt.Errorf("it has taken in change %d, the record's last is %d", at, last)
	}
	if err := g.refresh(ctx); err != nil { // what a crash left unseen
		return nil, err
	}
	if at == last {
		documents, err := g.documents(ctx)
		if err != nil {
			return nil, err
		}
		st, err := b.store.Stats()
		if err != nil {
			return nil, err
		}
		if documents+uint64(len(g.refused)) != st.Articles {
			return nil, fmt.Errorf("it holds %d documents of %d articles", documents, st.Articles)
		}
	}
	g.cursor.Store(at)
	return g, nil
}

// putTemplate tells the server what indexes of this name are made of.
func (b *backend) putTemplate(ctx context.Context) error {
	_, err := b.client.IndexTemplate.Create(ctx, opensearchapi.IndexTemplateCreateReq{
		IndexTemplate: b.all(),
		Body:          body(object{"index_patterns": []string{b.all() + "-*"}, "priority": 200, "template": json.RawMessage(indexJSON), "_meta": object{"dateline": version}}),
	})
	return b.blame(ctx, "write the index template", err)
}

// create begins a generation.
func (b *backend) create(ctx context.Context) (*generation, error) {
	name := b.alias() + "-" + strings.ToLower(time.Now().UTC().Format("20060102t150405z")+"-"+rand.Text()[:6])
	_, err := b.client.Indices.Create(ctx, opensearchapi.IndicesCreateReq{Index: name, Body: body(object{
		"mappings": object{"_meta": made{version, b.store.ID(), b.partition}},
		"aliases":  object{b.writeAlias(name): object{}},
	})})
	if err != nil {
		return nil, b.blame(ctx, "create index "+name, err)
	}
	return &generation{backend: b, name: name, refused: map[string]bool{}}, nil
}

// switchTo has searches go to a generation, and deletes the indexes that it replaces, in one step.
func (b *backend) switchTo(ctx context.Context, g *generation, replaced ...string) error {
	actions := []object{
		{"add": object{"index": g.name, "alias": b.alias()}},
		{"add": object{"index": g.name, "alias": b.all()}},
	}
	for _, name := range replaced {
		actions = append(actions, object{"remove_index": object{"index": name}})
	}
	_, err := b.client.Aliases(ctx, opensearchapi.AliasesReq{Body: body(object{"actions": actions})})
	if err != nil {
		return b.blame(ctx, "move alias "+b.alias()+" to "+g.name, err)
	}
	return nil
}

// drop deletes an index that nobody searches.
func (b *backend) drop(ctx context.Context, name string) error {
	_, err := b.client.Indices.Delete(ctx, opensearchapi.IndicesDeleteReq{Indices: []string{name}})
	if status(err) == http.StatusNotFound {
		return nil
	}
	return b.blame(ctx, "delete index "+name, err)
}

// Anew is search.Backend's.
func (b *backend) Anew(ctx context.Context, fill func(search.Generation) error) error {
	current, err := b.Current(ctx)
	if err != nil {
		return err
	}
	old := current.(*generation)
	g, err := b.create(ctx)
	if err != nil {
		return err
	}
	err = fill(g)
	if err == nil {
		err = g.refresh(ctx)
	}
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		err = b.switchTo(ctx, g, old.name)
	}
	if err != nil {
		dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		defer cancel()
		if derr := b.drop(dctx, g.name); derr != nil { // the next start does
			b.log.Warn("index that was not finished is still there", "index", g.name, "error", derr)
		}
		return err
	}
	g.live.Store(true)
	b.current.Store(g)
	return nil
}

// lookEvery is how often the server is asked whether the index is still there while there is nothing to take in.
const lookEvery = 5 * time.Second

// Rest is search.Backend's: it notices that the server is away, or that somebody deleted the index.
func (b *backend) Rest(ctx context.Context) error {
	g := b.current.Load()
	if g == nil || time.Since(b.looked) < lookEvery {
		return nil
	}
	indexes, err := b.indexes(ctx)
	if err != nil {
		return fmt.Errorf("OpenSearch: %w", err)
	}
	if !indexes[g.name].searched {
		return b.lost(g)
	}
	b.looked = time.Now()
	return nil
}

// lost has the current generation be looked for anew.
func (b *backend) lost(g *generation) error {
	b.current.CompareAndSwap(g, nil)
	return fmt.Errorf("OpenSearch: index %s is gone, or alias %s no longer points to it", g.name, b.alias())
}

// searched is the generation to ask.
func (b *backend) searched() (*generation, error) {
	if g := b.current.Load(); g != nil {
		return g, nil
	}
	return nil, search.ErrUnavailable
}

// blame says what was tried, and marks errors that pass by themselves, or that only whoever runs the server can mend, as
// search.ErrUnavailable.
func (b *backend) blame(ctx context.Context, doing string, err error) error {
	switch code := status(err); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case code == 0, code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound, code == http.StatusTooManyRequests, code >= 500:
		return fmt.Errorf("%s: %w: %w", doing, search.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// status is the HTTP status that the server answered with, or zero where it did not answer.
func status(err error) int {
	if e := (*opensearch.StructError)(nil); errors.As(err, &e) {
		return e.Status
	}
	if e := (*opensearch.StringError)(nil); errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// body is a request's.
func body(v any) *bytes.Reader {
	b, err := json.Marshal(v)
	if err != nil { // what is asked is made here, of strings and numbers
		panic(err)
	}
	return bytes.NewReader(b)
}
