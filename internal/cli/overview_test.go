package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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
