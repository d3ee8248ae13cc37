package cli

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"dateline/pkg/article"
)

// Revision is the latest revision of an article, as the API gives it.
type Revision struct {
	Seq       uint64           `json:"seq"` // zero where there is none
	Origin    string           `json:"origin"`
	Received  time.Time        `json:"received"`
	Removal   *article.Removal `json:"removal"`
	Article   json.RawMessage  `json:"article"`
	TakenDown bool             `json:"-"` // there is only a tombstone
}

// Latest asks for the latest revision of an article. That there is none is no error.
func (c Client) Latest(ctx context.Context, id string) (Revision, error) {
	var r Revision
	err := c.get(ctx, "/v1/articles/"+id, nil, &r)
	var failed *apiError
	if errors.As(err, &failed) {
		switch failed.status {
		case http.StatusNotFound:
			return Revision{}, nil
		case http.StatusGone:
			return Revision{TakenDown: true}, nil
		}
	}
	return r, err
}
