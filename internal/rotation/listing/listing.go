// Package listing keeps what a run has listed: entries of a policy, plans, guards and
// rotations share one listing of each account.
package listing

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Recent is how long a listing serves decisions that a repeated request would not
// change. What is decided by the vendor's state at that moment, such as a deletion,
// never uses a listing that was kept.
const Recent = time.Minute

// Lately is the time since which a listing is recent.
func Lately() time.Time { return time.Now().Add(-Recent) }

// Accounts has the listings of all accounts of a run. Its zero value is empty, and it
// is safe for concurrent use.
type Accounts struct {
	mu  sync.Mutex
	all map[provider.Service]*Account
}

// Of returns the account of an open service. All who pass the same service share it.
func (a *Accounts) Of(service provider.Service) *Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[provider.Service]*Account{}
	}
	if a.all[service] == nil {
		a.all[service] = &Account{service: service, turn: make(chan struct{}, 1)}
	}
	return a.all[service]
}

// An Account is what was listed with one token of a vendor.
type Account struct {
	service provider.Service
	turn    chan struct{} // held by who lists

	mu    sync.Mutex
	began time.Time // when the listing began; zero: nothing was listed
	took  time.Duration
	all   []provider.Credential
	index map[string]int // by ID
	names []int          // selected by the settings, in the order of their names; nil: not sorted yet

	dateless atomic.Bool
}

// All returns every credential that the token can see, from a listing that did not begin
// before since. The slice must not be changed. Of those who need another listing, one
// lists, and the others wait.
func (a *Account) All(ctx context.Context, since time.Time) ([]provider.Credential, error) {
	if all, ok := a.kept(since); ok {
		return all, nil
	}
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-a.turn }()
	if all, ok := a.kept(since); ok {
		return all, nil
	}
	began := time.Now()
	var all []provider.Credential
	for c, err := range provider.ListScope(ctx, a.service, provider.Credential{}) {
		if err != nil {
			return nil, fmt.Errorf("could not list the existing credentials: %w", err)
		}
		if len(all) == cap(all) { // append alone copies a long listing many times, which is most of the garbage of a run
			all = slices.Grow(all, len(all)+1)
		}
		all = append(all, c)
	}
	index := make(map[string]int, len(all))
	for i := range all {
		index[all[i].ID] = i
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.began, a.took, a.all, a.index, a.names = began, time.Since(began), all, index, nil
	return all, nil
}

// kept returns the listing, if it did not begin before since: a time and no age, which
// would have changed until it is compared.
func (a *Account) kept(since time.Time) ([]provider.Credential, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all, !a.began.IsZero() && !a.began.Before(since)
}

// Candidates is a listing that is kept and recent, as a sequence, with when it began and
// how long it took; nil if there is none.
func (a *Account) Candidates() (all iter.Seq2[provider.Credential, error], began time.Time, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.began.IsZero() || a.began.Before(Lately()) {
		return nil, began, took
	}
	return sequence(a.all, nil), a.began, a.took
}

// Again lists all again whenever it is ranged over, and keeps that.
func (a *Account) Again(ctx context.Context) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		all, err := a.All(ctx, time.Now().Add(1)) // what began before does not do
		sequence(all, err)(yield)
	}
}

// sequence yields all, or else the error.
func sequence(all []provider.Credential, err error) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		if err != nil {
			yield(provider.Credential{}, err)
			return
		}
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Find returns one credential of a recent listing, and whether that has it.
func (a *Account) Find(ctx context.Context, id string) (c provider.Credential, found bool, err error) {
	since := Lately()
	if _, err := a.All(ctx, since); err != nil {
		return c, false, err
	}
	c, found = a.Cached(id, since)
	return c, found, nil
}

// Cached returns one credential of a listing that is kept and did not begin before since,
// and whether that has it. It lists nothing.
func (a *Account) Cached(id string, since time.Time) (c provider.Credential, found bool) {
	if _, ok := a.kept(since); !ok {
		return c, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	i, found := a.index[id]
	if found {
		c = a.all[i]
	}
	return c, found
}

// Dated notes whether reading a credential by itself has told when it was created.
func (a *Account) Dated(dated bool) { a.dateless.Store(!dated) }

// Dateless reports that the vendor does not tell when credentials were created, as far
// as was noted.
func (a *Account) Dateless() bool { return a.dateless.Load() }
