// Package query is the language that searches are written in: its syntax tree, and the parser that makes one of text.
// It knows nothing of any index; a search backend translates the tree.
//
//	query  = and { "OR" and }
//	and    = term { [ "AND" ] term }
//	term   = [ "NOT" | "-" | "+" ] ( "(" query ")" | [ field ":" ] value )
//	value  = word | prefix "*" | "\"" phrase "\"" | "(" query ")"
//	       | date | date ".." date | ( ">=" | ">" | "<=" | "<" ) date      of the fields of time
//
// Words that stand side by side are all required. AND, OR and NOT are operators in capitals alone; NOT binds closest, OR
// least. "+" is taken and says what is so anyway. A backslash makes the next character an ordinary one. Quotes may be
// typographic. A lone "*" is every article. Whether letters' case or accents count is not the language's affair.
package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Node is a piece of a query: And, Or, Not, All, Word, Phrase, Prefix or Range.
type Node interface{ node() }

// And asks for articles that match all of its nodes, of which there are two or more.
type And []Node

// Or asks for articles that match one of its nodes, of which there are two or more.
type Or []Node

// Not asks for articles that do not match a node.
type Not struct{ Node Node }

// All is every article.
type All struct{}

// Word asks for a word in a field, in any of its forms. It may be several words to a reader of its language: "e-mail".
type Word struct {
	Field Field
	Text  string
}

// Phrase asks for words one after the other, just as they are given.
type Phrase struct {
	Field Field
	Text  string
}

// Prefix asks for words that begin so.
type Prefix struct {
	Field Field
	Text  string
}

// Range asks for a time in a field: From or later, and before Before. One of them may be zero, for no bound.
type Range struct {
	Field        Field
	From, Before time.Time
}

func (And) node()    {}
func (Or) node()     {}
func (Not) node()    {}
func (All) node()    {}
func (Word) node()   {}
func (Phrase) node() {}
func (Prefix) node() {}
func (Range) node()  {}

// Field is a part of an article that a query can name.
type Field string

// The fields.
const (
	Text      Field = "text" // title and body: what words without a field are looked for in
	Title     Field = "title"
	Author    Field = "author"
	Agency    Field = "agency"
	Publisher Field = "publisher"
	Section   Field = "section"
	Keyword   Field = "keyword"
	Source    Field = "source"     // a whole name, as are the next two
	Language  Field = "language"   // a BCP 47 tag, or its language alone
	BodyState Field = "body_state" // one of article.BodyStates
	Published Field = "published"  // a time, as is the next
	Stored    Field = "stored"
)

// Fields are all there are.
var Fields = []Field{Text, Title, Author, Agency, Publisher, Section, Keyword, Source, Language, BodyState, Published, Stored}

// synonyms are other names of fields.
var synonyms = map[string]Field{"authors": Author, "keywords": Keyword, "lang": Language}

// fieldOf reads a field's name, in any case.
func fieldOf(name string) (Field, bool) {
	name = strings.ToLower(name)
	if f, ok := synonyms[name]; ok {
		return f, true
	}
	return Field(name), slices.Contains(Fields, Field(name))
}

// Time reports whether a field holds times, which are asked for by ranges.
func (f Field) Time() bool { return f == Published || f == Stored }

// Error says where a text is no query, and why. Offsets are of where Expected was missed.
type Error struct {
	Byte      int    // offset
	Character int    // offset in Unicode code points
	Expected  string // what could have stood there
	Found     string // what stands there instead
}

// Error counts characters from one, as people do.
func (e *Error) Error() string {
	return fmt.Sprintf("at character %d: expected %s, found %s", e.Character+1, e.Expected, e.Found)
}
