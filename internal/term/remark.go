package term

import (
	"fmt"
	"sync"
)

// Line writes a line for people to standard error, as several where a terminal is
// narrower. What a terminal would act on is replaced: text of vendors, proxies and
// certificates may be in it.
func (s *Streams) Line(format string, args ...any) {
	fmt.Fprintln(s.Err, s.Fill(fmt.Sprintf(format, args...)))
}

// remarks are those that wait for the end, and the last one of all.
type remarks struct {
	mu      sync.Mutex
	waiting []string
	last    string
}

// Remark writes a line for people that is neither a result nor an error. The same
// line is not written twice in a row.
func (s *Streams) Remark(format string, args ...any) {
	if s.Quiet {
		return
	}
	line := fmt.Sprintf(format, args...)
	s.remarks.mu.Lock()
	defer s.remarks.mu.Unlock()
	if line == s.remarks.last {
		return
	}
	s.remarks.last = line
	if s.JSONErrors {
		s.remarks.waiting = append(s.remarks.waiting, line)
		return
	}
	s.Line("%s", line)
}

// Remarking returns a function that makes this remark.
func (s *Streams) Remarking(format string, args ...any) func() error {
	return func() error {
		s.Remark(format, args...)
		return nil
	}
}

// TakeRemarks returns the remarks that waited for the end of the run, once.
func (s *Streams) TakeRemarks() []string {
	s.remarks.mu.Lock()
	defer s.remarks.mu.Unlock()
	all := s.remarks.waiting
	s.remarks.waiting = nil
	return all
}

// WriteRemarks writes the remarks that waited for the end of the run.
func (s *Streams) WriteRemarks() {
	for _, line := range s.TakeRemarks() {
		s.Line("%s", line)
	}
}
