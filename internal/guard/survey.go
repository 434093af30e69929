package guard

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// A survey looks at all credentials that the token can see, whatever a setting
// such as --tenant keeps out of a listing, and remembers those with these IDs as
// they were when they were last read. So the guards need not list them again.
type survey struct {
	ids     []string
	service provider.Service
	all     iter.Seq2[provider.Credential, error]
	listed  bool // to the end

	mu   sync.Mutex
	seen map[string]*provider.Credential // by ID in lower case; nil: there is none. What was not read is not in it
}

func newSurvey(ctx context.Context, svc provider.Service, ids []string) *survey {
	return &survey{ids: ids, service: svc, all: provider.ListScope(ctx, svc, provider.Credential{}), seen: map[string]*provider.Credential{}}
}

// list yields all credentials, and remembers.
func (s *survey) list(yield func(provider.Credential, error) bool) {
	found := make(map[string]*provider.Credential, len(s.ids))
	for _, id := range s.ids {
		found[strings.ToLower(id)] = nil
	}
	for c, err := range s.all {
		id := strings.ToLower(c.ID)
		if _, ours := found[id]; ours && err == nil {
			one := c // only these go to the heap
			found[id] = &one
		}
		if !yield(c, err) || err != nil {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.listed = found, true
}

// listOnce looks, unless it did before.
func (s *survey) listOnce() error {
	if s.listed {
		return nil
	}
	for _, err := range s.list {
		if err != nil {
			return err
		}
	}
	return nil
}

// remember remembers what reading one credential told.
func (s *survey) remember(id string, c provider.Credential, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.seen[strings.ToLower(id)] = &c
	case errors.Is(err, provider.ErrAbsent):
		s.seen[strings.ToLower(id)] = nil
	}
}

// read reads what was not read yet. Where that fails, nothing is known: the deletion
// itself meets the same.
func (s *survey) read(ctx context.Context) {
	getter, ok := s.service.(provider.Getter)
	switch {
	case len(s.seen) == len(s.ids) || !ok:
	case len(s.ids) == 1:
		c, err := getter.Get(ctx, s.ids[0])
		s.remember(s.ids[0], c, err)
	default:
		_ = s.listOnce()
	}
}

// of returns what is remembered of an ID, which is nil where there is none, and
// whether it was read.
func (s *survey) of(id string) (c *provider.Credential, read bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, read = s.seen[strings.ToLower(id)]
	return c, read
}

// readable reports what keeps the account from being listed.
func (s *survey) readable() error {
	if s.listed {
		return nil
	}
	for _, err := range s.all {
		return err
	}
	return nil
}
