package term

import (
	"context"
	"time"
)

// grace is how long a result may take that begins when the time of the run is up, or
// after an interrupt: what has arrived is shown anyway.
const grace = 5 * time.Second

// Bound returns the context of work that may never end, such as an expression that the
// user gives for a result. It ends at an interrupt, and when the time of the run is up.
func (s *Streams) Bound() (context.Context, context.CancelFunc) {
	interrupts := s.Interrupted()
	limit := max(s.Timeout-time.Since(s.began), grace)
	select {
	case <-interrupts:
		interrupts, limit = nil, grace
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	go func() {
		select {
		case <-interrupts:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
