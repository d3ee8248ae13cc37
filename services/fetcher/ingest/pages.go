package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"dateline/pkg/article"
	"dateline/services/fetcher/warc"
)

// Pages is the pages of WARC files, in the order in which they stand there. Records that hold none, and damaged places, are passed
// over. An error ends them. progress, which may be nil, hears how many bytes of the files are read.
func Pages(ctx context.Context, files []string, progress func(read int64)) iter.Seq2[*article.Page, error] {
	return func(yield func(*article.Page, error) bool) {
		var read int64
		for _, file := range files {
			if !pagesIn(ctx, file, func(n int64) {
				read += n
				if progress != nil {
					progress(read)
				}
			}, yield) {
				return
			}
		}
	}
}

// pagesIn is those of one file; it reports whether to go on.
func pagesIn(ctx context.Context, file string, advance func(int64), yield func(*article.Page, error) bool) bool {
	f, err := os.Open(file)
	if err != nil {
		yield(nil, err)
		return false
	}
	defer f.Close()
	r := warc.NewReader(&advancing{f, advance}, warc.Position{})
	for {
		rec, err := r.Next()
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil && !errors.As(err, new(*warc.Damage)):
			yield(nil, fmt.Errorf("%s: %w", file, err))
			return false
		case rec == nil:
			continue
		}
		p, skipped := pageOf(rec)
		if skipped != nil {
			continue
		}
		p.Truncated = p.Truncated || err != nil
		if !yield(p, nil) {
			return false
		}
	}
}

// advancing tells how much is read.
type advancing struct {
	io.Reader
	advance func(int64)
}

func (a *advancing) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	a.advance(int64(n))
	return n, err
}
