package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// repeated is how long the same interrupt may come again: timeout(1) signals a
// process and then its group, and a terminal a whole pipeline.
const repeated = 200 * time.Millisecond

// listen returns a context that the first interrupt ends.
func listen() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { // a second interrupt ends the program at once
		time.Sleep(repeated)
		stop()
	})
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a broken pipe is an error of the write: what was on its way may be a secret
	return ctx
}

// A lazyContext is the context that the function returns, which is called when
// the context is first asked for anything. To listen for signals takes a thread,
// and so longer than to print the version; whatever waits or asks a vendor asks
// the context before.
type lazyContext func() context.Context

func (l lazyContext) Deadline() (time.Time, bool) { return l().Deadline() }
func (l lazyContext) Done() <-chan struct{}       { return l().Done() }
func (l lazyContext) Err() error                  { return l().Err() }
func (l lazyContext) Value(key any) any           { return l().Value(key) }
