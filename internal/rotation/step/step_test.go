package step

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rights"
	"github.com/credctl/credctl/internal/rotation/run"
)

// file opens a destination that is read back.
func file(spec string, _ oplog.Subject, _ bool) (deliver.Destination, error) {
	return deliver.Parse("file:"+spec, deliver.Options{Shape: provider.KeyPair()})
}

func names(steps []Step) (all []string) {
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}

// TestOrder: what is irreversible comes after what proves that it may be done.
func TestOrder(t *testing.T) {
	inPlace := []string{"issue", "secret", "sign", "deliver", "signer", "hook", "verify", "rights", "finish"}
	for _, c := range []struct {
		op   oplog.OpState
		want []string
	}{
		{oplog.OpState{Strategy: oplog.Replace}, []string{"issue", "signer", "secret", "rights", "verify", "self", "deliver", "hook", "grace", "retire", "finish"}},
		{oplog.OpState{Strategy: oplog.Rotate}, inPlace},
		{oplog.OpState{Strategy: oplog.Generate}, inPlace},
		{oplog.OpState{Strategy: oplog.Replace, Aborting: "why"}, []string{"abort"}},
	} {
		steps := For(&c.op)
		assert.Equal(t, c.want, names(steps))
		for _, s := range steps {
			assert.NotNil(t, s.Do, s.Name)
		}
	}
}

// TestAdvanceInterrupted: the message says what happened and how to continue, in no
// words of the program's own.
func TestAdvanceInterrupted(t *testing.T) {
	r := &run.Run{Op: &oplog.OpState{ID: "op", Strategy: oplog.Replace, Reached: oplog.Issued}}
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	late, end := context.WithTimeout(t.Context(), 0)
	defer end()
	for _, c := range []struct {
		ctx   context.Context
		class error
		want  string
	}{
		{interrupted, context.Canceled, "the rotation was interrupted (state: created)"},
		{late, context.DeadlineExceeded, "the time limit (--timeout) was reached (state: created)"},
	} {
		err := Advance(c.ctx, r)
		require.EqualError(t, err, c.want)
		require.ErrorIs(t, err, c.class)
		assert.Equal(t, "run the same command again, or: credctl rotation resume op", provider.HintOf(err))
	}
}

// TestDue: what was done is neither done again nor said again.
func TestDue(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	all := oplog.OpState{
		ID: "op", Subject: oplog.Subject{ID: "old"}, Strategy: oplog.Replace, Options: oplog.Options{To: []string{"a"}, Hook: oplog.Hook{Line: "reload"}, Verify: "none", Grace: time.Hour, Self: true},
		Issued: true, RightsChecked: true, Verified: true, Delivered: []string{"a"}, Hooked: true, Retiring: true, Retired: true, Until: now.Add(-time.Hour), Reached: oplog.Done,
	}
	for name, c := range map[string]struct {
		change func(*oplog.OpState)
		due    []string
		says   []string
	}{
		"all is done":     {func(*oplog.OpState) {}, nil, []string{}},
		"not ended":       {func(s *oplog.OpState) { s.Reached = oplog.Retired }, []string{"finish"}, []string{}},
		"an orphan":       {func(s *oplog.OpState) { s.Reached, s.Orphan = oplog.Retired, "x" }, []string{"finish"}, []string{"delete x, which was created by a request whose answer was lost"}},
		"not retired":     {func(s *oplog.OpState) { s.Retired = false }, nil, []string{"delete old"}},
		"not verified":    {func(s *oplog.OpState) { s.Verified = false }, []string{"verify"}, []string{"skip the verification of the new secret"}},
		"not compared":    {func(s *oplog.OpState) { s.RightsChecked = false }, []string{"rights"}, []string{"compare the permissions of the new credential with those of old"}},
		"not hooked":      {func(s *oplog.OpState) { s.Hooked = false }, []string{"hook"}, []string{"run reload"}},
		"not delivered":   {func(s *oplog.OpState) { s.Options.Self, s.Delivered = false, nil }, []string{"deliver"}, []string{"deliver the new secret to a, and read it back"}},
		"in its grace":    {func(s *oplog.OpState) { s.Retiring, s.Retired, s.Until = false, false, now.Add(time.Hour) }, []string{"grace"}, []string{"delete old after 2026-01-02T04:04:05Z"}},
		"before its end":  {func(s *oplog.OpState) { s.Retiring, s.Retired, s.Until = false, false, time.Time{} }, []string{"grace"}, []string{"delete old after 1h"}},
		"not tried first": {func(s *oplog.OpState) { s.Retired, s.Delivered = false, nil }, []string{"self", "deliver"}, []string{"check that the new secret permits what credctl does with old", "deliver the new secret to a, and read it back", "delete old"}},
	} {
		t.Run(name, func(t *testing.T) {
			op := all
			r := &run.Run{Env: run.Env{Now: func() time.Time { return now }, Destination: file}, Op: &op}
			c.change(r.Op)
			steps := For(r.Op)
			var due []string
			for s := range Due(r, steps) {
				if s.Due != nil {
					due = append(due, s.Name)
				}
			}
			assert.Equal(t, c.due, due)
			assert.Equal(t, c.says, Describe(r, steps))
		})
	}
}

// TestRightsThatDiffer: each difference is told, and what was asked for is none.
func TestRightsThatDiffer(t *testing.T) {
	at := time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)
	old := provider.Credential{Name: "web", Region: "uk", Scopes: []string{"b", "a"}, Expires: at}
	for want, change := range map[string]func(*provider.Credential){
		"":                             func(c *provider.Credential) { c.Scopes, c.Expires = []string{"a", "b", "b"}, at.Add(time.Minute) },
		`the name is "x", not "web"`:   func(c *provider.Credential) { c.Name = "x" },
		`the region is "us", not "uk"`: func(c *provider.Credential) { c.Region = "us" },
		"it lacks a":                   func(c *provider.Credential) { c.Scopes = []string{"b"} },
		"it also has c":                func(c *provider.Credential) { c.Scopes = []string{"a", "b", "c"} },
		"it never expires (the old credential expires at 2027-01-02T00:00:00Z)":                   func(c *provider.Credential) { c.Expires = time.Time{} },
		"it expires at 2027-01-02T00:02:00Z (the old credential expires at 2027-01-02T00:00:00Z)": func(c *provider.Credential) { c.Expires = at.Add(2 * time.Minute) },
	} {
		now := old
		change(&now)
		var all []string
		if want != "" {
			all = []string{want}
		}
		assert.Equal(t, all, rights.Differences(&run.Run{Op: &oplog.OpState{}}, old, now))
	}
	now := old
	now.Scopes = nil
	assert.Empty(t, rights.Differences(&run.Run{Op: &oplog.OpState{Subject: oplog.Subject{Params: map[string]string{"buckets": "x"}}}}, old, now))
	assert.NotEmpty(t, rights.Differences(&run.Run{Op: &oplog.OpState{Subject: oplog.Subject{Params: map[string]string{"new-name": "x"}}}}, old, now))
}

// TestNothingIsRetiredUnproved: whatever led there, the journal must say that the new
// one works and is everywhere.
func TestNothingIsRetiredUnproved(t *testing.T) {
	ready := oplog.OpState{Strategy: oplog.Replace, Options: oplog.Options{To: []string{"a"}}, Verified: true, Hooked: true, Delivered: []string{"a"}}
	for name, change := range map[string]func(*oplog.OpState){
		"not verified":  func(s *oplog.OpState) { s.Verified = false },
		"not delivered": func(s *oplog.OpState) { s.Delivered = nil },
		"not hooked":    func(s *oplog.OpState) { s.Hooked = false },
	} {
		op := ready
		r := &run.Run{Op: &op} // without a service: nothing can be sent
		change(r.Op)
		require.ErrorIs(t, retire(t.Context(), r), provider.ErrRefused, name)
	}
}

func TestChecks(t *testing.T) {
	failed := errors.New("it is full")
	steps := []Step{{Check: func(context.Context, *run.Run) []Check { return []Check{Checked("a", nil), Checked("b", failed)} }}, {}}
	assert.Equal(t, []Check{{What: "a", OK: true}, {What: "b", Why: "it is full", Err: failed}}, RunChecks(t.Context(), &run.Run{}, steps))
}

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// inGrace is an operation that waits for the end of its grace period.
func inGrace() oplog.OpState {
	return oplog.OpState{
		ID: "op", Subject: oplog.Subject{ID: "old"}, Strategy: oplog.Replace, Options: oplog.Options{To: []string{"a"}, Grace: time.Hour}, Began: now(),
		Issued: true, RightsChecked: true, Verified: true, Delivered: []string{"a"}, Hooked: true, Until: now().Add(time.Hour), Reached: oplog.Grace,
	}
}
