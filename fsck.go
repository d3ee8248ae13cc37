package main

import (
	"context"
	"errors"
	"fmt"

	"dateline/pkg/cli"
	"dateline/services/indexer"
	"dateline/services/indexer/store"
)

// fsckCmd proves that record, change feed and search index agree: in a data directory that nothing runs on, or, where an indexer
// does, by asking that.
type fsckCmd struct {
	dataConfig      `embed:""`
	cli.Client      `embed:""`
	cli.OfPartition `embed:""`

	SearchBackend string `help:"Where the search index is; one on a server is only checked by asking a running indexer." enum:"bleve,opensearch" default:"bleve" env:"DATELINE_SEARCH_BACKEND"`
}

func (c *fsckCmd) Run(ctx context.Context, t *cli.Terminal) error {
	found := cli.NewFindings(t)
	err := indexer.Fsck(ctx, c.Data, c.Partition, c.SearchBackend, func(v store.Violation) { found.Violation(v.String()) }, found.Progress)
	switch {
	case errors.Is(err, indexer.ErrNoRecord):
		fmt.Fprintf(t.Err, "%s: asking %s\n", err, c.API)
		err = c.Fsck(ctx, c.OfPartition, found)
	case errors.Is(err, store.ErrInUse):
		fmt.Fprintf(t.Err, "%s is in use: asking %s, which leaves the pages of the file out; stop it to have them checked, too\n", c.Data, c.API)
		err = c.Fsck(ctx, c.OfPartition, found)
	}
	if err != nil {
		return err
	}
	return found.Finish()
}
