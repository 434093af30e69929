package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// ErrIdentity is the class of errors of an age identity that is lost or unreachable.
var ErrIdentity = errors.New("the journal's identity")

// sealer returns the store's key, and makes it the first time.
func (s *Store) sealer() (*seal.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	release, err := s.Lock(context.Background(), "the journal's identity", 10*time.Second)
	if err != nil {
		return nil, err
	}
	defer release()
	id, err := s.identity()
	if err != nil {
		err = provider.WithClass(ErrIdentity, fmt.Errorf("state identity: %w", err))
		if provider.HintOf(err) == "" {
			err = provider.Hint(err, "restore it from a backup; or, if it is lost, move %s away", s.dir)
		}
		return nil, err
	}
	s.key = seal.New(id)
	return s.key, nil
}

// place returns where the identity is.
func (s *Store) place() identity.Place {
	if s.options.Identity != nil {
		return *s.options.Identity
	}
	own := identity.File(s.path("identity", "age.txt"))
	read := own.Read
	own.Read = func(ctx context.Context) ([]byte, error) {
		if err := s.own(own.Name); err != nil {
			return nil, err
		}
		return read(ctx)
	}
	return own
}

// identity returns the age identity of the store.
func (s *Store) identity() (*age.X25519Identity, error) {
	folder := identity.Folder{Dir: s.dir, Used: func() (bool, error) {
		files, err := filepath.Glob(s.path("operations", "*"+suffix))
		return len(files) > 0 || !s.archive.Empty(), err
	}}
	return folder.Find(context.Background(), s.place())
}

// CheckIdentity reports whether secrets can be kept, before there is one.
func (s *Store) CheckIdentity() error {
	_, err := s.sealer()
	return err
}

// open adds what e.Sealed holds to secrets.
func (s *Store) open(e Entry, secrets map[string]provider.Secret) error {
	if e.Sealed == "" {
		return nil
	}
	k, err := s.sealer()
	if err != nil {
		return err
	}
	if err := k.Open(e.Sealed, secrets); err != nil {
		return provider.Hint(fmt.Errorf("the secrets of entry %d cannot be opened: %w", e.Seq, err),
			"restore the state identity (%s) as it was when the operation began", s.place().Name)
	}
	return nil
}
