package rotation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// A prepared request is what is known before anything is issued.
type prepared struct {
	asked Request // as it was resolved
	index journal.Index
	at    time.Time // when it was ready

	run     *run.Run // that would begin
	checks  []step.Check
	remarks []string

	listed   []string  // the IDs that there are
	listedAt time.Time // when they began to be listed; zero: never
}

// recent is how long what was read before counts as if it was read now.
const recent = 2 * time.Second

// planned returns what the plan of q has prepared, for one run, where it still holds:
// it is recent, and the journal says nothing else of the credential now.
func planned(q Request, index journal.Index) *prepared {
	if q.Plan == nil || q.Plan.prepared == nil {
		return nil
	}
	p := q.Plan.prepared
	q.Plan.prepared = nil
	same := func(a, b *journal.Operation) bool { return a.ID == b.ID && len(a.Entries) == len(b.Entries) }
	if time.Since(p.at) > recent || !slices.EqualFunc(p.index.Of(q.Ref()), index.Of(q.Ref()), same) ||
		!reflect.DeepEqual(p.asked.Subject, q.Subject) || !reflect.DeepEqual(p.asked.Options, q.Options) {
		return nil
	}
	p.listedAt = time.Time{} // what others have made since could be taken for ours if an answer is lost
	return p
}

// prepare looks at all that must be right before q is carried out. It sends only
// requests that change nothing, and goes on after what is wrong, so that a plan can
// show all of it.
func prepare(ctx context.Context, e *Engine, q Request) (*prepared, error) {
	r := &run.Run{Env: e.Env, Op: &oplog.OpState{Subject: q.Subject, Options: q.Options}, Service: q.Service, Input: q.Input, Show: q.Show}
	p := &prepared{asked: q, run: r}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	if r.Service == nil {
		service, in, err := e.Open(ctx, q.Subject, provider.Secret{})
		if err != nil {
			return p, err
		}
		r.Service, r.Input = service, in
	}
	if len(q.To) == 0 && q.Show == nil {
		return p, provider.Usage("the new secret would go nowhere: give a destination")
	}
	if err := p.check("read "+q.Kind+" "+q.ID, p.readOld(ctx)); err != nil {
		return p, err
	}
	problems := []error{
		p.check("find a way to rotate it", p.choose(ctx)),
		p.check("the key that credctl signs with", p.guardSigner(ctx, e)),
	}
	for _, c := range step.RunChecks(ctx, r, step.For(r.Op)) {
		p.checks, problems = append(p.checks, c), append(problems, c.Err)
	}
	err := joined(problems...)
	if err == nil {
		err = p.findOldSecret(ctx)
	}
	if err != nil {
		return p, err
	}
	err = p.check("list what there is", p.list(ctx))
	p.at = time.Now()
	return p, err
}

// begin starts the operation. When it returns, the intent and the space for what
// follows are on the disk.
func (p *prepared) begin(ctx context.Context, show func(context.Context, Result) error) error {
	p.run.Show = show
	if p.listedAt.IsZero() { // a plan has listed it
		if err := p.list(ctx); err != nil {
			return err
		}
	}
	if err := p.run.Begin(p.listed); err != nil {
		return err
	}
	for _, text := range p.remarks {
		p.run.Remark("%s", text)
	}
	return nil
}

// joined is errors.Join that leaves one error alone as it is.
func joined(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// check notes what was looked at, and returns err.
func (p *prepared) check(what string, err error) error {
	p.checks = append(p.checks, step.Checked(what, err))
	return err
}

func (p *prepared) readOld(ctx context.Context) error {
	r := p.run
	old, err := run.Get(ctx, r.Service, r.Op.Subject.ID)
	if err != nil {
		return err
	}
	r.Old, r.Op.Old, r.Op.Name = old, *oplog.Bare(old), old.Name
	if old.Revoked {
		return provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is revoked: there is nothing to rotate", r.Op.Subject.ID))
	}
	if v := r.Input.Value(provider.NewName.Info().Name); v != nil && v.IsSet() {
		r.Op.Name = v.String()
	}
	return nil
}

func (p *prepared) choose(ctx context.Context) (err error) {
	s := p.run.Op
	s.Strategy, err = choose(p.run.Service, "the "+s.Subject.Provider+" "+s.Subject.Kind, s.Options)
	if c, ok := p.run.Service.(provider.RotateChecker); ok && err == nil && s.Strategy == oplog.Rotate {
		return c.CheckRotate(ctx, s.Subject.ID, p.run.Input)
	}
	return err
}

// findOldSecret takes the old secret from a destination that holds it: it lets us
// try, in the end, whether it has stopped working.
func (p *prepared) findOldSecret(ctx context.Context) error {
	r := p.run
	for _, to := range r.Op.Options.To {
		d, err := r.Target(to)
		if err != nil {
			return err
		}
		key, secret, err := d.Current(ctx)
		if err != nil || secret.IsZero() || !r.OldSecret.IsZero() || key != "" && key != r.Old.Key {
			continue // it can be written, and that is all that is needed
		}
		owner, known, err := r.Journal.Owner(secret)
		if err != nil {
			return err
		}
		if !known || owner == r.Op.Subject.Ref() {
			r.OldSecret = secret
		}
	}
	return nil
}

// list takes the snapshot of what there is before anything is issued. In place of
// the secret alone nothing new appears.
func (p *prepared) list(ctx context.Context) (err error) {
	if p.run.Op.Strategy == oplog.Generate {
		p.listed = nil
	} else if time.Since(p.listedAt) >= recent {
		p.listed, err = run.Snapshot(ctx, p.run.Service, p.run.Old)
	}
	p.listedAt = time.Now()
	return err
}

// all is everything that the token can see. It remembers the IDs, as of the last
// time that they were all ranged over.
func (p *prepared) all(ctx context.Context) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		var ids []string
		began := time.Now()
		for c, err := range provider.ListScope(ctx, p.run.Service, provider.Credential{}) {
			if ids = append(ids, c.ID); !yield(c, err) || err != nil {
				return
			}
		}
		p.listed, p.listedAt = ids, began
	}
}

// choose returns the strategy for a service: the vendor's own route where there
// is one, else a second credential, else a new secret in place.
func choose(service provider.Service, what string, o Options) (Strategy, error) {
	_, rotates := service.(provider.Rotator)
	_, generates := service.(provider.Generator)
	_, replaces := service.(provider.Replacer)
	_, deletes := service.(provider.Deleter)
	replaces = replaces && deletes
	switch {
	case o.InPlace && o.Overlap:
		return "", provider.Usage("in place and with overlap exclude each other")
	case o.Overlap && !replaces:
		return "", provider.Usage("%s has no way to let the old one live on: it is rotated in place", what)
	case o.InPlace && !rotates && !generates:
		return "", provider.Usage("%s cannot be rotated in place: a successor is made, and the old one is deleted", what)
	case o.Overlap, replaces && !rotates && !o.InPlace:
		return oplog.Replace, nil
	case rotates:
		return oplog.Rotate, nil
	case generates:
		return oplog.Generate, nil
	}
	return "", provider.Usage("%s cannot be rotated", what)
}
