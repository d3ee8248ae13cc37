package api

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"dateline/services/indexer/export"
	"dateline/services/indexer/store"
)

// snapshots is what an export of several partitions is as of: the snapshot of each. Theirs are bound to what they were asked;
// ID binds the whole to what it is written as.
type snapshots struct {
	ID         []byte   `json:"id"`
	Partitions []string `json:"partitions"`
}

func (s snapshots) encode() string {
	b, err := json.Marshal(s)
	if err != nil { // strings
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// snapshots reads the parameter; without it, there are none yet.
func (g *Gateway) snapshots(values url.Values, o export.Options) (snapshots, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %t %d", o.Format, o.BOM, export.Version))
	own := snapshots{sum[:8], make([]string, g.Partitions)}
	token := values.Get("snapshot")
	if token == "" {
		return own, nil
	}
	var s snapshots
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(b, &s) != nil || len(s.Partitions) != g.Partitions {
		return own, badParameter("snapshot", "is not one that this API gave")
	}
	if !slices.Equal(s.ID, own.ID) {
		return own, badParameter("snapshot", "belongs to an export with other parameters, of another record, or by another version of Dateline")
	}
	return s, nil
}

// export writes one partition's records after the other's. Each partition sends them as they are, and they become rows here,
// so that all formats are one file.
func (g *Gateway) export(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	options, err := exportOptions(values)
	if err != nil {
		return err
	}
	at, err := g.snapshots(values, options)
	if err != nil {
		return err
	}
	skip, err := readSkip(values, options.Format)
	if err != nil {
		return err
	}
	options.Resume = skip > 0
	end, err := g.startExport()
	if err != nil {
		return err
	}
	defer end()
	ask := like(r).with("format", string(export.Records)).with("bom", "").with("skip", "")
	totals, err := g.selectRecords(w, r, ask, at)
	if err != nil {
		return err
	}
	total := 0
	for _, n := range totals {
		total += n
	}
	if skip > total {
		return badParameter("skip", fmt.Sprintf("passes over %d of %d records", skip, total))
	}
	exportHeader(w, options.Format, total, at.encode())
	if r.Method == http.MethodHead {
		return nil
	}
	outcome := outcomeWhole
	if err = g.sendRecords(w, r, ask, options, at, totals, skip); err != nil {
		outcome = outcomeBroken
	}
	g.metrics.exports.WithLabelValues(string(options.Format), outcome).Inc()
	return err
}

// selectRecords has all partitions answer the query. It returns how many records each has, and fills in their snapshots.
func (g *Gateway) selectRecords(w http.ResponseWriter, r *http.Request, ask request, at snapshots) ([]int, error) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(selectTimeout + writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), selectTimeout)
	defer cancel()
	totals := make([]int, g.Partitions)
	ask.method = http.MethodHead
	return totals, g.each(ctx, func(ctx context.Context, n int) error {
		resp, err := g.ask(ctx, n, ask.with("snapshot", at.Partitions[n]))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK { // an answer to HEAD does not say why
			ask := ask.with("snapshot", at.Partitions[n])
			ask.method = http.MethodGet
			if resp, err = g.ask(ctx, n, ask); err != nil {
				return err
			}
			defer resp.Body.Close()
			if err := problemOf(resp); err != nil {
				return err
			}
		}
		at.Partitions[n] = resp.Header.Get(headerSnapshot)
		totals[n], err = strconv.Atoi(resp.Header.Get(headerTotal))
		return err
	})
}

// sendRecords writes the records of all partitions but the first skip.
func (g *Gateway) sendRecords(w http.ResponseWriter, r *http.Request, ask request, options export.Options, at snapshots, totals []int, skip int) error {
	out := &pieces{w: w, control: http.NewResponseController(w)}
	if err := out.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) { // so that the total is there before the first record
		return err
	}
	buffer := bufio.NewWriterSize(out, pieceBytes)
	encoder, err := export.New(buffer, options)
	if err != nil {
		return err
	}
	rows := g.metrics.exportRows.WithLabelValues(string(options.Format))
	for n, total := range totals {
		passed := min(skip, total)
		skip -= passed
		if passed == total {
			continue
		}
		err := g.eachRecord(r, n, ask.with("snapshot", at.Partitions[n]).with("skip", strconv.Itoa(passed)), total-passed, func(record *store.Record) error {
			rows.Inc()
			return encoder.Encode(record)
		})
		if err != nil {
			if !out.failed {
				g.log.Error("export broke off", "format", options.Format, "partition", n, "error", err)
			}
			return err
		}
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	return buffer.Flush()
}

// eachRecord reads the records that a partition sends, of which there have to be as many as it said.
func (g *Gateway) eachRecord(r *http.Request, n int, ask request, want int, f func(*store.Record) error) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	resp, err := g.ask(ctx, n, ask)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := problemOf(resp); err != nil {
		return err
	}
	records := json.NewDecoder(resp.Body)
	for ; want > 0; want-- {
		select {
		case <-g.stopping:
			return errors.New("export: the indexer is stopping")
		default:
		}
		var record store.Record
		if err := records.Decode(&record); err != nil {
			return fmt.Errorf("partition %d: %d records are missing: %w", n, want, err)
		}
		if err := f(&record); err != nil {
			return err
		}
	}
	if records.More() {
		return fmt.Errorf("partition %d: it sends more records than it said", n)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
