package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// terminal runs a command at a terminal of 20 columns, where a person types, and
// returns what was on the screen.
func (s *scene) terminal(types string, args ...string) (screen string, status int) {
	s.Helper()
	person, program := s.openTerminal()
	defer person.Close()
	p := s.command("", args...)
	p.Stdin, p.Stdout, p.Stderr = program, program, program
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(s, p.Start())
	require.NoError(s, program.Close())
	_, err := io.WriteString(person, types)
	require.NoError(s, err)
	out, _ := io.ReadAll(person) // it ends with an error, as the other side is closed
	_ = p.Wait()                 // its status tells
	return strings.ReplaceAll(string(out), "\r\n", "\n"), p.ProcessState.ExitCode()
}

// openTerminal returns both sides of a terminal.
func (s *scene) openTerminal() (person, program *os.File) {
	s.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(s, err)
	control := func(f *os.File, request uintptr, arg unsafe.Pointer) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(arg))
		require.Zero(s, errno)
	}
	var locked, number int32
	control(person, syscall.TIOCSPTLCK, unsafe.Pointer(&locked))
	control(person, syscall.TIOCGPTN, unsafe.Pointer(&number))
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(s, err)
	size := [4]uint16{24, 200}
	control(program, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	return person, program
}

func TestF10TheSecretIsShownWholeOnALineOfItsOwnOnce(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"katapult", "rotate", katapultWeb, "--grace", "0"}, {"stratum", "rotate", stratumCI, "--yes"}} {
		s := newScene(t, sandbox.Options{}, subject{vendor: args[0], id: args[2], inPlace: args[0] == "stratum"})
		s.setenv("COLUMNS", "20")
		screen, status := s.terminal("", args...)
		require.Equal(t, 0, status, screen)
		secret := s.made(args[0])[0].Secret
		assert.Equal(t, 1, strings.Count(screen, secret), screen)
		assert.Regexp(t, `(?m)^[ a-z:=_]*`+regexp.QuoteMeta(secret)+`$`, screen)
		s.ended()
	}
}

func TestF8ADeclinedQuestionChangesNothing(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"katapult", "rotate", katapultWeb, "--in-place", "--to", "file:key"}, {"stratum", "rotate", stratumCI, "--to", "file:key"}, {"losant", "rotate", losantSnowflake}} {
		s := newScene(t, sandbox.Options{}, subject{vendor: args[0], id: args[2]})
		screen, status := s.terminal("n\n", args...)
		assert.Equal(t, 130, status, screen)
		assert.Contains(t, screen, "stops working")
		assert.Empty(t, s.changing(args[0]))
		assert.Empty(t, s.operations())

		got := s.run(append(args, "-o", "json")...) // nobody is there to be asked
		assert.Equal(t, 2, failed(t, got).Exit)
		assert.Contains(t, got.stderr, "--yes")
		assert.Empty(t, s.changing(args[0]))
	}
}
