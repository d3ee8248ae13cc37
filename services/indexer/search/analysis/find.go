package analysis

import "strings"

// Find tells where a text has one of the forms. The tokens are those of the text.
func Find(tokens []Token, forms []Form, found func(start, end int)) {
	if len(tokens) == 0 {
		return
	}
	// Terms of one position lie side by side: those of position p are tokens[at[p-1]:at[p]].
	at := make([]int, 1, tokens[len(tokens)-1].Position+1)
	for i, t := range tokens {
		for t.Position > len(at) {
			at = append(at, i)
		}
	}
	at = append(at, len(tokens))
	for _, f := range forms {
		for p := 0; p+len(f.Terms) < len(at); p++ {
			if start, end, ok := f.stands(tokens, at[p:]); ok {
				found(start, end)
			}
		}
	}
}

// stands tells whether a form stands at the first of the positions, and from where to where.
func (f Form) stands(tokens []Token, at []int) (start, end int, ok bool) {
	for n, terms := range f.Terms {
		beginning := f.Prefix && n == len(f.Terms)-1
		t := among(tokens[at[n]:at[n+1]], terms, beginning)
		if t == nil {
			return 0, 0, false
		}
		if n == 0 {
			start = t.Start
		}
		end = t.End
		if beginning { // of a pair, if it is one
			end = t.FirstEnd
		}
	}
	return start, end, true
}

func among(tokens []Token, terms []string, beginning bool) *Token {
	for i := range tokens {
		for _, term := range terms {
			if tokens[i].Term == term || beginning && strings.HasPrefix(tokens[i].Term, term) {
				return &tokens[i]
			}
		}
	}
	return nil
}
