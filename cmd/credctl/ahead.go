package main

import (
	"iter"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// aheadMost is how many credentials are held between reading and writing.
const aheadMost = 64

// ahead yields what seq does, while another goroutine reads on: a long listing
// then takes as long as the slower of reading and writing, not as both. Nothing
// waits for company: what is there is yielded at once.
func ahead(seq iter.Seq2[provider.Credential, error]) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		b := &belt{}
		b.changed.L = &b.mu
		defer b.stop()
		go func() {
			var end error
			for c, err := range seq {
				if err != nil {
					end = err
					break
				}
				if !b.put(c) {
					break
				}
			}
			b.close(end)
		}()
		var took []provider.Credential
		for {
			var err error
			var more bool
			if took, err, more = b.take(took[:0]); !more {
				if err != nil {
					yield(provider.Credential{}, err)
				}
				return
			}
			for _, c := range took {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// A belt carries credentials from one goroutine to another, as many at a time
// as there are. Its two slices are used in turn.
type belt struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []provider.Credential
	err     error
	closed  bool // nothing more comes
	stopped bool // nothing more is wanted
}

func (b *belt) put(c provider.Credential) (wanted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) >= aheadMost && !b.stopped {
		b.changed.Wait()
	}
	b.waiting = append(b.waiting, c)
	if len(b.waiting) == 1 {
		b.changed.Broadcast()
	}
	return !b.stopped
}

func (b *belt) close(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.err = true, err
	b.changed.Broadcast()
}

// take waits for something, and gives empty back to be filled.
func (b *belt) take(empty []provider.Credential) (took []provider.Credential, err error, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) == 0 && !b.closed {
		b.changed.Wait()
	}
	if len(b.waiting) == 0 {
		return nil, b.err, false
	}
	took, b.waiting = b.waiting, empty
	b.changed.Broadcast()
	return took, nil, true
}

// stop lets put end, and waits until it has: what reads on would use a
// connection that nobody wants any more.
func (b *belt) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.changed.Broadcast()
	for !b.closed {
		b.changed.Wait()
	}
}
