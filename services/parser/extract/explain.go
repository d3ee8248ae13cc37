package extract

import "dateline/pkg/article"

// Explanation tells how an article came about. Article fills in the one that a Page brings.
type Explanation struct {
	Fields []FieldEvidence `json:"fields"` // all evidence for each field, in the order of trust
	Blocks []BlockEvidence `json:"blocks"` // every piece of text of the page that was weighed, in document order
	State  []string        `json:"state"`  // what speaks for the body state
}

// field notes evidence where somebody asks.
func (x *Explanation) field(e FieldEvidence) {
	if x == nil {
		return
	}
	if e.Won {
		e.Why = ""
	}
	x.Fields = append(x.Fields, e)
}

// FieldEvidence is one value that the page offers for a field.
type FieldEvidence struct {
	Field  string       `json:"field"`
	Value  string       `json:"value"`
	From   article.From `json:"from"`
	Detail string       `json:"detail,omitempty"` // where it stands: "meta article:published_time"
	Won    bool         `json:"won"`
	Why    string       `json:"why,omitempty"` // why it was passed over
}

// BlockEvidence is one piece of text of the page.
type BlockEvidence struct {
	Text string `json:"text"` // its beginning
	Kept bool   `json:"kept"`
	Why  string `json:"why"`
}
