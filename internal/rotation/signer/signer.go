// Package signer tells which credential credctl authenticates with. The journal knows
// it where credctl issued that credential; otherwise the vendor's listing may tell.
package signer

import (
	"context"
	"iter"
	"strings"
	"sync"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Finder finds out which credential credctl authenticates with.
type Finder struct {
	Journal *journal.Store

	// Token returns what credctl authenticates with, where that may be a credential
	// like s; otherwise nothing. It may be nil.
	Token func(ctx context.Context, s oplog.Subject) (provider.Secret, error)

	// TokenID returns the ID of the credential whose secret Token returns, where it is
	// stored with that secret, or "". It may be nil.
	TokenID func(ctx context.Context, s oplog.Subject) (string, error)

	// Recent returns a listing that this run has made less than a minute before, if
	// there is one. It may be nil.
	Recent func(service provider.Service) Earlier

	// Cache keeps what the vendor's listings told during a run.
	Cache *Cache
}

// A Cache keeps answers. Its zero value is empty, and it is safe for concurrent use.
type Cache struct{ answers, observed sync.Map }

// of returns what looks with a service have told.
func (c *Cache) of(service provider.Service) *observation {
	o, _ := c.observed.LoadOrStore(service, &observation{})
	return o.(*observation)
}

// An answer is whether a credential is the one, and whether that could be told.
type answer struct{ signs, known bool }

// Owner returns the credential that credctl authenticates with, if the journal, or
// the store of the token, knows it. It is known, too, that there is none where the
// token is no such credential.
func (f Finder) Owner(ctx context.Context, s oplog.Subject) (owner journal.Ref, known bool, err error) {
	token, err := f.token(ctx, s)
	if err != nil || token.IsZero() {
		return journal.Ref{}, true, err
	}
	owner, known, err = f.Journal.Owner(token)
	if known || err != nil || f.TokenID == nil {
		return owner, known, err
	}
	id, err := f.TokenID(ctx, s)
	if err != nil || id == "" {
		return journal.Ref{}, false, err
	}
	return s.Ref().With(id), true, nil
}

func (f Finder) token(ctx context.Context, s oplog.Subject) (provider.Secret, error) {
	if f.Token == nil {
		return provider.Secret{}, nil
	}
	return f.Token(ctx, s)
}

func (f Finder) recent(service provider.Service) Earlier {
	if f.Recent == nil {
		return Earlier{}
	}
	return f.Recent(service)
}

// Learn records that the credential with this ID, of the kind of s, is the one that
// credctl authenticates with, for later runs. The vendor must have said so.
func (f Finder) Learn(ctx context.Context, s oplog.Subject, id string) error {
	token, err := f.token(ctx, s)
	if err != nil || token.IsZero() {
		return err
	}
	if _, known, err := f.Journal.Owner(token); known || err != nil {
		return err
	}
	return f.Journal.Issued(s.Ref().With(id), token, f.Journal.Now())
}

// Remember is [Finder.Learn] of the credential that the listings of a service have told
// with certainty, if they have.
func (f Finder) Remember(ctx context.Context, s oplog.Subject, service provider.Service) error {
	if id := f.Cache.of(service).certain(); id != "" {
		return f.Learn(ctx, s, id)
	}
	return nil
}

// Self returns the ID of the credential of the kind of s that credctl authenticates
// with, where that is certain, or "". Its parameters are those of [Finder.Signs].
func (f Finder) Self(ctx context.Context, s oplog.Subject, service provider.Service, all iter.Seq2[provider.Credential, error]) (string, error) {
	owner, known, err := f.Owner(ctx, s)
	if err != nil || known {
		if owner != s.Ref().With(owner.ID) {
			return "", err
		}
		return owner.ID, err
	}
	o := f.Cache.of(service)
	_, _, err = o.amongListed(ctx, service, f.recent(service), all, nil)
	return o.certain(), err
}

// Signs reports whether s is the credential that credctl authenticates with, and
// whether that could be told. service lists all credentials as all, which is ranged
// over, more than once, only where the journal does not tell.
func (f Finder) Signs(ctx context.Context, s oplog.Subject, service provider.Service, all iter.Seq2[provider.Credential, error]) (signs, known bool, err error) {
	self, unknown, err := f.Among(ctx, s, service, all, []string{s.ID})
	return self != "", err == nil && len(unknown) == 0, err
}

// Among returns which of these credentials, of the kind of s, credctl authenticates
// with: "" when it is none of them. Of those in unknown that cannot be told. The
// other parameters are those of [Finder.Signs].
func (f Finder) Among(ctx context.Context, s oplog.Subject, service provider.Service, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	owner, known, err := f.Owner(ctx, s)
	if err != nil {
		return "", nil, err
	}
	if known {
		for _, id := range ids {
			if strings.EqualFold(id, owner.ID) && owner == s.Ref().With(owner.ID) {
				return id, nil, nil
			}
		}
		return "", nil, nil
	}
	token, err := f.token(ctx, s)
	if err != nil {
		return "", nil, err
	}
	var open []string // those of which nothing is known yet
	for _, id := range ids {
		if a, ok := f.Cache.answers.Load(s.Ref().With(id)); ok {
			if a.(answer).signs {
				self = id
			} else if !a.(answer).known {
				unknown = append(unknown, id)
			}
			continue
		}
		other := false
		if _, ok := service.(Signatory); ok {
			if other, err = f.Journal.HasAnother(s.Ref().With(id), token); err != nil {
				return "", nil, err
			}
		}
		if !other {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return self, unknown, nil
	}
	found, untold, err := f.Cache.of(service).amongListed(ctx, service, f.recent(service), all, open)
	if err != nil {
		return "", nil, err
	}
	for _, id := range open {
		a := answer{id == found, true}
		for _, u := range untold {
			a.known = a.known && u != id
		}
		f.Cache.answers.Store(s.Ref().With(id), a)
	}
	if found != "" {
		self = found
	}
	return self, append(unknown, untold...), nil
}
