package entry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// Sessions are what the destinations of a run share: for each server one client,
// and one login. The zero value is ready to use.
type Sessions struct {
	mu   sync.Mutex
	open map[string]*session
}

type session struct {
	mu    sync.Mutex
	value any
	close func(context.Context) error
}

// Share returns the session of that name, which must hold all that open depends
// on. It is opened when it is first asked for, and again when that failed. Open
// may return what ends the session.
func Share[T any](s *Sessions, name string, open func() (T, func(context.Context) error, error)) (T, error) {
	s.mu.Lock()
	if s.open == nil {
		s.open = map[string]*session{}
	}
	one := s.open[name]
	if one == nil {
		one = &session{}
		s.open[name] = one
	}
	s.mu.Unlock()

	one.mu.Lock()
	defer one.mu.Unlock()
	if value, ok := one.value.(T); ok {
		return value, nil
	}
	value, end, err := open()
	if err == nil {
		one.value, one.close = value, end
	}
	return value, err
}

// Close ends all sessions: tokens that were issued for them are revoked.
func (s *Sessions) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for name, one := range s.open {
		if one.close != nil {
			errs = append(errs, one.close(ctx))
		}
		delete(s.open, name)
	}
	return errors.Join(errs...)
}

// Fingerprint returns a name for secrets that does not tell them.
func Fingerprint(secrets ...provider.Secret) string {
	sum := sha256.New()
	for _, s := range secrets {
		fmt.Fprintf(sum, "%d %s\n", len(s.Reveal()), s.Reveal())
	}
	return hex.EncodeToString(sum.Sum(nil))
}
