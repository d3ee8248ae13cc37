package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Gateway is the API of a record in partitions, which several indexers share. It asks the partitions, wherever they are, and
// makes one answer of theirs; where one of them does not answer, neither does it. Each indexer has one:
//
//	/v1/...                   the whole record                  for everybody
//	/partitions/<n>/v1/...    partition n, if it is open here   for gateways only
//
// A partition's API is the one that an undivided record has, so a gateway needs to know of each operation only how the
// answers make one.
type Gateway struct {
	front
	GatewayConfig
	client   *http.Client
	patience time.Duration // how long a request waits for a partition that is changing hands
}

// GatewayConfig is what a gateway is told.
type GatewayConfig struct {
	Partitions int
	Secret     []byte // that the gateways of a record share

	// Here is the API of a partition that is open in this process, and to be released when the request has been answered.
	Here func(partition int) (h http.Handler, release func(), ok bool)
	// At is the address of the indexer that has a partition open.
	At func(partition int) (addr string, ok bool)
}

// How gateways ask.
const (
	patience     = 3 * time.Second
	patienceStep = 100 * time.Millisecond
	dialTimeout  = 2 * time.Second
	maxPiece     = 64 << 20 // of an answer that is made one with others
	maxBody      = 1 << 20  // of a request
)

// NewGateway makes a gateway.
func NewGateway(cfg GatewayConfig, reg prometheus.Registerer, log *slog.Logger) *Gateway {
	g := &Gateway{front: newFront(reg, log), GatewayConfig: cfg, patience: patience, client: &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, MaxIdleConnsPerHost: 32, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHeader,
	}}}
	g.mount(g.routes())
	whole, mux := g.handler, http.NewServeMux()
	mux.HandleFunc("/partitions/{partition}/", g.inner)
	mux.Handle("/", whole)
	g.handler = mux
	return g
}

// routes are a server's, each with how it is answered here.
func (g *Gateway) routes() []route {
	routes := (&Server{}).routes()
	for i, rt := range routes {
		routes[i].handle = func(w http.ResponseWriter, r *http.Request) error { return rt.divided(g, w, r) }
	}
	return routes
}

// headerGateway is what a gateway signs a request with: when, whether the client is on the gateway's machine, and the code.
const headerGateway = "Dateline-Gateway"

// maxSkew is how far the clocks of indexers may differ.
const maxSkew = 2 * time.Minute

// via is how a request came through a gateway.
type via struct {
	local bool // its client is on the gateway's machine
}

type viaKey struct{}

func gatewayOf(r *http.Request) (via, bool) {
	v, ok := r.Context().Value(viaKey{}).(via)
	return v, ok
}

// code authenticates a request among gateways.
func (g *Gateway) code(method, uri, claim string) string {
	mac := hmac.New(sha256.New, g.Secret)
	fmt.Fprintf(mac, "%s %s %s", method, uri, claim)
	return hex.EncodeToString(mac.Sum(nil))
}

func (g *Gateway) sign(r *http.Request, client via) {
	claim := strconv.FormatInt(time.Now().Unix(), 10) + " " + strconv.FormatBool(client.local)
	r.Header.Set(headerGateway, claim+" "+g.code(r.Method, r.URL.RequestURI(), claim))
}

// verify reads what sign wrote.
func (g *Gateway) verify(r *http.Request) (client via, err error) {
	at, rest, _ := strings.Cut(r.Header.Get(headerGateway), " ")
	isLocal, code, _ := strings.Cut(rest, " ")
	if !hmac.Equal([]byte(code), []byte(g.code(r.Method, r.URL.RequestURI(), at+" "+isLocal))) {
		return via{}, errors.New("partitions are asked by indexers only; ask without /partitions/")
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if d := time.Since(time.Unix(seconds, 0)); err != nil || d.Abs() > maxSkew {
		return via{}, fmt.Errorf("the clocks of two indexers differ by %s", d.Round(time.Second))
	}
	return via{local: isLocal == "true"}, nil
}

// inner answers gateways about a partition that is open here.
func (g *Gateway) inner(w http.ResponseWriter, r *http.Request) {
	client, err := g.verify(r)
	if err != nil {
		g.answerProblem(w, r, &problem{Status: http.StatusForbidden, Detail: err.Error()})
		return
	}
	n, err := strconv.Atoi(r.PathValue("partition"))
	if err == nil {
		if h, release, ok := g.Here(n); ok {
			defer release()
			r = r.WithContext(context.WithValue(r.Context(), viaKey{}, client))
			http.StripPrefix("/partitions/"+r.PathValue("partition"), h).ServeHTTP(w, r)
			return
		}
	}
	g.answerProblem(w, r, &problem{Status: http.StatusMisdirectedRequest, Detail: "partition " + r.PathValue("partition") + " is not open here"})
}

// errAway tells that a partition cannot be asked now.
var errAway = errors.New("no indexer has it open")

// request is what a partition is asked.
type request struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   []byte
	client via
}

// like is a client's request, to be passed on.
func like(r *http.Request) request {
	q := request{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(), header: http.Header{}, client: via{local: local(r)}}
	for _, name := range passedOn {
		if v := r.Header.Get(name); v != "" {
			q.header.Set(name, v)
		}
	}
	return q
}

// with is a request with another value of a parameter; without one where it is empty.
func (q request) with(name, value string) request {
	values := make(url.Values, len(q.query)+1)
	for k, v := range q.query {
		values[k] = v
	}
	if values.Del(name); value != "" {
		values.Set(name, value)
	}
	q.query = values
	return q
}

// ask asks a partition, and waits a while for one that is changing hands. The answer is the partition's, whatever its status.
func (g *Gateway) ask(ctx context.Context, n int, q request) (*http.Response, error) {
	for begin := time.Now(); ; {
		resp, err := g.askOnce(ctx, n, q)
		if !errors.Is(err, errAway) {
			return resp, err
		}
		if time.Since(begin) > g.patience {
			g.log.Warn("partition does not answer", "partition", n, "error", err)
			return nil, &problem{
				Status: http.StatusServiceUnavailable, retry: "2",
				Detail: fmt.Sprintf("partition %d of %d is not open at any indexer now; try again", n, g.Partitions),
			}
		}
		select {
		case <-time.After(patienceStep):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// askOnce returns errAway for what may be asked again elsewhere: nobody has done anything about it.
func (g *Gateway) askOnce(ctx context.Context, n int, q request) (*http.Response, error) {
	addr, ok := g.At(n)
	if !ok {
		return nil, errAway
	}
	target := "http://" + addr + "/partitions/" + strconv.Itoa(n) + q.path + "?" + q.query.Encode()
	req, err := http.NewRequestWithContext(ctx, q.method, target, bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("partition %d: %w", n, err)
	}
	if q.header != nil {
		req.Header = q.header.Clone()
	}
	g.sign(req, q.client)
	resp, err := g.client.Do(req)
	var dial *net.OpError
	switch {
	case ctx.Err() != nil:
		if err == nil {
			resp.Body.Close()
		}
		return nil, ctx.Err()
	case errors.As(err, &dial) && dial.Op == "dial", err != nil && (q.method == http.MethodGet || q.method == http.MethodHead): // nothing was changed
		return nil, fmt.Errorf("%w: %w", errAway, err)
	case err != nil:
		return nil, fmt.Errorf("partition %d: %w", n, err)
	case resp.StatusCode == http.StatusMisdirectedRequest:
		resp.Body.Close()
		return nil, errAway
	}
	return resp, nil
}

// get asks a partition for JSON. What is no success is an error: the partition's own problem.
func (g *Gateway) get(ctx context.Context, n int, q request, into any) error {
	resp, err := g.ask(ctx, n, q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := problemOf(resp); err != nil {
		return err
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPiece)).Decode(into); err != nil {
		return fmt.Errorf("partition %d: answer of %s: %w", n, q.path, err)
	}
	return nil
}

// problemOf reads the problem that a partition answered with; nil for a success.
func problemOf(resp *http.Response) error {
	if resp.StatusCode < 300 {
		return nil
	}
	p := &problem{}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(p); err != nil {
		return fmt.Errorf("a partition answered %s", resp.Status)
	}
	p.Status, p.retry, p.allow = resp.StatusCode, resp.Header.Get("Retry-After"), resp.Header.Get("Allow")
	return p
}

// each runs f for all partitions at once.
func (g *Gateway) each(ctx context.Context, f func(ctx context.Context, n int) error) error {
	all, ctx := errgroup.WithContext(ctx)
	for n := range g.Partitions {
		all.Go(func() error { return f(ctx, n) })
	}
	return all.Wait()
}

// gather asks all partitions for JSON at once.
func gather[T any](g *Gateway, ctx context.Context, ask func(n int) request) ([]T, error) {
	answers := make([]T, g.Partitions)
	err := g.each(ctx, func(ctx context.Context, n int) error { return g.get(ctx, n, ask(n), &answers[n]) })
	return answers, err
}

// itself answers what has nothing to do with partitions.
func itself(handle func(http.ResponseWriter, *http.Request) error) func(*Gateway, http.ResponseWriter, *http.Request) error {
	return func(_ *Gateway, w http.ResponseWriter, r *http.Request) error { return handle(w, r) }
}

// byID passes on what is about one article: all partitions are asked, and one of them has it.
func (g *Gateway) byID(w http.ResponseWriter, r *http.Request) error {
	best, err := g.best(w, r, hasIt)
	return best.passBack(w, err)
}

// everywhere passes on what all partitions have to do. It is done where none failed.
func (g *Gateway) everywhere(w http.ResponseWriter, r *http.Request) error {
	best, err := g.best(w, r, failed)
	return best.passBack(w, err)
}

// ofOne passes on what is asked of one partition, which the parameter partition names.
func (g *Gateway) ofOne(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.URL.Query().Get("partition"))
	if err != nil || n < 0 || n >= g.Partitions {
		return badParameter("partition", fmt.Sprintf("is needed where the record is in partitions: one of 0 to %d", g.Partitions-1))
	}
	resp, err := g.ask(r.Context(), n, like(r).with("partition", ""))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := problemOf(resp); err != nil {
		return err
	}
	for name, v := range resp.Header {
		w.Header()[name] = v
	}
	w.WriteHeader(resp.StatusCode)
	out := &pieces{w: w, control: http.NewResponseController(w)}
	for piece := make([]byte, pieceBytes); ; {
		n, err := resp.Body.Read(piece)
		if n > 0 {
			if _, err := out.Write(piece[:n]); err != nil {
				return err
			}
			if err := out.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) { // what tells of progress is not to wait
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("partition's answer broke off: %w", err)
		}
	}
}

// undivided answers what is asked of one partition where there is only that one.
func undivided(handle func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p := r.URL.Query().Get("partition"); p != "" && p != "0" {
			return badParameter("partition", "is 0 where the record is not divided")
		}
		return handle(w, r)
	}
}

// hasIt weighs answers about what one partition has: the one that has it counts, and one that may have it before those that
// have not.
func hasIt(status int) int {
	switch {
	case status < 400:
		return 3
	case status == http.StatusNotFound:
		return 0
	case status < 500:
		return 2
	}
	return 1
}

// failed weighs answers about what all are to do: any failure counts, but not to have what another one has.
func failed(status int) int {
	switch {
	case status >= 500:
		return 3
	case status == http.StatusNotFound:
		return 0
	case status >= 400:
		return 2
	}
	return 1
}

// answered is a partition's answer, to be passed back.
type answered struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// best asks all partitions, and returns the answer whose status weighs most. No answer weighs as one of status 503.
func (g *Gateway) best(w http.ResponseWriter, r *http.Request, weight func(status int) int) (answered, error) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	q := like(r)
	var err error
	if q.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		return answered{}, &problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("the body has more than %d bytes", maxBody)}
	}
	answers := make([]answered, g.Partitions)
	_ = g.each(ctx, func(_ context.Context, n int) error { answers[n] = g.answerOf(ctx, n, q); return nil }) // each has its error
	best := slices.MaxFunc(answers, func(a, b answered) int { return cmp.Compare(weight(a.status), weight(b.status)) })
	return best, best.err
}

// passBack answers a client as the partition did.
func (a answered) passBack(w http.ResponseWriter, err error) error {
	if err != nil {
		return err
	}
	for _, name := range passedBack {
		if v := a.header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(a.status)
	_, err = w.Write(a.body)
	return err
}

// Headers that are passed on with a request, and back with its answer.
var (
	passedOn   = []string{"Accept", "Content-Type", "If-None-Match", "If-Modified-Since"}
	passedBack = []string{"Content-Type", "Retry-After", "Allow", "ETag", "Last-Modified", "Cache-Control"}
)

// answerOf asks a partition and reads its answer.
func (g *Gateway) answerOf(ctx context.Context, n int, q request) answered {
	resp, err := g.ask(ctx, n, q)
	if err != nil {
		return answered{status: http.StatusServiceUnavailable, err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPiece))
	if err != nil {
		return answered{status: http.StatusServiceUnavailable, err: fmt.Errorf("partition %d: %w", n, err)}
	}
	return answered{resp.StatusCode, resp.Header, body, nil}
}
