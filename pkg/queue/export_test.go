package queue

import "context"

// Kill breaks the connection for good, as the death of the process does.
func (q *Queue) Kill() { q.nc.Close() }

// Redeliver makes everything unacked due again at once, as the passing of AckWait does.
func (q *Queue) Redeliver(ctx context.Context, c Consumer) error {
	s, err := q.js.Stream(ctx, c.Stream)
	if err != nil {
		return err
	}
	cons, err := s.Consumer(ctx, c.Name)
	if err != nil {
		return err
	}
	_, err = s.ResetConsumerToSequence(ctx, c.Name, cons.CachedInfo().AckFloor.Stream+1)
	return err
}
