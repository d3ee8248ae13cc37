package queue

import (
	"context"
	"time"

	"dateline/pkg/article"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Header is a message's headers. Unlike HTTP's, NATS keeps the case of names; read them with article.HeaderValue.
type Header = nats.Header

// Message is something to publish.
type Message struct {
	Subject string
	ID      string // Nats-Msg-Id and ce-id: deterministic, so that publishing again is no second message
	Type    string // ce-type, one of article.Type…
	Header  Header // may be nil; the queue adds the CloudEvents headers and traceparent
	Body    []byte

	schedule *schedule
}

type schedule struct {
	at     time.Time
	target string
}

// Scheduled makes m a JetStream message schedule (NATS ADR-51): at the time, to the second, its body appears on the
// target subject. Publishing on the same subject again replaces the schedule. m.ID has to differ each time.
func Scheduled(m Message, at time.Time, target string) Message {
	m.schedule = &schedule{at, target}
	return m
}

// Ack says where a published message is kept. Duplicate means that the stream held it already.
type Ack struct {
	Stream    string
	Sequence  uint64 // zero where a full subject refused the message as queued already
	Duplicate bool
}

// Delivery is a message that a consumer was handed.
type Delivery struct {
	Subject  string
	Stream   string
	Sequence uint64
	Stored   time.Time // when the stream took it
	Attempt  int       // 1 the first time
	ID       string    // Nats-Msg-Id as the sender gave it; may be empty
	Header   Header
	Body     []byte

	origin string // once it has been asked for
	begin  func(context.Context) error
	msg    jetstream.Msg
}

// Begin is called by the handler of a Subscription with Waits, when the work on a delivery begins: should the process die
// from now on, the delivery is a suspect. What only waits when others kill the process is none.
func (d *Delivery) Begin(ctx context.Context) error { return d.begin(ctx) }

// Origin is the id of the journey that the delivery belongs to: what an earlier stage named it, or, for the first
// message of a journey, its own. Publishers cannot choose it.
func (d *Delivery) Origin() string {
	if d.origin != "" {
		return d.origin
	}
	d.origin = article.HeaderValue(d.Header, article.HeaderOrigin)
	if !article.ValidID(d.origin) {
		d.origin = article.Origin(d.Stream, d.ID, d.Sequence, d.Stored, d.Body)
	}
	return d.origin
}

// Type is the delivery's ce-type, one of article.Type…, or "".
func (d *Delivery) Type() string { return article.HeaderValue(d.Header, headerCEType) }

// Outcome is what a handler decides about one delivery: Done, Retry or Dead.
type Outcome struct {
	verdict verdict
	out     []Message
	err     error
	after   time.Duration
	reason  string
}

type verdict int

const (
	retry verdict = iota // the zero Outcome loses nothing
	done
	dead
)

func (v verdict) String() string { return [...]string{"retry", "done", "dead"}[v] }

// Again reports whether the delivery is to come again.
func (o Outcome) Again() bool { return o.verdict == retry }

// Done finishes a delivery: out is published first, and the delivery is acked when all of it is acknowledged.
func Done(out ...Message) Outcome { return Outcome{verdict: done, out: out} }

// Retry has the delivery come again after a time; zero means a time that grows with the attempts. Without an error
// nothing has failed: the message has to wait.
func Retry(err error, after time.Duration) Outcome {
	return Outcome{verdict: retry, err: err, after: after}
}

// Dead moves the delivery, payload and cause, to the dead letters; out is published too, such as the receipt that says
// so. reason is a label of metrics and a subject token: one of few, in snake_case.
func Dead(reason string, err error, out ...Message) Outcome {
	return Outcome{verdict: dead, err: err, reason: reason, out: out}
}
