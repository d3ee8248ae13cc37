package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// imports maps each package directory of the module to what its files, tests apart, import.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			all[dir] = append(all[dir], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestWalls holds the walls of the architecture: who may import what.
func TestWalls(t *testing.T) {
	service := func(path string) string { // the service that a path belongs to, or ""
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(path, "dateline/"), "services/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			return name
		}
		return ""
	}
	packages := imports(t)
	if len(packages) < 10 {
		t.Fatalf("only %d packages found: the test looks in the wrong place", len(packages))
	}
	for dir, paths := range packages {
		for _, path := range paths {
			in := func(prefix string) bool { return dir == prefix || strings.HasPrefix(dir, prefix+"/") }
			switch {
			case service(dir) != "" && service(path) != "" && service(dir) != service(path):
				t.Errorf("%s imports %s: a service imports another", dir, path)
			case in("pkg") && service(path) != "":
				t.Errorf("%s imports %s: pkg imports a service", dir, path)
			case in("services") && path == "dateline/pkg/cli":
				t.Errorf("%s imports %s: a service imports the command line", dir, path)
			case strings.HasPrefix(path, "github.com/nats-io/") && !in("pkg/queue"):
				t.Errorf("%s imports %s: only pkg/queue knows NATS", dir, path)
			case strings.HasPrefix(path, "go.etcd.io/bbolt") && !in("services/indexer/store"):
				t.Errorf("%s imports %s: only services/indexer/store knows bbolt", dir, path)
			case strings.HasPrefix(path, "github.com/blevesearch/bleve") && !in("services/indexer/search/bleve"):
				t.Errorf("%s imports %s: only services/indexer/search/bleve knows bleve", dir, path)
			case strings.HasPrefix(path, "github.com/opensearch-project/") && !in("services/indexer/search/opensearch"):
				t.Errorf("%s imports %s: only services/indexer/search/opensearch knows OpenSearch", dir, path)
			}
		}
	}
}
