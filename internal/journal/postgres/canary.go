package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// OpenKey returns the key of the identity at a place if it is that of a state: it opens the
// canary in the database. where names the database.
func OpenKey(ctx context.Context, place identity.Place, of schema.State, where string) (*seal.Key, error) {
	text, err := place.Read(ctx)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = provider.WithClass(provider.ErrDenied, fmt.Errorf("%s does not exist, and the state in %s was encrypted with it", place.Name, where))
		}
		return nil, provider.Hint(err, "copy the identity from a host that has it, or set CREDCTL_STATE_IDENTITY_FILE to its path")
	}
	id, err := identity.Parse(place.Name, text)
	if err != nil {
		return nil, err
	}
	if id.Recipient().String() != of.Recipient || seal.New(id).Open(of.Canary, map[string]provider.Secret{}) != nil {
		return nil, provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("%s is not the identity of the state in %s", place.Name, where)),
			"copy the identity from a host that has it, or set CREDCTL_STATE_IDENTITY_FILE to its path")
	}
	return seal.Restore(id, of.Keys)
}

// NewCanary returns the recipient of the identity at a place, and a canary that only it
// opens. Where there is no identity, it makes one.
func NewCanary(ctx context.Context, place identity.Place) (recipient, canary string, err error) {
	text, err := place.Read(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if place.Write == nil {
			return "", "", provider.Hint(provider.Usage("%s does not exist", place.Name), "create an identity with: age-keygen")
		}
		if text, err = identity.New(); err == nil {
			err = place.Write(text)
		}
	}
	if err != nil {
		return "", "", err
	}
	id, err := identity.Parse(place.Name, text)
	if err != nil {
		return "", "", err
	}
	canary, err = canaryOf(id)
	return id.Recipient().String(), canary, err
}

// canaryOf returns a text that only an identity opens.
func canaryOf(id *age.X25519Identity) (string, error) {
	canary, _, err := seal.New(id).Seal(map[string]provider.Secret{"canary": provider.NewSecret("credctl")})
	return canary, err
}
