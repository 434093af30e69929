// Package session has what a run opens once and its commands share: connections
// to vendors and the kinds opened over them, the journal, destinations, the
// rotation engine, and the recovery files.
package session

import (
	"sync"
	"time"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/term"
)

// A Session is what one run has open. It is safe for concurrent use.
type Session struct {
	Options

	// DryRun is given the requests that change something, in place of the vendor. It
	// may be nil.
	DryRun func(method, url string, body []byte)

	config    *config.Config
	schemes   func() []deliver.Scheme
	streams   *term.Streams
	userAgent string
	exit      func(error) int
	clock     clock
	pacers    pace.Pacers

	opening sync.Mutex     // of the journal
	journal *journal.Store // once it was needed

	mu      sync.Mutex
	opened  []opened
	printed []byte // the identity of the journal, once a command has printed it
}

// New returns the session of a run, which opens nothing yet. schemes returns the
// sorts of destinations that are neither files of this machine nor vendors. exit
// returns the exit status for an error that is not nil.
func New(c *config.Config, schemes func() []deliver.Scheme, streams *term.Streams, userAgent string, exit func(error) int) *Session {
	return &Session{config: c, schemes: schemes, streams: streams, userAgent: userAgent, exit: exit}
}

// Options are the user's settings for connections.
type Options struct {
	MaxWait     time.Duration // the longest wait for a vendor before another try
	MaxThrottle time.Duration // the longest wait before a request while the vendor limits the rate
	Debug       bool          // log requests to standard error
}

// LongestWait is the longest wait for a vendor that limits the rate.
func (o Options) LongestWait() time.Duration { return max(o.MaxWait, o.MaxThrottle) }

// noteClosed tells that a path of credctl's own was open to others.
func noteClosed(streams *term.Streams, path string) {
	streams.Remark("credctl: note: closed %s to other users again", path)
}
