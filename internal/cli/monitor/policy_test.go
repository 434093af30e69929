package monitor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/policy"
	"github.com/credctl/credctl/internal/runs"
)

// TestWhatIsDueAfterARun: what was due and was not rotated is due, whatever kept the run from
// it, and so is what falls due until somebody looks.
func TestWhatIsDueAfterARun(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	known := int64(7)
	at := func(in time.Duration) *rotation.Age {
		return &rotation.Age{Due: in <= 0, DueAt: now.Add(in), Seconds: &known}
	}
	result := func(age *rotation.Age, reason rotation.Reason, err error) policy.Result {
		return policy.Result{Result: rotation.Result{Reason: reason, Age: age}, Err: err}
	}
	interrupted := provider.WithClass(context.Canceled, errors.New("skipped: the run was interrupted"))
	sum := outcome("/p", now, 130, []policy.Result{
		result(at(-time.Hour), oplog.ReasonFailed, errors.New("the run was interrupted")),
		result(at(-time.Minute), oplog.ReasonInterrupted, interrupted),
		result(at(2*time.Hour), oplog.ReasonInterrupted, interrupted),
		result(at(time.Hour), oplog.ReasonNotDue, nil),
		result(&rotation.Age{}, oplog.ReasonInterrupted, interrupted),
	})
	assert.Equal(t, 2, sum.Due)
	assert.Equal(t, 1, sum.Unknown)
	assert.Equal(t, 1, sum.Failed, "what was skipped did not fail")
	assert.Equal(t, now.Add(time.Hour), sum.NextDue, "it is never in the past")

	later := sum.At(now.Add(90 * time.Minute))
	assert.Equal(t, 3, later.Due)
	assert.Equal(t, now.Add(2*time.Hour), later.NextDue)
	later = sum.At(now.Add(3 * time.Hour))
	assert.Equal(t, 4, later.Due)
	assert.Zero(t, later.NextDue)
	assert.Equal(t, 1, runs.Run{NextDue: now}.At(now).Due, "as an earlier version has recorded it")
}

// What a run does not find out is as the run before it left it.
func TestWhatIsDueOfWhatWasNotLookedAt(t *testing.T) {
	state := t.TempDir()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	first := runs.Run{File: "/p", LastRun: now, Exit: 130, Due: 2}
	first.FallDue([]time.Time{now.Add(time.Hour), now.Add(30 * time.Hour)})
	_, err := runs.Record(state, first)
	require.NoError(t, err)
	interrupted := provider.WithClass(context.Canceled, errors.New("the run was interrupted"))
	later := now.Add(2 * time.Hour)
	sum := outcome("/p", later, 130, []policy.Result{
		{Result: rotation.Result{Reason: oplog.ReasonFailed, Operation: "op", State: oplog.Issued, Age: &rotation.Age{}}, Err: interrupted},
		{Result: rotation.Result{Reason: oplog.ReasonInterrupted, Age: &rotation.Age{}}, Err: interrupted},
		{Result: rotation.Result{Reason: oplog.ReasonInterrupted, Age: &rotation.Age{}}, Err: interrupted},
	})
	assert.Equal(t, 1, sum.Due, "what was begun is due")
	got, err := runs.Record(state, sum)
	require.NoError(t, err)
	assert.Equal(t, 3, got.Due)
	assert.Equal(t, now.Add(30*time.Hour), got.NextDue)
}
