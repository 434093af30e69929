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

	"github.com/credctl/credctl/internal/sandbox"
)

func TestF4AtTheLimitNothingIsDeleted(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		quota := map[string]int{"katapult replace": 3, "medianova replace": 2, "stratum overlap": 3}[w.name]
		if quota == 0 {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			w.options.Quota = quota
			s, command := w.scene(t)
			p := command()
			require.Error(t, p.Run())
			assert.Equal(t, 6, p.outcome().status, p.stderr.String())
			assert.Equal(t, []string{"create"}, s.changing(w.subjects[0].vendor))
			s.kept()
			s.invariant("at the limit")
		})
	}
}

func TestF5TheAnswerToACreateIsLost(t *testing.T) {
	t.Parallel()
	t.Run("nothing was made", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-before:1")
		got := s.run(s.rotate()...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, 2, s.count("katapult", "create"), "after looking")
		assert.Equal(t, 1, s.count("katapult", "delete"))
		s.ended()
	})
	t.Run("what was made is revoked first", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after:1")
		got := s.run(s.rotate()...)
		require.Equal(t, 0, got.status, got.stderr)
		var order []string
		for _, r := range s.Requests("katapult") {
			if slices.Contains([]string{"create", "list", "delete"}, r.Verb) {
				order = append(order, r.Verb)
			}
		}
		assert.Equal(t, []string{"list", "create", "list", "delete", "create", "delete", "list"}, order, "and in the end it is looked for again")
		assert.Len(t, s.made("katapult"), 1)
		s.ended()
	})
	t.Run("always", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after")
		got := s.run(s.rotate("-o", "json")...)
		assert.Equal(t, 9, failed(t, got).Exit)
		assert.Equal(t, 2, s.count("katapult", "create"))
		assert.Empty(t, s.made("katapult"), "both were revoked")
		s.kept()
	})
	t.Run("and it cannot be listed", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after:1", "katapult:list:500:1+")
		got := s.run(s.rotate("-o", "json", "--max-wait", "100ms")...)
		assert.Equal(t, 9, failed(t, got).Exit, got.stderr)
		assert.Equal(t, []string{"create"}, s.changing("katapult"))
		s.kept()
		s.ClearFaults()
		require.Equal(t, 0, s.run(s.rotate()...).status)
		assert.Len(t, s.made("katapult"), 1)
		s.ended()
	})
	t.Run("and somebody made another", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after:1", "katapult:list:500:1+")
		require.Equal(t, 9, s.run(s.rotate("--max-wait", "100ms")...).status)
		s.ClearFaults()
		made := s.run("katapult", "create", "--name", "web-assets", "--secret-file", "foreign", "-o", "name")
		require.Equal(t, 0, made.status, made.stderr)
		theirs := strings.TrimSpace(made.stdout)
		got := s.run(s.rotate()...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.True(t, s.credential("katapult", theirs).Live, "it does not carry the stamp of the rotation")
		assert.Contains(t, got.stderr, "created by a request whose answer was lost")
		s.ended()
	})
	t.Run("in place", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}, inPlace: true})
		s.fault("stratum:rotate:cut-after:1")
		got := s.run(s.rotate("--yes", "-o", "json")...)
		e := failed(t, got)
		assert.Equal(t, 9, e.Exit)
		assert.Contains(t, e.Message, s.made("stratum")[0].ID, "what has taken its place")
		assert.Contains(t, e.Hint, "rotation resume")
		assert.Equal(t, 1, s.count("stratum", "rotate"))
		assert.Contains(t, s.run("rotation", "list", "-o", "json").stdout, `"state":"unknown"`)
		require.Equal(t, 0, s.run(s.rotate("--yes")...).status)
		assert.Len(t, s.made("stratum"), 1)
		s.ended()
	})
}

func TestF7OnlyWhatFailedIsDoneAgain(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"destination", "hook"} {
		for _, by := range []string{"the same command", "resume", "resume --all", "policy"} {
			t.Run(what+" "+by, func(t *testing.T) {
				t.Parallel()
				s := web(t, sandbox.Options{})
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "broken"), nil, 0o600))
				breaks := `test ! -e ` + s.dir + `/broken`
				more, policy := []string{"--to", "exec:" + breaks + " && cat >" + s.dir + "/stored"}, ""
				policy = fmt.Sprintf(", to: [%q, %q]", s.subjects[0].places[0], more[1])
				if what == "hook" {
					more = []string{"--hook", breaks + " && echo $CREDCTL_NEW_ID >>" + s.dir + "/hooked"}
					policy = fmt.Sprintf(", to: [%q], hook: %q", s.subjects[0].places[0], more[1])
				}
				command := s.rotate(append(more, "-o", "json")...)
				if by == "policy" {
					require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), fmt.Appendf(nil, "rotations: [{name: web, provider: katapult, id: %s, max_age: 30d%s}]", katapultWeb, policy), 0o600))
					command = []string{"rotate", "-f", "p.yaml", "-o", "json"}
					s.subjects[0].places = s.subjects[0].places[:1]
				}
				got := s.run(command...)
				assert.Equal(t, 8, failed(t, got).Exit, got.stderr)
				s.kept()
				s.invariant("it failed")
				secret := s.made("katapult")[0].Secret
				got = s.run(command...)
				assert.Equal(t, 8, got.status, "it fails still")

				require.NoError(t, os.Remove(filepath.Join(s.dir, "broken")))
				if by == "policy" { // the new credential is in use by now; nothing is due
					require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), fmt.Appendf(nil, "rotations: [{name: web, provider: katapult, id: %s, max_age: 9000d%s}]", katapultWeb, policy), 0o600))
				}
				again := map[string][]string{
					"the same command": command, "policy": command,
					"resume": {"rotation", "resume", katapultWeb, "-o", "json"}, "resume --all": {"rotation", "resume", "--all", "-o", "json"},
				}[by]
				got = s.run(again...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.Equal(t, 1, s.count("katapult", "create"))
				assert.Equal(t, secret, s.made("katapult")[0].Secret)
				if what == "destination" {
					b, err := os.ReadFile(filepath.Join(s.dir, "stored"))
					require.NoError(t, err)
					assert.Contains(t, string(b), secret)
				} else {
					b, err := os.ReadFile(filepath.Join(s.dir, "hooked"))
					require.NoError(t, err)
					assert.Equal(t, s.made("katapult")[0].ID+"\n", string(b))
				}
				s.ended()
			})
		}
	}
}

func TestF14ADeletionThatFailedIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	s.fault("katapult:delete:500")
	got := s.run(s.rotate("-o", "json", "--max-wait", "100ms")...)
	e := failed(t, got)
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "could not delete")
	assert.True(t, s.credential("katapult", katapultWeb).Live)
	s.invariant("the deletion failed")
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.run("rotation", "list", "-o", "json").stdout), &list))
	require.Len(t, list, 1)
	assert.Contains(t, list[0]["error"], "could not delete")
	assert.Equal(t, 8, s.run("rotation", "resume", "--all", "--max-wait", "100ms").status)
	s.ClearFaults()
	s.fault("katapult:delete:cut-after:4") // and then it is a 404, which is as good
	got = s.run("rotation", "resume", "--all", "--max-wait", "100ms")
	if got.status != 0 {
		got = s.run("rotation", "resume", "--all")
	}
	require.Equal(t, 0, got.status, got.stderr)
	s.ended()
	assert.Equal(t, "[]\n", s.run("rotation", "list", "-o", "json").stdout)
}

func TestF15NothingIsDeletedThatNobodyReceived(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	s.fault("s3:buckets:403")
	require.Equal(t, 75, s.run(s.rotate("--verify-timeout", "1s")...).status)
	for _, args := range [][]string{{"rotation", "resume", katapultWeb, "--verify-timeout", "1s"}, {"rotation", "resume", "--all", "--verify-timeout", "1s"}} {
		assert.Equal(t, 75, s.run(args...).status, args)
		s.kept()
	}
	got := s.run("rotation", "resume", katapultWeb, "--force-unverified")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "not verified (--force-unverified)")
	s.ended()
}

func TestF22PartOfAListIsAnError(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{Count: 350}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	s.fault("katapult:list:500:1+")
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), []byte(`rotations: [{name: all, provider: katapult, select: {name: "*"}, max_age: 30d, to: ["file:{name}"]}]`), 0o600))
	for _, args := range [][]string{{"rotate", "-f", "p.yaml", "-o", "json", "--force"}, {"katapult", "rotate", "--name", "backup", "--to", "file:b", "-o", "json"}} {
		got := s.run(append(args, "--max-wait", "100ms")...)
		assert.NotEqual(t, 0, got.status, args)
		assert.Empty(t, s.changing("katapult"), args)
	}
	s.kept()

	// Nor can it be told whether a credential was replaced that the journal does not know.
	// With an ID, and a stamp by which a lost create is found, nothing else needs a list.
	got := s.run(append(s.rotate("-o", "json"), "--max-wait", "100ms")...)
	require.Equal(t, 75, got.status, got.stderr)
	assert.Empty(t, s.changing("katapult"))
	got = s.run(append(s.rotate("-o", "json", "--force"), "--max-wait", "100ms")...)
	require.Equal(t, 0, got.status, got.stderr)
	s.ended()
}

// What another host rotates after a request in place that had no effect stays: the same
// command does not rotate its key.
func TestF5InPlaceAnotherHostRotatesMeanwhile(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}, inPlace: true})
	s.fault("stratum:rotate:cut-before:2")
	args := s.rotate("--yes", "--not-self", stratumCI)
	require.Equal(t, 9, s.run(args...).status)
	require.NoError(t, os.Rename(s.state(), s.state()+".a"))
	other := []string{"stratum", "rotate", stratumCI, "--yes", "--not-self", stratumCI, "--to", "file:" + s.dir + "/theirs"}
	require.Equal(t, 0, s.run(other...).status)
	require.NoError(t, os.Rename(s.state(), s.state()+".b"))
	require.NoError(t, os.Rename(s.state()+".a", s.state()))
	got := s.run(args...)
	assert.Equal(t, 9, got.status, got.stderr)
	theirs, err := os.ReadFile(filepath.Join(s.dir, "theirs"))
	require.NoError(t, err)
	assert.True(t, s.Authenticates("", strings.TrimSpace(string(theirs))), "their key works")
	assert.Len(t, s.made("stratum"), 1)
}

// A key pair of Git that Losant generates is rotated, and its public key delivered.
func TestAKeyPairOfGitIsRotated(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	got := first(s, 0, "losant", "create", "--name", "deploy", "--type", "git", "--set", "type=ssh-key", "--set", "cloneUrl=git@h.example:x.git", "--set", "username=git", "-o", "json")
	id := answer(t, got)["id"].(string)
	for range 2 {
		got = first(s, 0, "losant", "rotate", id, "--yes", "--to", "file:"+s.dir+"/public", "-o", "json")
		public, err := os.ReadFile(filepath.Join(s.dir, "public"))
		require.NoError(t, err)
		shown := first(s, 0, "losant", "get", id, "--jq", ".details.gitConfig.publicKey").stdout
		assert.Equal(t, strings.TrimSpace(shown), strings.TrimSpace(string(public)))
		assert.Equal(t, answer(t, got)["key"], strings.TrimSpace(string(public)))
	}
	assert.Equal(t, 2, s.count("losant", "generate"))
}

// A person who looks for the secret in Medianova's panel finds the new credential there
// under the name that the message has.
func TestTheMessageHasTheNameThatThePanelShows(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "medianova", id: medianovaWeb, places: []string{"dotenv:%s/env"}})
	got := s.run(s.rotate()...)
	require.Equal(t, 8, got.status, got.stderr)
	_, name, _ := strings.Cut(hintIn(got), `Credentials, "`)
	name, _, _ = strings.Cut(name, `"`)
	made := s.made("medianova")
	require.Len(t, made, 1)
	assert.Equal(t, made[0].Name, name)
	assert.NotEqual(t, s.credential("medianova", medianovaWeb).Name, name)
}
