package queue

import (
	"encoding/json"
	"fmt"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
)

// Job is the message that asks for a URL to be fetched. Its id is that of the URL's key: an address that is only spelt in
// another way is no new job. The URL comes out canonical. A job without a class is fresh.
func Job(j article.Job) (Message, error) {
	var err error
	if j.URL, err = weburl.Canonical(j.URL); err != nil {
		return Message{}, err
	}
	key, err := weburl.Key(j.URL)
	if err != nil {
		return Message{}, err
	}
	if j.Class == "" {
		j.Class = article.JobFresh
	}
	body, err := json.Marshal(j)
	if err != nil {
		return Message{}, fmt.Errorf("job %s: %w", j.URL, err)
	}
	id := article.JobID(key)
	if j.Attempts > 0 {
		id = fmt.Sprintf("%s-%d", id, j.Attempts)
	}
	return Message{
		Subject: JobSubject(j.Class, weburl.Host(j.URL), id), ID: id, Type: article.TypeJob,
		Header: Header{article.HeaderContentType: {"application/json"}, article.HeaderURL: {j.URL}}, Body: body,
	}, nil
}

// RetryJob is the message that has a job tried again after its delivery failed: what failed is done with once this is
// published. The two are different messages, on different subjects, so that there is no moment at which the job is on
// neither: a subject of JOBS takes one message at a time, and refuses a second. A crash in between has the delivery come
// again and fail again, into the same message. The journey stays the same.
func RetryJob(d *Delivery, j article.Job) (Message, error) {
	j.Once = j.Once || j.Class == article.JobBackfill
	j.Class = article.JobRetry
	j.Attempts++
	m, err := Job(j)
	if err != nil {
		return Message{}, err
	}
	m.ID = fmt.Sprintf("%s-of-%d", m.ID, d.Sequence) // another job for the URL may have failed as often, just now
	m.Header[article.HeaderOrigin] = []string{d.Origin()}
	return m, nil
}
