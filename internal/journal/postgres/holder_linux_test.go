package postgres

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Only a process that has ended for certain lets go of its lock: one of another kernel or
// namespace, or one that cannot be told, may still be at work.
func TestWhoHasEnded(t *testing.T) {
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	me := self()
	require.NotEmpty(t, me.started)
	over := me
	over.pid, over.started = cmd.Process.Pid, "1"
	for name, c := range map[string]struct {
		change func(h, other *holder)
		want   bool
	}{
		"it has ended":                   {func(_, _ *holder) {}, true},
		"it runs":                        {func(_, other *holder) { *other = me }, false},
		"its number has another process": {func(_, other *holder) { other.pid = me.pid }, true},
		"another kernel":                 {func(_, other *holder) { other.boot = "x" }, false},
		"another namespace":              {func(_, other *holder) { other.namespace = "x" }, false},
		"no kernel is known":             {func(h, other *holder) { h.boot, other.boot = "", "" }, false},
		"no namespace is known":          {func(h, other *holder) { h.namespace, other.namespace = "", "" }, false},
		"no process":                     {func(_, other *holder) { other.pid = 0 }, false},
		"when it began is not known":     {func(_, other *holder) { other.started = "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			h, other := me, over
			c.change(&h, &other)
			assert.Equal(t, c.want, h.ended(other))
		})
	}
}

// A process that has ended, and whose parent has not noticed, holds nothing any more.
func TestAZombieHasEnded(t *testing.T) {
	cmd := exec.Command("sh", "-c", "echo; exec cat")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = out.Read(make([]byte, 1))
	require.NoError(t, err)
	other := self()
	other.pid = cmd.Process.Pid
	other.started, err = started(other.pid)
	require.NoError(t, err)
	assert.False(t, self().ended(other))
	require.NoError(t, in.Close())
	_, _ = out.Read(make([]byte, 1)) // its end
	require.Eventually(t, func() bool { return self().ended(other) }, 10e9, 1e6)
	require.NoError(t, cmd.Wait())
}
