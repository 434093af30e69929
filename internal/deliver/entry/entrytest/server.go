// Package entrytest is the contract of the destinations that hold named values,
// and what tests of them need.
package entrytest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// A Server is a fake over real HTTP that can fail on the way.
type Server struct {
	*httptest.Server

	mu       sync.Mutex
	requests []string
	changes  func(*http.Request) bool
	before   func()
	lose     int
}

// Serve starts a server. Changes reports which requests change something; nil is
// all but GET and HEAD.
func Serve(t testing.TB, h http.Handler, changes func(*http.Request) bool) *Server {
	s := &Server{changes: changes}
	if changes == nil {
		s.changes = func(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(h, w, r) }))
	t.Cleanup(s.Close)
	return s
}

func (s *Server) serve(h http.Handler, w http.ResponseWriter, r *http.Request) {
	change := s.changes(r)
	s.mu.Lock()
	name := r.Method + " " + r.URL.Path
	if change {
		name = "! " + name
	}
	s.requests = append(s.requests, name)
	before, lose := s.before, false
	if change {
		s.before = nil
		if s.lose > 0 {
			s.lose--
			lose = true
		}
	}
	s.mu.Unlock()
	if change && before != nil {
		before()
	}
	if !lose {
		h.ServeHTTP(w, r)
		return
	}
	h.ServeHTTP(httptest.NewRecorder(), r) // it is carried out, and nobody learns of it
	panic(http.ErrAbortHandler)
}

// Before calls f once, before the next request that changes something.
func (s *Server) Before(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Lose carries out the next n requests that change something, and cuts the
// connection in place of the answer.
func (s *Server) Lose(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = n
}

// Requests returns the requests since the last call; one that changes something
// begins with "! ".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests
	s.requests = nil
	return r
}

// Changes returns those of the requests that change something.
func Changes(requests []string) []string {
	return slices.DeleteFunc(slices.Clone(requests), func(r string) bool { return r[0] != '!' })
}
