// Package term has the streams of a run of the program, and the person who may
// be at them. These are its rules; no other package decides which stream
// something goes to, or whether a person is asked:
//
//   - Results go to standard output, and nothing else does.
//   - Errors, questions, progress and remarks go to standard error.
//   - Where errors are JSON, an error is all that standard error holds: remarks
//     wait until it is known that there is none.
//   - Progress is shown only where standard error is a terminal. --quiet leaves
//     out progress and remarks.
//   - A question is asked only where standard input and standard error are
//     terminals, and --no-input is not given. --yes answers every confirmation.
//   - Standard input is read for one purpose only, and must end in time.
//   - A pipe that nobody reads any more is [ErrReaderGone] when it is standard output.
package term

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// Streams are those of one run.
type Streams struct {
	Options

	In  io.Reader // standard input itself; see [Streams.Claim] for what is piped in
	Out Output
	Err io.Writer

	// Which of them is a terminal, and so has a person at it.
	InTTY, OutTTY, ErrTTY bool

	// Interrupted returns a channel that is closed when the run is to end.
	Interrupted func() <-chan struct{}

	claimed string // what standard input is read for
	remarks remarks
}

// Options is what the user says about the streams.
type Options struct {
	Quiet      bool
	Yes        bool          // every confirmation is answered with yes
	NoInput    bool          // nobody is asked
	JSONErrors bool          // programs read standard error
	Timeout    time.Duration // for whatever is read

	envWidth int  // of the terminal; 0: the environment does not say
	plain    bool // the environment wants no colour
}

// New returns the streams of a run that nothing interrupts.
func New(stdin io.Reader, stdout, stderr io.Writer) *Streams {
	s := &Streams{
		Options: Options{Timeout: 15 * time.Minute},
		In:      stdin, Out: Output{stdout}, Err: stderr,
		InTTY: isTerminal(stdin), OutTTY: isTerminal(stdout), ErrTTY: isTerminal(stderr),
		Interrupted: func() <-chan struct{} { return nil },
	}
	if _, file := stderr.(*os.File); !file { // which takes each line whole
		s.Err = &lineByLine{w: stderr}
	}
	return s
}

// Interactive reports whether a person can be asked.
func (s *Streams) Interactive() bool { return s.InTTY && s.ErrTTY && !s.NoInput }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// lineByLine keeps the lines apart that several goroutines write at once.
type lineByLine struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lineByLine) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(line)
}
