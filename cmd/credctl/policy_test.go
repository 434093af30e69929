//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// policy writes a policy, and returns the command that carries it out.
func (s *scene) policy(text string, more ...string) []string {
	s.Helper()
	require.NoError(s, os.WriteFile(filepath.Join(s.dir, "rotations.yaml"), []byte(text), 0o600))
	return append([]string{"rotate", "-f", "rotations.yaml", "-o", "json"}, more...)
}

// A policyEntry is an entry of the result of a policy.
type policyEntry struct {
	Name, ID, Reason, Error, State string
	OldID                          string `json:"old_id"`
	NewID                          string `json:"new_id"`
	Due, Changed                   bool
	Plan                           any
}

func entries(t *testing.T, got outcome) (all []policyEntry) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all), "%s%s", got.stdout, got.stderr)
	return all
}

func TestF16ANumberInAPolicyDoesNotRotateEverything(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"more than five are due": `rotations: [{name: all, provider: katapult, select: {name: "seed-*"}, max_age: 30d, to: ["file:{name}"]}]`,
		"more than max_changes":  `{max_changes: 1, rotations: [{name: all, provider: katapult, select: {name: "*", status: configured}, max_age: 30d, to: ["file:{name}"]}]}`,
		"less than a day":        `rotations: [{name: web, provider: katapult, id: ` + katapultWeb + `, max_age: 23h, to: ["file:web"]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{Count: 6})
			got := s.run(s.policy(text)...)
			assert.Equal(t, 5, got.status, got.stderr)
			assert.Contains(t, got.stderr, "nothing was changed")
			assert.Empty(t, s.changing("katapult"))
			for _, e := range entries(t, got) {
				assert.False(t, e.Changed)
				assert.Equal(t, e.Due, e.Plan != nil, "what would be done is shown")
			}
			people := s.run("rotate", "-f", "rotations.yaml")
			assert.Equal(t, 5, people.status)
			assert.Contains(t, people.stdout, "credctl would rotate:\n")
			assert.LessOrEqual(t, strings.Count(people.stdout, "\n"), 10)
			got = s.run(s.policy(text, "--force", "--detailed-exitcode")...)
			assert.Equal(t, 10, got.status, got.stderr)
			assert.NotZero(t, s.count("katapult", "create"))
			assert.Equal(t, s.count("katapult", "create"), s.count("katapult", "delete"))
		})
	}
}

func TestF21RotationIsDueAtMaxAgeLessGrace(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	age := int(time.Since(time.Date(2026, 5, 19, 14, 40, 0, 0, time.UTC)).Hours())
	text := func(hours int) string {
		return fmt.Sprintf(`rotations: [{name: web, provider: katapult, id: %s, max_age: %dh, grace: 7d, to: [%q]}]`, katapultWeb, hours, s.subjects[0].places[0])
	}
	got := s.run(s.policy(text(age+7*24+1), "--detailed-exitcode")...)
	require.Equal(t, 0, got.status, got.stderr)
	all := entries(t, got)
	assert.False(t, all[0].Due)
	assert.False(t, all[0].Changed)
	assert.NotEmpty(t, all[0].Reason)
	assert.Empty(t, s.changing("katapult"))

	got = s.run(s.policy(text(age+7*24-1), "--dry-run", "--detailed-exitcode")...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.True(t, entries(t, got)[0].Due)
	assert.False(t, entries(t, got)[0].Changed, "a dry run changes nothing")
	assert.Empty(t, s.changing("katapult"))
	assert.Empty(t, s.operations())

	got = s.run(s.policy(text(age+7*24-1), "--detailed-exitcode")...)
	require.Equal(t, 10, got.status, got.stderr)
	assert.Equal(t, "grace", entries(t, got)[0].State)
	s.invariant("in the time of grace")
	got = s.run(s.policy(text(age+7*24-1), "--detailed-exitcode")...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.False(t, entries(t, got)[0].Changed)
	assert.Equal(t, 1, s.count("katapult", "create"))
}

// A policy names the first ID forever, and is silent in cron when there is nothing to do.
func TestAPolicyFollowsTheChain(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	text := fmt.Sprintf(`rotations: [{name: web, provider: katapult, id: %s, max_age: 1s, to: [%q]}]`, katapultWeb, s.subjects[0].places[0])
	first := entries(t, s.run(s.policy(text, "--force")...))[0]
	time.Sleep(time.Second) // until it is due again
	second := entries(t, s.run(s.policy(text, "--force")...))[0]
	assert.Equal(t, first.NewID, second.OldID)
	assert.NotEqual(t, first.NewID, second.NewID)
	require.Len(t, s.made("katapult"), 1)
	assert.Equal(t, second.NewID, s.made("katapult")[0].ID)
	s.policy(strings.Replace(text, "1s", "30d", 1))
	got := s.run("rotate", "-f", "rotations.yaml")
	assert.Equal(t, outcome{"", "", 0}, got)

	s.fault("katapult:get:500")
	got = s.run("rotate", "-f", "rotations.yaml", "--max-wait", "100ms")
	assert.NotEqual(t, 0, got.status)
	assert.NotEmpty(t, got.stderr)
}

// Several at once are the same as one after another. It runs in this process, so
// that the race detector sees it.
func TestAPolicyAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{Count: 6, MedianovaSecret: "data.secret_key,data.access_key"})
	path := filepath.Join(s.dir, "rotations.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(`max_changes: 18
rotations:
  - {name: k, provider: katapult, select: {name: "seed-*"}, max_age: 30d, to: ["aws:{name}@%s/aws"]}
  - {name: m, provider: medianova, select: {name: "seed-*"}, max_age: 1d, to: ["aws:m-{name}@%s/aws"]}
  - {name: s, provider: stratum, select: {name: "seed-*"}, max_age: 30d, not_self: true, to: ["dotenv:%s/{name}"]}
`, "%s", s.dir)), 0o600))
	got := credctl(t, s.env, "", "rotate", "-f", path, "-o", "json", "--parallel", "8", "--force")
	require.Equal(t, 0, got.status, got.stderr)
	all := entries(t, got)
	require.Len(t, all, 18)
	for i, e := range all {
		assert.Equal(t, "kms"[i/6:i/6+1], e.Name, "in the order of the policy")
	}
	for vendor, n := range map[string]int{"katapult": 6, "medianova": 0, "stratum": 6} { // Medianova does not tell how old they are
		assert.Len(t, s.made(vendor), n, vendor)
	}
	for _, name := range []string{"0", "200", "-1"} {
		assert.Equal(t, 2, credctl(t, s.env, "", "rotate", "-f", path, "--parallel", name).status)
	}
}

// One that fails does not keep the others of a policy from it: 8.
func TestF8OneOfAPolicyFails(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}})
	s.fault("katapult:create:403")
	got := s.run(s.policy(fmt.Sprintf(`rotations:
  - {name: web, provider: katapult, id: %s, max_age: 30d, to: [%q]}
  - {name: ci, provider: stratum, id: %s, max_age: 30d, overlap: true, to: [%q]}
`, katapultWeb, s.subjects[0].places[0], stratumCI, s.subjects[1].places[0]))...)
	assert.Equal(t, 8, failed(t, got).Exit)
	all := entries(t, got)
	assert.NotEmpty(t, all[0].Error)
	assert.True(t, all[1].Changed)
	assert.False(t, s.credential("stratum", stratumCI).Live)
	assert.True(t, s.credential("katapult", katapultWeb).Live)
}

func TestAReplacedCredentialLeadsToItsSuccessor(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	made := answer(t, s.run(s.rotate("-o", "json")...))["new_id"]
	requests := len(s.Requests("katapult"))
	got := s.run("katapult", "rotate", katapultWeb, "--to", "file:other", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	result := answer(t, got)
	assert.Equal(t, false, result["changed"])
	assert.Equal(t, made, result["new_id"])
	assert.Equal(t, made, result["id"])
	assert.Len(t, s.Requests("katapult"), requests, "the journal alone tells")
	assert.NoFileExists(t, filepath.Join(s.dir, "other"))

	got = s.run("katapult", "rotate", katapultWeb, "--to", "file:other", "-o", "json", "--dry-run")
	require.Equal(t, 0, got.status, got.stderr)
	assert.NotContains(t, got.stdout, `"changed":true`)
}

func TestRotationListHasTheseFields(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	require.Equal(t, 0, s.run(s.rotate("--grace", "1h")...).status)
	var list []map[string]any
	got := s.run("rotation", "list", "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &list), got.stderr)
	require.Len(t, list, 1)
	var fields []string
	for k := range list[0] {
		fields = append(fields, k)
	}
	assert.ElementsMatch(t, []string{"operation", "provider", "kind", "id", "name", "old_id", "new_id", "state", "strategy", "started", "updated", "retires", "destinations"}, fields)
	assert.Equal(t, list[0]["new_id"], list[0]["id"], "the credential that exists now")
	assert.Equal(t, "grace", list[0]["state"])
	for _, id := range []any{list[0]["operation"], list[0]["old_id"], list[0]["new_id"]} {
		assert.Equal(t, list[0]["operation"], answer(t, s.run("rotation", "show", fmt.Sprint(id), "-o", "json"))["operation"])
	}

	got = s.run("rotation", "abort", fmt.Sprint(list[0]["new_id"]), "--yes", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Empty(t, s.made("katapult"))
	old := s.credential("katapult", katapultWeb)
	assert.True(t, old.Live)
	for _, p := range s.subjects[0].places {
		key, secret := s.holds(s.subjects[0], p)
		assert.Equal(t, []string{old.AccessKey, old.Secret}, []string{key, secret}, "the old one is back")
	}
	assert.Equal(t, 5, s.run("rotation", "abort", katapultWeb, "--yes").status, "it has ended")
}

// A policy of which a part was not read would leave keys alone forever, and say nothing.
func TestAPolicyIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	entry := "rotations: [{name: web, provider: katapult, id: " + katapultWeb + `, max_age: 30d, to: ["file:web"]}]` + "\n"
	long := entry + strings.Repeat("# a comment\n", 100_000) + "nonsense: true\n"
	s.policy(long)
	for _, args := range [][]string{{"rotate", "-f", "-", "-o", "json"}, {"rotate", "-f", filepath.Join(s.dir, "rotations.yaml"), "-o", "json"}} {
		got := credctl(t, s.env, long, args...)
		assert.Equal(t, 2, failed(t, got).Exit)
		assert.Contains(t, got.stderr, "is longer than 1 MiB")
		assert.Empty(t, got.stdout)
	}
	got := credctl(t, s.env, entry+"---\n"+entry, "rotate", "-f", "-", "-o", "json")
	assert.Equal(t, 2, failed(t, got).Exit)
	assert.Contains(t, got.stderr, "-:2:1: a second document begins here")
	assert.Empty(t, s.changing("katapult"))
}

// Two secrets at one destination: the first would be nowhere, and its old key deleted.
func TestAPolicyWhoseSecretsOverwriteOneAnotherChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	text := fmt.Sprintf(`rotations:
  - {name: all, provider: katapult, select: {name: "*", status: configured}, max_age: 30d, to: ["file:keys/{name}"]}
  - {name: other, provider: stratum, id: %s, max_age: 30d, overlap: true, to: ["file:./keys/../keys/web-assets"]}
`, stratumCI)
	got := s.run(s.policy(text, "--force")...)
	assert.Equal(t, 2, failed(t, got).Exit)
	for _, want := range []string{katapultWeb, stratumCI, filepath.Join(s.dir, "keys", "web-assets")} {
		assert.Contains(t, got.stderr, want)
	}
	assert.Empty(t, got.stdout)
	assert.Empty(t, s.changing("katapult"))
	assert.Empty(t, s.changing("stratum"))
}
