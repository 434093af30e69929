package policy

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// An item is one credential that an entry of a policy is about.
type item struct {
	Entry

	service   provider.Service
	input     provider.Input
	cred      provider.Credential
	open      *journal.Operation // that has not ended
	age       rotation.Age
	reason    rotation.Reason
	why       string // the reason, in words
	last      bool   // it is, or may be, what credctl signs with
	duplicate bool   // another entry is about it already
	err       error
}

// expand returns the items of one entry. Where they cannot all be told there is
// one, with the error.
func (j *job) expand(ctx context.Context, r Entry) []item {
	items, err := j.selected(ctx, r)
	if err != nil {
		return []item{{Entry: r, err: err}}
	}
	for i := range items {
		items[i].err = j.judge(ctx, &items[i])
	}
	return items
}

// judge finds out whether there is something to do for it.
func (j *job) judge(ctx context.Context, it *item) error {
	var err error
	if it.open, err = oplog.Unfinished(j.index, it.Ref()); err != nil {
		return err
	}
	if it.open == nil { // only the end of the old one may be missing
		for _, o := range j.index.Of(it.Ref()).Unfinished() {
			it.open = o
		}
	}
	owner, known, err := j.engine.Signer().Owner(ctx, it.Subject)
	if err != nil {
		return err
	}
	it.last = it.Self || known && owner == it.Ref()
	if it.open != nil {
		it.ID = it.open.Ref().ID
		it.reason, it.why = oplog.ReasonResumed, "an unfinished rotation is continued"
		return nil
	}
	if it.cred, err = run.Get(ctx, it.service, it.ID); err != nil {
		return fmt.Errorf("%s cannot be read: %w", it.ID, err)
	}
	if it.cred.Revoked {
		return provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is revoked, and the journal knows no successor", it.ID))
	}
	start, err := j.ageStart(it)
	if err != nil {
		return err
	}
	age, limit := max(0, j.engine.Time().Sub(start)), it.MaxAge-it.Grace
	seconds := int64(age / time.Second)
	it.age = rotation.Age{Due: age >= limit, DueAt: start.Add(limit).UTC().Truncate(time.Second), Seconds: &seconds}
	it.reason = oplog.ReasonNotDue
	if it.age.Due {
		it.reason = oplog.ReasonDue
	}
	if it.why = fmt.Sprintf("%s old (due at %s)", duration.Format(age), duration.Format(limit)); it.cred.Created.IsZero() {
		it.why += ", counted from when credctl first saw it"
	}
	return nil
}

// ageStart returns since when the secret of it is in use: since the last rotation
// in place, since it was made, or else since it was first seen.
func (j *job) ageStart(it *item) (time.Time, error) {
	start := it.cred.Created
	for _, o := range j.index.Of(it.Ref()) {
		if o.Damaged == nil && o.NewID() == it.ID && o.Last().Step == journal.Done && o.Last().Time.After(start) {
			start = oplog.IssuedAt(o)
		}
	}
	if !start.IsZero() {
		return start, nil
	}
	if first := j.seen.First(it.Ref()); !first.IsZero() {
		return first, nil
	}
	if j.DryRun {
		return j.engine.Time(), nil
	}
	return j.engine.Time(), j.seen.Note(it.Ref(), j.engine.Time())
}

// selected returns the credentials that an entry is about, each as the one of its
// chain that lives.
func (j *job) selected(ctx context.Context, r Entry) (items []item, err error) {
	if r.Subject, err = j.engine.BindSubject(ctx, r.Subject); err != nil {
		return nil, err
	}
	service, in, err := j.engine.Open(ctx, r.Subject, provider.Secret{})
	if err != nil {
		return nil, err
	}
	if r.Select == nil {
		r.ID = j.index.Current(r.Ref()).ID
		return []item{{Entry: r, service: service, input: in}}, nil
	}
	all, err := run.List(ctx, service)
	if err != nil {
		return nil, err
	}
	taken := map[journal.Ref]bool{}
	for _, c := range all {
		root := j.index.Root(r.Ref().With(c.ID))
		if !c.Live() || !r.Select.matches(c) || taken[root] { // the last is the successor of another one, which has not gone yet
			continue
		}
		taken[root] = true
		it := item{Entry: r, service: service, input: in}
		it.ID = j.index.Current(root).ID
		if it.To, err = expandNames(r.To, c.Name); err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

func (s Selection) matches(c provider.Credential) bool {
	named := true
	if s.Name != "" {
		named, _ = path.Match(strings.ReplaceAll(s.Name, "/", "\x00"), strings.ReplaceAll(c.Name, "/", "\x00"))
	}
	return named && (s.Status == "" || s.Status == c.Status)
}

// placeholder stands for the name of a selected credential in its destinations.
const placeholder = "{name}"

// expandNames puts the name of a credential into destinations.
func expandNames(to []string, name string) ([]string, error) {
	out := make([]string, len(to))
	for i, t := range to {
		if strings.Contains(t, placeholder) && !partOf(t, name) {
			return nil, provider.Usage("the name %q cannot be a part of the destination %s", name, t)
		}
		out[i] = strings.ReplaceAll(t, placeholder, name)
	}
	return out, nil
}

// partOf reports whether a name, which whoever may name credentials has chosen,
// can stand in a destination: as a part of a path, or as a word in a command line.
func partOf(to, name string) bool {
	if strings.HasPrefix(to, "exec:") {
		const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:+"
		return name != "" && strings.Trim(name, plain+"-") == "" && strings.Contains(plain, name[:1])
	}
	return name != "" && !strings.ContainsAny(name, "/\\?@\x00\n") && !strings.HasPrefix(name, ".")
}
