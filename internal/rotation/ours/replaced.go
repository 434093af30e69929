package ours

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// longestRun is how long a rotation may take from its request until its new credential
// has its final name.
const longestRun = 15 * time.Minute

// A Holding is what a destination holds, as far as it tells.
type Holding struct {
	To     string
	Key    string // the access key ID
	Secret provider.Secret
	Hidden bool // it cannot be read
}

// Replaced returns an error if another run has replaced the credential already, or may
// have done so, and the journal has no record of it: the state folder was lost, or that run
// had another one. A destination that holds the key or the secret of another credential
// proves it, and so does a replacement that has its temporary name. A later credential with
// the same name and permissions may be a replacement. Where no destination can hold its
// secret, it is only mentioned in remark.
func (x Search) Replaced(ctx context.Context, all []provider.Credential, held []Holding) (remark string, err error) {
	s := x.Op
	if h, by := inUse(s, all, held); by != "" {
		return "", either(s, by, fmt.Errorf("%s holds the key of %s, not of %s", h.To, by, s.Subject.ID))
	}
	known, err := x.Index.Knows(s.Subject.Ref())
	if known || err != nil {
		return "", err
	}
	for _, c := range all {
		if s.Subject.StampedBy(c.Name) == "" || c.Revoked {
			continue
		}
		err := fmt.Errorf("another run, whose state folder is not this one, created %s to replace %s and has not finished", c.ID, s.Subject.ID)
		if x.Now.Before(c.Created.Add(longestRun)) {
			return "", provider.Hint(provider.WithClass(provider.ErrUnavailable, err), "wait until that run has ended, then run the same command again")
		}
		return "", provider.Hint(provider.WithClass(provider.ErrRefused, err), "if that run will not continue, delete its credential: credctl %s delete %s", s.Subject.Provider, c.ID)
	}
	later, err := x.later(all)
	if err != nil || len(later) == 0 {
		return "", err
	}
	seems := fmt.Sprintf("%s has the same name as %s and is not older", strings.Join(ids(later), ", "), s.Subject.ID)
	for _, h := range held {
		for _, c := range later {
			if works(ctx, x.Service, c, h.Secret) {
				return "", either(s, c.ID, fmt.Errorf("%s holds the secret of %s, not of %s", h.To, c.ID, s.Subject.ID))
			}
		}
	}
	unclear := func(h Holding) bool {
		return h.Hidden || h.Key == "" && !h.Secret.IsZero() && !works(ctx, x.Service, s.Old, h.Secret)
	}
	if len(held) > 0 && !slices.ContainsFunc(held, unclear) {
		return seems + ": delete it if nobody needs it", nil
	}
	return "", either(s, later[0].ID, fmt.Errorf("%s, and the journal has no rotation of %s: it may have been replaced already", seems, s.Subject.ID))
}

// Replacement returns the ID of the credential that has replaced one which does not work
// any more, where the listing and the destinations show a single one; else "".
func (x Search) Replacement(all []provider.Credential, held []Holding) (string, error) {
	if _, by := inUse(x.Op, all, held); by != "" {
		return by, nil
	}
	later, err := x.later(all)
	if err != nil || len(later) != 1 {
		return "", err
	}
	return later[0].ID, nil
}

// works reports whether the vendor accepts this secret together with the key of c. A
// secret without a key says nothing about whose it is.
func works(ctx context.Context, service provider.Service, c provider.Credential, secret provider.Secret) bool {
	v, verifies := service.(provider.Verifier)
	if !verifies || c.Key == "" || secret.IsZero() {
		return false
	}
	c.Secret = secret
	return v.Verify(ctx, c) == nil
}

func ids(all []provider.Credential) (ids []string) {
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}

// either refuses to replace a credential that another one seems to have replaced, and
// tells how to rotate either of them.
func either(s *oplog.OpState, other string, err error) error {
	command := func(id string) string {
		line := []string{"credctl", s.Subject.Provider, "rotate", id}
		for _, to := range s.Options.To {
			line = append(line, "--to", quote.Word(to))
		}
		return strings.Join(line, " ")
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, err), "if %s replaced it (the state folder was lost, or another one was used): %s; to create another replacement: %s --force", other, command(other), command(s.Subject.ID))
}

// inUse returns the first destination that holds the key of another credential, and the
// ID of that.
func inUse(s *oplog.OpState, all []provider.Credential, held []Holding) (h Holding, id string) {
	for _, h := range held {
		for _, c := range all {
			if h.Key != "" && c.Key == h.Key && c.ID != s.Subject.ID && c.Live() {
				return h, c.ID
			}
		}
	}
	return Holding{}, ""
}

// later returns the credentials like the old one that the journal does not know and that
// are not known to be older.
func (x Search) later(all []provider.Credential) (later []provider.Credential, err error) {
	s := x.Op
	for _, c := range all {
		older := !c.Created.IsZero() && !s.Old.Created.IsZero() && c.Created.Before(s.Old.Created)
		others := len(c.Scopes) > 0 && len(s.Old.Scopes) > 0 && !sameScopes(c.Scopes, s.Old.Scopes)
		if c.ID == s.Subject.ID || s.Name == "" || !c.Live() || older || others || !alike(s, c) {
			continue
		}
		known, err := x.Index.Knows(s.Subject.Ref().With(c.ID))
		if err != nil {
			return nil, err
		}
		if !known {
			later = append(later, c)
		}
	}
	return later, nil
}

func sameScopes(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
