//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// What a rotation was allowed to do it may do until its end, whoever goes on with it.
func TestWideModesStayAllowedUntilTheEnd(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(s *scene, to, hook string) []string{
		"one": func(s *scene, to, hook string) []string {
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
				require.NoError(t, os.Chmod(path, 0o640)) //nolint:gosec // G302: that is the case
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
