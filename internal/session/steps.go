package session

import (
	"sync"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// steps shows the steps of rotations to a person: what is being done in a line that
// what was done replaces. Without a terminal, only what is important is shown.
type steps struct {
	streams *term.Streams

	mu    sync.Mutex
	doing map[string]*term.Status // by vendor and ID
}

func (s *steps) report(e rotation.Notice) {
	text := e.Subject.Provider + ": " + visible.Text(e.Text)
	switch {
	case e.Doing:
		s.status(e.Subject.Provider+"/"+e.Subject.ID, text, e.Text == "")
	case s.streams.Quiet && !e.Important:
	case e.Important && !s.streams.ErrTTY:
		s.streams.Remark("%s", text)
	case s.streams.ErrTTY:
		s.streams.Line("%s", text)
	}
}

func (s *steps) status(of, text string, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch shown := s.doing[of]; {
	case ended:
		shown.End()
		delete(s.doing, of)
	case shown == nil:
		if shown = s.streams.Status(text + "…"); shown != nil {
			if s.doing == nil {
				s.doing = map[string]*term.Status{}
			}
			s.doing[of] = shown
		}
	default:
		shown.Set(text + "…")
	}
}
