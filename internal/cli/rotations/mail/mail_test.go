package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/policy"
)

// entryOf is the result of an entry.
func entryOf(name string, r rotation.Result, err error) policy.Result {
	r.Name, r.Provider, r.OldID = name, "acme", "old"
	if r.ID == "" {
		r.ID = "old"
	}
	if err != nil {
		r.Error = err.Error()
	}
	return policy.Result{Result: r, Err: err}
}

func TestMailOfARun(t *testing.T) {
	well := entryOf("a", rotation.Result{Reason: oplog.ReasonNotDue, Message: "3d old, due at 30d"}, nil)
	grace := entryOf("b", rotation.Result{Reason: oplog.ReasonGrace}, nil)
	assert.Empty(t, Of(nil))
	assert.Empty(t, Of([]policy.Result{well, grace}), "all is well")
	assert.Empty(t, Of([]policy.Result{entryOf("web", rotation.Result{}, errors.New("503"))}), "one alone is the error of the command")

	retires := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	got := Of([]policy.Result{
		well,
		entryOf("web", rotation.Result{Changed: true, NewID: "new", State: oplog.Grace, Reason: oplog.ReasonDue, Message: "30d old, due at 29d", Retires: retires}, nil),
		grace,
		entryOf("db", rotation.Result{Reason: oplog.ReasonFailed, Message: "40d old"}, provider.Hint(errors.New("503\nunavailable \x1b[2J"), "wait")),
		entryOf("ci", rotation.Result{Changed: true, NewID: "new", State: oplog.Done, Reason: oplog.ReasonResumed, Message: "rotation 1 was unfinished: disk full"}, nil),
		entryOf("hook", rotation.Result{NewID: "new", State: oplog.Grace, Reason: oplog.ReasonResumed, Recovered: "the hook failed", Message: "recovered: an earlier run failed: the hook failed"}, nil),
		entryOf("old", rotation.Result{Changed: true, NewID: "new", State: oplog.Done, Reason: oplog.ReasonResumed, Message: policy.GraceEnded}, nil),
		entryOf("none", rotation.Result{Reason: oplog.ReasonNoMatch}, errors.New("no credential matches")),
		well,
	})
	assert.Equal(t, `web: replaced old with new
  why: 30d old, due at 29d
  next: old will be deleted after 2026-12-01 12:00 UTC

db: failed old
  why: 503; unavailable [2J
  do: wait

ci: recovered: replaced old with new
  why: rotation 1 was unfinished: disk full

hook: recovered: replaced old with new
  why: recovered: an earlier run failed: the hook failed

old: deleted old, replaced by new
  why: the grace period has ended

none: matches no credential
  why: no credential matches
  do: fix this; the next run tries again

Other credentials: 2 not due, 1 in the grace period
`, got)
}

// What there was no time for is counted: a thousand of them are one line.
func TestMailCountsWhatIsLeftForTheNextRun(t *testing.T) {
	well := entryOf("a", rotation.Result{Reason: oplog.ReasonNotDue}, nil)
	late := entryOf("b", rotation.Result{Reason: oplog.ReasonInterrupted}, provider.WithClass(context.DeadlineExceeded, errors.New("skipped")))
	assert.Equal(t, "Other credentials: 1 not due, 2 left for the next run\n", Of([]policy.Result{late, well, late}))
	stopped := entryOf("c", rotation.Result{Reason: oplog.ReasonInterrupted}, provider.WithClass(context.Canceled, errors.New("skipped: interrupted")))
	assert.Contains(t, Of([]policy.Result{late, stopped}), "c: failed old\n  why: skipped: interrupted\n")
}

// A rotation may be complete, and its record fail, on a full disk say.
func TestMailOfACompleteRotationThatWasNotRecorded(t *testing.T) {
	r := entryOf("web", rotation.Result{Changed: true, Operation: "op-1", State: oplog.Done, NewID: "new"}, errors.New("trail: no space left\ntrail: no space left\nrun: no space left"))
	assert.Contains(t, Of([]policy.Result{r, r}), `web: replaced old with new, and then failed
  why: trail: no space left; run: no space left
  do: fix this; the rotation is complete
`)
}

// Whatever failed, the mail says what to do.
func TestMailSaysWhatToDo(t *testing.T) {
	others := entryOf("a", rotation.Result{Reason: oplog.ReasonNotDue}, nil)
	unfinished := rotation.Result{Operation: "op-1"}
	for want, r := range map[string]policy.Result{
		"after fixing this: credctl rotation resume op-1": entryOf("web", unfinished, errors.New("disk full")),
		"wait for the next run: it tries again":           entryOf("web", rotation.Result{}, provider.WithClass(provider.ErrUnavailable, errors.New("503"))),
		"fix this; the next run tries again":              entryOf("web", rotation.Result{}, errors.New("disk full")),
		"log in":                                          entryOf("web", unfinished, provider.Hint(errors.New("401"), "log in")),
	} {
		assert.Contains(t, Of([]policy.Result{others, r}), "\n  do: "+want+"\n")
	}
	over := entryOf("web", rotation.Result{Operation: "op-1", State: oplog.Aborted}, provider.WithClass(provider.ErrUnavailable, errors.New("503")))
	assert.Contains(t, Of([]policy.Result{others, over}), "\n  do: wait for the next run: it tries again\n", "there is nothing to resume")
}

func TestThePlanOfARefusedRunHasTenLines(t *testing.T) {
	var all []policy.Result
	for i := range 30 {
		r := entryOf(fmt.Sprint("n", i), rotation.Result{Reason: oplog.ReasonRefused, Message: "30d old, due at 29d"}, nil)
		r.Plan = &rotation.Plan{Steps: []string{"create", "verify", "delete"}}
		all = append(all, r, entryOf("well", rotation.Result{Reason: oplog.ReasonNotDue}, nil))
	}
	got := Refused(all)
	assert.Equal(t, 10, strings.Count(got, "\n"), got)
	assert.Contains(t, got, "n0: acme old (30d old, due at 29d)")
	assert.Contains(t, got, "and 22 more")
	assert.NotContains(t, got, "well")
}

func TestThePlanOfARefusedRunSaysWhatWouldBeRotated(t *testing.T) {
	planned := func(name, message string, reason rotation.Reason, err error) policy.Result {
		r := entryOf(name, rotation.Result{Reason: reason, Message: message}, err)
		r.Plan = &rotation.Plan{Reason: reason}
		return r
	}
	assert.Equal(t, "credctl would rotate:\n  a: acme old (40d old)\ncredctl would resume:\n  d: acme old (rotation 1 was unfinished)\nCannot be rotated:\n  e: acme old (404)\n", Refused([]policy.Result{
		planned("a", "40d old", oplog.ReasonRefused, nil),
		planned("b", policy.InGrace, oplog.ReasonGrace, nil),
		planned("c", policy.InGrace, oplog.ReasonResumed, nil),
		planned("d", "rotation 1 was unfinished", oplog.ReasonResumed, nil),
		planned("e", "", oplog.ReasonRefused, errors.New("404")),
	}))
}

// One entry that failed is said once: what changed here, and why it failed by the error
// of the command.
func TestOneFailureIsSaidOnce(t *testing.T) {
	r := entryOf("web", rotation.Result{NewID: "new", Changed: true, Operation: "op"}, errors.New("not delivered"))
	assert.Equal(t, "web: created new to replace old, and then failed\n\n", Of([]policy.Result{r}))
}

// What was said in a block is not said again.
func TestTheErrorOfARunIsShort(t *testing.T) {
	err := provider.Reclassify(provider.ErrPartial, errors.New("2 of 3 failed: long"))
	all := []policy.Result{entryOf("a", rotation.Result{}, errors.New("x")), entryOf("b", rotation.Result{}, errors.New("y")), entryOf("c", rotation.Result{}, nil)}
	short := Short(all, err)
	require.EqualError(t, short, "2 of 3 failed")
	assert.Equal(t, 8, exit.StatusOf(short))
	assert.Equal(t, err, Short(all[:1], err), "one alone has its whole error")
}

// TestAFailureAfterTheCreate: where the new credential exists and a later step failed, the
// old one is not said to be replaced.
func TestAFailureAfterTheCreate(t *testing.T) {
	r := entryOf("web", rotation.Result{NewID: "new", Changed: true, Operation: "op"}, errors.New("not delivered"))
	assert.Contains(t, Of([]policy.Result{r, r}), "web: created new to replace old, and then failed\n  why: not delivered\n  do: after fixing this: credctl rotation resume op\n")
}
