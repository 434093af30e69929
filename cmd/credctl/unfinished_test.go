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

// Of a rotation that is not finished nothing tells which credential a destination holds:
// neither is deleted by itself, and no check says that all is well.
func TestWhatAnUnfinishedRotationMayHaveDeliveredIsNotDeleted(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(s *scene, place string){
		"killed before the delivery is recorded": func(s *scene, _ string) {
			p := s.command("", s.rotate("--grace", "1h")...)
			p.Env = append(p.Env, "CREDCTL_FAILPOINT=deliver.written:1")
			require.Error(s, p.Run())
		},
		"an abort that cannot write, and one that is killed": func(s *scene, place string) {
			first(s, 0, s.rotate("--grace", "1h")...)
			require.NoError(s, os.Rename(place, place+".kept"))
			require.NoError(s, os.Mkdir(place, 0o700))
			first(s, 8, "rotation", "abort", katapultWeb, "--yes")
			require.NoError(s, os.Remove(place))
			require.NoError(s, os.Rename(place+".kept", place))
			first(s, 0, "rotation", "check", katapultWeb) // it did not begin
			p := s.command("", "rotation", "abort", katapultWeb, "--yes")
			p.Env = append(p.Env, "CREDCTL_FAILPOINT=restoring.noted:1")
			require.Error(s, p.Run())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"json:%s/key.json"}})
			leave(s, filepath.Join(s.dir, "key.json"))
			id := s.made("katapult")[0].ID
			got := s.run("katapult", "delete", id, "--yes")
			assert.Equal(t, 5, got.status, got.stderr)
			assert.Contains(t, got.stderr, id+" may be in use: rotation ")
			assert.True(t, s.credential("katapult", id).Live)
			got = s.run("rotation", "check", id)
			assert.Equal(t, 8, got.status, got.stderr)
			assert.Contains(t, got.stderr, "is not finished")
			first(s, 0, "rotation", "abort", katapultWeb, "--yes")
			assert.True(t, s.works(s.subjects[0], s.subjects[0].places[0]))
		})
	}
}
