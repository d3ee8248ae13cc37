package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/parser"

	"golang.org/x/sync/errgroup"
)

// `dateline publish --withdraw` withdraws what `dateline publish` published, named in the same way, as often as it is said.
func TestWithdraw(t *testing.T) {
	server := queuetest.Server(t)
	q := queuetest.Connect(t, server, "parser")
	if err := q.Provision(t.Context(), queuetest.Limits); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var services errgroup.Group
	services.Go(func() error { return parser.Run(ctx, parser.Config{Workers: 1, Batch: 10}, q, admin.New("")) })
	// The indexer's part: what comes is answered as the parser asks for.
	came := make(chan *queue.Delivery, 100)
	services.Go(func() error {
		return q.Consume(ctx, queue.Subscription{Consumer: queue.IndexerArticles, Workers: 1, Batch: 1, Handle: func(_ context.Context, batch []*queue.Delivery) []queue.Outcome {
			d := batch[0]
			var a struct{ ID string }
			var receipt article.Receipt
			if err := json.Unmarshal(d.Body, &a); err != nil {
				t.Error(err)
			}
			if err := json.Unmarshal([]byte(article.HeaderValue(d.Header, article.HeaderReceiptFor)), &receipt.ReceiptFor); err != nil {
				t.Error(err)
			}
			receipt.Outcome, receipt.ArticleID, receipt.Time = article.Accepted, a.ID, time.Now()
			body, err := json.Marshal(receipt)
			if err != nil {
				t.Error(err)
			}
			came <- d
			return []queue.Outcome{queue.Done(queue.Message{Subject: queue.ReceiptSubject(receipt.Publisher, receipt.PublicationID), ID: d.ID, Type: article.TypeReceipt, Body: body})}
		}})
	})
	t.Cleanup(func() {
		stop()
		if err := services.Wait(); err != nil {
			t.Error(err)
		}
	})
	file := filepath.Join(t.TempDir(), "dispatch.txt")
	if err := os.WriteFile(file, []byte("KABUL (RASC): The bridge was opened on Wednesday."), 0o600); err != nil {
		t.Fatal(err)
	}
	publish := func(in string, args ...string) string {
		t.Helper()
		out, errs, code := command(t, in, append([]string{"publish", "--nats-url", server.URL(), "--publisher", "rasc"}, args...)...)
		if code != 0 {
			t.Fatalf("%v: exit %d: %s%s", args, code, out, errs)
		}
		return out
	}
	next := func() (ceType, id string) {
		t.Helper()
		select {
		case d := <-came:
			var a struct{ ID string }
			if err := json.Unmarshal(d.Body, &a); err != nil {
				t.Fatal(err)
			}
			return article.HeaderValue(d.Header, "ce-type"), a.ID
		case <-time.After(30 * time.Second):
			t.Fatal("nothing came")
			return "", ""
		}
	}
	for _, named := range [][]string{{"--id", "7"}, {"--url", "https://rasc.example/a"}, {}} {
		publish("", append(named, file)...)
		_, id := next()
		withdraw := append([]string{"--withdraw"}, named...)
		if len(named) == 0 {
			withdraw = append(withdraw, file)
		}
		for range 2 {
			out := publish("", withdraw...)
			if !strings.Contains(out, "accepted   "+id) || !strings.Contains(out, "1 withdrawn: 1 accepted") {
				t.Errorf("%v: %s", withdraw, out)
			}
			if ty, of := next(); ty != article.TypeRemoval || of != id {
				t.Errorf("%v: %s of %s, not %s", withdraw, ty, of, id)
			}
		}
	}
	for want, args := range map[string][]string{"--url or --id": {"--withdraw"}, "no files": {"--id", "7"}} {
		if _, errs, code := command(t, "", append([]string{"publish", "--nats-url", server.URL(), "--publisher", "rasc"}, args...)...); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}
