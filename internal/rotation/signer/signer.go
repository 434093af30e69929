// Package signer tells which credential signs credctl's own requests: the journal
// knows it where credctl issued it, else the time when it was last used shows it.
package signer

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Finder finds out which credential signs credctl's requests.
type Finder struct {
	Journal *journal.Store

	// Token returns what credctl signs with, where that may be a credential like
	// s; else nothing. It may be nil.
	Token func(ctx context.Context, s oplog.Subject) (provider.Secret, error)

	// Cache keeps what was found out by the time of last use: a plan and what is
	// then carried out ask the same.
	Cache *Cache
}

// A Cache keeps answers. Its zero value is empty, and it is safe for concurrent use.
type Cache struct{ answers sync.Map }

// An answer is whether a credential signs, and whether that could be told.
type answer struct{ signs, known bool }

// Owner returns the credential that credctl signs with, if the journal knows it. It
// knows that none is, too, where credctl does not sign with such.
func (f Finder) Owner(ctx context.Context, s oplog.Subject) (owner journal.Ref, known bool, err error) {
	if f.Token == nil {
		return journal.Ref{}, true, nil
	}
	token, err := f.Token(ctx, s)
	if err != nil || token.IsZero() {
		return journal.Ref{}, true, err
	}
	return f.Journal.Owner(token)
}

// Signs reports whether s is the credential that credctl signs with, and whether
// that could be told. all are the credentials that the token can see; it is ranged
// over, more than once, only where the journal does not tell.
func (f Finder) Signs(ctx context.Context, s oplog.Subject, all iter.Seq2[provider.Credential, error]) (signs, known bool, err error) {
	owner, known, err := f.Owner(ctx, s)
	if err != nil || known {
		return owner == s.Ref(), known, err
	}
	if a, ok := f.Cache.answers.Load(s.Ref()); ok {
		return a.(answer).signs, a.(answer).known, nil
	}
	self, unknown, err := f.observe(ctx, s, all, []string{s.ID})
	return self != "", len(unknown) == 0, err
}

// Among returns which of these credentials, of the kind of s, credctl signs with:
// "" when it is none of them. Of those in unknown it cannot be told. all is as for
// [Finder.Signs].
func (f Finder) Among(ctx context.Context, s oplog.Subject, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	owner, known, err := f.Owner(ctx, s)
	if err != nil {
		return "", nil, err
	}
	if !known {
		return f.observe(ctx, s, all, ids)
	}
	s.ID = owner.ID
	if i := slices.IndexFunc(ids, func(id string) bool { return strings.EqualFold(id, owner.ID) }); i >= 0 && owner == s.Ref() {
		return ids[i], nil, nil
	}
	return "", nil, nil
}

// observe finds it out by the time of last use, and keeps it: what is then done with
// each of them asks the same.
func (f Finder) observe(ctx context.Context, s oplog.Subject, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	self, unknown, err = movesWithUs(ctx, all, ids)
	for _, id := range ids {
		if err == nil {
			f.Cache.answers.Store(s.Ref().With(id), answer{id == self, !slices.Contains(unknown, id)})
		}
	}
	return self, unknown, err
}

// IsSigner is what is said of the credential that credctl signs with.
const IsSigner = "is the key that credctl itself signs with"

// Untold says that it cannot be told of which of these credentials something is so.
func Untold(what string, ids ...string) string {
	const most = 5
	which := strings.Join(ids[:min(most, len(ids))], ", ")
	if len(ids) > most {
		which += fmt.Sprintf(" and %d others", len(ids)-most)
	}
	if len(ids) > 1 {
		which = "one of " + which
	}
	return "whether " + which + " " + what + " cannot be told"
}
