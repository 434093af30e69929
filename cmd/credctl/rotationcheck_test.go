//go:build unix

package main

import (
	"os"
	"path/filepath"
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
	assert.Contains(t, got.stderr, "hint: to deliver a new secret: credctl katapult rotate "+new+" --to json:"+s.dir+"/key.json --to dotenv:"+env+" --to ")
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
	op := field(t, s.printed(0, "rotation-list", "rotation", "list"), "operation").(string)
	resume := []string{"rotation", "resume", op, "--to", "json:" + key}
	assert.Equal(t, "to deliver the secret again: credctl rotation resume "+op+" --to json:"+key, failed(t, got).Hint)
	require.Zero(t, s.run(resume...).status)
	assert.Zero(t, s.run("rotation", "check", "--all").status)
	assert.Equal(t, 1, s.count("katapult", "create"))
}
