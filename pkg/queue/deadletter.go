package queue

import (
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
)

// Headers of a dead letter, beside all those of the original message.
const (
	headerDeadService  = "Dlq-Service"
	headerDeadReason   = "Dlq-Reason"
	headerDeadError    = "Dlq-Error"
	headerDeadSubject  = "Dlq-Subject"
	headerDeadStream   = "Dlq-Stream"
	headerDeadSequence = "Dlq-Sequence"
	headerDeadAttempts = "Dlq-Attempts"
	headerDeadTime     = "Dlq-Time"
	headerDeadID       = "Dlq-Msg-Id"
)

// maxDeadError bounds the cause in a dead letter's headers.
const maxDeadError = 2 << 10

// DeadLetter is what a dead letter says of how it came to be one.
type DeadLetter struct {
	Service  string
	Reason   string
	Error    string
	Subject  string // where the message was published
	Stream   string // that held it
	Sequence uint64 // in that stream
	Attempts int
	Time     time.Time
	ID       string // Nats-Msg-Id of the message, may be empty
}

// DeadLetterOf reads a delivery of the DLQ stream. What its headers do not say is zero.
func DeadLetterOf(d *Delivery) DeadLetter {
	get := func(name string) string { return article.HeaderValue(d.Header, name) }
	sequence, _ := strconv.ParseUint(get(headerDeadSequence), 10, 64)
	attempts, _ := strconv.Atoi(get(headerDeadAttempts))
	at, _ := time.Parse(time.RFC3339Nano, get(headerDeadTime))
	return DeadLetter{
		Service: get(headerDeadService), Reason: get(headerDeadReason), Error: get(headerDeadError), Subject: get(headerDeadSubject),
		Stream: get(headerDeadStream), Sequence: sequence, Attempts: attempts, Time: at, ID: get(headerDeadID),
	}
}

// deadLetter is the message that keeps a delivery as a dead letter. Its id is the delivery's place, so that a letter
// that is written again after a crash is the same letter. bare leaves the original's headers out, for one whose headers
// are so large that no more fit.
func deadLetter(service string, d *Delivery, reason string, cause error, bare bool) Message {
	h := Header{}
	if !bare {
		for k, v := range d.Header {
			if !strings.HasPrefix(k, "Nats-") && !strings.HasPrefix(k, "ce-") {
				h[k] = v
			}
		}
	}
	message := ""
	if cause != nil {
		message = strings.Join(strings.Fields(cause.Error()), " ") // a header is one line
	}
	if len(message) > maxDeadError {
		message = strings.ToValidUTF8(message[:maxDeadError], "")
	}
	h[article.HeaderOrigin] = []string{d.Origin()}
	h[headerDeadService] = []string{service}
	h[headerDeadReason] = []string{reason}
	h[headerDeadError] = []string{message}
	h[headerDeadSubject] = []string{d.Subject}
	h[headerDeadStream] = []string{d.Stream}
	h[headerDeadSequence] = []string{strconv.FormatUint(d.Sequence, 10)}
	h[headerDeadAttempts] = []string{strconv.Itoa(d.Attempt)}
	h[headerDeadTime] = []string{time.Now().UTC().Format(time.RFC3339Nano)}
	h[headerDeadID] = []string{d.ID}
	return Message{
		Subject: deadSubject(service, reason),
		ID:      "dlq-" + service + "-" + d.Stream + "-" + strconv.FormatUint(d.Sequence, 10) + "-" + d.Origin(),
		Type:    "dateline.deadletter.v1",
		Header:  h,
		Body:    d.Body,
	}
}
