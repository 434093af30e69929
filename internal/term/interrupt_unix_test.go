//go:build unix

package term

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTwoInterrupts: what an impatient hand presses twice are two; what timeout(1)
// sends twice is one.
func TestTwoInterrupts(t *testing.T) {
	for name, c := range map[string]struct {
		signal syscall.Signal
		person bool
		gap    time.Duration
		ends   bool
	}{
		"^C twice, quickly":              {syscall.SIGINT, true, 100 * time.Millisecond, true},
		"one ^C that comes twice":        {syscall.SIGINT, true, 0, false},
		"a program that sends two":       {syscall.SIGINT, false, 100 * time.Millisecond, false},
		"timeout(1), slowly":             {syscall.SIGTERM, true, 100 * time.Millisecond, false},
		"a program that sends one later": {syscall.SIGTERM, true, 400 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan int, 1)
			i := Interruptible(func(status int) { ended <- status })
			s := New(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
			s.InTTY = c.person
			s.Follow(i)
			<-send(t, i.Done(), c.signal)
			time.Sleep(c.gap)
			send(t, nil, c.signal)
			select {
			case status := <-ended:
				assert.True(t, c.ends)
				assert.Equal(t, 130, status)
			case <-time.After(300 * time.Millisecond):
				assert.False(t, c.ends)
			}
		})
	}
}

// send sends this process a signal, for which it must have been asked to listen before.
func send(t *testing.T, done <-chan struct{}, s os.Signal) <-chan struct{} {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Signal(s))
	return done
}
