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

// The old key of a rotation is not deleted by itself while a destination still has it, or a
// program that no hook has told; when only its grace period is left, it may be.
func TestTheOldKeyOfARotationIsNotDeletedBeforeAllHaveTheNewOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at     string   // where the rotation is killed
		args   []string // of the rotation
		status int      // of the deletion
	}{
		"nothing is created":         {"intent.noted:1", nil, 5},
		"nothing is delivered":       {"verified.noted:1", nil, 5},
		"one destination has it":     {"delivered.noted:1", nil, 5},
		"the hook has not run":       {"delivered.noted:2", []string{"--hook", "true"}, 5},
		"only its deletion is left":  {"grace.noted:1", []string{"--grace", "1h"}, 0},
		"and its deletion was begun": {"retiring.noted:1", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{ProvisionDelay: -1}, subject{vendor: "katapult", id: katapultWeb, places: []string{"json:%s/a.json"}})
			p := s.command("", s.rotate(append(c.args, "--to", "json:"+filepath.Join(s.dir, "b.json"))...)...)
			p.Env = append(p.Env, "CREDCTL_FAILPOINT="+c.at)
			require.Error(t, p.Run())
			got := s.run("katapult", "delete", katapultWeb, "--yes")
			assert.Equal(t, c.status, got.status, got.stderr)
			assert.Equal(t, c.status != 0, s.credential("katapult", katapultWeb).Live)
			if c.status != 0 {
				assert.Contains(t, got.stderr, katapultWeb+" may be in use: rotation ")
				first(s, 0, "katapult", "delete", katapultWeb, "--yes", "--force")
			}
		})
	}
}
