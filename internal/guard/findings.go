package guard

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// Findings are what a [Guard] found out of credentials that are to be deleted.
type Findings struct {
	IDs     []string // those to delete, in that order
	LeftOut []LeftOut

	service provider.Service
	seen    *survey
	gone    map[string]bool // what would be refused, if it existed
}

// LeftOut is a credential of several that is not deleted.
type LeftOut struct {
	ID  string
	Err error // why
}

// Name returns the name of a credential, where that is known.
func (f *Findings) Name(id string) string {
	if c, _ := f.seen.of(id); c != nil {
		return c.Name
	}
	return ""
}

// Revoked reports whether a credential is known to be revoked: nothing is left to delete.
func (f *Findings) Revoked(id string) bool {
	c, _ := f.seen.of(id)
	return c != nil && c.Revoked
}

// Missing returns an error of class [provider.ErrAbsent] where a deletion would find
// that there is no credential with this ID.
func (f *Findings) Missing(id string) error {
	switch c, read := f.seen.of(id); {
	case !read:
		return nil
	case c == nil:
		return absent("%s does not exist, or this token cannot access it", id)
	case c.Revoked:
		return absent("%s is already revoked", id)
	}
	return nil
}

// Gone returns the error of Missing where only that lets a credential pass: should it exist
// after all, it must not be deleted. So no deletion is sent.
func (f *Findings) Gone(id string) error {
	if !f.gone[id] {
		return nil
	}
	return f.Missing(id)
}

func absent(format string, args ...any) error {
	return provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, fmt.Errorf(format, args...)))
}

// Settle returns what a deletion came to that ended with err. It is of the class
// [provider.ErrGone] alone where an earlier try whose answer was lost has deleted the
// credential: it was there before, and is not now.
func (f *Findings) Settle(ctx context.Context, id string, err error) error {
	if !errors.Is(err, provider.ErrGone) {
		return err
	}
	before, _ := f.seen.of(id)
	was := before != nil && !before.Revoked
	now, rerr := f.service.(provider.Getter).Get(ctx, id)
	switch {
	case rerr == nil && !now.Revoked:
		return provider.Hint(provider.Reclassify(provider.ErrNotFound, fmt.Errorf("%w; %s still exists", err, id)),
			"use a token that may delete %s", id)
	case was && (rerr == nil || errors.Is(rerr, provider.ErrAbsent)):
		return provider.Reclassify(provider.ErrGone, err)
	case rerr == nil:
		return provider.WithClass(provider.ErrAbsent, provider.Reclassify(provider.ErrNotFound, err))
	case errors.Is(rerr, provider.ErrNotFound):
		return provider.Hint(provider.Reclassify(provider.ErrNotFound, fmt.Errorf("%w; the answer to an earlier try was lost, and nothing shows that %s existed", err, id)),
			"check the ID and the account")
	}
	return provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("the answer to the deletion was lost, and %s cannot be read: %w", id, rerr)),
		"check later whether %s still exists", id)
}

// Ignorable reports whether err says that there is no such credential in an account
// that exists and can be read: only then nothing is left to delete.
func (f *Findings) Ignorable(err error) (bool, error) {
	if !errors.Is(err, provider.ErrAbsent) {
		return false, nil
	}
	return true, f.seen.readable()
}
