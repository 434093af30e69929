//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// A making is a command that creates a credential, and where its secret goes.
type making struct {
	name, vendor string
	options      sandbox.Options
	faults       []string
	args         []string
	place        string // the destination that holds the secret; "": standard output
}

func makings() []making {
	lost := func(vendor string) []string { return []string{vendor + ":create:cut-after:1"} }
	return []making{
		{name: "katapult shown", vendor: "katapult", args: []string{"katapult", "create", "--name", "new", "-o", "json"}},
		{name: "katapult delivered", vendor: "katapult", args: []string{"katapult", "create", "--name", "new", "--to", "json:key.json", "--to", "file:key"}, place: "file:key"},
		{name: "katapult generate lost", vendor: "katapult", faults: []string{"katapult:generate:cut-after:1"}, args: []string{"katapult", "create", "--name", "new", "-o", "json"}},
		{name: "katapult create lost", vendor: "katapult", faults: lost("katapult"), args: []string{"katapult", "create", "--name", "new", "-o", "json"}},
		{name: "stratum shown", vendor: "stratum", args: []string{"stratum", "create", "--name", "new", "-o", "json"}},
		{name: "stratum to a file", vendor: "stratum", args: []string{"stratum", "create", "--name", "new", "--secret-file", "key"}, place: "file:key"},
		{name: "stratum create lost", vendor: "stratum", faults: lost("stratum"), args: []string{"stratum", "create", "--name", "new", "--to", "file:key"}, place: "file:key"},
	}
}

func (m making) scene(t *testing.T) *scene {
	t.Helper()
	o := m.options
	for _, text := range m.faults {
		f, err := sandbox.ParseFault(text)
		require.NoError(t, err)
		o.Faults = append(o.Faults, f)
	}
	s := newScene(t, o)
	s.seeds = s.Credentials(m.vendor)
	return s
}

// finish runs the command again until it succeeds, and checks that there is exactly one
// new credential, whose secret is where it should be.
func (m making) finish(s *scene, when string) {
	s.Helper()
	var got outcome
	for range 2 { // the run that loses an answer ends with 9
		if got = s.run(m.args...); got.status == 0 {
			break
		}
	}
	require.Equal(s, 0, got.status, "%s: %s", when, got.stderr)
	made := s.made(m.vendor)
	require.Len(s, made, 1, when)
	secret := ""
	if m.place == "" {
		var shown struct{ ID, Secret string }
		require.NoError(s, json.Unmarshal([]byte(got.stdout), &shown), got.stdout)
		assert.Equal(s, made[0].ID, shown.ID, when)
		secret = shown.Secret
	} else {
		_, secret = s.holds(subject{vendor: m.vendor}, "file:"+filepath.Join(s.dir, "key"))
		assert.NotContains(s, got.stdout, secret)
	}
	assert.Equal(s, "new", made[0].Name, when)
	assert.Equal(s, made[0].Secret, secret, "%s: the secret that was delivered works", when)
	for _, o := range s.operations() {
		assert.True(s, o.Final() && o.Wiped(), "%s: %s has come to %s", when, o.ID, o.Last().Step)
	}
	s.private(when)
}

// TestACreateKilledAnywhere kills a create at each of its failpoints, and runs the same
// command again: one key exists then, and its secret is delivered.
func TestACreateKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, m := range makings() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := m.scene(t)
			log := filepath.Join(s.dir, "failpoints")
			p := s.command("", m.args...)
			p.Env = append(p.Env, "CREDCTL_FAILPOINT_LOG="+log)
			_ = p.Run() // what comes of it is checked by what it passed
			text, err := os.ReadFile(log)
			require.NoError(t, err, p.stderr.String())
			points := steps(string(text))
			require.Greater(t, len(points), 5)
			for _, point := range points {
				if strings.HasPrefix(point, "done.noted") || strings.HasPrefix(point, "wiped") {
					continue // it is done: the same command creates another one
				}
				t.Run(point, func(t *testing.T) {
					t.Parallel()
					s := m.scene(t)
					p := s.command("", m.args...)
					p.Env = append(p.Env, "CREDCTL_FAILPOINT="+point)
					require.Error(t, p.Run())
					killed(t, p)
					assert.Empty(t, leaked(p.stderr.String(), secretsOf(s.Sandbox)))
					m.finish(s, "killed at "+point)
				})
			}
		})
	}
}

// TestACreateAfterALostAnswer: the run ends with 9, and the same command looks first.
func TestACreateAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for _, m := range makings() {
		if m.faults == nil {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := m.scene(t)
			require.NotEqual(t, 0, s.run(m.args...).status)
			list := answerList(t, s.run("rotation", "list", "-o", "json"))
			require.Len(t, list, 1)
			assert.Equal(t, "create", list[0]["strategy"])
			assert.NotContains(t, list[0], "old_id")
			m.finish(s, "after a lost answer")
			assert.Empty(t, answerList(t, s.run("rotation", "list", "-o", "json")))
		})
	}
}

// answerList reads the JSON array that a run printed.
func answerList(t testing.TB, got outcome) (all []map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all), "%s%s", got.stdout, got.stderr)
	return all
}

// A credential of the same name that somebody else may have created is not touched.
func TestACreateDoesNotTouchWhatMayBeAnothers(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	args := []string{"stratum", "create", "--name", "new", "-o", "json"}
	s.killedAt("create.sending", args...)
	other := s.elsewhere(append(args, "--secret-file", "theirs")...)
	require.NoError(t, other.Run(), other.stderr.String())
	theirs := answer(t, other.outcome())["id"].(string)
	s.use("stratum", theirs, filepath.Join(s.dir, "theirs"))
	for range 2 {
		got := s.run(args...)
		assert.Equal(t, 9, got.status, got.stderr)
		assert.Contains(t, got.stderr, theirs)
	}
	assert.True(t, s.credential("stratum", theirs).Live)
	operation := answerList(t, s.run("rotation", "list", "-o", "json"))[0]
	id, _ := operation["operation"].(string)
	require.Equal(t, 0, s.run("rotation", "abort", id, "--force", "--yes").status)
	got := s.run(args...)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.True(t, s.credential("stratum", theirs).Live)
}

// killedAt kills a command at a failpoint.
func (s *scene) killedAt(point string, args ...string) {
	s.Helper()
	p := s.command("", args...)
	p.Env = append(p.Env, "CREDCTL_FAILPOINT="+point)
	require.Error(s, p.Run())
	killed(s.TB, p)
}

// elsewhere is a command of another host, which has a journal of its own.
func (s *scene) elsewhere(args ...string) *process {
	p := s.command("", args...)
	p.Env = append(p.Env, "XDG_STATE_HOME="+filepath.Join(s.dir, "elsewhere"))
	return p
}

// Two hosts create a key of the same name at the same moment, and both are killed:
// neither gives the other's key a secret, although it has none yet.
func TestACreateGivesASecretToItsOwnKeyAlone(t *testing.T) {
	t.Parallel()
	args := []string{"katapult", "create", "--name", "new", "-o", "json"}
	for _, point := range []string{"create.sending", "issued.noting", "create.naming", "create.named"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{})
			s.seeds = s.Credentials("katapult")
			other := s.elsewhere(args...)
			other.Env = append(other.Env, "CREDCTL_FAILPOINT="+point)
			require.Error(t, other.Run())
			killed(t, other)
			s.killedAt("create.sending", args...)
			got := s.run(args...)
			require.Equal(t, 0, got.status, got.stderr)
			ours := answer(t, got)
			other = s.elsewhere(args...)
			require.NoError(t, other.Run(), other.stderr.String())
			theirs := answer(t, other.outcome())
			made := map[any]any{}
			for _, c := range s.made("katapult") {
				assert.Equal(t, "new", c.Name)
				made[c.ID] = c.Secret
			}
			assert.Equal(t, map[any]any{ours["id"]: ours["secret"], theirs["id"]: theirs["secret"]}, made)
		})
	}
}

// A key of that name without a secret, which somebody created in the meantime, is
// left without one.
func TestACreateGivesNoSecretToAKeyOfTheSameName(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.seeds = s.Credentials("katapult")
	args := []string{"katapult", "create", "--name", "new", "-o", "json"}
	s.killedAt("create.sending", args...)
	other := s.elsewhere(append(args, "--no-generate")...)
	require.NoError(t, other.Run(), other.stderr.String())
	theirs := answer(t, other.outcome())["id"].(string)
	got := s.run(args...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.NotEqual(t, theirs, answer(t, got)["id"])
	assert.Empty(t, s.credential("katapult", theirs).Secret)
}

// A name that could not be set is an error, and the same command sets it.
func TestACreateWhoseNameCannotBeSet(t *testing.T) {
	t.Parallel()
	f, err := sandbox.ParseFault("katapult:update:500:1")
	require.NoError(t, err)
	s := newScene(t, sandbox.Options{Faults: []sandbox.Fault{f}})
	s.seeds = s.Credentials("katapult")
	args := []string{"katapult", "create", "--name", "new", "--to", "file:key"}
	got := s.run(args...)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stderr, "could not be renamed")
	got = s.run(args...)
	assert.Equal(t, 0, got.status, got.stderr)
	made := s.made("katapult")
	require.Len(t, made, 1)
	assert.Equal(t, "new", made[0].Name)
	_, secret := s.holds(subject{vendor: "katapult"}, "file:"+filepath.Join(s.dir, "key"))
	assert.Equal(t, made[0].Secret, secret)
}

// A vendor that does not record use shows nothing about a key of the same name that
// somebody else created at that moment: it is not revoked.
func TestACreateRevokesNothingWhereUseIsNotRecorded(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{StratumStamps: "never"})
	args := []string{"stratum", "create", "--name", "new", "-o", "json"}
	p := s.command("", args...)
	p.Env = append(p.Env, "CREDCTL_FAILPOINT=create.sending")
	require.Error(t, p.Run())
	killed(t, p)
	other := s.command("", append(args, "--secret-file", "theirs")...)
	other.Env = append(other.Env, "XDG_STATE_HOME="+filepath.Join(s.dir, "elsewhere")) // another host
	require.NoError(t, other.Run(), other.stderr.String())
	theirs := answer(t, other.outcome())["id"].(string)
	s.use("stratum", theirs, filepath.Join(s.dir, "theirs"))
	got := s.run(args...)
	assert.Equal(t, 75, got.status, got.stderr)
	assert.Contains(t, got.stderr, theirs)
	assert.True(t, s.credential("stratum", theirs).Live)
}

// use makes a request with a key, where the vendor notes that.
func (s *scene) use(vendor, id, file string) {
	s.Helper()
	if vendor != "stratum" {
		return
	}
	key, err := os.ReadFile(file)
	require.NoError(s, err)
	p := s.command("", "stratum", "list")
	p.Env = append(p.Env, "STRATUM_API_KEY="+strings.TrimSpace(string(key)))
	_ = p.Run() // it may not list, but it was used
	require.True(s, s.credential(vendor, id).Live)
}
