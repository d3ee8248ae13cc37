package api

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"dateline/services/indexer/export"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// Limits of exports.
const (
	maxExports    = 4               // at a time
	selectTimeout = 2 * time.Minute // to find what matches
	pieceBytes    = 64 << 10        // what a reader takes within one writeTimeout
)

// What the header of an export tells before its body begins.
const (
	headerTotal    = "Dateline-Total"    // records, with those that were skipped
	headerSnapshot = "Dateline-Snapshot" // names the query and the state of the record that it was answered from
)

// exportFilters are the parameters that select records, as in a search.
var exportFilters = search.Params

// exportRequest is what an export is asked for.
type exportRequest struct {
	export.Options
	query *search.Query
	at    uint64 // the change as of which the query is answered
	skip  int    // records that the asker has already
	again bool   // at comes from an export before
	id    []byte // of all but at and skip
}

// export answers with all records that a query selects, as a file. It is whole where the connection was not broken off.
func (s *Server) export(w http.ResponseWriter, r *http.Request) error {
	ask, err := s.exportRequest(r)
	if err != nil {
		return err
	}
	if _, among := gatewayOf(r); !among { // which has counted it
		end, err := s.startExport()
		if err != nil {
			return err
		}
		defer end()
	}
	selected, err := s.selectRecords(w, r, ask)
	if err != nil {
		return err
	}
	if ask.again {
		if err := s.unerased(ask.at); err != nil {
			return err
		}
	}
	if ask.skip > selected.Count() {
		return badParameter("skip", fmt.Sprintf("passes over %d of %d records", ask.skip, selected.Count()))
	}
	exportHeader(w, ask.Format, selected.Count(), encodeSnapshot(ask.at, ask.id))
	if r.Method == http.MethodHead {
		return nil
	}
	outcome := outcomeWhole
	if err = s.sendRecords(w, r, ask, selected); err != nil {
		outcome = outcomeBroken
	}
	s.metrics.exports.WithLabelValues(string(ask.Format), outcome).Inc()
	return err
}

// startExport counts an export as under way until end is called.
func (s *front) startExport() (end func(), err error) {
	select {
	case s.exports <- struct{}{}:
		return func() { <-s.exports }, nil
	default:
		return nil, &problem{Status: http.StatusServiceUnavailable, retry: "10", Detail: fmt.Sprintf("%d exports are under way, which is all there may be; try again later", maxExports)}
	}
}

// exportHeader writes the header of an export.
func exportHeader(w http.ResponseWriter, f export.Format, total int, snapshot string) {
	h := w.Header()
	h.Set("Content-Type", f.ContentType())
	h.Set("Content-Disposition", `attachment; filename="dateline`+f.Extension()+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set(headerTotal, strconv.Itoa(total))
	h.Set(headerSnapshot, snapshot)
	w.WriteHeader(http.StatusOK)
}

// selectRecords answers the query. This may take longer than other answers do.
func (s *Server) selectRecords(w http.ResponseWriter, r *http.Request, ask *exportRequest) (*export.Selection, error) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(selectTimeout + writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), selectTimeout)
	defer cancel()
	selected, err := export.Select(ctx, s.store, s.index, ask.query, ask.at)
	if errors.Is(err, export.ErrBehind) {
		w.Header().Set("Retry-After", "10")
		return nil, &problem{Status: http.StatusServiceUnavailable, Detail: "the search index is being made anew and not yet as far as this export; try again later"}
	}
	return selected, err
}

// unerased refuses what was selected as of a change and cannot be selected again, because an article was taken down since:
// the rows would be other ones than those that were announced, and skip would pass over others than those that the asker has.
func (s *Server) unerased(at uint64) error {
	erased, err := s.store.ErasedSince(at)
	if err == nil && erased {
		err = &problem{Status: http.StatusGone, Parameter: "snapshot", Detail: "an article was taken down since this export began, and may have been one of its rows; begin anew, without the snapshot (dateline export: without --resume), and destroy what came of it"}
	}
	return err
}

// sendRecords writes the records one by one: what is in memory does not grow with their number.
func (s *Server) sendRecords(w http.ResponseWriter, r *http.Request, ask *exportRequest, selected *export.Selection) error {
	out := &pieces{w: w, control: http.NewResponseController(w)}
	if err := out.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) { // so that the total is there before the first record
		return err
	}
	buffer := bufio.NewWriterSize(out, pieceBytes)
	encoder, err := export.New(buffer, ask.Options)
	if err != nil {
		return err
	}
	rows := s.metrics.exportRows.WithLabelValues(string(ask.Format))
	for seq := range selected.From(ask.skip) {
		select {
		case <-s.stopping:
			return errors.New("export: the indexer is stopping")
		case <-r.Context().Done():
			return context.Cause(r.Context())
		default:
		}
		record, err := s.store.Record(seq)
		if err == nil {
			err = encoder.Encode(record)
		}
		if err != nil {
			if errors.Is(err, store.ErrNotFound) {
				s.log.Warn("export broke off: an article of it was taken down meanwhile", "format", ask.Format, "record", seq)
			} else if !out.failed {
				s.log.Error("export broke off", "format", ask.Format, "record", seq, "error", err)
			}
			return err
		}
		rows.Inc()
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	return buffer.Flush()
}

// pieces writes an answer of any length. A reader has writeTimeout for each piece of it.
type pieces struct {
	w       http.ResponseWriter
	control *http.ResponseController
	failed  bool // it is the reader that is gone
}

func (p *pieces) Write(b []byte) (n int, err error) {
	for piece := range slices.Chunk(b, pieceBytes) {
		err = p.control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			break
		}
		var m int
		if m, err = p.w.Write(piece); err != nil {
			n += m
			break
		}
		n += m
	}
	p.failed = err != nil
	return n, err
}

// exportRequest reads the parameters.
func (s *Server) exportRequest(r *http.Request) (*exportRequest, error) {
	values := r.URL.Query()
	ask := &exportRequest{}
	var err error
	if _, among := gatewayOf(r); among && values.Get("format") == string(export.Records) {
		ask.Format = export.Records
	} else if ask.Options, err = exportOptions(values); err != nil {
		return nil, err
	}
	filters := make([]string, 0, len(exportFilters))
	filter := func(name string) string { // a search has more parameters, which select nothing
		if slices.Contains(exportFilters, name) {
			return values.Get(name)
		}
		return ""
	}
	if ask.query, err = search.ParseQuery(filter, 1); err != nil {
		return nil, err
	}
	for _, name := range exportFilters {
		filters = append(filters, filter(name))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %t %q", s.store.ID(), search.Version, export.Version, ask.Format, ask.BOM, filters))
	ask.id = sum[:8]
	token := values.Get("snapshot")
	if ask.again = token != ""; ask.again {
		ask.at, err = decodeSnapshot(token, ask.id, s.store.LastSeq())
	} else {
		ask.at, err = s.index.Searchable()
	}
	if err != nil {
		return nil, err
	}
	ask.skip, err = readSkip(values, ask.Format)
	ask.Resume = ask.skip > 0
	return ask, err
}

// exportOptions reads the parameters that say how records are written.
func exportOptions(values url.Values) (export.Options, error) {
	o := export.Options{Format: export.Format(values.Get("format"))}
	if o.Format == "" {
		o.Format = export.JSONL
	}
	if !o.Format.Valid() {
		return o, badParameter("format", fmt.Sprintf("%q is not one of %v", o.Format, export.Formats))
	}
	switch bom := values.Get("bom"); {
	case bom == "true" && o.Format != export.CSV:
		return o, badParameter("bom", "is of csv only")
	case bom == "true":
		o.BOM = true
	case bom != "" && bom != "false":
		return o, badParameter("bom", fmt.Sprintf("%q is neither true nor false", bom))
	}
	return o, nil
}

// readSkip reads how many records of a snapshot the asker has already.
func readSkip(values url.Values, f export.Format) (int, error) {
	skip := values.Get("skip")
	if skip == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(skip)
	switch {
	case err != nil || n < 0:
		return 0, badParameter("skip", fmt.Sprintf("%q is not a number of records", skip))
	case n > 0 && values.Get("snapshot") == "":
		return 0, badParameter("skip", "needs the snapshot that the records before came from")
	case n > 0 && !f.Resumable():
		return 0, badParameter("skip", fmt.Sprintf("is not of %s: such a file cannot be continued, only begun anew from its snapshot", f))
	}
	return n, nil
}

// A snapshot is the change that it is as of, and the id of the request, so that it cannot be used on another one.
const snapshotVersion = 1

func encodeSnapshot(at uint64, id []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint64([]byte{snapshotVersion}, at), id...))
}

func decodeSnapshot(token string, id []byte, last uint64) (at uint64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != 9+len(id) || b[0] != snapshotVersion {
		return 0, badParameter("snapshot", "is not one that this API gave")
	}
	if at = binary.BigEndian.Uint64(b[1:]); !slices.Equal(b[9:], id) || at > last {
		return 0, badParameter("snapshot", "belongs to an export with other parameters, of another record, or by another version of Dateline")
	}
	return at, nil
}
