package term

import "sync"

// Progress returns a function that tells a person what is being waited for, and with
// "" that nothing is; or nil where nobody is there to tell: a log of cron should hold
// what went wrong.
func (s *Streams) Progress() func(what string) {
	if !s.ErrTTY || s.Quiet {
		return nil
	}
	var mu sync.Mutex
	var shown *Status
	return func(what string) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case what == "":
			shown.End()
			shown = nil
		case shown == nil:
			shown = s.Status(what + "…")
		default:
			shown.Set(what + "…")
		}
	}
}
