package postgres

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// without returns the leases of a run that cannot reach its database any more, which end
// after these times.
func without(t *testing.T, length time.Duration, ends ...time.Duration) (s *leases, renewals *int) {
	t.Helper()
	tries := 0
	s = &leases{in: &Database{options: Options{Lease: length}}, held: map[int]*lease{}}
	s.conn.open = func(context.Context) (*pgconn.PgConn, error) {
		tries++
		return nil, errors.New("the network is gone")
	}
	for i, end := range ends {
		l := &lease{name: string(rune('a' + i)), until: time.Now().Add(end)}
		l.held, l.cancel = context.WithCancelCause(t.Context())
		s.held[i] = l
	}
	return s, &tries
}

// What a request may take ends a margin before the lock that runs out first: a sixth of the
// lease, and ten seconds at most. Too little for half a lease, or for what it needs, and the
// run stops, but not before it has tried to renew what is no longer new.
func TestARequestEndsBeforeTheLease(t *testing.T) {
	const length = 60 * time.Second
	for name, c := range map[string]struct {
		length, limit time.Duration
		ends          []time.Duration
		fits          time.Duration // 0: the lock is lost
		renewals      int
	}{
		"a short request":                       {limit: time.Second, ends: []time.Duration{length}, fits: time.Second},
		"a long one":                            {limit: time.Hour, ends: []time.Duration{length}, fits: 50 * time.Second},
		"it is still new":                       {limit: time.Hour, ends: []time.Duration{50 * time.Second}, fits: 40 * time.Second},
		"it is not new":                         {limit: time.Hour, ends: []time.Duration{49 * time.Second}, fits: 39 * time.Second, renewals: 1},
		"it is not new, and that is enough":     {limit: 39 * time.Second, ends: []time.Duration{49 * time.Second}, fits: 39 * time.Second},
		"half a lease is left":                  {limit: time.Hour, ends: []time.Duration{40 * time.Second}, fits: 30 * time.Second, renewals: 1},
		"less than half is left":                {limit: time.Hour, ends: []time.Duration{39 * time.Second}, renewals: 1},
		"less than half, and that is enough":    {limit: 20 * time.Second, ends: []time.Duration{30 * time.Second}, fits: 20 * time.Second},
		"less than half, and that is too short": {limit: 21 * time.Second, ends: []time.Duration{30 * time.Second}, renewals: 1},
		"the first of two counts":               {limit: time.Hour, ends: []time.Duration{length, 45 * time.Second, length}, fits: 35 * time.Second, renewals: 1},
		"a long lease":                          {length: 5 * time.Minute, limit: time.Hour, ends: []time.Duration{5 * time.Minute}, fits: 290 * time.Second},
		"a short lease":                         {length: 30 * time.Second, limit: time.Hour, ends: []time.Duration{30 * time.Second}, fits: 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.length == 0 {
					c.length = length
				}
				s, renewals := without(t, c.length, c.ends...)
				fits, err := s.within(t.Context(), c.limit)
				assert.Equal(t, c.renewals, *renewals)
				if c.fits == 0 {
					require.ErrorIs(t, err, provider.ErrLocked)
					require.ErrorContains(t, err, "it could not be renewed in time")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, c.fits, fits)
			})
		})
	}
}

// The clock of the database is read halfway between a question and its answer, and runs on
// with that of this machine.
func TestTheClockOfTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock
		sent, is := time.Now(), time.UnixMicro(1_900_000_000_123_456)
		time.Sleep(2 * time.Second)
		c.set(sent, is.UnixMicro())
		assert.Equal(t, is.Add(time.Second), c.now())
		time.Sleep(time.Hour)
		assert.Equal(t, is.Add(time.Hour+time.Second), c.now())
		assert.False(t, c.uncertain())
		read := c.wall
		for moved, want := range map[time.Duration]bool{
			900 * time.Millisecond: false, -900 * time.Millisecond: false, 2 * time.Second: true, -2 * time.Second: true, 5 * time.Hour: true,
		} {
			c.wall = read.Add(moved) // as if this machine's clock were set, or it had slept
			assert.Equal(t, want, c.uncertain(), moved)
		}
	})
}

func TestAPauseBeforeAStatement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		for _, pause := range pauses {
			assert.True(t, wait(ctx, pause))
		}
		assert.Equal(t, 1200*time.Millisecond, time.Since(begin))
		cancel()
		for _, pause := range pauses {
			assert.False(t, wait(ctx, pause))
		}
		assert.Equal(t, 1200*time.Millisecond, time.Since(begin), "an interrupt ends it")
	})
}
