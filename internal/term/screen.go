package term

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/credctl/credctl/internal/visible"
)

// eraseLine removes what is in the line of the cursor.
const eraseLine = "\r\x1b[K"

// A screen is standard error, which takes each write whole. A terminal shows, below
// all that is written, a line that says what is being done now.
type screen struct {
	w io.Writer

	mu      sync.Mutex
	columns func() int // of the terminal
	shown   []*Status  // the last one is drawn
	drawn   bool
	aside   int // how many write to another stream of the same terminal
	over    bool
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	n, err := s.w.Write(b)
	if bytes.HasSuffix(b, []byte("\n")) {
		s.draw()
	}
	return n, err
}

// Aside calls write, which may write to the same terminal, while no status is shown.
func (s *screen) Aside(write func()) {
	if s == nil {
		write()
		return
	}
	s.mu.Lock()
	s.erase()
	s.aside++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.aside--
		s.draw()
		s.mu.Unlock()
	}()
	write()
}

func (s *screen) erase() {
	if s.drawn {
		_, _ = io.WriteString(s.w, eraseLine)
		s.drawn = false
	}
}

func (s *screen) draw() {
	if s.over || len(s.shown) == 0 || s.aside > 0 {
		return
	}
	text := []rune(visible.Text(s.shown[len(s.shown)-1].text))
	text = text[:max(0, min(len(text), s.columns()-1))]
	_, _ = io.WriteString(s.w, eraseLine+string(text))
	s.drawn = len(text) > 0
}

// A Status is a line at the bottom of a terminal that says what is being done. The
// nil Status shows nothing.
type Status struct {
	screen *screen
	text   string
}

// Status shows what is being done where a person sees standard error. The caller ends it.
func (s *Streams) Status(text string) *Status {
	if !s.ErrTTY || s.Quiet {
		return nil
	}
	st := &Status{s.screen, text}
	st.screen.mu.Lock()
	defer st.screen.mu.Unlock()
	st.screen.shown = append(st.screen.shown, st)
	st.screen.draw()
	return st
}

// Set replaces the text of a status.
func (st *Status) Set(text string) {
	if st == nil {
		return
	}
	st.screen.mu.Lock()
	defer st.screen.mu.Unlock()
	if st.text != text {
		st.text = text
		st.screen.draw()
	}
}

// End removes a status.
func (st *Status) End() {
	if st == nil {
		return
	}
	st.screen.mu.Lock()
	defer st.screen.mu.Unlock()
	st.screen.erase()
	st.screen.shown = slices.DeleteFunc(st.screen.shown, func(other *Status) bool { return other == st })
	st.screen.draw()
}

// EndStatus removes every status, and shows none any more: the run is over.
func (s *Streams) EndStatus() {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	s.screen.erase()
	s.screen.shown, s.screen.over = nil, true
}
