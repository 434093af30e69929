package term

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Meter shows a person how many items are done, in a line below all others. The
// nil Meter shows nothing.
type Meter struct {
	status *Status
	wide   func() int // columns of the terminal
	total  int
	began  time.Time
	tick   *time.Ticker
	quit   chan struct{}
	drawn  sync.WaitGroup
	done   atomic.Int64
}

// Meter starts a meter where there is a person, and more than one item. The
// caller ends it.
func (s *Streams) Meter(total int) *Meter {
	if !s.ErrTTY || s.Quiet || total < 2 {
		return nil
	}
	m := &Meter{status: s.Status(""), wide: s.columns, total: total, began: time.Now(), tick: time.NewTicker(200 * time.Millisecond), quit: make(chan struct{})}
	m.drawn.Go(func() {
		for {
			select {
			case <-m.tick.C:
				m.status.Set(bar(int(m.done.Load()), m.total, time.Since(m.began), m.wide()))
			case <-m.quit:
				return
			}
		}
	})
	return m
}

// columns is the width of the terminal that standard error is.
func (s *Streams) columns() int { return cmp.Or(s.width(s.screen.w), 80) }

// bar draws how much is done of a run that began so long ago, in a line that is
// narrower than the terminal.
func bar(done, total int, since time.Duration, columns int) string {
	const widest = 30
	text := fmt.Sprintf("%*d of %d", len(strconv.Itoa(total)), done, total)
	if done > 0 {
		left := time.Duration(float64(since) / float64(done) * float64(total-done))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	if len(text) >= columns {
		return text[:max(0, columns-1)]
	}
	width := min(columns-len(text)-len("[] ")-1, widest)
	if width < 5 {
		return text
	}
	full := width * done / total
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "] " + text
}

// Add counts one more item.
func (m *Meter) Add() {
	if m != nil {
		m.done.Add(1)
	}
}

// Aside calls write, which may write lines, while the meter is not shown.
func (m *Meter) Aside(write func() bool) (ok bool) {
	if m == nil {
		return write()
	}
	m.status.screen.Aside(func() { ok = write() })
	return ok
}

// End removes the meter.
func (m *Meter) End() {
	if m != nil {
		m.tick.Stop()
		close(m.quit)
		m.drawn.Wait()
		m.status.End()
	}
}
