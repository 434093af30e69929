package config

import (
	"context"
	"strings"
	"sync"
)

// A memo remembers what was read, by vendor and source, so that a password
// manager asks its user once.
type memo[T any] struct {
	mu    sync.Mutex
	known map[string]*memoized[T]
}

type memoized[T any] struct {
	mu    sync.Mutex
	done  bool
	value T
	err   error
}

// get returns what read returned for the first time. That a context ended is not
// remembered: the next caller may have more time.
func (m *memo[T]) get(ctx context.Context, vendor, source string, read func() (T, error)) (T, error) {
	key := vendor + "/" + source
	m.mu.Lock()
	one := m.known[key]
	if one == nil {
		if m.known == nil {
			m.known = map[string]*memoized[T]{}
		}
		one = &memoized[T]{}
		m.known[key] = one
	}
	m.mu.Unlock()
	one.mu.Lock()
	defer one.mu.Unlock()
	if !one.done {
		one.value, one.err = read()
		one.done = ctx.Err() == nil
	}
	return one.value, one.err
}

// forget lets everything of a vendor be read again.
func (m *memo[T]) forget(vendor string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.known {
		if strings.HasPrefix(key, vendor+"/") {
			delete(m.known, key)
		}
	}
}
