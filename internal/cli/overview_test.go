package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/runs"
)

// TestHowAPolicyStands: due credentials are counted as of now, not as of the last run.
func TestHowAPolicyStands(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.Local)
	for _, c := range []struct {
		run      runs.Run
		want     string
		needsRun bool
	}{
		{runs.Run{}, "nothing due", false},
		{runs.Run{NextDue: now.Add(time.Hour)}, "next due at 2026-11-30 13:00", false},
		{runs.Run{NextDue: now}, "due since 2026-11-30 12:00", true},
		{runs.Run{NextDue: now.Add(-24 * time.Hour), Exit: 10}, "due since 2026-11-29 12:00", true},
		{runs.Run{Due: 2, NextDue: now.Add(time.Hour)}, "2 due", true},
		{runs.Run{Due: 2, Exit: 8}, "the last run failed (exit status 8)", true},
	} {
		what, needsRun := standing(c.run, now)
		assert.Equal(t, c.want, what)
		assert.Equal(t, c.needsRun, needsRun, what)
	}
}

// TestUnfinishedRotations: each has a name or an ID, and grace periods that have not ended
// need no attention.
func TestUnfinishedRotations(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.Local)
	grace := rotation.Status{Provider: "katapult", OldID: "objkey_1", State: "grace", Retires: now.Add(time.Hour)}
	var b strings.Builder
	assert.Empty(t, unfinished(&b, []rotation.Status{grace}, now))
	assert.Equal(t, "\nRotations in the grace period: 1\n  katapult   objkey_1 keeps the old credential until 2026-11-30 13:00\n", b.String())
	b.Reset()
	unfinished(&b, []rotation.Status{
		{Provider: "katapult", ID: "objkey_2", OldID: "objkey_1", NewID: "objkey_2", Name: "web", State: "issued", Strategy: oplog.Replace},
		{Provider: "katapult", ID: "objkey_3", NewID: "objkey_3", Name: "ci", State: "pending", Strategy: oplog.Create, Error: "interrupted"},
	}, now)
	assert.Equal(t, "\nUnfinished rotations and creations: 2\n  katapult   web (objkey_2) stopped (state: created)\n  katapult   ci (objkey_3) waiting: interrupted\n", b.String())
	b.Reset()
	pending := rotation.Status{Provider: "medianova", State: "pending", Name: "logs", NewID: "id-2", Operation: "op-4", Error: "the vendor returned no secret"}
	assert.Equal(t, []nextCommand{{"rotation resume op-4", "continue this rotation, or show what it waits for"}}, unfinished(&b, []rotation.Status{grace, pending}, now))
	b.Reset()
	assert.Equal(t, []nextCommand{{"rotation resume --all", "continue the unfinished rotations"}}, unfinished(&b, []rotation.Status{
		{Provider: "katapult", State: "intent", Name: "w2", Operation: "op-1"},
		{Provider: "katapult", State: "issued", Name: "w2", NewID: "objkey_2", Operation: "op-2"},
		grace,
		{Operation: "op-3", State: "unknown", Error: "damaged"},
	}, now))
	assert.Equal(t, "\nUnfinished rotations: 3\n  katapult   w2 stopped (state: requested)\n  katapult   w2 (objkey_2) stopped (state: created)\n             op-3 failed: damaged\n"+
		"\nRotations in the grace period: 1\n  katapult   objkey_1 keeps the old credential until 2026-11-30 13:00\n", b.String())
}
