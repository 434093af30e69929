package guard

import (
	"context"
	"iter"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A survey looks at all credentials that the token can see, whatever a setting
// such as --tenant keeps out of a listing, and remembers what the last look told
// of those with these IDs. So the guards need not each list them.
type survey struct {
	ids  []string
	all  iter.Seq2[provider.Credential, error]
	seen map[string]*provider.Credential // nil: it did not look yet; of an ID: it is not listed
}

func newSurvey(ctx context.Context, svc provider.Service, ids []string) *survey {
	return &survey{ids: ids, all: provider.ListScope(ctx, svc, provider.Credential{})}
}

// look yields all credentials, and remembers.
func (s *survey) look(yield func(provider.Credential, error) bool) {
	s.seen = make(map[string]*provider.Credential, len(s.ids))
	for _, id := range s.ids {
		s.seen[strings.ToLower(id)] = nil
	}
	for c, err := range s.all {
		id := strings.ToLower(c.ID)
		if _, ours := s.seen[id]; ours && err == nil {
			found := c // only these go to the heap
			s.seen[id] = &found
		}
		if !yield(c, err) {
			return
		}
	}
}

// once looks, unless it did before.
func (s *survey) once() error {
	if s.seen != nil {
		return nil
	}
	for _, err := range s.look {
		if err != nil {
			return err
		}
	}
	return nil
}

// of returns what the last look told of an ID, if it was listed.
func (s *survey) of(id string) (provider.Credential, bool) {
	c := s.seen[strings.ToLower(id)]
	if c == nil {
		return provider.Credential{}, false
	}
	return *c, true
}
