// Command dateline takes news articles in, from feeds, pages and publishers, and gives them out as clean, dated,
// attributed, deduplicated, searchable records.
//
//	dateline add                         dateline publish, any NATS client
//	     |  jobs.>                                |  ext.<publisher>
//	[ fetcher ] --raw.>-------------------> [ parser ] --articles.>--> [ indexer ] -- API, search, change feed
//	                                              \--------- dlq.> --------/
//
// up runs all of it in one process with an embedded NATS server; fetcher, parser and indexer run one service each
// against a NATS elsewhere, with the same code.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"dateline/pkg/cli"
	"dateline/pkg/config"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// grammar is the command line and, by its flags, the configuration.
type grammar struct {
	Config    kong.ConfigFlag `help:"YAML file of flag names and values; ./dateline.yaml is read if it is there." env:"DATELINE_CONFIG" placeholder:"FILE"`
	LogLevel  slog.Level      `help:"Least level that is logged: debug, info, warn or error." default:"info" env:"DATELINE_LOG_LEVEL"`
	LogFormat string          `help:"text or json." enum:"text,json" default:"text" env:"DATELINE_LOG_FORMAT"`

	Up      upCmd      `cmd:"" help:"Run everything in one process, with an embedded NATS server."`
	Fetcher fetcherCmd `cmd:"" help:"Run the fetcher against a NATS elsewhere."`
	Parser  parserCmd  `cmd:"" help:"Run the parser against a NATS elsewhere."`
	Indexer indexerCmd `cmd:"" help:"Run the indexer against a NATS elsewhere."`
	Nats    natsCmd    `cmd:"" help:"Run the embedded NATS server alone, provisioned."`

	Publish cli.Publish `cmd:"" help:"Publish files as articles, and tell what became of each."`
	Add     cli.Add     `cmd:"" help:"Have pages or feeds fetched."`
	Sources sourcesCmd  `cmd:"" help:"The source registry: what is watched, how it does, and why it is polled when it is."`
	Import  importCmd   `cmd:"" help:"Take the pages of WARC files in."`
	Search  cli.Search  `cmd:"" help:"Search the articles."`
	Show    cli.Show    `cmd:"" help:"Show an article, or what became of a URL."`
	Copies  cli.Copies  `cmd:"" help:"List the near-duplicates of an article, or correct them."`
	Merges  cli.Merges  `cmd:"" help:"List where an article is known and what was merged into it, or undo a merge."`
	Diff    cli.Diff    `cmd:"" help:"Tell what differs between two revisions of an article."`
	Queries cli.Queries `cmd:"" help:"Saved queries: their articles are told of as they come, by webhook, NATS and feeds."`
	Export  cli.Export  `cmd:"" help:"Write articles to a file: JSON Lines, CSV, Parquet, ninjs or Markdown."`
	Status  cli.Status  `cmd:"" help:"Tell how full the queue is and what the index holds."`

	Takedown  cli.Takedown  `cmd:"" help:"Erase an article for good; a tombstone remains."`
	Hold      cli.Hold      `cmd:"" help:"Put an article on legal hold, so that it cannot be taken down, or release it."`
	Audit     cli.Audit     `cmd:"" help:"Print who took down, held or released what, or the legal holds."`
	Backup    cli.Backup    `cmd:"" help:"Copy the record of a running Dateline to a file."`
	Fsck      fsckCmd       `cmd:"" help:"Prove that record, change feed and search index agree."`
	Restore   restoreCmd    `cmd:"" help:"Make the record from a backup, where nothing runs."`
	Repeated  cli.Repeated  `cmd:"" help:"List texts that sites show at many addresses and that are refused, or correct that."`
	Provision cli.Provision `cmd:"" help:"Create streams and consumers on a NATS server."`
	Reindex   cli.Reindex   `cmd:"" help:"Build the search index anew from the record."`
	Reparse   reparseCmd    `cmd:"" help:"Make articles anew of kept pages and publications, and tell field by field what changes."`
	Parse     parseCmd      `cmd:"" help:"Parse pages without any queue."`
	Discover  discoverCmd   `cmd:"" help:"Tell what a site offers: feeds, sitemaps, hubs, and what its robots.txt forbids."`
	Feed      feedCmd       `cmd:"" help:"Read a feed without any queue, and tell what it says."`
	Rules     rulesCmd      `cmd:"" help:"Test the rules for publishers."`
	Bench     benchesCmd    `cmd:"" help:"Measure articles a second, CPU, memory and their growth on this machine."`
	ConfigCmd configCmd     `cmd:"" name:"config" help:"Print the configuration in force, secrets masked."`
	Version   versionCmd    `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], &cli.Terminal{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Interactive: term.IsTerminal(int(os.Stderr.Fd())), Styled: term.IsTerminal(int(os.Stdout.Fd())),
	})
	os.Exit(code)
}

// run is the command; it returns the exit code: 0, 1 for a failure or rejected input, 2 for a wrong command line or
// configuration.
func run(ctx context.Context, args []string, t *cli.Terminal) int {
	fail := func(err error) {
		fmt.Fprintln(t.Err, "dateline:", err)
	}
	var g grammar
	exited := -1
	options := []kong.Option{
		kong.Name("dateline"), kong.Description("News articles in; clean, dated, searchable records out."),
		kong.Writers(t.Out, t.Err), kong.Exit(func(code int) { exited = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t),
	}
	path, required := configFile(args)
	options = append(options, kong.Configuration(config.Load)) // of --config
	if path != "" {
		f, err := os.Open(path)
		switch {
		case err == nil:
			defer f.Close()
			r, err := config.Load(f)
			if err != nil {
				fail(fmt.Errorf("%s: %w", path, err))
				return 2
			}
			options = append(options, kong.Resolvers(r))
		case required || !errors.Is(err, os.ErrNotExist):
			fail(fmt.Errorf("DATELINE_CONFIG: %w", err))
			return 2
		}
	}
	parser, err := kong.New(&g, options...)
	if err != nil {
		fail(err)
		return 2
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // help
		return exited
	}
	if err != nil {
		fail(err)
		return 2
	}
	setLog(t, g.LogLevel, g.LogFormat)
	for _, name := range config.UnknownEnvironment(parser.Model, os.Environ()) {
		slog.Warn("environment variable is not one of Dateline's", "name", name)
	}
	switch err := k.Run(); {
	case err == nil:
		return 0
	case !errors.Is(err, cli.ErrRejected): // which has been told of already
		fail(err)
	}
	return 1
}

// configFile is the file to read where --config does not name one, and whether it has to be there.
func configFile(args []string) (path string, required bool) {
	for _, a := range args {
		if a == "--config" || strings.HasPrefix(a, "--config=") {
			return "", false
		}
	}
	if path := os.Getenv("DATELINE_CONFIG"); path != "" {
		return path, true
	}
	return "dateline.yaml", false
}

func setLog(t *cli.Terminal, level slog.Level, format string) {
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(t.Err, options)
	if format == "json" {
		h = slog.NewJSONHandler(t.Err, options)
	}
	slog.SetDefault(slog.New(h))
	slog.SetLogLoggerLevel(slog.LevelDebug) // net/http tells of every "Unsolicited response": any server could fill the log
}
