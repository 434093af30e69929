package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/pace"
)

// leases are the locks that this run has, which are renewed while it has any. The run
// changes nothing unless all of them are still its own.
type leases struct {
	in   *Database
	conn conn // of its own: a statement that waits keeps no lease from being renewed

	changing sync.RWMutex // no lock is given back while a statement names those that are held
	mu       sync.Mutex
	held     map[int]*lease
	last     int
	stop     chan struct{} // nil: nothing is renewed
}

// hold keeps a lease until release is called.
func (s *leases) hold(ctx context.Context, l *lease) (held context.Context, release func()) {
	l.held, l.cancel = context.WithCancelCause(ctx)
	l.timer = time.AfterFunc(l.left(), func() { l.lose("it could not be renewed in time") })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[int]*lease{}
	}
	s.last++
	id := s.last
	s.held[id] = l
	if s.stop == nil {
		s.stop = make(chan struct{})
		go s.keep(s.stop) //nolint:gosec // G118: it renews all locks, not only that of ctx
	}
	return pace.WithLease(l.held, s.within), sync.OnceFunc(func() { s.release(id, l) })
}

// release gives a lock back, or loses it: the run may have been paused since it last looked.
func (s *leases) release(id int, l *lease) {
	s.changing.Lock()
	s.mu.Lock()
	if l.left() <= 0 {
		l.lose("it could not be renewed in time")
	}
	delete(s.held, id)
	if len(s.held) == 0 {
		close(s.stop)
		s.stop = nil
	}
	s.mu.Unlock()
	s.changing.Unlock()
	l.timer.Stop()
	l.cancel(nil)
	_, _ = s.in.conn.rows(context.Background(), giveBack, l.name, l.epoch) // it runs out in any case
}

// all returns the leases that are held.
func (s *leases) all() (all []*lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.held {
		all = append(all, l)
	}
	return all
}

// names returns the locks that are held, and their epochs.
func names(all []*lease) (names []string, epochs []int64) {
	for _, l := range all {
		names, epochs = append(names, l.name), append(epochs, l.epoch)
	}
	return names, epochs
}

// keep renews what is held from time to time.
func (s *leases) keep(stop chan struct{}) {
	every := time.NewTicker(s.in.options.Lease / 6)
	defer every.Stop()
	for {
		select {
		case <-stop:
			return
		case <-every.C:
			_ = s.renew(context.Background())
		}
	}
}

// renew renews what is held. What another run has taken, or has run out, is lost.
func (s *leases) renew(ctx context.Context) error {
	all := s.all()
	if len(all) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.in.options.Lease/6)
	defer cancel()
	sent, renewed := time.Now(), map[string]bool{}
	names, epochs := names(all)
	rows, err := s.conn.rows(ctx, renew, names, epochs, s.in.options.Lease.Milliseconds())
	if err != nil {
		return err
	}
	for _, r := range rows {
		renewed[r[0]] = true
		s.in.conn.clock.set(sent, r.int(1))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.held {
		switch {
		case renewed[l.name]:
			l.until = sent.Add(s.in.options.Lease)
			l.timer.Reset(l.left())
		case slices.Contains(all, l):
			l.lose("another run may have taken it")
		}
	}
	return nil
}

// first returns the lock that runs out first, and when.
func (s *leases) first() (first *lease, left time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.held {
		if d := l.left(); first == nil || d < left {
			first, left = l, d
		}
	}
	return first, left
}

// within is the [pace.Lease] of all locks that are held.
func (s *leases) within(ctx context.Context, limit time.Duration) (time.Duration, error) {
	length := s.in.options.Lease
	margin := min(10*time.Second, length/6)
	l, left := s.first()
	if l != nil && left-margin < limit && left < length-length/6 {
		_ = s.renew(context.WithoutCancel(ctx)) // if it fails, the time that is left may be enough
		l, left = s.first()
	}
	if l != nil && left-margin < min(limit, length/2) {
		l.lose("it could not be renewed in time")
	}
	for _, l := range s.all() { // ctx may be one that an interrupt does not end
		if err := l.lost.Load(); err != nil {
			return 0, *err
		}
	}
	return min(limit, left-margin), nil
}
