package indexer

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/indexer/store"
)

// storeRetry is how long to wait after a transaction failed. What ails a disk seldom passes at once.
const storeRetry = 2 * time.Second

// maxSource is the most bytes of a source: a host name has 253.
const maxSource = 255

// reasonInvalid is why an article message becomes a dead letter here.
const reasonInvalid = "invalid_article"

// articles stores a batch of article messages in one transaction. A message that holds no article becomes a dead letter;
// when the record cannot be written, all the others come again.
func (x *indexer) articles(ctx context.Context, batch []*queue.Delivery) []queue.Outcome {
	begin := time.Now()
	outcomes := make([]queue.Outcome, len(batch))
	arrivals := make([]store.Arrival, 0, len(batch))
	at := make([]int, 0, len(batch)) // arrival -> delivery
	for i, d := range batch {
		in, err := arrival(d)
		if err != nil {
			outcomes[i] = queue.Dead(reasonInvalid, err)
			x.metrics.articles.WithLabelValues(string(article.OutcomeRejected)).Inc()
			continue
		}
		arrivals = append(arrivals, in)
		at = append(at, i)
	}
	if len(arrivals) == 0 {
		return outcomes
	}
	results, err := x.store.Write(ctx, arrivals)
	x.noteStore(err)
	if err != nil {
		x.log.Error("record cannot be written, trying on", "articles", len(arrivals), "error", err)
		for _, i := range at {
			outcomes[i] = queue.Retry(err, storeRetry)
		}
		return outcomes
	}
	for n, r := range results {
		out, err := x.messages(batch[at[n]], &r)
		if err != nil { // which a redelivery would not mend
			x.log.Error("nobody is told of a stored article", "article", r.ArticleID, "error", err)
		}
		outcomes[at[n]] = queue.Done(out...)
		x.metrics.bytes.Add(float64(len(batch[at[n]].Body)))
		x.count(&r)
	}
	x.metrics.batch.Observe(float64(len(arrivals)))
	x.metrics.stage.Observe(time.Since(begin).Seconds() / float64(len(arrivals)))
	return outcomes
}

// count adds a result to the metrics, and raises the alarm for a text that many addresses have.
func (x *indexer) count(r *store.Result) {
	if r.Replayed {
		return
	}
	x.metrics.articles.WithLabelValues(string(r.Outcome)).Inc()
	for _, tier := range r.Merged {
		x.metrics.merges.WithLabelValues(string(tier)).Inc()
	}
	if r.Reason == store.ReasonRepeated {
		x.metrics.repeated.Inc()
	}
	if r.Alarm {
		x.metrics.repeatedBodies.Inc()
		x.log.Warn("a site shows one text at many addresses, which are refused from now on: dateline repeated", "url", r.URL, "reason", r.Error)
	}
}

// arrival reads a message of an article, or of its removal.
func arrival(d *queue.Delivery) (store.Arrival, error) {
	in := store.Arrival{Origin: d.Origin(), Hops: article.Hops(d.Header), Replaces: article.HeaderValue(d.Header, article.HeaderReplaces)}
	var err error
	if d.Type() == article.TypeRemoval {
		in.Removal, err = decodeRemoval(d.Body)
	} else {
		in.JSON = d.Body
		in.Article, err = decode(d.Body)
	}
	return in, err
}

// decode reads an article and makes sure that the store can hold it.
func decode(body []byte) (*article.Article, error) {
	a, err := article.Decode(body)
	if err != nil {
		return nil, err
	}
	if wrong := append(badID("id", a.ID), append(badID("content_fingerprint", a.Fingerprint), badSource(a.Source)...)...); len(wrong) > 0 {
		return nil, fmt.Errorf("article: %w", wrong)
	}
	return a, nil
}

// decodeRemoval does the same for a removal.
func decodeRemoval(body []byte) (*article.Removal, error) {
	r, err := article.DecodeRemoval(body)
	if err != nil {
		return nil, err
	}
	wrong := append(badID("id", r.ID), badSource(r.Source)...)
	if r.Time.IsZero() {
		wrong = append(wrong, article.FieldError{Field: "time", Message: "is missing"})
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("removal: %w", wrong)
	}
	return r, nil
}

func badID(field, id string) article.FieldErrors {
	if article.ValidID(id) {
		return nil
	}
	return article.FieldErrors{{Field: field, Message: fmt.Sprintf("%q is not 32 lower-case hex digits", id)}}
}

func badSource(source string) article.FieldErrors {
	if source == "" || len(source) > maxSource || !utf8.ValidString(source) || strings.ContainsRune(source, 0) {
		return article.FieldErrors{{Field: "source", Message: fmt.Sprintf("%.40q is not a name of 1 to %d bytes", source, maxSource)}}
	}
	return nil
}

// messages tells followers and, where one waits for it, the publisher what became of a delivery. The ids come from the
// journey and the result is the journey's, so a redelivery tells the same under the same ids.
func (x *indexer) messages(d *queue.Delivery, r *store.Result) ([]queue.Message, error) {
	header := func() queue.Header {
		return queue.Header{
			article.HeaderContentType: {"application/json"}, article.HeaderOrigin: {d.Origin()}, article.HeaderHops: {article.FormatHops(r.Hops)},
		}
	}
	var out []queue.Message
	if r.Outcome != article.OutcomeRejected { // of which there is nothing to follow
		e := r.Event()
		e.Partition = x.part.n
		event, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("event: %w", err)
		}
		out = append(out, queue.Message{
			Subject: queue.IndexedSubject(string(r.Outcome), r.Source, r.ArticleID), ID: d.Origin(), Type: article.TypeIndexed, Header: header(), Body: event,
		})
	}
	waiting := article.HeaderValue(d.Header, article.HeaderReceiptFor)
	if waiting == "" {
		return out, nil
	}
	receipt := article.Receipt{Outcome: article.Accepted, ArticleID: r.ArticleID, Time: r.Time}
	switch {
	case r.Outcome == article.OutcomeRemoved && r.Reason == string(article.Takedown):
		receipt.Outcome, receipt.Errors = article.Rejected, []article.FieldError{{Field: "id", Message: "the article was taken down, and is not stored again"}}
	case d.Type() == article.TypeRemoval: // whether or not there was anything left to remove
	case r.Outcome == article.OutcomeDuplicate:
		receipt.Outcome = article.Duplicate
	case r.Outcome == article.OutcomeRejected:
		receipt.Outcome, receipt.Errors = article.Rejected, []article.FieldError{{Field: "text", Message: r.Error}}
	}
	if err := json.Unmarshal([]byte(waiting), &receipt.ReceiptFor); err != nil {
		return out, fmt.Errorf("%s: %w", article.HeaderReceiptFor, err)
	}
	if !article.ValidPublisher(receipt.Publisher) {
		return out, fmt.Errorf("%s: %q is no publisher", article.HeaderReceiptFor, receipt.Publisher)
	}
	body, err := json.Marshal(receipt)
	if err != nil {
		return out, fmt.Errorf("receipt: %w", err)
	}
	return append(out, queue.Message{
		Subject: queue.ReceiptSubject(receipt.Publisher, receiptToken(receipt.ReceiptFor)), ID: d.Origin(), Type: article.TypeReceipt, Header: header(), Body: body,
	}), nil
}

// receiptToken ends a receipt's subject: the publication's id, or where that would be no token of a subject, its journey's.
func receiptToken(r article.ReceiptFor) string {
	if r.PublicationID == "" || strings.ContainsFunc(r.PublicationID, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(".*>", c)
	}) {
		return r.Origin
	}
	return r.PublicationID
}
