package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
)

// A lease is a lock that this run has taken.
type lease struct {
	name  string
	epoch int64

	until  time.Time // by this machine, from before it was asked for
	timer  *time.Timer
	held   context.Context // ends when the lock is given back or lost
	cancel context.CancelCauseFunc
	lost   atomic.Pointer[error] // why, also where held has ended before
}

// left returns how long the lease lasts. One clock of this machine stops while it sleeps,
// and the other one can be set.
func (l *lease) left() time.Duration {
	return min(time.Until(l.until), l.until.Round(0).Sub(time.Now().Round(0)))
}

// lose ends what is done under the lease. The first reason counts.
func (l *lease) lose(why string) {
	err := lost(l.name, why)
	l.lost.CompareAndSwap(nil, &err)
	l.cancel(err)
}

// again is about how long a run waits before it tries to take a lock again.
const again = 200 * time.Millisecond

// Lock takes the lock of that name. It is lost when it could not be renewed in time.
func (d *Database) Lock(ctx context.Context, name string, patience time.Duration) (held context.Context, release func(), err error) {
	deadline := time.Now().Add(patience)
	for {
		l, by, err := d.take(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		if l != nil {
			held, release := d.leases.hold(ctx, l)
			return held, release, nil
		}
		pause := min(again/2+rand.N(again), time.Until(deadline)) //nolint:gosec // G404: chance, not secrecy
		if pause <= 0 {
			return nil, nil, backend.Locked(name, by)
		}
		if !wait(ctx, pause) {
			return nil, nil, ctx.Err()
		}
	}
}

const take = `INSERT INTO credctl.lease AS l (name, epoch, holder, host, boot, namespace, pid, started, taken, expires)
VALUES ($1, 1, $2, $3, $4, $5, $6, $7, clock_timestamp(), clock_timestamp() + $8 * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder, host = excluded.host, boot = excluded.boot,
	namespace = excluded.namespace, pid = excluded.pid, started = excluded.started, taken = excluded.taken, expires = excluded.expires
WHERE l.expires <= clock_timestamp() OR l.holder = $2 OR l.holder = $9
RETURNING epoch`

// take takes a lock, or returns nil and where the process is that holds it. Where that
// process was killed on this machine, its lock is taken at once.
func (d *Database) take(ctx context.Context, name string) (l *lease, by string, err error) {
	token, dead := random(), ""
	for {
		sent, h := time.Now(), d.holder
		rows, err := d.conn.rows(ctx, take, name, token, h.host, h.boot, h.namespace, h.pid, h.started, d.options.Lease.Milliseconds(), dead)
		if err != nil {
			return nil, "", err
		}
		if len(rows) > 0 {
			return &lease{name: name, epoch: rows[0].int(0), until: sent.Add(d.options.Lease)}, "", nil
		}
		rows, err = d.conn.rows(ctx, "SELECT holder, host, boot, namespace, pid, started FROM credctl.lease WHERE name = $1", name)
		if err != nil || len(rows) == 0 {
			return nil, "", err
		}
		r := rows[0]
		other := holder{host: r[1], boot: r[2], namespace: r[3], pid: int(r.int(4)), started: r[5]}
		if dead == r[0] || !d.holder.ended(other) {
			return nil, fmt.Sprintf("%s (process %d)", other.host, other.pid), nil
		}
		dead = r[0]
	}
}

const giveBack = `UPDATE credctl.lease SET expires = clock_timestamp() WHERE name = $1 AND epoch = $2`

// renew takes the rows in the order of guard, so that neither waits for the other.
const renew = `WITH mine AS (SELECT l.name, l.epoch FROM credctl.lease l JOIN unnest($1::text[], $2::bigint[]) AS m(name, epoch) USING (name, epoch)
	WHERE l.expires > clock_timestamp() ORDER BY l.name FOR NO KEY UPDATE OF l)
UPDATE credctl.lease l SET expires = clock_timestamp() + $3 * interval '1 millisecond' FROM mine
WHERE l.name = mine.name AND l.epoch = mine.epoch AND l.expires > clock_timestamp()
RETURNING l.name, ` + micros

// lost is the error of a run that has lost a lock.
func lost(name, why string) error {
	return provider.Hint(provider.WithClass(provider.ErrLocked, fmt.Errorf("stopped: the lock of %s was lost: %s", name, why)),
		"run the same command again: it continues where the last run stopped")
}
