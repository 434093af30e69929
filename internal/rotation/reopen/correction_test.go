package reopen

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// What a later run names counts; what it does not name is kept.
func TestCorrect(t *testing.T) {
	before := oplog.Options{To: []string{"a"}, Hook: oplog.Hook{Line: "reload"}, Verify: "auto", VerifyTimeout: time.Minute, Grace: time.Hour}
	c, err := correct(&oplog.OpState{Options: before}, before, nil)
	require.NoError(t, err)
	assert.False(t, c.Changed)
	assert.Equal(t, before, c.Options)
	c, err = correct(&oplog.OpState{}, oplog.Options{Verify: "auto"}, nil)
	require.NoError(t, err)
	assert.False(t, c.Changed, "that is the default")
	for _, c := range []struct{ ask, want oplog.Options }{
		{oplog.Options{To: []string{"b", "b"}}, oplog.Options{To: []string{"a", "b"}}},
		{oplog.Options{Hook: oplog.Hook{Line: "other"}}, oplog.Options{Hook: oplog.Hook{Line: "other"}}},
		{oplog.Options{Grace: time.Minute}, oplog.Options{Grace: time.Minute}},
		{oplog.Options{Verify: "none"}, oplog.Options{Verify: "none"}},
		{oplog.Options{AcceptDrift: true}, oplog.Options{AcceptDrift: true}},
		{oplog.Options{InsecurePerms: true}, oplog.Options{InsecurePerms: true}},
		{oplog.Options{NotSelf: true}, oplog.Options{NotSelf: true}},
		{oplog.Options{Proof: "value"}, oplog.Options{Proof: "value"}},
	} {
		base := oplog.OpState{}
		if len(c.ask.To) > 0 {
			base.Options.To = []string{"a"}
		}
		got, err := correct(&base, c.ask, nil)
		require.NoError(t, err)
		assert.True(t, got.Changed)
		assert.Equal(t, c.want, got.Options)
	}
	c, err = correct(&oplog.OpState{Options: oplog.Options{Hook: oplog.Hook{Line: "x"}}}, oplog.Options{Hook: oplog.Hook{Line: "x", Stdin: true}}, nil)
	require.NoError(t, err)
	assert.True(t, c.Options.Hook.Stdin, "the same command, with the credential")
}

// A destination that failed is replaced by one that is new; one that did not is kept.
func TestCorrectReplacesWhatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		to, failed, ask, want, replaced []string
		own                             string
	}{
		"the failed one":            {to: []string{"a", "b"}, failed: []string{"b"}, ask: []string{"c"}, want: []string{"a", "c"}, replaced: []string{"b"}},
		"the whole command again":   {to: []string{"a", "b"}, failed: []string{"b"}, ask: []string{"a", "c"}, want: []string{"a", "c"}, replaced: []string{"b"}},
		"named again":               {to: []string{"a", "b"}, failed: []string{"b"}, ask: []string{"b", "c"}, want: []string{"a", "b", "c"}},
		"nothing new":               {to: []string{"a", "b"}, failed: []string{"b"}, ask: []string{"a"}, want: []string{"a", "b"}},
		"none failed":               {to: []string{"a"}, ask: []string{"c"}, want: []string{"a", "c"}},
		"what credctl reads itself": {to: []string{"a", "own"}, failed: []string{"own"}, ask: []string{"c"}, want: []string{"a", "own", "c"}, own: "own"},
		"more than are given":       {to: []string{"a", "b"}, failed: []string{"a", "b"}, ask: []string{"c"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := oplog.OpState{ID: "op", Options: oplog.Options{To: c.to, Own: c.own}, FailedTo: c.failed}
			got, err := correct(&s, oplog.Options{To: c.ask}, nil)
			if c.want == nil {
				require.ErrorIs(t, err, provider.ErrUsage)
				assert.Contains(t, provider.HintOf(err), "credctl rotation resume op --to 'a' --to 'b' --to 'c'")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, got.Options.To)
			assert.Equal(t, c.replaced, got.Replaced)
			assert.Equal(t, c.to, s.Options.To, "the operation is as it was")
		})
	}
}

func TestCorrectAdjusts(t *testing.T) {
	s := oplog.OpState{Subject: oplog.Subject{Adjustable: map[string]string{"place": "x", "more": "y"}}}
	c, err := correct(&s, oplog.Options{}, map[string]string{"place": "x"})
	require.NoError(t, err)
	assert.False(t, c.Changed)
	c, err = correct(&s, oplog.Options{}, map[string]string{"place": "z"})
	require.NoError(t, err)
	assert.True(t, c.Adjusts)
	assert.Equal(t, map[string]string{"place": "z", "more": "y"}, c.Adjustable)
	assert.Equal(t, "x", s.Subject.Adjustable["place"], "the operation is as it was")

	s = oplog.OpState{Issued: true, Verified: true, Hooked: true, Delivered: []string{"a"}, Reached: oplog.Hooked, Old: provider.Credential{Endpoint: "x"}, New: provider.Credential{Endpoint: "x"}}
	s.Adjust(c.Adjustable, "z")
	assert.False(t, s.Verified, "that it worked elsewhere proves nothing")
	assert.Empty(t, s.Delivered, "the place is part of what is delivered")
	assert.Equal(t, "z", s.New.Endpoint)
}

func TestKept(t *testing.T) {
	s := oplog.OpState{Strategy: oplog.Replace, Options: oplog.Options{To: []string{"a", "own"}, Own: "own", Hook: oplog.Hook{Line: "reload"}, Verify: "none", Grace: time.Hour, AcceptDrift: true, Keeps: []string{"role"}}, Subject: oplog.Subject{Params: map[string]string{"new-name": "x", "role": "r"}}}
	assert.Equal(t, []string{"--to a", "--hook reload", "--verify none", "--grace 1h", "--accept-drift", "--new-name x"}, keptFlags(&s, oplog.Options{}, nil))
	assert.Empty(t, keptFlags(&s, s.Options, s.Subject.Params))
	assert.Equal(t, []string{"--overlap"}, keptFlags(&s, oplog.Options{InPlace: true, To: []string{"a"}, Hook: s.Options.Hook, Verify: "auto", NoGrace: true, AcceptDrift: true}, s.Subject.Params))
	assert.Equal(t, []string{"--in-place"}, keptFlags(&oplog.OpState{Strategy: oplog.Rotate}, oplog.Options{Overlap: true}, nil))
	for _, same := range []struct {
		strategy oplog.Strategy
		ask      oplog.Options
	}{{oplog.Rotate, oplog.Options{}}, {oplog.Rotate, oplog.Options{InPlace: true}}, {oplog.Replace, oplog.Options{}}, {oplog.Replace, oplog.Options{Overlap: true}}} {
		assert.Empty(t, keptFlags(&oplog.OpState{Strategy: same.strategy}, same.ask, nil))
	}
}
