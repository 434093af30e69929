package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

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
	wide  func() int // columns that there are
	total int
	began time.Time
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
	m := &meter{w: a.stderr, wide: a.columns, total: total, began: time.Now(), tick: time.NewTicker(200 * time.Millisecond), quit: make(chan struct{})}
	m.drawn.Go(func() {
		for {
			select {
			case <-m.tick.C:
				m.mu.Lock()
				fmt.Fprint(m.w, eraseLine, bar(m.done, m.total, time.Since(m.began), m.wide()))
				m.mu.Unlock()
			case <-m.quit:
				return
			}
		}
	})
	return m
}

// columns is how wide the terminal is that standard error is.
func (a *app) columns() int {
	if f, ok := a.stderr.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

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
