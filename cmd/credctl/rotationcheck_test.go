//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// Each destination is deleted or changed after the rotation has ended; a command cannot
// be asked.
func TestRotationCheckFindsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"json:%s/key.json", "dotenv:%s/env"}})
	require.Zero(t, s.run(s.rotate("--to", "exec:cat > "+s.dir+"/taken")...).status)
	drift := func(v any) (all []any) {
		t.Helper()
		for _, d := range field(t, v, "destinations").([]any) {
			all = append(all, d.(map[string]any)["drift"])
		}
		return all
	}
	check := []string{"rotation", "check", katapultWeb}
	assert.Equal(t, []any{false, false, nil}, drift(s.printed(0, "rotation-check", check...)))
	assert.Equal(t, []any{false, false, nil}, drift(s.printed(0, "rotation-check", "rotation", "check", "--all")))
	changes := s.changing("katapult")

	env := filepath.Join(s.dir, "env")
	delivered, err := os.ReadFile(env)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(env, []byte("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n"), 0o600))
	assert.Equal(t, []any{false, true, nil}, drift(s.printed(8, "rotation-check", check...)))
	require.NoError(t, os.WriteFile(env, []byte("# nothing else\n"), 0o600))
	assert.Equal(t, []any{false, true, nil}, drift(s.printed(8, "rotation-check", check...)))
	require.NoError(t, os.Remove(filepath.Join(s.dir, "key.json")))
	require.NoError(t, os.WriteFile(env, delivered, 0o600))
	assert.Equal(t, []any{true, false, nil}, drift(s.printed(8, "rotation-check", check...)))

	got := s.run(check...)
	assert.Equal(t, 8, got.status)
	assert.Contains(t, got.stdout, "key.json (changed), dotenv:")
	assert.Contains(t, got.stdout, "taken (not checked)")
	new := s.made("katapult")[0].ID
	assert.Contains(t, got.stderr, "no longer as delivered: json:"+s.dir+"/key.json\n")
	assert.Contains(t, got.stderr, "hint: to deliver the secret again: credctl deliver katapult "+new+" --to json:"+s.dir+"/key.json\n")
	assert.Equal(t, changes, s.changing("katapult"), "it changes nothing")

	for _, args := range [][]string{{"rotation", "check"}, {"rotation", "check", "--all", katapultWeb}} {
		assert.Equal(t, 2, s.run(args...).status, args)
	}
	assert.Equal(t, 4, s.run("rotation", "check", "nothing").status)
}

// In the grace period the hint delivers the same secret again.
func TestRotationCheckOfAnUnfinishedRotation(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	require.Zero(t, s.run(s.rotate("--grace", "1h")...).status)
	key := filepath.Join(s.dir, "key.json")
	require.NoError(t, os.Remove(key))
	got := s.run("rotation", "check", "--all", "-o", "json")
	require.Equal(t, 8, got.status, got.stderr)
	made := field(t, s.printed(0, "rotation-list", "rotation", "list"), "new_id").(string)
	again := []string{"deliver", "katapult", made, "--to", "json:" + key}
	assert.Equal(t, "to deliver the secret again: credctl "+strings.Join(again, " "), failed(t, got).Hint)
	assert.Equal(t, "grace", field(t, s.printed(0, "rotate", again...), "state"))
	assert.Zero(t, s.run("rotation", "check", "--all").status)
	assert.Equal(t, 1, s.count("katapult", "create"))
}

// The hint after a rotation delivers the secret that another destination holds.
func TestDeliverWhatAnotherDestinationHolds(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	key := filepath.Join(s.dir, "key.json")
	require.Zero(t, s.run(s.rotate("--grace", "0")...).status)
	want, err := os.ReadFile(key)
	require.NoError(t, err)
	require.NoError(t, os.Remove(key))
	deliver := []string{"deliver", "katapult", katapultWeb, "--to", "json:" + key}
	plan := s.printed(0, "plan", append(deliver, "--dry-run")...)
	assert.Equal(t, "deliver", field(t, plan, "strategy"))
	require.NoFileExists(t, key)
	got := s.printed(0, "rotate", deliver...)
	assert.Equal(t, "done", field(t, got, "state"))
	assert.Equal(t, "deliver", field(t, got, "strategy"))
	assert.Equal(t, true, field(t, got, "changed"))
	now, err := os.ReadFile(key)
	require.NoError(t, err)
	var before, after map[string]any
	require.NoError(t, json.Unmarshal(want, &before))
	require.NoError(t, json.Unmarshal(now, &after))
	for _, name := range []string{"id", "key", "secret", "endpoint"} {
		assert.Equal(t, before[name], after[name], name)
	}
	assert.Zero(t, s.run("rotation", "check", "--all").status)
	assert.Contains(t, s.run("rotation", "show", katapultWeb).stdout, "  json:"+key+": value read back (20")
	assert.Equal(t, 1, s.count("katapult", "create"))
}

func TestDeliverRefuses(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	to := "file:" + filepath.Join(s.dir, "copy")
	wrong := filepath.Join(s.dir, "wrong")
	require.NoError(t, os.WriteFile(wrong, []byte("wrong\n"), 0o600))
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no destination":     {[]string{katapultWeb}, 2, "missing required flag: --to"},
		"no secret":          {[]string{katapultWeb, "--to", to}, 2, "credctl does not have the secret of " + katapultWeb},
		"one that is wrong":  {[]string{katapultWeb, "--to", to, "--secret-file", wrong}, 7, "the secret does not work for " + katapultWeb},
		"a key alone":        {[]string{katapultWeb, "--to", to, "--key", "AK"}, 2, "--key needs the secret that belongs to it"},
		"no such credential": {[]string{"objkey_EKEAMCHzkhba9uak", "--to", to, "--secret-file", wrong}, 4, "no access key objkey_EKEAMCHzkhba9uak in organization acme"},
		"no such scheme":     {[]string{katapultWeb, "--to", "nowhere:x", "--secret-file", wrong}, 2, "unknown scheme"},
	} {
		got := s.run(append([]string{"deliver", "katapult"}, test.args...)...)
		assert.Equal(t, test.status, got.status, name)
		assert.Contains(t, got.stderr, test.says, name)
	}
	require.NoFileExists(t, filepath.Join(s.dir, "copy"))
	assert.Empty(t, s.printed(0, "rotation-list", "rotation", "list", "--all"))
}

// An audit finds what was deleted at a destination, and so does a run of a policy, which
// repairs it where the policy says so.
func TestAnAuditAndAPolicyFindWhatADestinationLost(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	key := filepath.Join(s.dir, "key.json")
	require.Zero(t, s.run(s.rotate("--grace", "0")...).status)
	require.NoError(t, os.Remove(key))
	audit := s.run("audit", "--vendor", "katapult", "--columns", "rule,message")
	assert.Contains(t, audit.stdout, "no longer as delivered: json:"+key)

	policy := filepath.Join(s.dir, "rotations.yaml")
	write := func(more string) {
		text := "rotations:\n- {name: web, provider: katapult, id: " + katapultWeb + ", max_age: 90d, to: [\"json:" + key + "\"]" + more + "}\n"
		require.NoError(t, os.WriteFile(policy, []byte(text), 0o600))
	}
	write("")
	got := s.run("rotate", "-f", policy)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Equal(t, 1, strings.Count(got.stdout+got.stderr, "no longer as delivered"), got.stdout+got.stderr)
	assert.Contains(t, got.stderr, "hint: to deliver the secret again: credctl deliver katapult ")
	require.NoFileExists(t, key)
	write(", on_drift: redeliver")
	assert.Zero(t, s.run("rotate", "-f", policy).status)
	require.FileExists(t, key)
	assert.Equal(t, "not_due", field(t, s.printed(0, "rotate-policy", "rotate", "-f", policy), "reason"))
	assert.Equal(t, 1, s.count("katapult", "create"))
}
