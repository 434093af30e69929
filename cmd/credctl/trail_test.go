package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/sandbox"
)

// trailIn returns the path of the audit trail in an environment.
func trailIn(env []string) string {
	return filepath.Join(valueOf(env, "XDG_STATE_HOME"), "credctl", "audit.jsonl")
}

// recorded returns the events of the audit trail.
func recorded(t *testing.T, env []string) (all []journal.Event) {
	t.Helper()
	b, err := os.ReadFile(trailIn(env))
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		var e journal.Event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		all = append(all, e)
	}
	return all
}

// changing are commands that change something, in an order in which each works.
func changing() []struct {
	stdin string
	args  []string
	event journal.Event // what the audit trail says of it
} {
	type c = struct {
		stdin string
		args  []string
		event journal.Event
	}
	return []c{
		{"katapult\n", []string{"auth", "login", "stratum", "--yes"}, journal.Event{Verb: "login", Provider: "stratum", Profile: "work", Result: "stored"}},
		{"", []string{"katapult", "create", "--name", "x", "-o", "json"}, journal.Event{Verb: "create", Provider: "katapult", Kind: "access-key", Result: "done"}},
		{"", []string{"katapult", "update", katapultWeb, "--new-name", "y"}, journal.Event{Verb: "update", Provider: "katapult", Kind: "access-key", ID: katapultWeb, Result: "updated"}},
		{"", []string{"katapult", "generate", katapultWeb, "--yes", "-o", "json"}, journal.Event{Verb: "generate", Provider: "katapult", Kind: "access-key", ID: katapultWeb, Result: "done"}},
		{"", []string{"katapult", "rotate", katapultBackup, "--grace", "0s", "-o", "json"}, journal.Event{Verb: "rotate", Provider: "katapult", Kind: "access-key", ID: katapultBackup, Result: "done"}},
		{"", []string{"katapult", "delete", katapultWeb, "--yes"}, journal.Event{Verb: "delete", Provider: "katapult", Kind: "access-key", ID: katapultWeb, Result: "deleted"}},
		{"", []string{"auth", "logout", "stratum"}, journal.Event{Verb: "logout", Provider: "stratum", Profile: "work", Result: "removed"}},
	}
}

// inProfile returns an environment in which the profile work applies.
func inProfile(t *testing.T, env []string) []string {
	t.Helper()
	env = append(env, "CREDCTL_PROFILE=work", "SUDO_USER=alice")
	folder := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "config.yaml"), []byte("profiles: {work: {}}\n"), 0o600))
	return env
}

// Each verb that changes something is in the audit trail once, with who, where and
// what; and the chain of hashes is whole.
func TestTheAuditTrailHasEveryChange(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = inProfile(t, env)
	var want []journal.Event
	for _, c := range changing() {
		stdin, e := c.stdin, env
		if stdin != "" {
			stdin, e = sandbox.StratumOperatorKey+"\n", without(env, "stratum")
		}
		got := credctl(t, e, stdin, c.args...)
		require.Equal(t, 0, got.status, "%v\n%s", c.args, got.stderr)
		c.event.InvokedBy, c.event.Profile = "alice", "work"
		want = append(want, c.event)
	}
	events := recorded(t, env)
	require.Len(t, events, len(want))
	for i, e := range events {
		assert.NotEmpty(t, e.Who)
		assert.NotEmpty(t, e.Host)
		assert.False(t, e.Time.IsZero())
		if e.Verb == "create" || e.Verb == "rotate" {
			assert.NotEmpty(t, e.NewID)
		}
		e.Who, e.Host, e.Prev, e.Time, e.Operation, e.NewID = "", "", "", want[i].Time, "", ""
		assert.Equal(t, want[i], e)
	}
	got := credctl(t, env, "", "audit", "--verify-trail", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	valid(t, published(t, "trail"), "the trail", got.stdout)
	var report trail.Report
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &report))
	assert.Equal(t, []int{7, 7, 0}, []int{report.Lines, report.Hashed, len(report.Breaks)})
}

// The first login makes the profile default, and the audit trail names it.
func TestTheAuditTrailNamesTheProfileOfTheFirstLogin(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, without(env, "stratum"), sandbox.StratumOperatorKey+"\n", "auth", "login", "stratum", "--yes")
	require.Equal(t, 0, got.status, got.stderr)
	events := recorded(t, env)
	require.Len(t, events, 1)
	assert.Equal(t, "default", events[0].Profile)
}

// A change that failed is in the audit trail with its exit status.
func TestTheAuditTrailHasWhatFailed(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "katapult", "delete", katapultWeb, "objkey_unknown000000001", "--yes")
	assert.Equal(t, 8, got.status, got.stderr)
	var said []string
	for _, e := range recorded(t, env) {
		said = append(said, e.ID+" "+e.Result)
		assert.Equal(t, e.Result != "deleted", e.Exit == 4, "%+v", e)
	}
	assert.Len(t, said, 2)
}

// Nothing is changed where the audit trail cannot be added to.
func TestNothingIsChangedWithoutTheAuditTrail(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	env = inProfile(t, env)
	got := credctl(t, without(env, "stratum"), sandbox.StratumOperatorKey+"\n", "auth", "login", "stratum", "--yes")
	require.Equal(t, 0, got.status, got.stderr)
	require.NoError(t, os.Remove(trailIn(env)))
	require.NoError(t, os.Mkdir(trailIn(env), 0o700)) // which root cannot append to either
	for _, c := range changing() {
		got := credctl(t, without(env, "stratum"), sandbox.StratumOperatorKey+"\n", c.args...)
		assert.NotEqual(t, 0, got.status, c.args)
		assert.Contains(t, got.stderr, "the audit trail: ", c.args)
	}
	for _, r := range s.Requests("katapult") {
		assert.Contains(t, []string{"list", "get"}, r.Verb)
	}
	require.NoError(t, os.Remove(trailIn(env)))
	got = credctl(t, env, "", "auth", "logout", "stratum", "--dry-run")
	assert.Contains(t, got.stderr, "Would remove", "the token is still stored")
}

// A trail that was changed is said to break, and where; credctl continues it.
func TestVerifyTrail(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "audit", "--verify-trail")
	assert.Equal(t, outcome{stdout: "The audit trail is empty: " + trailIn(env) + "\n"}, got)
	valid(t, published(t, "trail"), "an empty trail", credctl(t, env, "", "audit", "--verify-trail", "-o", "json").stdout)
	for _, name := range []string{"a", "b", "c"} {
		got = credctl(t, env, "", "katapult", "update", katapultWeb, "--new-name", name)
		require.Equal(t, 0, got.status, got.stderr)
	}
	got = credctl(t, env, "", "audit", "--verify-trail")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stdout, ": 3 lines, 3 with the hash of the line before\nlast hash: ")

	b, err := os.ReadFile(trailIn(env))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(trailIn(env), []byte(strings.Replace(string(b), "updated", "read", 1)), 0o600))
	got = credctl(t, env, "", "audit", "--verify-trail")
	assert.Equal(t, 7, got.status)
	assert.Contains(t, got.stdout, "line 1 was changed, or lines after it were added or removed")
	assert.Contains(t, got.stderr, "credctl: audit: the audit trail breaks at line 2 of ")
	got = credctl(t, env, "", "audit", "--verify-trail", "-o", "json")
	assert.Equal(t, 7, got.status)
	valid(t, published(t, "trail"), "a broken trail", got.stdout)
	for _, args := range [][]string{{"-o", "sarif"}, {"--metrics-file", "x.prom"}} {
		assert.Equal(t, 2, credctl(t, env, "", append([]string{"audit", "--verify-trail"}, args...)...).status)
	}
	got = credctl(t, env, "", "katapult", "update", katapultWeb, "--new-name", "d")
	assert.Equal(t, 0, got.status, got.stderr)
}
