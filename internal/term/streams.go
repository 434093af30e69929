// Package term has the streams of a run of the program, and decides what goes to
// which of them and whether a person is asked; no other package does:
//
//   - Results go to standard output, and nothing else does.
//   - Errors, questions, progress and remarks go to standard error.
//   - Where errors are JSON, an error is all that standard error holds: remarks
//     wait until it is known that there is none.
//   - Progress is shown only where standard error is a terminal. --quiet leaves
//     out progress and remarks.
//   - A question is asked only where standard input and standard error are
//     terminals, and neither --no-input nor CI=true disables prompts.
//     --yes answers every confirmation.
//   - A secret is shown in a table only where a person sees standard output.
//   - Standard input is read for one purpose only, and must end in time.
//   - A pipe that nobody reads any more is [ErrReaderGone] when it is standard output.
package term

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// Streams are those of one run.
type Streams struct {
	Options

	In  io.Reader // standard input itself; see [Streams.Claim] for what is piped in
	Out Output
	Err io.Writer // see [Streams.Console] for what a command of the user gets

	// Which of them is a terminal, and so has a person at it.
	InTTY, OutTTY, ErrTTY bool

	// Interrupted returns a channel that is closed when the run is to end.
	Interrupted func() <-chan struct{}

	// Serves says that the run has no request under way that an interrupt would wait for.
	Serves atomic.Bool

	// Left returns the operations of this run that are unfinished. It may be nil.
	Left func() []Unfinished

	claimed string      // what standard input is read for
	began   time.Time   // when the run did
	asking  atomic.Bool // a person is asked something
	remarks remarks
	screen  *screen
}

// Options is what the user says about the streams.
type Options struct {
	Quiet      bool
	Yes        bool          // every confirmation is answered with yes
	NoInput    bool          // nobody is asked
	JSONErrors bool          // programs read standard error
	Timeout    time.Duration // for whatever is read

	ci       bool // the environment disables prompts
	envWidth int  // of the terminal; 0: the environment does not say
	plain    bool // the environment wants no colour
}

// New returns the streams of a run that nothing interrupts.
func New(stdin io.Reader, stdout, stderr io.Writer) *Streams {
	s := &Streams{
		Options: Options{Timeout: 15 * time.Minute},
		In:      stdin, Out: Output{Writer: stdout},
		InTTY: isTerminal(stdin), OutTTY: isTerminal(stdout), ErrTTY: isTerminal(stderr),
		Interrupted: func() <-chan struct{} { return nil },
		began:       time.Now(),
	}
	s.screen = &screen{w: stderr, columns: s.columns}
	s.Err = s.screen
	if s.OutTTY {
		s.Out.screen = s.screen
	}
	return s
}

// Interactive reports whether a person can be asked.
func (s *Streams) Interactive() bool { return s.InTTY && s.ErrTTY && s.attended() }

// Watched reports whether a person sees what is written to standard output.
func (s *Streams) Watched() bool { return s.OutTTY && s.attended() }

// attended reports whether a person may be there, whatever the terminal says: CI runs
// give one to programs that nobody looks at.
func (s *Streams) attended() bool { return !s.NoInput && !s.ci }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Console returns standard error itself, for a command that writes there.
func (s *Streams) Console() io.Writer { return s.screen.w }
