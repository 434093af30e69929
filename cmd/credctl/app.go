package main

import (
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// An app is what the commands of one run share.
type app struct {
	stdin     io.Reader // what is piped in, which has to end in time
	terminal  io.Reader // standard input itself
	stdout    standardOutput
	stderr    io.Writer
	args      []string
	env       map[string]string
	providers func() []provider.Provider

	interrupted func() <-chan struct{}      // closed when the program is to end
	configFile  func() (*configFile, error) // read once
	keyring     keyringService

	// Which of the streams is a terminal, and so has a person at it.
	stdinTTY, stdoutTTY, stderrTTY bool
	stdinFor                       string // the flag that standard input was read for

	global globals
	format output.Format // of global.output, global.jq and global.columns

	secretFlags map[string]string // the files that flags were read from, by the names of the flags
	unread      []func() error    // what reads the files of flags, once all flags are known

	failed  failure // what an error is about
	remarks *remarks
	dryRun  *dryRun // nil: it is none

	profile *string // that counts, whatever else names one; nil: none does
}

// remarks are those that wait for the end, the last one of all, and the files
// that were warned of.
type remarks struct {
	mu     sync.Mutex
	lines  []string
	last   string
	warned map[string]bool
}

// first reports whether a file is warned of for the first time.
func (r *remarks) first(file string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	again := r.warned[file]
	if r.warned == nil {
		r.warned = map[string]bool{}
	}
	r.warned[file] = true
	return !again
}

// again reports whether line is the last one once more, as where the same
// configuration is read for several vendors.
func (r *remarks) again(line string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	again := line == r.last
	r.last = line
	return again
}

func (r *remarks) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

// globals are the flags that every command has.
type globals struct {
	output     string
	jq         string
	columns    []string
	noHeaders  bool
	profile    string
	config     string
	timeout    time.Duration
	maxWait    time.Duration
	hold       time.Duration // of requests, if the user does not say how long
	debug      bool
	quiet      bool
	yes        bool
	noInput    bool
	showSecret bool
	secretFile string
}

// A failure says what was being done when an error arose, for its message.
type failure struct{ provider, verb, id string }

func newApp(env []string, stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{terminal: stdin, stdout: standardOutput{stdout}, stderr: stderr, remarks: &remarks{}, env: variables(env, runtime.GOOS), providers: sync.OnceValue(providers), secretFlags: map[string]string{}, global: globals{timeout: 15 * time.Minute}}
	a.interrupted = func() <-chan struct{} { return nil }
	if _, file := stderr.(*os.File); !file { // which takes each line whole
		a.stderr = &lineByLine{w: stderr}
	}
	a.configFile = sync.OnceValues(a.readConfig)
	a.stdin = &patientInput{Reader: stdin, app: a}
	a.keyring = &patientKeyring{keyringService: systemKeyring{}, app: a}
	switch {
	case a.env["CREDCTL_KEYRING"] == "off":
		a.keyring = noKeyring{errKeyringOff}
	case !hasKeyring(runtime.GOOS, a.env):
		a.keyring = noKeyring{errNoKeyring}
	}
	a.stdinTTY, a.stdoutTTY, a.stderrTTY = isTerminal(stdin), isTerminal(stdout), isTerminal(stderr)
	return a
}

// lineByLine lets several requests that are under way at once tell of themselves.
type lineByLine struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lineByLine) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(line)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// interactive reports whether there is a person to be asked.
func (a *app) interactive() bool { return a.stdinTTY && a.stderrTTY && !a.global.noInput }
