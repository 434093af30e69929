// Package ours tells which credentials a rotation has created, where the answer to its
// request was lost.
package ours

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

const (
	// RequestLimit bounds a request that creates a credential which carries no stamp: what
	// appears later is not ours.
	RequestLimit = 2 * time.Minute

	// stampDelay is how long a vendor may take to show that a credential was used.
	stampDelay = 2 * time.Minute
)

// A Clock tells how far the vendor's clock is ahead of this machine's, rounded down to
// seconds, if an answer has said so.
type Clock interface {
	ClockAhead() (ahead time.Duration, known bool)
}

// Stamps reports whether what an operation creates with this strategy carries a stamp:
// its name, until its permissions and final name are set.
func Stamps(service provider.Service, strategy oplog.Strategy) bool {
	_, repairs := service.(provider.RightsRepairer)
	return repairs && (strategy == oplog.Replace || strategy == oplog.Create)
}

// AsShown returns the new credential as the vendor shows it: until its rights are compared,
// the old credential has the name.
func AsShown(service provider.Service, s *oplog.OpState) provider.Credential {
	c := s.New
	if Stamps(service, s.Strategy) && !s.RightsChecked {
		c.Name = s.Stamp()
	}
	return c
}

// An IDKeeper is a service whose own rotation may keep the ID of a credential.
type IDKeeper interface{ KeepsID() bool }

// NeedsSnapshot reports whether it must be known which credentials existed before a
// request of this strategy, to tell afterwards what the request created.
func NeedsSnapshot(service provider.Service, strategy oplog.Strategy) bool {
	keeper, ok := service.(IDKeeper)
	keeps := strategy == oplog.Generate || strategy == oplog.Rotate && ok && keeper.KeepsID()
	return !keeps && !Stamps(service, strategy)
}

// Window returns when what a request that is sent now creates appears, by the vendor's
// clock; zero times where that is not known. The clock of this machine, by which a service
// knows its own, is ahead of now by skew, which may be nil.
func Window(service provider.Service, now time.Time, skew func() time.Duration) (from, until time.Time) {
	clock, ok := service.(Clock)
	if !ok {
		return from, until
	}
	ahead, known := clock.ClockAhead()
	if !known {
		return from, until
	}
	now = now.Add(oplog.Ahead(skew) + ahead) // which is rounded down
	return now.Truncate(time.Second), now.Add(RequestLimit + time.Second)
}

// Found is what requests whose answers were lost may have created.
type Found struct {
	Ours    []string // without doubt
	Unclear []string // which may be somebody else's
	Why     error    // why a single one is unclear, where that is known
}

// A Doubt is an error that names credentials which somebody else may have created.
type Doubt struct {
	Err error
	IDs []string
}

func (d Doubt) Error() string { return d.Err.Error() }
func (d Doubt) Unwrap() error { return d.Err }

// Doubt says which credentials may be of a request of this operation, or somebody else's.
func (f Found) Doubt(operation string) error {
	err := fmt.Errorf("the answer was lost, and credctl cannot tell whether the request created %s: nothing was deleted", strings.Join(f.Unclear, ", "))
	if f.Why != nil {
		err = fmt.Errorf("%w (%w)", err, f.Why)
	}
	return provider.Hint(provider.Reclassify(provider.ErrUnknown, Doubt{Err: err, IDs: f.Unclear}),
		"delete those that nobody needs, then run the same command again; to keep all of them: credctl rotation abort %s --force", operation)
}

// A Search is what is known of an operation whose requests are searched for.
type Search struct {
	Service provider.Service
	Op      *oplog.OpState
	Index   journal.Index
	Now     time.Time
}

// Among finds in a whole listing what requests whose answers were lost have created.
// What carries the operation's stamp is ours. Else the one credential counts as ours
// that appeared while a request was under way, by the vendor's clock, has the name that
// was asked for, is known to no other operation, and has not been used, where the
// vendor is seen to record that.
func (x Search) Among(ctx context.Context, all []provider.Credential) (Found, error) {
	s := x.Op
	all = slices.DeleteFunc(slices.Clone(all), func(c provider.Credential) bool { return c.Revoked })
	if Stamps(x.Service, s.Strategy) {
		var f Found
		for _, c := range all {
			if c.Name == s.Stamp() && c.ID != s.New.ID {
				f.Ours = append(f.Ours, c.ID)
			}
		}
		return f, nil
	}
	var candidates []provider.Credential
	for _, c := range all {
		known := decided(s, all) && slices.Contains(s.Doubted, c.ID) || slices.Contains(s.Snapshot, c.ID) || slices.Contains(s.Orphans, c.ID) || c.ID == s.Subject.ID || c.ID == s.Found
		if !known {
			var err error
			if known, err = x.Index.Knows(s.Subject.Ref().With(c.ID)); err != nil {
				return Found{}, err
			}
		}
		others := len(s.Windows) > 0 && !c.Created.IsZero() && !s.Contains(c.Created) // it was not there while a request was under way
		if !known && Alike(s, c) && !others && c.LastUsed.IsZero() {
			candidates = append(candidates, c)
		}
	}
	var f Found
	for _, c := range candidates {
		f.Unclear = append(f.Unclear, c.ID)
	}
	_, generates := x.Service.(provider.Generator)
	keyless := generates && !s.Killed && (s.LastLost || s.Issued) // no secret was requested for it
	if len(candidates) != 1 || len(s.Windows) == 0 || candidates[0].Created.IsZero() || keyless && candidates[0].Key != "" {
		return f, nil
	}
	if f.Why = x.SeenUnused(ctx, all, candidates[0]); f.Why == nil {
		return Found{Ours: f.Unclear}, nil
	}
	return f, nil
}

// decided reports whether somebody has deleted one of the credentials of which a person
// was told that nobody can tell whether they are ours: the others are kept on purpose.
func decided(s *oplog.OpState, all []provider.Credential) bool {
	return slices.ContainsFunc(s.Doubted, func(id string) bool {
		return !slices.ContainsFunc(all, func(c provider.Credential) bool { return c.ID == id })
	})
}

// Namesakes returns the IDs of those that have the name which the request gives.
func Namesakes(s *oplog.OpState, all []provider.Credential) (ids []string) {
	for _, c := range all {
		if Alike(s, c) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Alike reports whether c could be what a request of s creates, by its name and region.
func Alike(s *oplog.OpState, c provider.Credential) bool {
	return strings.EqualFold(strings.TrimSpace(c.Name), strings.TrimSpace(s.Name)) && (c.Region == "" || s.Old.Region == "" || c.Region == s.Old.Region)
}

// MayBe reports whether c may be what a lost request of s created.
func MayBe(s *oplog.OpState, c provider.Credential) bool {
	return c.Name == s.Stamp() || c.ID != s.Subject.ID && !slices.Contains(s.Snapshot, c.ID) && Alike(s, c)
}

// SeenUnused returns nil if the listing shows that c has not been used: the vendor has
// recorded the use of another credential since c was created. Otherwise the error is
// [provider.ErrUnavailable] while it may be recorded late, and then [provider.ErrUnknown].
func (x Search) SeenUnused(ctx context.Context, all []provider.Credential, c provider.Credential) error {
	recorded := func(o provider.Credential) bool { return o.ID != c.ID && o.LastUsed.After(c.Created) }
	if slices.ContainsFunc(all, recorded) {
		return nil
	}
	for o, err := range provider.ListScope(ctx, x.Service, provider.Credential{}) { // also what credctl authenticates with
		if err != nil {
			return fmt.Errorf("could not list the existing credentials: %w", err)
		}
		if recorded(o) {
			return nil
		}
	}
	if x.Now.Before(c.Created.Add(stampDelay)) {
		return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("cannot tell yet whether %s is in use: the vendor records that with a delay", c.ID))
	}
	return provider.WithClass(provider.ErrUnknown, fmt.Errorf("cannot tell whether %s is in use: the vendor does not record the use of credentials", c.ID))
}
