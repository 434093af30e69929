package signer

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// gaps are the pauses between looks at when a credential was last used. They are
// not alike, so that regular use by somebody else does not look like ours.
func gaps() []time.Duration { return []time.Duration{150 * time.Millisecond, 430 * time.Millisecond} }

// lately bounds what is remembered of a large listing: our own requests were only just signed.
const lately = 24 * time.Hour

// movesWithUs returns which of these credentials keeps step with our own requests
// by its time of last use, and so signs them. all is looked at several times. When
// it is none of them, it returns those that it may be all the same: one that did
// not move tells nothing, because some servers write that time once a minute, or
// never. If just one of the others keeps step, it is that.
func movesWithUs(ctx context.Context, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[strings.ToLower(id)] = true
	}
	used := map[string][]time.Time{}
	asked, slowest, err := observe(ctx, func(context.Context) error {
		for c, err := range all {
			if err != nil {
				return err
			}
			if id := strings.ToLower(c.ID); !c.LastUsed.IsZero() && (wanted[id] || time.Since(c.LastUsed) < lately) {
				used[id] = append(used[id], c.LastUsed)
			}
		}
		if len(used) == 0 {
			return errNeverUsed
		}
		return nil
	})
	if err != nil {
		if errors.Is(err, errNeverUsed) {
			err = nil
		}
		return "", ids, err
	}
	for _, id := range ids {
		self, known := inStep(used[strings.ToLower(id)], asked, slowest)
		if self {
			return id, nil, nil
		}
		if !known {
			unknown = append(unknown, id)
		}
	}
	others := 0
	for _, times := range used {
		if self, _ := inStep(times, asked, slowest); self {
			others++
		}
	}
	if others == 1 {
		unknown = nil
	}
	return "", unknown, nil
}

var errNeverUsed = errors.New("never used")

// observe calls see before, between and after the gaps, and returns when it did and
// how long it took at most.
func observe(ctx context.Context, see func(context.Context) error) (asked []time.Time, slowest time.Duration, err error) {
	pauses := gaps()
	for i := 0; ; i++ {
		start := time.Now()
		if err := see(ctx); err != nil {
			return nil, 0, err
		}
		asked, slowest = append(asked, start), max(slowest, time.Since(start))
		if i == len(pauses) {
			return asked, slowest, nil
		}
		timer := time.NewTimer(pauses[i])
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, 0, ctx.Err()
		}
	}
}

// inStep compares when a credential was used with when we asked, and reports
// whether that is what signs our requests, and whether it can be told. A credential
// that others use moves too, but not by just what lies between our requests. One
// that did not move with each of them may be ours at a server that does not write
// down every use.
func inStep(used, asked []time.Time, slowest time.Duration) (self, known bool) {
	if len(used) != len(asked) {
		return false, false
	}
	moves, together := 0, 0
	gaps := len(asked) - 1
	for i := range gaps {
		moved, ours := used[i+1].Sub(used[i]), asked[i+1].Sub(asked[i])
		if moved == 0 {
			continue
		}
		moves++
		if (moved - ours).Abs() <= slowest+20*time.Millisecond {
			together++
		}
	}
	return together == gaps, moves == gaps
}
