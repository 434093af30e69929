package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A credential is due to the second, and its message says why, and no more.
func TestTheAgeIsSaid(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		grace, age time.Duration
		created    time.Time
		due        bool
		why        string
	}{
		"without a grace period":   {0, 30 * duration.Day, start, false, "30d old, due at 90d"},
		"with one":                 {7 * duration.Day, 30 * duration.Day, start, false, "30d old, due at 83d (max_age 90d minus grace 7d)"},
		"a second before":          {0, 90*duration.Day - time.Second, start, false, ", due at 90d"},
		"to the second":            {0, 90 * duration.Day, start, true, "90d old, due at 90d"},
		"since it was seen":        {0, 30 * duration.Day, time.Time{}, false, "30d old, due at 90d (age counted since credctl first saw it)"},
		"by a clock that is ahead": {0, -time.Hour, start, false, "0s old, due at 90d"},
	} {
		t.Run(name, func(t *testing.T) {
			it := item{Entry: Entry{MaxAge: 90 * duration.Day, Options: rotation.Options{Grace: c.grace}}, cred: provider.Credential{Created: c.created}}
			it.setAge(start.Add(c.age), start)
			assert.Equal(t, c.due, it.age.Due)
			assert.Equal(t, map[bool]oplog.Reason{true: oplog.ReasonDue, false: oplog.ReasonNotDue}[c.due], it.reason)
			assert.True(t, strings.HasSuffix(it.why, c.why), it.why)
		})
	}
}

// What is shown of many is a number only where there are more.
func TestWhatFitsIsSaidWhole(t *testing.T) {
	places := func(n, names int) (all []*share) {
		for i := range n {
			all = append(all, &share{spec: fmt.Sprintf("box:%d", i), who: slices.Repeat([]string{"x"}, names)})
		}
		return all
	}
	lines := described(places(mostShares, mostNames))
	assert.Len(t, lines, mostShares)
	assert.Equal(t, "  box:0: x, x, x, x", lines[0])
	lines = described(places(mostShares+1, mostNames+1))
	assert.Equal(t, "  box:0: x, x, x, x and 1 more", lines[0])
	assert.Equal(t, "  1 more destinations", lines[mostShares])
}

// An error of several begins with the entry, and has the ID once.
func TestTheTitleOfAResult(t *testing.T) {
	for _, c := range []struct{ name, id, err, want string }{
		{"web", "id-1", "it failed", "web id-1"},
		{"web", "id-1", "id-1 failed", "web"},
		{"web", "", "it failed", "web"},
		{"", "id-1", "id-1 failed", "id-1"},
	} {
		assert.Equal(t, c.want, Result{Result: rotation.Result{Name: c.name, ID: c.id}, Err: errors.New(c.err)}.title())
	}
}

// Unfinished rotations come first, then the most overdue credentials. A credential that credctl
// may authenticate with comes last.
func TestOrderOfItems(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	due := func(days int) item {
		return item{age: rotation.Age{Due: true, DueAt: at.Add(time.Duration(days) * duration.Day)}}
	}
	numbers, last := order([]item{{}, due(3), {last: true}, due(1), {open: &journal.Operation{}}, {age: rotation.Age{DueAt: at}}, due(2)})
	assert.Equal(t, []int{4, 3, 6, 1, 0, 5}, numbers)
	assert.Equal(t, []int{2}, last)
}

// Whoever reads the results of a policy is told why an old credential is still there, and why
// it was deleted.
func TestTheMessagesOfAGracePeriod(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		r := h.entry("web", h.Old.ID, 90*duration.Day)
		r.Grace = 7 * duration.Day
		for _, c := range []struct {
			day    time.Duration
			reason oplog.Reason
			says   string
		}{
			{83, oplog.ReasonDue, "83d old, due at 83d"},
			{84, oplog.ReasonGrace, "will be deleted at"},
			{90, oplog.ReasonResumed, GraceEnded},
			{91, oplog.ReasonNotDue, "old, due at 83d"},
		} {
			h.Clock = c.day * duration.Day
			got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
			require.NoError(t, err)
			assert.Equal(t, c.reason, got[0].Reason, c.day)
			assert.Contains(t, got[0].Message, c.says, c.day)
		}
	})
}

// A limit refuses the credentials that are due, and only of these the results say so.
func TestWhatALimitRefuses(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		var p Policy
		for i := range mostChanges + 1 {
			c := h.V.Add(provider.Credential{Name: fmt.Sprint("k", i), Status: "active"})
			p.Rotations = append(p.Rotations, h.entry(c.Name, c.ID, 30*duration.Day))
		}
		p.Rotations = append(p.Rotations, h.entry("web", h.Old.ID, 90*duration.Day))
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrRefused)
		require.Len(t, got, mostChanges+2)
		for i, r := range got {
			want := oplog.ReasonRefused
			if i > mostChanges {
				want = oplog.ReasonNotDue
			}
			assert.Equal(t, want, r.Reason, r.Name)
		}
		assert.Empty(t, h.V.Calls)
		p.Rotations = p.Rotations[1:]
		_, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err, "as many as the limit are rotated")
		assert.Equal(t, mostChanges, h.Count("create"))
	})
}
