package websub

import "github.com/prometheus/client_golang/prometheus"

// The outcomes of a callback.
const (
	callVerified     = "verified"
	callUnsubscribed = "unsubscribed"
	callDenied       = "denied"
	callUnknown      = "unknown" // nothing that was asked for
	callPing         = "ping"    // a poll was queued
	callCoalesced    = "coalesced"
	callUnsigned     = "unsigned"
	callForged       = "forged" // the signature is another's
	callTooLarge     = "too_large"
	callBroken       = "broken" // the body did not come
	callFailed       = "failed" // here
	callGone         = "gone"   // after Unsubscribe
)

type metrics struct {
	requests   *prometheus.CounterVec // by mode and outcome
	callbacks  *prometheus.CounterVec // by outcome
	signatures *prometheus.CounterVec // by method
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_websub_requests_total", Help: "Requests to WebSub hubs, by mode and outcome.",
		}, []string{"mode", "outcome"}),
		callbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_websub_callbacks_total", Help: "Requests of WebSub hubs to the callback URLs, by outcome.",
		}, []string{"outcome"}),
		signatures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_websub_signatures_total", Help: "Signatures of WebSub notifications that were right, by method.",
		}, []string{"method"}),
	}
	for _, mode := range []string{"subscribe", "unsubscribe"} {
		m.requests.WithLabelValues(mode, "accepted")
		m.requests.WithLabelValues(mode, "failed")
	}
	for _, outcome := range []string{callVerified, callUnsubscribed, callDenied, callUnknown, callPing, callCoalesced, callUnsigned, callForged, callTooLarge, callBroken, callFailed, callGone} {
		m.callbacks.WithLabelValues(outcome)
	}
	for method := range methods {
		m.signatures.WithLabelValues(method)
	}
	reg.MustRegister(m.requests, m.callbacks, m.signatures)
	return m
}
