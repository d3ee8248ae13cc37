package netguard

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever leads there (a URL, a redirect, a proxy of the environment), the transport does not reach this machine.
func TestTransport(t *testing.T) {
	reached := 0
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached++
		_, _ = io.WriteString(w, "secret")
	}))
	defer inside.Close()
	t.Setenv("HTTP_PROXY", inside.URL)
	t.Setenv("http_proxy", inside.URL)

	strict := &http.Client{Transport: Guard{}.Transport()}
	for _, url := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "http://10.0.0.1/", "http://[::1]/", "http://HUB.internal/", "http://intranet/", "http://hub.example:22/"} {
		_, err := strict.Post(url, "text/plain", strings.NewReader("x")) //nolint:bodyclose // there is none
		var blocked *BlockedError
		if !errors.As(err, &blocked) {
			t.Errorf("%s: %v, want a *BlockedError", url, err)
		}
	}
	if reached != 0 {
		t.Errorf("%d requests came through", reached)
	}
	resp, err := (&http.Client{Transport: Guard{AllowLoopback: true}.Transport()}).Get(inside.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if reached != 1 {
		t.Error("a loopback that is let through is not reached")
	}
}
