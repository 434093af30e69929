package term

import (
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/visible"
)

// eraseLine removes what a meter has drawn.
const eraseLine = "\r\x1b[K"

// Progress returns a function that tells a person what is being waited for, or nil
// where nobody is there to tell: a log of cron should hold what went wrong.
func (s *Streams) Progress() func(what string) {
	if !s.ErrTTY || s.Quiet {
		return nil
	}
	var mu sync.Mutex
	last := ""
	return func(what string) {
		mu.Lock()
		defer mu.Unlock()
		if what != last {
			s.Over("… %s", what)
			last = what
		}
	}
}

// Over writes a line over a meter that there may be.
func (s *Streams) Over(format string, args ...any) {
	fmt.Fprint(s.Err, eraseLine+visible.Lines(fmt.Sprintf(format, args...))+"\n")
}
