// Package memo keeps what was read once in a run.
package memo

import (
	"context"
	"strings"
	"sync"
)

// A Memo keeps what was read, by vendor and source, so that a password manager asks
// its user once.
type Memo[T any] struct {
	mu    sync.Mutex
	known map[string]*memoized[T]
}

type memoized[T any] struct {
	mu    sync.Mutex
	done  bool
	value T
	err   error
}

// Get returns what read returned the first time. The end of a context is not kept:
// the next caller may have more time.
func (m *Memo[T]) Get(ctx context.Context, vendor, source string, read func() (T, error)) (T, error) {
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

// Forget removes everything of a vendor.
func (m *Memo[T]) Forget(vendor string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.known {
		if strings.HasPrefix(key, vendor+"/") {
			delete(m.known, key)
		}
	}
}
