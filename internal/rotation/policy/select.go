package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/policy/policyfile"
)

// expand returns the items of one entry. Where they are not known there is one, which
// says why.
func (j *job) expand(ctx context.Context, r Entry) []item {
	items, err := j.selected(ctx, r)
	if err != nil {
		return []item{{Entry: r, err: err}}
	}
	if len(items) == 0 {
		return []item{noMatch(r)}
	}
	return items
}

// noMatch is the item of an entry that selects nothing: a failure, unless that was
// expected.
func noMatch(r Entry) item {
	it := item{Entry: r, reason: oplog.ReasonNoMatch, why: "no credential matches"}
	if !r.Optional {
		it.err = provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("no credential matches %s", r.Select)),
			"check the pattern and the account with: credctl %s list; if it may match nothing, set optional: true", r.Provider)
	}
	return it
}

// selected returns the credentials that an entry is about, each as the one of its
// chain that is in force.
func (j *job) selected(ctx context.Context, r Entry) (items []item, err error) {
	if r.Subject, err = j.engine.BindSubject(ctx, r.Subject); err != nil {
		return nil, err
	}
	service, in, err := j.engine.Open(ctx, r.Subject, provider.Secret{})
	if err != nil {
		return nil, err
	}
	if r.Select == nil {
		current, err := j.index.Current(r.Ref())
		if err != nil {
			return nil, err
		}
		r.ID = current.ID
		return []item{{Entry: r, service: service, input: in}}, nil
	}
	all, err := j.engine.Listing(service).Selected(ctx, j.began, literal(r.Select.Name))
	if err != nil {
		return nil, err
	}
	open, err := j.unclear(r)
	if err != nil {
		return nil, err
	}
	taken := map[journal.Ref]bool{}
	add := func(c provider.Credential) error {
		root, err := j.index.Root(r.Ref().With(c.ID))
		if err != nil || taken[root] { // it is the replacement of one that still exists
			return err
		}
		taken[root] = true
		current, err := j.index.Current(root)
		if err != nil {
			return err
		}
		it := item{Entry: r, service: service, input: in}
		if it.ID = current.ID; it.ID == c.ID {
			it.cred = c
		}
		if it.To, it.err = expandNames(r.To, c.Name); it.err != nil {
			it.reason = oplog.ReasonSkipped
		}
		items = append(items, it)
		return nil
	}
	for _, o := range open { // its old credential may be gone
		if r.Select.Matches(o.Old) {
			if err := add(o.Old); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range all { // in the order of the listing
		if c.Live() && r.Select.Matches(c) && !slices.ContainsFunc(open, func(o *oplog.OpState) bool { return ours.MayBe(o, c) }) {
			if err := add(c); err != nil {
				return nil, err
			}
		}
	}
	return items, nil
}

// unclear returns the unfinished operations in the account of an entry that may have
// issued a credential whose ID is not known.
func (j *job) unclear(r Entry) (all []*oplog.OpState, err error) {
	for _, op := range j.index.Unfinished() {
		if of := op.Ref(); of.Provider != r.Provider || of.Kind != r.Kind {
			continue
		}
		s, err := j.folded.of(op)
		if err != nil {
			return nil, err
		}
		account := r.Subject
		account.ID = s.Subject.ID
		if s.Strategy != oplog.Create && s.Strategy != oplog.Deliver && s.Unclear() && s.Subject.Reaches(account) {
			all = append(all, s)
		}
	}
	return all, nil
}

// literal returns what all names begin with that match a pattern.
func literal(pattern string) string {
	before, _, _ := strings.Cut(pattern, "*")
	if i := strings.IndexAny(before, `?[\\`); i >= 0 {
		return before[:i]
	}
	return before
}

// expandNames puts the name of a credential into destinations.
func expandNames(to []string, name string) ([]string, error) {
	out := make([]string, len(to))
	for i, t := range to {
		if strings.Contains(t, policyfile.Placeholder) && !partOf(t, name) {
			return nil, provider.Hint(provider.Usage("skipped: the name %q cannot be part of the destination %s", name, t),
				"rename the credential, or rotate it by id in an entry of its own")
		}
		out[i] = strings.ReplaceAll(t, policyfile.Placeholder, name)
	}
	return out, nil
}

// partOf reports whether a name, which anybody has chosen who may name credentials,
// can stand in a destination: as a part of a path, or as a word in a command line.
func partOf(to, name string) bool {
	if strings.HasPrefix(to, "exec:") {
		const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:+"
		return name != "" && strings.Trim(name, plain+"-") == "" && strings.Contains(plain, name[:1])
	}
	return name != "" && !strings.ContainsAny(name, `/\?@`) && !strings.ContainsFunc(name, unicode.IsControl) && !strings.HasPrefix(name, ".")
}
