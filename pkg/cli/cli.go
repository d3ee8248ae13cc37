// Package cli holds the commands that talk to a running Dateline: over the queue (publish, add, provision) and over the
// indexer's API (search, show, export, status, reindex). Each command is a struct that kong fills from flags, environment and
// file, with a Run method.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dateline/pkg/queue"
)

// Terminal is where commands write: results to Out, progress to Err. Interactive tells that Err is a terminal, Styled
// that Out is one.
type Terminal struct {
	In          io.Reader
	Out, Err    io.Writer
	Interactive bool
	Styled      bool
}

// ErrRejected tells that the command did its work and that some of its input was refused: exit code 1 without more words.
var ErrRejected = errors.New("some input was rejected")

// Client says where a running Dateline is.
type Client struct {
	API string `help:"The indexer's API." default:"http://127.0.0.1:8080" env:"DATELINE_API"`
}

// problem is the part of an RFC 9457 document that a person reads.
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Syntax *struct {
		Character int `json:"character"` // offset
	} `json:"syntax"` // where a query is wrong
}

const apiTimeout = 30 * time.Second

// maxProblem is as much as is read of an answer that is an error, in bytes.
const maxProblem = 64 << 10

// get asks the API and decodes its answer into v.
func (c Client) get(ctx context.Context, path string, query url.Values, v any) error {
	return c.do(ctx, http.MethodGet, path, query, v)
}

func (c Client) do(ctx context.Context, method, path string, query url.Values, v any) error {
	return c.put(ctx, method, path, query, nil, v)
}

// put is do with a JSON body.
func (c Client) put(ctx context.Context, method, path string, query url.Values, body []byte, v any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	resp, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("ask the indexer: %s: %w", path, err)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	return nil
}

// OfPartition is for what is asked of one partition.
type OfPartition struct {
	Partition string `help:"Which partition is meant, of a record that is divided: its number." placeholder:"N"`
}

func (p OfPartition) values() url.Values {
	if p.Partition == "" {
		return url.Values{}
	}
	return url.Values{"partition": {p.Partition}}
}

// send asks the API, and returns an answer that is none of an error. The caller closes its body.
func (c Client) send(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Response, error) {
	target := strings.TrimSuffix(c.API, "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("--api %s: %w", c.API, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the indexer: %w (is it running? --api says where)", err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	p := problem{Title: resp.Status}
	if body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem)); err == nil {
		_ = json.Unmarshal(body, &p) // not every answer is a problem document
	}
	return nil, &apiError{resp.StatusCode, p}
}

type apiError struct {
	status int
	problem
}

func (e *apiError) Error() string {
	if e.Detail != "" {
		return e.Detail
	}
	return strings.ToLower(e.Title)
}

// Connection is how commands reach the queue.
type Connection struct {
	queue.Config `embed:"" group:"Queue"`
	Timeout      time.Duration `help:"How long to wait for the queue and for answers." default:"30s" env:"DATELINE_TIMEOUT"`
}

func (c Connection) open(ctx context.Context, name string) (*queue.Queue, error) {
	cctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no connection within --timeout %s", c.Timeout))
	defer cancel()
	return queue.Connect(cctx, c.Config, name, nil, nil)
}

// Provisioned is a connection to a queue that is provisioned. --timeout bounds waiting for both.
func (c Connection) Provisioned(ctx context.Context, name string) (*queue.Queue, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no connection within --timeout %s", c.Timeout))
	defer cancel()
	q, err := c.open(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := q.AwaitProvisioned(ctx); err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}
