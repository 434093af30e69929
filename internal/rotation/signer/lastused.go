package signer

import (
	"context"
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
	var asked []time.Time
	slowest := time.Duration(0)
	for _, pause := range append(gaps(), 0) {
		start := time.Now()
		for c, err := range all {
			if err != nil {
				return "", ids, err
			}
			if id := strings.ToLower(c.ID); !c.LastUsed.IsZero() && (wanted[id] || time.Since(c.LastUsed) < lately) {
				used[id] = append(used[id], c.LastUsed)
			}
		}
		if len(used) == 0 {
			return "", ids, nil
		}
		asked, slowest = append(asked, start), max(slowest, time.Since(start))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return "", ids, ctx.Err()
		}
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
