//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// What a rotation was allowed to do it may do until its end, whoever continues with it.
func TestWideModesStayAllowedUntilTheEnd(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(s *scene, to, hook string) []string{
		"one": func(_ *scene, to, hook string) []string {
			return []string{"katapult", "rotate", katapultWeb, "--to", to, "--hook", hook}
		},
		"a policy": func(s *scene, to, hook string) []string {
			return s.policy(fmt.Sprintf(`rotations: [{name: web, provider: katapult, id: %s, max_age: 30d, to: [%q], hook: %q}]`, katapultWeb, to, hook))
		},
	} {
		for _, goOn := range []string{"resume", "abort", "again"} {
			t.Run(name+" "+goOn, func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
				path, mended := filepath.Join(s.dir, "aws"), filepath.Join(s.dir, "mended")
				require.NoError(t, os.Chmod(path, 0o640))
				args := begin(s, s.subjects[0].places[0], "test -e "+mended)
				got := s.run(append(args, "--allow-insecure-perms")...)
				require.Equal(t, 8, got.status, got.stderr)
				require.Contains(t, got.stderr, "the hook failed")
				require.NoError(t, os.WriteFile(mended, nil, 0o600))
				if goOn != "again" {
					args = []string{"rotation", goOn, katapultWeb, "--yes"}
				}
				got = s.run(args...)
				require.Zero(t, got.status, got.stderr)
				assert.True(t, s.works(s.subjects[0], s.subjects[0].places[0]))
				assert.Equal(t, goOn == "abort", s.credential("katapult", katapultWeb).Live)
				info, err := os.Stat(path)
				require.NoError(t, err)
				assert.Equal(t, os.FileMode(0o640), info.Mode(), "it stays as it is")
			})
		}
	}
}

// waiting begins a rotation of a key of Stratum that waits until the file it
// returns is there, and has shown nobody its secret yet.
func waiting(t *testing.T, more ...string) (s *scene, mended string) {
	t.Helper()
	s = newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI})
	mended = filepath.Join(s.dir, "mended")
	got := s.run(append([]string{"stratum", "rotate", stratumCI, "--overlap", "--verify", "exec:test -e " + mended, "--verify-timeout", "100ms", "-o", "json"}, more...)...)
	require.Equal(t, 75, got.status, got.stderr)
	require.Empty(t, got.stdout)
	return s, mended
}

// What continues with a rotation shows a secret as the rotation itself does.
func TestResumeShowsTheSecretInItsForm(t *testing.T) {
	t.Parallel()
	t.Run("env", func(t *testing.T) {
		t.Parallel()
		s, mended := waiting(t)
		secret := s.made("stratum")[0].Secret
		got := s.run("rotation", "resume", stratumCI, "--verify-timeout", "1m", "-o", "env:prefix=S3_")
		assert.Equal(t, 2, got.status, "a form that cannot hold it is found before")
		assert.Contains(t, got.stderr, "prefix=")
		require.NoError(t, os.WriteFile(mended, nil, 0o600))
		for _, form := range []string{"name", "csv", "table", "json --jq .id"} {
			got = s.run(append([]string{"rotation", "resume", stratumCI, "--verify-timeout", "1m", "-o"}, strings.Fields(form)...)...)
			assert.Equal(t, 8, got.status, "%s shows no secret here: %s", form, got.stderr)
			s.silent(got)
			assert.True(t, s.credential("stratum", stratumCI).Live)
		}
		got = s.run("rotation", "resume", stratumCI, "--verify-timeout", "1m", "--grace", "0", "-o", "env")
		require.Zero(t, got.status, got.stderr)
		assert.Equal(t, "export STRATUM_API_KEY="+secret+"\n", strings.ReplaceAll(got.stdout, "'", ""))
		s.ended()
	})
	t.Run("json", func(t *testing.T) {
		t.Parallel()
		s, mended := waiting(t, "--grace", "1h")
		require.NoError(t, os.WriteFile(mended, nil, 0o600))
		got := s.run("rotation", "resume", stratumCI, "--verify-timeout", "1m", "-o", "json")
		require.Zero(t, got.status, got.stderr)
		v := answer(t, got)
		made := s.made("stratum")[0]
		assert.Equal(t, []any{stratumCI, made.ID, made.ID, "grace", "replace", made.Secret, true, s.operations()[0].ID},
			[]any{v["old_id"], v["new_id"], v["id"], v["state"], v["strategy"], v["secret"], v["changed"], v["operation"]})
		assert.Regexp(t, `^[-0-9]+T[0-9:]+Z$`, v["retires"])
		for _, args := range [][]string{{"rotation", "list"}, {"rotation", "show", stratumCI}, {"rotation", "resume", stratumCI}, {"stratum", "rotate", stratumCI, "--dry-run"}} {
			got := s.run(append(args, "-o", "json")...)
			assert.Regexp(t, `"retires": ?"[-0-9]+T[0-9:]+Z"`, got.stdout, "%s: %s", args, got.stderr)
		}
	})
}

func TestColumnsOfAShownSecret(t *testing.T) {
	t.Parallel()
	for state, grace := range map[string][]string{"grace": nil, "delivered": {"--grace", "0"}} {
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb})
		got := s.run(append([]string{"katapult", "rotate", katapultWeb, "--show-secret", "--columns", "old_id,state,key", "--yes", "--verify", "none"}, grace...)...)
		require.Zero(t, got.status, got.stderr)
		made := s.made("katapult")[0]
		assert.Equal(t, []string{"OLD", "ID", "STATE", "KEY", katapultWeb, state, made.AccessKey, "secret", "(shown", "once):", made.Secret}, strings.Fields(got.stdout))
		if grace == nil {
			s.kept()
		} else {
			s.ended()
		}
	}
}

// Each of several rotations has its line, in the order of the IDs, whether it had
// a secret to show or nothing to do.
func TestEachOfSeveralHasItsResult(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI}, subject{vendor: "stratum", id: stratumBackup})
	require.Zero(t, s.run("stratum", "rotate", stratumCI, "--overlap", "--to", "file:key").status)
	for _, ids := range [][]string{{stratumCI, stratumBackup}, {stratumBackup, stratumCI}} {
		got := s.run("stratum", "rotate", ids[0], ids[1], "--overlap", "-o", "jsonl", "--yes")
		require.Zero(t, got.status, got.stderr)
		var old []string
		for line := range strings.Lines(got.stdout) {
			var r struct {
				OldID   string `json:"old_id"`
				Changed bool
				Secret  string
			}
			require.NoError(t, json.Unmarshal([]byte(line), &r))
			old = append(old, r.OldID)
			assert.Equal(t, r.Changed, r.Secret != "", line)
			assert.Equal(t, r.OldID == stratumBackup && ids[1] == stratumBackup, r.Changed, line)
		}
		assert.Equal(t, ids, old)
	}
}

// A command that cannot be run is found before anything is issued.
func TestCommandsAreLookedForBefore(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{
		{"--to", "exec:no-such-program --store"},
		{"--to", "exec:if true; then"},
		{"--to", "file:key", "--hook", "no-such-program"},
		{"--to", "file:key", "--hook", "if true; then"},
		{"--to", "file:key", "--verify", "exec:no-such-program"},
	} {
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb})
		got := s.run(s.rotate(append(flags, "-o", "json")...)...)
		e := failed(t, got)
		assert.Equal(t, 2, e.Exit, "%q: %s", flags, got.stderr)
		assert.Regexp(t, `there is no program "no-such-program"|the shell cannot parse it`, e.Message)
		assert.Empty(t, s.changing("katapult"))
		assert.Empty(t, s.operations())
	}
}

// A form for a new secret is refused before there is one that it would not show,
// and shows nothing where there is none.
func TestFormsForANewSecret(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI})
	rotate := []string{"stratum", "rotate", stratumCI, "--overlap", "--to", "file:key"}
	got := s.run(append(rotate, "-o", "env")...)
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "--show-secret")
	for _, args := range [][]string{{"resume", "--all"}, {"abort", stratumCI}} {
		got = s.run(append([]string{"rotation"}, append(args, "-o", "env", "--yes")...)...)
		assert.Equal(t, 2, got.status, got.stderr)
		assert.Contains(t, got.stderr, "it prints a new secret")
	}
	assert.Empty(t, s.changing("stratum"))

	got = s.run(append(rotate, "--show-secret")...)
	require.Zero(t, got.status, got.stderr)
	secret := s.made("stratum")[0].Secret
	assert.Contains(t, got.stdout, "\n\nsecret (shown once):\n"+secret+"\n", "a table shows it as the other forms do")
	delivered, err := os.ReadFile(filepath.Join(s.dir, "key"))
	require.NoError(t, err)
	assert.Equal(t, secret, strings.TrimSpace(string(delivered)))

	got = s.run("stratum", "rotate", stratumCI, "--overlap", "-o", "env")
	assert.Equal(t, outcome{"", got.stderr, 0}, got)
	assert.Contains(t, got.stderr, "and replaced by "+s.made("stratum")[0].ID)
}

// What belongs to one rotation is not given to all: of their secrets at one place,
// only the last would be left, and all of the old ones be deleted.
func TestResumeOfAllTakesNothingThatIsForOne(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI}, subject{vendor: "stratum", id: stratumBackup})
	mended := filepath.Join(s.dir, "mended")
	for _, sub := range s.subjects {
		got := s.run("stratum", "rotate", sub.id, "--overlap", "--to", "exec:test -e "+mended)
		require.NotZero(t, got.status, got.stderr)
	}
	for want, more := range map[string][]string{
		"would overwrite each other at file:key":                {"--to", "file:key"},
		"would overwrite each other at exec:cat, dotenv:key":    {"--to", "exec:cat", "--to", "dotenv:key"},
		"--secret-file takes one secret, and there are several": {"--secret-file", "-"},
		"--key cannot be combined with --all":                   {"--key", "AKIA"},
	} {
		got := s.run(append([]string{"rotation", "resume", "--all", "-o", "json"}, more...)...)
		assert.Equal(t, 2, failed(t, got).Exit)
		assert.Contains(t, got.stderr, want)
	}
	for _, sub := range s.subjects {
		assert.True(t, s.credential("stratum", sub.id).Live)
	}
	require.NoError(t, os.WriteFile(mended, nil, 0o600))
	got := s.run("rotation", "resume", "--all", "--to", "exec:cat >> "+filepath.Join(s.dir, "all"))
	require.Zero(t, got.status, got.stderr)
	all, err := os.ReadFile(filepath.Join(s.dir, "all"))
	require.NoError(t, err)
	for _, made := range s.made("stratum") {
		assert.Contains(t, string(all), made.Secret)
	}
	s.ended()
}

// TestDryRunOfResumeAndAbort: they say what the command then does, and do nothing.
func TestDryRunOfResumeAndAbort(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (s *scene, to, hook string) {
		t.Helper()
		s = newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
		to, hook = s.subjects[0].places[0], "test -e "+filepath.Join(s.dir, "mended")
		got := s.run("katapult", "rotate", katapultWeb, "--to", to, "--hook", hook)
		require.Equal(t, 8, got.status, got.stderr)
		return s, to, hook
	}
	// dry runs a command, and makes sure that nothing came of it.
	dry := func(s *scene, status int, args ...string) string {
		s.Helper()
		changes, entries := s.changing("katapult"), len(s.operations()[0].Entries)
		key, secret := s.holds(s.subjects[0], s.subjects[0].places[0])
		got := s.run(append([]string{"rotation"}, append(args, "--dry-run")...)...)
		assert.Equal(s, status, got.status, got.stderr)
		assert.Equal(s, changes, s.changing("katapult"), "nothing was sent that changes something")
		assert.Len(s, s.operations()[0].Entries, entries, "nor written to the journal")
		k, sec := s.holds(s.subjects[0], s.subjects[0].places[0])
		assert.Equal(s, []string{key, secret}, []string{k, sec}, "nor to the destination")
		return got.stdout
	}
	t.Run("resume", func(t *testing.T) {
		t.Parallel()
		s, to, hook := begin(t)
		more := filepath.Join(s.dir, "more.env")
		op := s.operations()[0]
		steps := []string{"run " + hook, "delete " + katapultWeb}
		want := fmt.Sprintf("katapult %s (web-assets)\n  would resume rotation %s (state: delivered)\n  Checks:\n    [ok]   read %s\n    [ok]   read back %s\n    [ok]   find the command of the hook: %s\n  Steps:\n    1. %s\n    2. %s\n", katapultWeb, op.ID, op.NewID(), to, hook, steps[0], steps[1])
		assert.Equal(t, want, dry(s, 0, "resume", op.ID))
		assert.Equal(t, want, dry(s, 0, "resume", "--all"), "with or without a terminal")
		var plans []struct{ Operation, State string }
		require.NoError(t, json.Unmarshal([]byte(dry(s, 0, "resume", "--all", "-o", "json")), &plans))
		assert.Equal(t, []struct{ Operation, State string }{{op.ID, "delivered"}}, plans)
		got := dry(s, 0, "resume", katapultWeb, "--to", "dotenv:"+more)
		assert.Contains(t, got, "[ok]   write dotenv:"+more)
		assert.Contains(t, got, "1. deliver the new secret to dotenv:"+more+", and read it back\n")
		assert.NoFileExists(t, more)
		got = dry(s, 2, "resume", katapultWeb, "--to", "dotenv:/proc/no/such.env")
		assert.Contains(t, got, "[fail] write dotenv:/proc/no/such.env: ")

		_, path, _ := strings.Cut(to, "@")
		delivered, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte("[web]\n"), 0o600))
		assert.Contains(t, dry(s, 8, "resume", op.ID), "[fail] read back "+to+": ")
		require.NoError(t, os.WriteFile(path, delivered, 0o600))

		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "mended"), nil, 0o600))
		require.Zero(t, s.run("rotation", "resume", op.ID).status)
		assert.False(t, s.credential("katapult", katapultWeb).Live)
		assert.Contains(t, dry(s, 0, "resume", op.ID), "nothing to do: rotation "+op.ID+" has ended (state: done)\n")
		assert.Empty(t, dry(s, 0, "resume", "--all"))
		assert.Equal(t, "[]\n", dry(s, 0, "resume", "--all", "-o", "json"))
		assert.Empty(t, dry(s, 4, "resume", "nonsense"))
		dry(s, 5, "abort", op.ID)
	})
	t.Run("abort", func(t *testing.T) {
		t.Parallel()
		s, to, _ := begin(t)
		op := s.operations()[0]
		got := dry(s, 0, "abort", katapultWeb)
		for _, want := range []string{
			"[ok]   keep " + katapultWeb, "[ok]   restore the old secret",
			"1. restore the old secret at " + to + ", and read it back", "2. run test -e ", "3. delete " + op.NewID(),
		} {
			assert.Contains(t, got, want)
		}
		require.Equal(t, 8, s.run("rotation", "abort", katapultWeb, "--yes").status, "the hook fails for the old credential, too")
		assert.True(t, s.credential("katapult", op.NewID()).Live)
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "mended"), nil, 0o600))
		require.Zero(t, s.run("rotation", "abort", katapultWeb, "--yes").status)
		assert.True(t, s.credential("katapult", katapultWeb).Live)
		assert.False(t, s.credential("katapult", op.NewID()).Live)
	})
	t.Run("abort of what has no way back", func(t *testing.T) {
		t.Parallel()
		s, _, _ := begin(t)
		require.Zero(t, s.run("katapult", "delete", katapultWeb, "--yes", "--force").status)
		got := dry(s, 5, "abort", katapultWeb)
		assert.Contains(t, got, "[fail] keep "+katapultWeb+": cannot abort: the old secret of "+katapultWeb+" has stopped working")
		got = dry(s, 0, "abort", katapultWeb, "--force")
		assert.Contains(t, got, "1. end the rotation without changing anything")
	})
}

// What only generates a secret changes neither the name nor the rights of a key, also where
// another run resumes it.
func TestResumingAGenerateKeepsTheRights(t *testing.T) {
	t.Parallel()
	for name, point := range map[string]string{"not delivered": "", "lost": "create.answered:1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultBackup, inPlace: true})
			was := s.credential("katapult", katapultBackup)
			require.NotEmpty(t, was.Name)
			s.setenv("CREDCTL_FAILPOINT", point)
			args := []string{"katapult", "generate", katapultBackup, "--yes", "--to", "exec:test -e ready"}
			_ = s.run(args...)
			s.setenv("CREDCTL_FAILPOINT", "")
			ready(s)
			got := s.run("rotation", "resume", katapultBackup)
			if point != "" { // another host may have generated a secret since: only who asks for it again gets another
				require.Equal(t, 9, got.status, got.stderr)
				assert.Contains(t, got.stderr, "credctl katapult generate "+katapultBackup)
				got = s.run(args...)
			}
			require.Equal(t, 0, got.status, got.stderr)
			now := s.credential("katapult", katapultBackup)
			assert.Equal(t, was.Name, now.Name)
			assert.Equal(t, was.Scopes, now.Scopes)
			assert.Zero(t, s.count("katapult", "update"))
			assert.Equal(t, "\n", s.run("rotation", "list", "--no-headers", "--columns", "state").stdout+"\n")
		})
	}
}
