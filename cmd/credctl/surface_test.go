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

// Of several credentials whose destinations were changed, one command line puts all right.
// What no destination holds is replaced.
func TestOneHintForAllChangedDestinations(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"json:%s/web.json", "json:%s/web2.json"}}, subject{vendor: "katapult", id: katapultBackup, places: []string{"json:%s/backup.json"}})
	require.Zero(t, s.run(s.rotate()...).status)
	require.Zero(t, s.run("katapult", "rotate", katapultBackup, "--to", s.subjects[1].places[0]).status)
	for _, name := range []string{"web.json", "backup.json"} {
		require.NoError(t, os.Remove(filepath.Join(s.dir, name)))
	}
	got := s.run("rotation", "check", "--all")
	assert.Equal(t, 8, got.status)
	_, hint, found := strings.Cut(hintIn(got), "to put all of this right: ")
	require.True(t, found, got.stderr)
	assert.Contains(t, hint, "credctl deliver katapult ")
	assert.Contains(t, hint, " && credctl katapult rotate ")
	repair := s.command("")
	repair.Path, repair.Args = "/bin/sh", []string{"sh", "-ec", hint}
	repair.Env = append(repair.Env, "PATH="+filepath.Dir(s.command("").Path)+":"+os.Getenv("PATH"))
	require.NoError(t, repair.Run(), repair.stderr.String())
	assert.Zero(t, s.run("rotation", "check", "--all").status)
}

// What credctl has deleted is in use no more: its destinations are not checked, and another
// vendor's key may go there.
func TestADeletedKeyIsNotInUse(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	require.Zero(t, s.run(s.rotate()...).status)
	made, key := s.made("katapult")[0].ID, "json:"+filepath.Join(s.dir, "key.json")
	stratum := []string{"stratum", "rotate", stratumCI, "--overlap", "--not-self", stratumCI, "--to", key}
	got := s.run(stratum...)
	assert.Equal(t, 5, got.status)
	assert.Contains(t, got.stderr, "holds the secret of "+made+", which is in use")
	require.NoError(t, os.Remove(filepath.Join(s.dir, "aws")))
	require.Equal(t, 8, s.run("rotation", "check", "--all").status)

	require.Zero(t, s.run("katapult", "delete", made, "--yes", "--force").status)
	got = s.run("rotation", "check", "--all")
	assert.Zero(t, got.status, got.stderr)
	got = s.run("rotation", "check", made)
	assert.Equal(t, 4, got.status)
	assert.Contains(t, got.stderr, made+" was deleted at 20")
	got = s.run(stratum...)
	assert.Zero(t, got.status, got.stderr)
}

// A destination moves from one key to another without a moment in which it has a secret that
// does not work.
func TestADestinationMovesToAnotherKey(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	require.Zero(t, s.run(s.rotate()...).status)
	aws, key := s.subjects[0].places[0], s.subjects[0].places[1]
	backup := []string{"katapult", "rotate", katapultBackup, "--to", key}
	got := s.run(backup...)
	require.Equal(t, 5, got.status)
	_, line, found := strings.Cut(hintIn(got), "to move the destination to this credential: `credctl ")
	require.True(t, found, got.stderr)
	line, again, _ := strings.Cut(line, "`")
	assert.True(t, strings.HasPrefix(again, ", then run the same command again"), again)
	assert.Contains(t, line, " --to "+aws)
	assert.NotContains(t, line, key)
	got = s.run(strings.Fields(line)...)
	require.Zero(t, got.status, got.stderr)
	assert.True(t, s.works(s.subjects[0], key), "until the other key has come")
	got = s.run(backup...)
	require.Zero(t, got.status, got.stderr)
	assert.True(t, s.works(s.subjects[0], key))
	assert.True(t, s.works(s.subjects[0], aws))
	assert.Zero(t, s.run("rotation", "check", "--all").status)
}

// A deletion that fails in the grace period ends as every deletion does.
func TestADeletionInTheGracePeriodThatFails(t *testing.T) {
	t.Parallel()
	for fault, status := range map[string]int{"cut-after:1": 0, "cut-body:1": 0, "403": 3, "404": 4} {
		s := web(t, sandbox.Options{})
		require.Zero(t, s.run(s.rotate("--grace", "1h")...).status)
		s.fault("katapult:delete:" + fault)
		got := s.run("katapult", "delete", katapultWeb, "--yes")
		assert.Equal(t, status, got.status, "%s: %s", fault, got.stderr)
		assert.NotContains(t, got.stderr, "not by this rotation", fault)
		assert.NotContains(t, got.stderr, "--force", fault)
	}
}

// What credctl cannot read anywhere is replaced everywhere, so that nobody is cut off.
func TestTheHintThatReplacesNamesAllDestinations(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"json:%s/web.json"}})
	require.Zero(t, s.run(s.rotate("--to", "exec:true")...).status)
	require.NoError(t, os.Remove(filepath.Join(s.dir, "web.json")))
	got := s.run("rotation", "check", "--all")
	_, line, found := strings.Cut(hintIn(got), "credctl cannot read the secret anywhere; to replace it: credctl ")
	require.True(t, found, got.stderr)
	assert.Contains(t, line, " --to exec:true")
	assert.Contains(t, line, " --to "+s.subjects[0].places[0])
	got = s.run(strings.Fields(line)...)
	assert.Zero(t, got.status, got.stderr)
}
