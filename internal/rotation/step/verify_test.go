package step

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

type (
	verifies struct{ err error }
	checks   struct{ verifies }
	neither  struct{ err error }
)

func (v verifies) Verify(context.Context, provider.Credential) error { return v.err }
func (c checks) CheckVerify(provider.Credential) error               { return c.err }
func (n neither) CheckVerify(provider.Credential) error              { return n.err }

// What will verify a new secret is known, and checked, before anything is issued.
func TestWhatVerifies(t *testing.T) {
	const none = "pass --verify exec:COMMAND, or --verify none"
	down := provider.Hint(provider.Usage("no endpoint"), "pass --s3-endpoint")
	for name, c := range map[string]struct {
		verify   string
		service  provider.Service
		strategy oplog.Strategy
		begun    bool
		says     string
		found    string // what a check has found
		refuses  string
		hint     string
	}{
		"the vendor":                {"", verifies{}, oplog.Replace, false, "verify the new secret", "", "", ""},
		"the vendor, named":         {"auto", verifies{}, oplog.Replace, false, "verify the new secret", "", "", ""},
		"nothing":                   {"none", verifies{}, oplog.Replace, false, "skip the verification of the new secret", "", "", ""},
		"a command":                 {"exec:true x", verifies{}, oplog.Replace, false, "verify the new secret with true x", "find the command that verifies: true x", "", ""},
		"a command that is missing": {"exec:/nonexistent x", verifies{}, oplog.Replace, false, "verify the new secret with /nonexistent x", "", "/nonexistent", ""},
		"a command that was there":  {"exec:/nonexistent x", verifies{}, oplog.Replace, true, "verify the new secret with /nonexistent x", "", "", ""},
		"no command":                {"exec: ", verifies{}, oplog.Replace, false, "verify the new secret", "", `--verify must be auto, none or exec:COMMAND, not "exec: "`, ""},
		"an unknown way":            {"maybe", verifies{}, oplog.Replace, false, "verify the new secret", "", `--verify must be auto, none or exec:COMMAND, not "maybe"`, ""},
		"no means":                  {"", struct{}{}, oplog.Replace, false, "skip the verification of the new secret: the vendor's API cannot verify it", "", "the vendor's API cannot verify it", none},
		"no means, in place":        {"", struct{}{}, oplog.Rotate, false, "skip the verification of the new secret: the vendor's API cannot verify it", "", "", ""},
		"no means, in a later run":  {"", struct{}{}, oplog.Replace, true, "skip the verification of the new secret: the vendor's API cannot verify it", "", "", ""},
		"the means are there":       {"", checks{}, oplog.Replace, false, "verify the new secret", "", "", ""},
		"the means are missing":     {"", checks{verifies{down}}, oplog.Replace, false, "verify the new secret", "", "the new secret could not be verified: no endpoint", "pass --s3-endpoint, or " + none},
		"missing in place, too":     {"", neither{down}, oplog.Rotate, false, "skip the verification of the new secret: the vendor's API cannot verify it", "", "the new secret could not be verified: no endpoint", "pass --s3-endpoint, or " + none},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run.Run{Service: c.service, Op: &oplog.OpState{Strategy: c.strategy, Options: oplog.Options{Verify: c.verify}}}
			if c.begun {
				r.Op.ID = "op"
			}
			assert.Equal(t, []string{c.says}, describeVerify(r))
			got := checkVerifiable(t.Context(), r)
			switch {
			case c.found != "":
				assert.Equal(t, []Check{{What: c.found, OK: true}}, got)
			case c.refuses == "":
				assert.Empty(t, got)
			default:
				require.Len(t, got, 1)
				assert.Equal(t, c.says, got[0].What)
				require.ErrorIs(t, got[0].Err, provider.ErrUsage)
				require.ErrorContains(t, got[0].Err, c.refuses)
				assert.Equal(t, c.hint, provider.HintOf(got[0].Err))
			}
		})
	}
}

// An earlier run is compared with what is asked for only while its grace period lasts, and
// nothing else is left.
func TestWaits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*oplog.OpState)
		want   bool
	}{
		"in the grace period": {func(*oplog.OpState) {}, true},
		"after it":            {func(s *oplog.OpState) { s.Until = s.Began }, false},
		"before it":           {func(s *oplog.OpState) { s.Reached = oplog.Hooked }, false},
		"another hook":        {func(s *oplog.OpState) { s.Hooked = false }, false},
		"another destination": {func(s *oplog.OpState) { s.Options.To = []string{"a", "b"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			op := inGrace()
			c.change(&op)
			r := &run.Run{Env: run.Env{Now: now}, Op: &op}
			assert.Equal(t, c.want, Waits(r))
		})
	}
}

// What a failure is recorded as decides what the next run, and a person, are told.
func TestAFailureIsNotRecordedTwice(t *testing.T) {
	failed := errors.New("it failed")
	ended, live := inGrace(), inGrace()
	ended.Reached = oplog.Done
	live.Error = "it failed"
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	fresh := inGrace()
	for _, c := range []struct {
		ctx context.Context
		op  oplog.OpState
	}{{t.Context(), ended}, {t.Context(), live}, {gone, fresh}} { // none has a journal that could be written
		assert.Equal(t, failed, RecordFailure(c.ctx, &run.Run{Op: &c.op}, "verify", failed))
	}
}
