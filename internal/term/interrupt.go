package term

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// sameInterrupt is how long the same interrupt may come again: timeout(1) signals
// a process and then its group, and a terminal a whole pipeline.
const sameInterrupt = 200 * time.Millisecond

// Interruptible returns a context that the first interrupt ends. A second one ends
// the program at once. To listen for signals takes a thread, and so longer than to
// print the version: it begins when the context is first asked for anything.
func Interruptible() context.Context { return lazyContext(sync.OnceValue(listen)) }

func listen() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		time.Sleep(sameInterrupt)
		stop()
	})
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a broken pipe is an error of the write: what was on its way may be a secret
	return ctx
}

// A lazyContext is the context that the function returns.
type lazyContext func() context.Context

func (l lazyContext) Deadline() (time.Time, bool) { return l().Deadline() }
func (l lazyContext) Done() <-chan struct{}       { return l().Done() }
func (l lazyContext) Err() error                  { return l().Err() }
func (l lazyContext) Value(key any) any           { return l().Value(key) }
