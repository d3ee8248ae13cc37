package api

import (
	"context"
	"net/http"
	"time"

	"dateline/services/indexer/store"
)

// stored is a record and the group of near-duplicates that its article is in.
type stored struct {
	*store.Record
	Group uint64 `json:"duplicate_group,omitempty"`
	id    string
}

// grouped adds to records the groups of their articles.
func (s *Server) grouped(records ...*store.Record) ([]stored, error) {
	ids := make([]string, len(records))
	for i, r := range records {
		var err error
		if ids[i], err = articleID(r); err != nil {
			return nil, err
		}
	}
	memberships, err := s.store.Memberships(ids...)
	if err != nil {
		return nil, err
	}
	all := make([]stored, len(records))
	for i, r := range records {
		all[i] = stored{r, memberships[i].Group, ids[i]}
	}
	return all, nil
}

// member is a copy as the API tells of it.
type member struct {
	ArticleID string    `json:"article_id"`
	Source    string    `json:"source"`
	URL       string    `json:"url,omitempty"`
	Title     string    `json:"title"`
	FirstSeen time.Time `json:"first_seen"`
	Words     int       `json:"words"`
	Walled    bool      `json:"paywalled,omitempty"`
	OfCopy    float64   `json:"share_of_copy"`
	OfFirst   float64   `json:"share_of_first"`
}

func (s *Server) duplicates(w http.ResponseWriter, r *http.Request) error {
	after, n, err := listPage(r)
	if err != nil {
		return err
	}
	return s.answerDuplicates(w, r, after, n)
}

func (s *Server) answerDuplicates(w http.ResponseWriter, r *http.Request, after uint64, n int) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	d, err := s.store.Duplicates(ctx, r.PathValue("id"), after, n)
	if err != nil {
		return err
	}
	page := struct {
		Group     uint64    `json:"group,omitempty"`
		FirstSeen time.Time `json:"first_seen,omitzero"`
		First     string    `json:"first,omitempty"`
		Best      string    `json:"best,omitempty"`
		Apart     bool      `json:"apart"`
		Total     uint64    `json:"total"`
		Members   []member  `json:"members"`
		Next      string    `json:"next_cursor,omitempty"`
	}{d.Group, d.FirstSeen, d.First, d.Best, d.Apart, d.Total, make([]member, len(d.Members)), ""}
	for i, m := range d.Members {
		if page.Members[i], err = s.member(ctx, m); err != nil {
			return err
		}
	}
	if len(d.Members) == n {
		page.Next = encodeListCursor(d.Members[n-1].Seq)
	}
	return answer(w, http.StatusOK, page)
}

// member adds what the record tells of a copy.
func (s *Server) member(ctx context.Context, m store.Member) (member, error) {
	if err := ctx.Err(); err != nil {
		return member{}, err
	}
	r, err := s.store.Record(m.Seq)
	if err != nil {
		return member{}, err
	}
	a, err := r.Decode()
	if err != nil {
		return member{}, err
	}
	return member{
		ArticleID: m.ArticleID, Source: m.Source, URL: a.URL, Title: a.DisplayTitle.Text, FirstSeen: m.FirstSeen, Words: m.Words, Walled: m.Walled,
		OfCopy: m.Overlap.Of, OfFirst: m.Overlap.In,
	}, nil
}

// setApart takes an article out of its group for good, or lets it be grouped again. It is for whoever runs the indexer:
// taken from this machine only.
func (s *Server) setApart(apart bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !local(r) {
			return &problem{Status: http.StatusForbidden, Detail: "groups are only changed from the machine that the indexer runs on"}
		}
		id := r.PathValue("id")
		if err := s.store.SetApart(id, apart); err != nil {
			return err
		}
		s.log.Info("near-duplicates changed by hand", "article", id, "apart", apart)
		return s.answerDuplicates(w, r, 0, defaultLimit)
	}
}
