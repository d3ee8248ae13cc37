package inspect

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// floors are what the scorer may say at least. A change that costs quality has to say so here.
var floors = map[string]map[string]float64{
	"aeb":         {"body_f1": .970},
	"fundus":      {"body_f1": .965, "title": .945, "authors_f1": .935, "day": .99, "instant": .99},
	"trafilatura": {"chunks_f1": .955, "title": .88, "authors_f1": .765, "day": .90},
	"htmldate":    {"day": .93},
}

// TestCorpusScores holds the floors under the scores on ../shared/corpus (DATELINE_SHARED names another place than ../shared).
func TestCorpusScores(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and with the race detector a minute")
	}
	shared := os.Getenv("DATELINE_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	corpus := filepath.Join(shared, "corpus")
	if _, err := os.Stat(filepath.Join(corpus, "manifest.jsonl")); err != nil {
		t.Skipf("the corpus is not here: %v", err)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not here, which the scorer needs")
	}
	name := filepath.Join(t.TempDir(), "results.jsonl")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := results(context.Background(), corpus, f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, filepath.Join(shared, "tools", "score_extraction.py"), "--json", corpus, name).Output()
	if err != nil {
		t.Fatal(err)
	}
	var scores map[string]map[string]float64
	if err := json.Unmarshal(out, &scores); err != nil {
		t.Fatal(err)
	}
	for dataset, floor := range floors {
		for measure, least := range floor {
			if got := scores[dataset][measure]; got < least {
				t.Errorf("%s %s is %.4f, below %.3f", dataset, measure, got, least)
			}
		}
	}
}
