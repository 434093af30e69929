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
	"github.com/credctl/credctl/internal/rotation/signer"
	"github.com/credctl/credctl/internal/rotation/step"
)

// A prepared request is what is known before anything is issued.
type prepared struct {
	asked Request // as it was resolved
	index journal.Index
	at    time.Time // when it was ready

	run      *run.Run // that would begin
	snapshot []string
	checks   []Check
	remarks  []string
}

// recent is how long what was read before counts as if it was read now.
const recent = 2 * time.Second

// planned returns what the plan of q has prepared, where it still holds: it is
// recent, and the journal says nothing else of the credential now.
func (e *Engine) planned(q Request, index journal.Index) *prepared {
	if q.Plan == nil || q.Plan.prepared == nil {
		return nil
	}
	p := q.Plan.prepared
	same := func(a, b *journal.Operation) bool { return a.ID == b.ID && len(a.Entries) == len(b.Entries) }
	if time.Since(p.at) > recent || !slices.EqualFunc(p.index.Of(q.Ref()), index.Of(q.Ref()), same) ||
		!reflect.DeepEqual(p.asked.Subject, q.Subject) || !reflect.DeepEqual(p.asked.Options, q.Options) {
		return nil
	}
	return p
}

// prepare looks at all that must be right before q is carried out. It sends only
// requests that change nothing, and goes on after what is wrong, so that a plan can
// show all of it.
func (e *Engine) prepare(ctx context.Context, q Request) (*prepared, error) {
	r := &run.Run{Env: e.env(), Op: &oplog.OpState{Subject: q.Subject, Options: q.Options}, Service: q.Service, Input: q.Input, Show: q.Show}
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
	look := &listing{all: provider.ListScope(ctx, r.Service, provider.Credential{})}
	problems := []error{
		p.check("find a way to rotate it", p.choose(ctx)),
		p.check("the key that credctl signs with", e.guardSigner(ctx, p, look)),
	}
	for _, c := range step.Look(ctx, r, step.For(r.Op)) {
		p.checks, problems = append(p.checks, c), append(problems, c.Err)
	}
	err := joined(problems)
	if err == nil {
		err = p.findOldSecret(ctx)
	}
	if err != nil {
		return p, err
	}
	err = p.check("list what there is", p.list(ctx, look))
	p.at = time.Now()
	return p, err
}

// joined is errors.Join that leaves one error alone as it is.
func joined(errs []error) error {
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
	if v := r.Input.Value(provider.Name.Info().Name); v != nil && v.IsSet() {
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

// guardSigner refuses to rotate the credential that credctl signs with, unless that
// was asked for, and then only with overlap: the new one deletes the old one.
func (e *Engine) guardSigner(ctx context.Context, p *prepared, look *listing) error {
	subject, o := p.run.Op.Subject, &p.run.Op.Options
	signs, known, err := e.Signer().Signs(ctx, subject, look.each)
	if err != nil {
		return err
	}
	switch {
	case !signs && !known && !o.Self:
		p.remarks = append(p.remarks, signer.Untold(signer.IsSigner, subject.ID))
		return nil
	case !signs && known:
		o.Self = false
		return nil
	case !o.Self:
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is the key that credctl itself signs with", subject.ID)),
			"--self rotates it all the same: the new one must be able to do what the old one does, and deletes it")
	case o.InPlace:
		return provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is the key that credctl itself signs with, and in place the new one could not be tried first", subject.ID))
	}
	o.Overlap = true
	if err = p.choose(ctx); err != nil {
		return err
	}
	if !signs {
		p.remarks = append(p.remarks, signer.Untold(signer.IsSigner, subject.ID)+": if it is, give credctl the new secret")
		return nil
	}
	return e.addOwnPlace(ctx, p)
}

// addOwnPlace makes the place that credctl has its own token from one of the
// destinations: the new secret is there before the old one stops working.
func (e *Engine) addOwnPlace(ctx context.Context, p *prepared) error {
	if e.OwnPlace == nil {
		return nil
	}
	subject, o := p.run.Op.Subject, &p.run.Op.Options
	spec, instead, err := e.OwnPlace(ctx, subject)
	if err != nil {
		return err
	}
	if spec == "" {
		p.remarks = append(p.remarks, "credctl signs with "+subject.ID+" itself, and has that from "+instead+": put the new secret there")
		return nil
	}
	d, err := e.Destination(spec, subject, o.InsecurePerms)
	if err == nil && !slices.Contains(o.To, d.Spec()) {
		o.To = append(slices.Clip(o.To), d.Spec())
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
func (p *prepared) list(ctx context.Context, look *listing) (err error) {
	switch {
	case p.run.Op.Strategy == oplog.Generate:
	case !look.at.IsZero() && time.Since(look.at) < recent:
		p.snapshot = look.ids
	default:
		p.snapshot, err = run.Snapshot(ctx, p.run.Service, p.run.Old)
	}
	return err
}

// A listing remembers the IDs of all credentials, as of the last time that they were
// all ranged over.
type listing struct {
	all iter.Seq2[provider.Credential, error]
	ids []string
	at  time.Time // when that began; zero: never
}

func (l *listing) each(yield func(provider.Credential, error) bool) {
	var ids []string
	began := time.Now()
	for c, err := range l.all {
		if ids = append(ids, c.ID); !yield(c, err) || err != nil {
			return
		}
	}
	l.ids, l.at = ids, began
}
