//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// What a later run names counts, whether it is the same command or resume.
func TestARerunCorrects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first  []string // what is wrong with the first run
		status int
		right  func(s *scene) []string
		kept   string
		proof  func(s *scene)
	}{
		"a destination": {
			first: []string{"--to", "exec:exit 3", "--hook", "true"}, status: 8, right: func(s *scene) []string { return []string{"--to", "file:" + s.dir + "/right"} },
			kept: "Kept from the first run of rotation ",
			proof: func(s *scene) {
				b, err := os.ReadFile(filepath.Join(s.dir, "right"))
				require.NoError(s, err)
				assert.Equal(s, s.made("katapult")[0].Secret, strings.TrimSpace(string(b)))
			},
		},
		"the verification": {
			first: []string{"--verify", "exec:exit 3", "--verify-timeout", "100ms", "--hook", "true"}, status: 75,
			right: func(*scene) []string { return []string{"--verify", "auto"} }, kept: "Kept from the first run of rotation ", proof: func(*scene) {},
		},
		"the hook": {
			first: []string{"--hook", "exit 3"}, status: 8, right: func(s *scene) []string { return []string{"--hook", "touch " + s.dir + "/ran"} },
			proof: func(s *scene) { assert.FileExists(s, filepath.Join(s.dir, "ran")) },
		},
	} {
		for _, by := range []string{"rotate", "resume", "policy"} {
			t.Run(name+" "+by, func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
				got := s.run(s.rotate(append(c.first, "--max-wait", "1s")...)...)
				require.Equal(t, c.status, got.status, got.stderr)
				command := s.rotate(c.right(s)...)
				switch by {
				case "resume":
					command = append([]string{"rotation", "resume", katapultWeb}, c.right(s)...)
				case "policy":
					entry := map[string]string{"--to": "to: [\"" + s.subjects[0].places[0] + "\", \"%s\"]", "--verify": "verify: %s, to: [\"" + s.subjects[0].places[0] + "\"]", "--hook": "hook: \"%s\", to: [\"" + s.subjects[0].places[0] + "\"]"}
					right := c.right(s)
					command = s.policy("rotations: [{name: web, provider: katapult, id: " + katapultWeb + ", max_age: 30d, " + strings.Replace(entry[right[0]], "%s", right[1], 1) + "}]")
				}
				got = s.run(command...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.Contains(t, got.stderr, c.kept)
				c.proof(s)
				assert.False(t, s.credential("katapult", katapultWeb).Live)
				assert.Len(t, s.made("katapult"), 1)
				s.invariant(name)
			})
		}
	}
}

// Where the S3 is may be corrected, too: it does not say which account is meant.
func TestARerunCorrectsTheEndpoint(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"rotate", "resume"} {
		for _, verify := range []string{"auto", "none"} {
			t.Run(by+" "+verify, func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{MedianovaSecret: "data.secret_key"}, subject{vendor: "medianova", id: medianovaWeb, places: []string{"dotenv:%s/env"}})
				wrong := s.URL("katapult") // it answers, and is no S3
				got := s.run(s.rotate("--s3-endpoint", wrong, "--verify", verify, "--grace", "1h")...)
				if verify == "auto" {
					require.Equal(t, 7, got.status, got.stderr)
				} else {
					require.Equal(t, 0, got.status, got.stderr)
				}
				right := []string{"--s3-endpoint", s.URL("s3"), "--verify", "auto", "--grace", "0"}
				command := s.rotate(right...)
				if by == "resume" {
					command = append([]string{"rotation", "resume", medianovaWeb}, right...)
				}
				plan := s.run(append(command, "--dry-run")...)
				assert.Equal(t, 0, plan.status, plan.stderr)
				assert.Contains(t, plan.stdout, "deliver the new secret to dotenv:")
				got = s.run(command...)
				require.Equal(t, 0, got.status, got.stderr)
				env, err := os.ReadFile(filepath.Join(s.dir, "env"))
				require.NoError(t, err)
				assert.Contains(t, string(env), "AWS_ENDPOINT_URL="+s.URL("s3"))
				assert.NotContains(t, string(env), wrong)
				assert.False(t, s.credential("medianova", medianovaWeb).Live)
				assert.Len(t, s.made("medianova"), 1)
			})
		}
	}
	t.Run("is of the vendor", func(t *testing.T) {
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
		require.Equal(t, 8, s.run(s.rotate("--hook", "exit 3")...).status)
		for _, more := range []string{"", "--dry-run"} {
			got := s.run(strings.Fields("rotation resume " + katapultWeb + " --s3-endpoint https://s3.example.com " + more)...)
			assert.Equal(t, 2, got.status, got.stderr)
			assert.Contains(t, got.stderr, "katapult has no setting --s3-endpoint")
		}
		assert.Equal(t, 2, s.run("rotation", "resume", "--all", "--s3-endpoint", "https://s3.example.com").status)
	})
}

// While both credentials have the name, the name means the open rotation.
func TestANameGoesOnWithTheOpenRotation(t *testing.T) {
	t.Parallel()
	command := func(s *scene, more ...string) []string {
		return append(append([]string{s.subjects[0].vendor, "rotate", "--name", s.credential(s.subjects[0].vendor, s.subjects[0].id).Name}, s.to(0)...), more...)
	}
	for name, sub := range map[string]subject{
		"katapult":  {vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}},
		"medianova": {vendor: "medianova", id: medianovaWeb, places: []string{"dotenv:%s/env"}},
		"stratum":   {vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := func(t *testing.T, status int, more ...string) (*scene, []string) {
				t.Helper()
				s := newScene(t, sandbox.Options{MedianovaSecret: "data.secret_key"}, sub)
				if name == "stratum" {
					more = append(more, "--overlap", "--not-self", stratumCI)
				}
				got := s.run(command(s, more...)...)
				require.Equal(t, status, got.status, got.stderr)
				return s, more
			}
			t.Run("during the grace", func(t *testing.T) {
				t.Parallel()
				s, more := begin(t, 0, "--grace", "1h")
				for _, dry := range [][]string{{"--dry-run"}, nil} {
					got := s.run(command(s, append(more, dry...)...)...)
					require.Equal(t, 0, got.status, got.stderr)
				}
				assert.True(t, s.credential(sub.vendor, sub.id).Live)
				got := s.run(command(s, "--grace", "0", "-o", "json")...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.Equal(t, sub.id, answer(t, got)["old_id"])
				assert.Len(t, s.made(sub.vendor), 1, "the run that finishes it starts no other")
			})
			t.Run("after a failed hook", func(t *testing.T) {
				t.Parallel()
				s, more := begin(t, 8, "--hook", "test -e ready")
				assert.Equal(t, 8, s.run(command(s, more...)...).status)
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "ready"), nil, 0o600))
				got := s.run(command(s, more...)...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.False(t, s.credential(sub.vendor, sub.id).Live)
				require.Len(t, s.made(sub.vendor), 1)
				got = s.run(command(s, append(more, "-o", "json")...)...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.Equal(t, true, answer(t, got)["changed"], "after success it is a new rotation")
			})
			t.Run("whose old one is gone", func(t *testing.T) {
				t.Parallel()
				s, more := begin(t, 8, "--hook", "test -e ready")
				require.Equal(t, 0, s.run(sub.vendor, "delete", sub.id, "--yes", "--force", "--not-self", sub.id).status)
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "ready"), nil, 0o600))
				got := s.run(command(s, more...)...)
				require.Equal(t, 8, got.status, got.stderr)
				assert.Contains(t, got.stderr, "was already deleted, and not by this rotation")
				assert.Len(t, s.made(sub.vendor), 1, "it ends the open one alone")
			})
		})
	}
	t.Run("in place", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}})
		more := []string{"--yes", "--not-self", stratumCI, "--hook", "test -e ready", "--accept-drift"}
		require.Equal(t, 8, s.run(command(s, more...)...).status)
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "ready"), nil, 0o600))
		got := s.run(command(s, more...)...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Len(t, s.made("stratum"), 1)
	})
	t.Run("of which there are two", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
		made := s.run("katapult", "create", "--name", "web-assets", "--secret-file", s.dir+"/x", "-o", "name")
		require.Equal(t, 0, made.status, made.stderr)
		require.NoError(t, os.Remove(filepath.Join(s.dir, "x")))
		for i, id := range []string{katapultWeb, strings.TrimSpace(made.stdout)} {
			got := s.run("katapult", "rotate", id, "--to", "file:"+s.dir+"/k"+string(rune('a'+i)), "--grace", "1h")
			require.Equal(t, 0, got.status, got.stderr)
		}
		got := s.run(command(s)...)
		assert.Equal(t, 2, got.status, got.stderr)
		assert.Contains(t, got.stderr, `4 access keys are named "web-assets"`)
	})
}
