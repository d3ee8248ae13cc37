package queue

import (
	"strings"

	"dateline/pkg/article"
)

// JobSubject is where the job with an id (article.JobID) for a host is queued. A retry's id ends in the number of its
// attempt.
func JobSubject(class article.JobClass, host, id string) string {
	return "jobs." + token(string(class)) + "." + token(host) + "." + token(id)
}

// RawSubject is where the capture with an id (article.PageID) of a page of a host is published.
func RawSubject(host, id string) string { return "raw." + token(host) + "." + token(id) }

// PagesOf takes in the captures of all pages of a host.
func PagesOf(host string) string { return "raw." + token(host) + ".*" }

// ArticleSubject is where an article is published. lang is "und" where the language is not known.
func ArticleSubject(lang, source, id string) string {
	return "articles." + token(lang) + "." + token(source) + "." + token(id)
}

// IndexedSubject is where the indexer says what it did with an article.
func IndexedSubject(outcome, source, id string) string {
	return "indexed." + token(outcome) + "." + token(source) + "." + token(id)
}

// ReceiptSubject is where a publisher hears of its publication.
func ReceiptSubject(publisher, id string) string {
	return "receipts." + token(publisher) + "." + token(id)
}

// ReceiptsOf takes in all receipts of a publisher.
func ReceiptsOf(publisher string) string { return "receipts." + token(publisher) + ".*" }

// AlertSubject is where an alert of a saved query is published.
func AlertSubject(query, outcome, source, id string) string {
	return "alerts." + token(query) + "." + token(outcome) + "." + token(source) + "." + token(id)
}

// ExtSubject is where a publisher publishes.
func ExtSubject(publisher string) string { return "ext." + publisher }

// PublisherOf is the publisher of an EXT subject.
func PublisherOf(subject string) string { return strings.TrimPrefix(subject, "ext.") }

// IsPublication reports whether a delivery is what a publisher sent.
func IsPublication(d *Delivery) bool { return streamOf(d.Subject) == streamExt }

// SchedSubject and DueSubject are where the schedule with an id is kept, and where it appears when it is due.
func SchedSubject(id string) string { return "sched." + token(id) }

// DueSubject is SchedSubject's counterpart.
func DueSubject(id string) string { return "due." + token(id) }

// RefetchSubject and RefetchDueSubject are the same for the next visit to the page with an id.
func RefetchSubject(id string) string { return "refetch.wait." + token(id) }

// RefetchDueSubject is RefetchSubject's counterpart.
func RefetchDueSubject(id string) string { return "refetch.due." + token(id) }

func deadSubject(service, reason string) string { return "dlq." + token(service) + "." + token(reason) }

// token makes s one token of a subject: host names with dots as underscores, nothing that NATS gives a meaning.
func token(s string) string {
	if s == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == '.' || r == '*' || r == '>' || r >= 0x7f {
			return '_'
		}
		return r
	}, s)
}
