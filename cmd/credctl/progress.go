package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/visible"
)

// progress returns what tells a person what is being waited for. Nobody else is
// told: a log of cron should hold what went wrong.
func (a *app) progress() func(what string) {
	if !a.stderrTTY || a.global.quiet {
		return nil
	}
	var mu sync.Mutex
	last := ""
	return func(what string) {
		mu.Lock()
		defer mu.Unlock()
		if what != last {
			fmt.Fprintf(a.stderr, "%s… %s\n", eraseLine, visible.Text(what))
			last = what
		}
	}
}

// eraseLine takes away what a meter has drawn.
const eraseLine = "\r\x1b[K"

// A meter shows a person how far a run has come, in a line below all others. The
// nil meter shows nothing.
type meter struct {
	w     io.Writer
	total int
	tick  *time.Ticker
	quit  chan struct{}
	drawn sync.WaitGroup

	mu   sync.Mutex
	done int
}

// meter starts one where there is a person, and something to wait for.
func (a *app) meter(total int) *meter {
	if !a.stderrTTY || a.global.quiet || total < 2 {
		return nil
	}
	m := &meter{w: a.stderr, total: total, tick: time.NewTicker(200 * time.Millisecond), quit: make(chan struct{})}
	m.drawn.Go(func() {
		for {
			select {
			case <-m.tick.C:
				m.mu.Lock()
				fmt.Fprintf(m.w, "%s%d of %d", eraseLine, m.done, m.total)
				m.mu.Unlock()
			case <-m.quit:
				return
			}
		}
	})
	return m
}

// add counts one more.
func (m *meter) add() {
	if m != nil {
		m.mu.Lock()
		m.done++
		m.mu.Unlock()
	}
}

// aside calls write, which may write lines, while there is no meter.
func (m *meter) aside(write func() bool) bool {
	if m == nil {
		return write()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprint(m.w, eraseLine)
	return write()
}

// end takes the meter away.
func (m *meter) end() {
	if m != nil {
		m.tick.Stop()
		close(m.quit)
		m.drawn.Wait()
		fmt.Fprint(m.w, eraseLine)
	}
}
