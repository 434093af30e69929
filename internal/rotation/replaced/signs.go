package replaced

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/ours"
)

// longestRun is how long a rotation may take from its request until its new credential
// has its final name.
const longestRun = 15 * time.Minute

// inUse returns the first destination that holds the key of another credential, and the
// ID of that.
func (x search) inUse(held []Holding) (h Holding, id string) {
	for _, h := range held {
		for _, c := range x.all {
			if h.Key != "" && c.Key == h.Key && c.ID != x.Op.Subject.ID && c.Live() {
				return h, c.ID
			}
		}
	}
	return Holding{}, ""
}

// unfinished refuses where a replacement has its temporary name.
func (x search) unfinished() error {
	s := x.Op.Subject
	for _, c := range x.all {
		if s.StampedBy(c.Name) == "" || c.Revoked {
			continue
		}
		err := fmt.Errorf("another run, with another state folder, created %s to replace %s and has not finished", c.ID, s.ID)
		if x.Time().Before(c.Created.Add(longestRun)) {
			return provider.Hint(provider.WithClass(provider.ErrUnavailable, err), "wait until that run has ended, then run the same command again")
		}
		return provider.Hint(provider.WithClass(provider.ErrRefused, err), "if that run will not continue, delete its credential: credctl %s delete %s", s.Provider, c.ID)
	}
	return nil
}

// namesakes refuses where a later credential like the old credential may be its
// replacement.
func (x search) namesakes(held []Holding) (said []string, err error) {
	later, err := x.later()
	if err != nil || len(later) == 0 {
		return nil, err
	}
	ids := make([]string, len(later))
	for i, c := range later {
		ids[i] = c.ID
		for _, h := range held {
			if x.works(c, h.Secret) {
				return nil, x.refusal(c.ID, fmt.Errorf("%s holds the secret of %s, not of %s", h.To, c.ID, x.Op.Subject.ID))
			}
		}
	}
	seems := fmt.Sprintf("%s has the same name as %s and is not older", strings.Join(ids, ", "), x.Op.Subject.ID)
	if x.noneHolds(held) {
		return []string{seems + ": delete it if nobody needs it"}, nil
	}
	return nil, x.refusal(ids[0], fmt.Errorf("%s, and the journal has no rotation of %s: it may have been replaced already", seems, x.Op.Subject.ID))
}

// noneHolds reports whether there are destinations, and none can hold the secret of a
// replacement: each is empty, or holds a key or the secret of the old credential.
func (x search) noneHolds(held []Holding) bool {
	return len(held) > 0 && !slices.ContainsFunc(held, func(h Holding) bool {
		return h.Hidden || h.Key == "" && !h.Secret.IsZero() && !x.works(x.Old, h.Secret)
	})
}

// works reports whether the vendor accepts this secret together with the key of c. A
// secret without a key says nothing about whose it is.
func (x search) works(c provider.Credential, secret provider.Secret) bool {
	v, verifies := x.Service.(provider.Verifier)
	if !verifies || c.Key == "" || secret.IsZero() {
		return false
	}
	c.Secret = secret
	return v.Verify(x.ctx, c) == nil
}

// later returns the credentials with the name and permissions of the old credential that
// the journal does not know and that are not known to be older.
func (x search) later() (later []provider.Credential, err error) {
	s := x.Op
	for _, c := range x.all {
		older := !c.Created.IsZero() && !s.Old.Created.IsZero() && c.Created.Before(s.Old.Created)
		differ := len(c.Scopes) > 0 && len(s.Old.Scopes) > 0 && !sameScopes(c.Scopes, s.Old.Scopes)
		if c.ID == s.Subject.ID || s.Name == "" || !c.Live() || older || differ || !ours.Alike(s, c) {
			continue
		}
		known, err := x.index.Knows(s.Subject.Ref().With(c.ID))
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

// refusal is err with how to rotate either of the two credentials.
func (x search) refusal(other string, err error) error {
	return provider.Hint(provider.WithClass(provider.ErrRefused, err), "if %s replaced it (the state folder was lost, or another one was used): %s; to create another replacement: %s --force", other, x.command(other), x.command(x.Op.Subject.ID))
}

// command is the command that rotates a credential to the destinations of x.
func (x search) command(id string) string {
	line := []string{"credctl", x.Op.Subject.Provider, "rotate", id}
	for _, to := range x.Op.Options.To {
		line = append(line, "--to", quote.Word(to))
	}
	return strings.Join(line, " ")
}
