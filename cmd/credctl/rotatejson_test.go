//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/schematest"
)

// printed runs a command with -o json, checks its status, holds what it prints against a
// schema, and returns it.
func (s *scene) printed(status int, schema string, args ...string) any {
	s.Helper()
	got := s.run(append(args, "-o", "json")...)
	require.Equal(s, status, got.status, "%s: %s", args, got.stderr)
	schematest.Valid(s, schematest.Strict(s, schema), strings.Join(args, " "), got.stdout)
	var v any
	require.NoError(s, json.Unmarshal([]byte(got.stdout), &v), got.stdout)
	return v
}

// field is a member of an object, or of the only object of an array.
func field(t testing.TB, v any, name string) any {
	t.Helper()
	if all, ok := v.([]any); ok {
		require.Len(t, all, 1)
		v = all[0]
	}
	return v.(map[string]any)[name]
}

// The ID is that of a credential that exists at that moment, whichever command prints it.
func TestRotationsPrintWhatTheSchemasSay(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	is := func(v any, want ...any) {
		t.Helper()
		var got []any
		for _, name := range []string{"id", "old_id", "new_id", "state", "changed", "reason"} {
			got = append(got, field(t, v, name))
		}
		assert.Equal(t, want, got)
	}
	assert.Empty(t, s.printed(0, "rotation-list", "rotation", "list"))
	plan := s.printed(0, "plan", s.rotate("--dry-run")...)
	is(plan, katapultWeb, katapultWeb, nil, nil, nil, "requested")
	assert.Equal(t, "value", field(t, field(t, plan, "destinations").([]any)[0], "proof"))

	begun := s.printed(0, "rotate", s.rotate("--grace", "1h")...)
	made := field(t, begun, "new_id")
	is(begun, made, katapultWeb, made, "grace", true, "requested")
	assert.Equal(t, "web-assets", field(t, begun, "name"))
	is(s.printed(0, "rotation-list", "rotation", "list"), made, katapultWeb, made, "grace", nil, nil)
	shown := s.printed(0, "rotation-show", "rotation", "show", katapultWeb)
	is(shown, made, katapultWeb, made, "grace", nil, nil)
	to := field(t, shown, "destinations").([]any)[0]
	assert.Equal(t, "value", field(t, to, "proof"))
	assert.Regexp(t, `Z$`, field(t, to, "proved_at"))
	is(s.printed(0, "rotate", s.rotate()...), made, katapultWeb, made, "grace", false, "grace")
	is(s.printed(0, "plan", "rotation", "resume", katapultWeb, "--dry-run"), made, katapultWeb, made, "grace", nil, "grace")
	is(s.printed(0, "rotation-resume", "rotation", "resume", katapultWeb), made, katapultWeb, made, "grace", false, "grace")
	is(s.printed(0, "rotation-resume", "rotation", "resume", "--all"), made, katapultWeb, made, "grace", false, "grace")
	is(s.printed(0, "plan", "rotation", "abort", katapultWeb, "--dry-run"), made, katapultWeb, made, "grace", nil, "aborted")
	is(s.printed(0, "rotation-abort", "rotation", "abort", katapultWeb, "--yes"), katapultWeb, katapultWeb, nil, "aborted", true, "aborted")
	is(s.printed(0, "rotation-show", "rotation", "show", katapultWeb), katapultWeb, katapultWeb, made, "aborted", nil, nil)
	is(s.printed(0, "rotation-resume", "rotation", "resume", katapultWeb), katapultWeb, katapultWeb, nil, "aborted", false, "ended")

	second := field(t, s.printed(0, "rotate", s.rotate()...), "new_id")
	is(s.printed(0, "rotate", s.rotate()...), second, katapultWeb, second, "done", false, "rotated")
	is(s.printed(0, "plan", s.rotate("--dry-run")...), second, katapultWeb, second, "done", nil, "rotated")
	third := field(t, s.printed(0, "rotate", append([]string{"katapult", "rotate", fmt.Sprint(second)}, s.to(0)...)...), "id")
	for _, one := range s.printed(0, "rotation-list", "rotation", "list", "--all").([]any)[1:] {
		assert.Equal(t, third, field(t, one, "id"), "also of a rotation whose new credential was replaced since")
	}
	s.fault("katapult:create:422")
	failed := s.printed(8, "rotate", "katapult", "rotate", katapultBackup, fmt.Sprint(third), "--to", "exec:cat >/dev/null", "--force").([]any)
	is(failed[0], katapultBackup, katapultBackup, nil, "aborted", false, "failed")
	assert.Contains(t, field(t, failed[0], "error"), "422")
}

func TestPoliciesPrintWhatTheSchemasSay(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	text := `rotations:
  - {name: web, provider: katapult, id: ` + katapultWeb + `, max_age: 30d, grace: 1d, to: ["file:web"]}
  - {name: backup, provider: katapult, id: ` + katapultBackup + `, max_age: 90y, to: ["file:backup"]}
  - {name: medianova, provider: medianova, id: ` + medianovaWeb + `, max_age: 30d, to: ["file:medianova"]}
`
	run := func(status int, text string, more ...string) []any {
		t.Helper()
		s.policy(text)
		return s.printed(status, "rotate-policy", append([]string{"rotate", "-f", "rotations.yaml"}, more...)...).([]any)
	}
	reasons := func(all []any, want ...any) {
		t.Helper()
		var got []any
		for _, one := range all {
			got = append(got, field(t, one, "reason"))
		}
		assert.Equal(t, want, got)
	}
	planned := run(0, text, "--dry-run")
	reasons(planned, "due", "not_due", "not_due")
	assert.NotNil(t, field(t, planned[0], "plan"))
	assert.Nil(t, field(t, planned[1], "plan"))
	refused := run(5, strings.Replace(text, "90y", "23h", 1))
	assert.Equal(t, false, field(t, refused[0], "changed"))

	done := run(0, text)
	reasons(done, "due", "not_due", "not_due")
	made := field(t, done[0], "new_id")
	assert.Equal(t, []any{made, katapultWeb, true, true, "web"}, []any{field(t, done[0], "id"), field(t, done[0], "old_id"), field(t, done[0], "changed"), field(t, done[0], "due"), field(t, done[0], "name")})
	assert.Greater(t, field(t, done[0], "age_seconds"), float64(30*24*3600))
	assert.Regexp(t, `^2026-\d\d-\d\dT[0-9:]+Z$`, field(t, done[0], "due_at"))
	assert.Equal(t, katapultBackup, field(t, done[1], "id"))
	again := run(0, text)
	reasons(again, "grace", "not_due", "not_due")
	assert.Equal(t, made, field(t, again[0], "id"))
	s.fault("katapult:get:500")
	reasons(run(75, text, "--max-wait", "10ms"), "grace", "failed", "not_due")
	s.ClearFaults()
	s.fault("katapult:get:422") // which time does not heal
	reasons(run(8, text, "--max-wait", "10ms"), "grace", "failed", "not_due")
}

// What programs of the user's get is what -o json prints, with the same fields.
func TestDestinationsAndHooksGetTheCredentialAsItIsPrinted(t *testing.T) {
	t.Parallel()
	for vendor, args := range map[string][]string{
		"katapult":  {"katapult", "create", "--name", "a"},
		"medianova": {"medianova", "create", "--name", "a", "--bucket", "assets"},
		"stratum":   {"stratum", "create", "--name", "a"},
		"rotation":  {"katapult", "rotate", katapultWeb, "--hook", "cat >hooked", "--hook-stdin", "--grace", "1h"},
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{MedianovaSecret: "data.secret_key,data.access_key"})
			got := s.run(append(args, "--to", "json:file", "--to", "exec:cat >program", "--show-secret", "-o", "json")...)
			require.Equal(t, 0, got.status, got.stderr)
			want := answer(t, got)
			for name := range want {
				if !slices.Contains(provider.Fields(), name) {
					delete(want, name)
				}
			}
			assert.NotEmpty(t, want["secret"])
			for _, name := range []string{"file", "program", "hooked"} {
				text, err := os.ReadFile(filepath.Join(s.dir, name))
				if name == "hooked" && vendor != "rotation" {
					continue
				}
				require.NoError(t, err)
				var have map[string]any
				require.NoError(t, json.Unmarshal(text, &have))
				assert.Equal(t, want, have, name)
			}
		})
	}
}

// A script that sees exit status 2 takes it that nothing was done.
func TestWhatWasDoneAndCannotBeShownIsPartlyDone(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.policy(`rotations: [{name: web, provider: katapult, id: ` + katapultWeb + `, max_age: 30d, grace: 1d, to: ["file:web"]}]`)
	assert.Equal(t, 2, s.run("katapult", "get", katapultWeb, "--jq=.name | error").status, "nothing was done")
	assert.Equal(t, 2, s.run("katapult", "list", "--jq=.[] | error").status)
	for _, args := range [][]string{
		{"katapult", "update", katapultBackup, "--new-name", "b"},
		{"rotate", "-f", "rotations.yaml"},
		{"rotation", "abort", katapultWeb, "--yes", "--force"},
		{"katapult", "rotate", katapultWeb, "--to", "file:web"},
		{"stratum", "rotate", stratumCI, stratumBackup, "--overlap", "--to", "exec:cat >/dev/null", "--not-self", stratumCI, "--not-self", stratumBackup},
		{"katapult", "delete", katapultBackup, "--yes", "--force"},
	} {
		for _, filter := range []string{"--jq=.no.such | error", "--output=template={{.id.no}}"} {
			if filter[:4] != "--jq" && args[1] != "update" {
				continue // it cannot be done twice
			}
			got := s.run(append(args, filter)...)
			assert.Equal(t, 8, got.status, "%s: %s", args, got.stderr)
			assert.Empty(t, got.stdout)
		}
	}
}
