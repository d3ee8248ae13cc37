package queue

import (
	"encoding/json"
	"fmt"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
)

// Job is the message that asks for a URL to be fetched. Its id is that of the URL's key: an address that is only spelt in
// another way is no new job. The URL comes out canonical.
func Job(j article.Job) (Message, error) {
	var err error
	if j.URL, err = weburl.Canonical(j.URL); err != nil {
		return Message{}, err
	}
	key, err := weburl.Key(j.URL)
	if err != nil {
		return Message{}, err
	}
	body, err := json.Marshal(j)
	if err != nil {
		return Message{}, fmt.Errorf("job %s: %w", j.URL, err)
	}
	id := article.JobID(key)
	return Message{
		Subject: JobSubject(weburl.Host(j.URL), id), ID: id, Type: article.TypeJob,
		Header: Header{article.HeaderContentType: {"application/json"}, article.HeaderURL: {j.URL}}, Body: body,
	}, nil
}
