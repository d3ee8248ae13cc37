package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
)

var body = strings.Repeat("Two kilobytes of text. ", 87)

// BenchmarkPublish shows what batches win under fsync always: an operation is a message.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{1, 16, 32, 64, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			q := queuetest.Start(b)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			b.ResetTimer()
			for n := 0; n < b.N; n += size {
				batch := make([]queue.Message, size)
				for i := range batch {
					batch[i] = ext(fmt.Sprint(n+i), body)
				}
				if _, err := q.Publish(context.Background(), batch...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkConsume is one hop: pull, mark, handle, publish on, acknowledge.
func BenchmarkConsume(b *testing.B) {
	q := queuetest.Start(b)
	for n := 0; n < b.N; n += 500 {
		batch := make([]queue.Message, min(500, b.N-n))
		for i := range batch {
			batch[i] = ext(fmt.Sprint(n+i), body)
		}
		if _, err := q.Publish(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	b.ResetTimer()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := 0
	err := q.Consume(ctx, queue.Subscription{Consumer: queue.ParserExt, Workers: 1, Batch: 250, Handle: func(_ context.Context, ds []*queue.Delivery) (out []queue.Outcome) {
		for _, d := range ds {
			out = append(out, queue.Done(queue.Message{Subject: queue.ArticleSubject("en", "test", d.ID), ID: d.ID, Body: d.Body}))
		}
		if done += len(ds); done >= b.N {
			stop()
		}
		return out
	}})
	if err != nil {
		b.Fatal(err)
	}
}
