package term

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// on returns streams whose standard output and error are one terminal.
func on(terminal *bytes.Buffer) *Streams {
	s := New(strings.NewReader(""), terminal, terminal)
	s.ErrTTY, s.OutTTY, s.envWidth = true, true, 40
	s.Out.screen = s.screen
	return s
}

// TestAStatusIsRewrittenInPlace: what was done stands in the line in which it was
// said what is being done, and a result is not written into it.
func TestAStatusIsRewrittenInPlace(t *testing.T) {
	var terminal bytes.Buffer
	s := on(&terminal)
	st := s.Status("Creating…")
	st.Set("Creating (2)…")
	s.Line("Created key-1")
	st.End()
	again := s.Status("Verifying…")
	_, _ = s.Out.Write([]byte("ID\n"))
	again.End()
	assert.Equal(t, eraseLine+"Creating…"+eraseLine+"Creating (2)…"+eraseLine+"Created key-1\n"+
		eraseLine+"Creating (2)…"+eraseLine+eraseLine+"Verifying…"+eraseLine+"ID\n"+eraseLine+"Verifying…"+eraseLine, terminal.String())
}

// TestAStatusIsOneLine: it is cut at the width of the terminal, and leaves nothing behind.
func TestAStatusIsOneLine(t *testing.T) {
	var terminal bytes.Buffer
	s := on(&terminal)
	s.Status(strings.Repeat("ä", 100) + "\n")
	assert.Equal(t, eraseLine+strings.Repeat("ä", 39), terminal.String())
	s.EndStatus()
	assert.True(t, strings.HasSuffix(terminal.String(), eraseLine))
}

// TestNoStatusAfterTheEnd: what ends a run at once leaves the cursor below what it said.
func TestNoStatusAfterTheEnd(t *testing.T) {
	var terminal bytes.Buffer
	s := on(&terminal)
	st := s.Status("Waiting until objkey_1 works")
	s.saySecond()
	st.Set("Waiting longer")
	s.Status("Deleting")
	const said = "credctl: Stopped: a request that is\nunder way may still be carried out.\n" // words are whole in a terminal of 40 columns
	assert.Equal(t, eraseLine+"Waiting until objkey_1 works"+eraseLine+said, terminal.String())
}

// TestNoStatusWithoutAPerson: neither a pipe nor --quiet shows one.
func TestNoStatusWithoutAPerson(t *testing.T) {
	for _, change := range []func(*Streams){func(s *Streams) { s.ErrTTY = false }, func(s *Streams) { s.Quiet = true }} {
		var terminal bytes.Buffer
		s := on(&terminal)
		change(s)
		st := s.Status("Creating…")
		st.Set("Creating (2)…")
		st.End()
		assert.Nil(t, s.Progress())
		assert.Empty(t, terminal.String())
	}
}

// TestProgressEnds: what is waited for is not shown any more when it is there.
func TestProgressEnds(t *testing.T) {
	var terminal bytes.Buffer
	say := on(&terminal).Progress()
	say("waiting")
	say("")
	say("")
	assert.Equal(t, eraseLine+"waiting…"+eraseLine, terminal.String())
}
