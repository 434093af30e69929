package term

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/credctl/credctl/internal/visible"
)

// sameInterrupt is how long the same interrupt may come again: timeout(1) signals
// a process and then its group, and a terminal a whole pipeline.
const sameInterrupt = 200 * time.Millisecond

// sameKey is sameInterrupt for ^C at a terminal: no hand presses it twice as fast.
const sameKey = 40 * time.Millisecond

// interrupted is the exit status of a run that a second interrupt ends.
const interrupted = 130

// An Interrupts is a context that the first interrupt ends: SIGINT, SIGTERM, or SIGHUP
// unless that is ignored, as nohup wants it. A second one ends the program at once. To
// listen for signals takes a thread, and so longer than to print the version: it begins
// when the context is first asked for anything.
type Interrupts struct {
	listening     func() context.Context
	mu            sync.Mutex
	first, second func()
	person        bool // may have pressed ^C
}

// Interruptible returns the context of a run of the program, which exit ends at once.
func Interruptible(exit func(status int)) *Interrupts {
	i := &Interrupts{first: func() {}, second: func() {}}
	i.listening = sync.OnceValue(func() context.Context { return i.listen(exit) })
	return i
}

func (i *Interrupts) listen(exit func(status int)) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a broken pipe is an error of the write: what was on its way may be a secret
	go func() {
		came := <-signals
		i.call(&i.first)
		cancel()
		time.Sleep(i.same(came))
		select {
		case <-signals:
		default:
		}
		<-signals
		i.call(&i.second)
		exit(interrupted)
	}()
	return ctx
}

// same returns how long what came may come again without being a second interrupt.
func (i *Interrupts) same(came os.Signal) time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if came == os.Interrupt && i.person {
		return sameKey
	}
	return sameInterrupt
}

func (i *Interrupts) call(f *func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	(*f)()
}

// Deadline implements [context.Context], as Done, Err and Value do.
func (i *Interrupts) Deadline() (time.Time, bool) { return i.listening().Deadline() }

// Done is closed by the first interrupt.
func (i *Interrupts) Done() <-chan struct{} { return i.listening().Done() }

// Err is [context.Canceled] after the first interrupt.
func (i *Interrupts) Err() error { return i.listening().Err() }

// Value returns nil.
func (i *Interrupts) Value(key any) any { return i.listening().Value(key) }

// Follow has the streams end with ctx. Where that is an [Interrupts], a person is told
// what each interrupt does.
func (s *Streams) Follow(ctx context.Context) {
	s.Interrupted = ctx.Done
	if i, ok := ctx.(*Interrupts); ok {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.first, i.second, i.person = s.sayFirst, s.saySecond, s.InTTY || s.ErrTTY
	}
}

// sayFirst tells a person what the first interrupt does. Who is asked something is not
// told: the question ends. What serves ends at once, too.
func (s *Streams) sayFirst() {
	if s.ErrTTY && !s.Quiet && !s.Serves.Load() && !s.asking.Load() {
		fmt.Fprint(s.Err, "\r") // over the ^C that the terminal shows
		s.Line("Interrupted: finishing the request that is under way. Press ^C again to stop at once.")
	}
}

// A stop is the error of a second interrupt as JSON.
type stop struct {
	Code    string `json:"code"`
	Exit    int    `json:"exit"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitzero"`
}

// An Unfinished operation is left by a run that was interrupted twice.
type Unfinished struct {
	ID    string
	About string // the vendor and the credentials; "": they are not known
}

func (u Unfinished) String() string {
	if about := visible.Text(strings.TrimSpace(u.About)); about != "" {
		return u.ID + " (" + about + ")"
	}
	return u.ID
}

// saySecond tells what is left, and how to continue.
func (s *Streams) saySecond() {
	s.EndStatus()
	var left []Unfinished
	if s.Left != nil {
		left = s.Left()
	}
	text, hint := "Stopped: a request that is under way may still be carried out.", ""
	switch len(left) {
	case 0:
	case 1:
		text, hint = fmt.Sprintf("Stopped: %s is unfinished.", left[0]), "to continue: credctl rotation resume "+left[0].ID
	default:
		all := make([]string, len(left))
		for i, u := range left {
			all[i] = u.String()
		}
		text, hint = fmt.Sprintf("Stopped: %s are unfinished.", strings.Join(all, ", ")), "to continue: credctl rotation resume --all"
	}
	if s.JSONErrors { // in the form of any other error
		object, _ := json.Marshal(map[string]any{"error": stop{"interrupted", interrupted, text, hint}})
		fmt.Fprintf(s.Err, "%s\n", object)
		return
	}
	s.Line("credctl: %s", text)
	if hint != "" {
		s.Line("hint: %s", hint)
	}
}
