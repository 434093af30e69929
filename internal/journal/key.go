package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// ErrIdentity is the class of errors of an age identity that is lost or unreachable.
var ErrIdentity = errors.New("the journal's identity")

// Key returns the journal's key, and makes it the first time.
func (s *Store) Key() (*seal.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	key, err := s.backend.Key(context.Background())
	if err != nil {
		return nil, provider.WithClass(ErrIdentity, fmt.Errorf("state identity: %w", err))
	}
	s.key = key
	return key, nil
}

// CheckIdentity reports whether secrets can be kept, before there is one.
func (s *Store) CheckIdentity() error {
	_, err := s.Key()
	return err
}

// open adds what e.Sealed holds to secrets.
func (s *Store) open(e Entry, secrets map[string]provider.Secret) error {
	if e.Sealed == "" {
		return nil
	}
	k, err := s.Key()
	if err != nil {
		return err
	}
	if err := k.Open(e.Sealed, secrets); err != nil {
		return provider.Hint(fmt.Errorf("the secrets of entry %d cannot be decrypted: %w", e.Seq, err),
			"restore the state identity as it was when the operation began")
	}
	return nil
}
