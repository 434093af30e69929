package rotation

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/listing"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/reopen"
	"github.com/credctl/credctl/internal/rotation/replaced"
	"github.com/credctl/credctl/internal/rotation/rights"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// A prepared request is what is known of a rotation before anything is issued.
type prepared struct {
	asked Request // as it was resolved
	index journal.Index
	at    time.Time // when it was ready

	run     *run.Run // that would begin
	checks  []step.Check
	remarks []string

	namesakes []string // the IDs of those that a lost request could be taken to have created
}

// recent is how long a listing counts as current.
const recent = 2 * time.Second

// planned returns what the plan of q has prepared, for one run, where it still applies:
// it is recent, and the journal says nothing new about the credential.
func planned(q Request, index journal.Index) (*prepared, error) {
	if q.Plan == nil || q.Plan.prepared == nil {
		return nil, nil // there is none
	}
	p := q.Plan.prepared
	q.Plan.prepared = nil
	changed, err := index.News(p.index, q.Ref())
	if err != nil || changed || time.Since(p.at) > recent ||
		!reflect.DeepEqual(p.asked.Subject, q.Subject) || !reflect.DeepEqual(p.asked.Options, q.Options) {
		return nil, err
	}
	return p, nil
}

// hasNews reports whether another run has begun, or ended, a rotation of r meanwhile.
func hasNews(e *Engine, before journal.Index, r journal.Ref) bool {
	now, _ := e.Journal.Index()
	news, err := now.News(before, r)
	return news && err == nil
}

// prepare makes all checks before q is carried out. It sends only requests that change
// nothing, and continues after one that failed, so that a plan can show all of them.
func prepare(ctx context.Context, e *Engine, q Request) (*prepared, error) {
	r := &run.Run{Env: e.Env, Op: &oplog.OpState{Subject: q.Subject, Options: q.Options}, Service: q.Service, Input: q.Input, Show: q.Show}
	p := &prepared{asked: q, run: r}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	if r.Service == nil {
		var err error
		if r.Service, r.Input, err = e.Open(ctx, q.Subject, provider.Secret{}); err != nil {
			return p, err
		}
	}
	if len(q.To) == 0 && q.Show == nil {
		return p, cmp.Or(q.Unshown, provider.Usage("the new secret has no destination: pass --to"))
	}
	if err := p.check("read "+q.ID, p.readOld(ctx, e)); err != nil {
		return p, replaced.WithHint(ctx, r, e.Listing(r.Service), err)
	}
	problems := []error{
		p.check("open the journal, which keeps secrets encrypted", e.Journal.CheckIdentity()),
		p.check("choose the way to rotate", p.choose(ctx)),
		p.check("compare with the key that credctl authenticates with", p.guardSigner(ctx, e)),
	}
	problems = append(problems, p.check("write the audit trail", e.Journal.CheckAudit()))
	for _, c := range step.RunChecks(ctx, r, step.For(r.Op)) {
		p.checks, problems = append(p.checks, c), append(problems, c.Err)
	}
	err := joined(append(problems, p.keepOld())...) // by what the checks have found of the destinations
	if err == nil {
		err = p.readDestinations(ctx, e)
	}
	if err == nil {
		said, differs := rights.Check(ctx, r)
		p.remarks, err = slices.Concat(p.remarks, said, step.SplitPairs(r)), p.check("compare permissions", differs)
	}
	if err != nil {
		return p, err
	}
	if ours.NeedsSnapshot(r.Service, r.Op.Strategy) {
		err = p.check("list the existing credentials", p.list(ctx, e))
	}
	p.at = time.Now()
	return p, err
}

// begin starts the operation. When it returns, the intent and the space for the entries
// that follow are on the disk.
func (p *prepared) begin(show func(context.Context, Result) error) error {
	p.run.Show = show
	if err := p.run.Begin(p.namesakes); err != nil {
		return err
	}
	for _, text := range p.remarks {
		p.run.Remark("%s", text)
	}
	return nil
}

// joined is errors.Join, except that it returns a single error, or one said twice, as it is.
func joined(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	errs = slices.CompactFunc(errs, func(a, b error) bool { return a.Error() == b.Error() })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// check records a check, and returns err.
func (p *prepared) check(what string, err error) error {
	p.checks = append(p.checks, step.Checked(what, err))
	return err
}

func (p *prepared) readOld(ctx context.Context, e *Engine) error {
	r := p.run
	old, err := e.Read(ctx, r.Op.Subject, r.Service)
	if err != nil {
		return err
	}
	if err := listing.CheckPlace(r.Service, old); err != nil {
		return err
	}
	r.Old, r.Op.Old, r.Op.Name = old, *oplog.Bare(old), old.Name
	switch {
	case old.Revoked:
		return provider.Hint(provider.Usage("%s is revoked and cannot be rotated", r.Op.Subject.ID), "create another: credctl %s create", r.Op.Subject.Provider)
	case old.Expired:
		return provider.Hint(provider.Usage("%s expired at %s and cannot be rotated", r.Op.Subject.ID, old.Expires.UTC().Format(time.RFC3339)), "create another: credctl %s create", r.Op.Subject.Provider)
	}
	if v := r.Input.Value(provider.NewName.Info().Name); v != nil && v.IsSet() {
		r.Op.Name = v.String()
	}
	return nil
}

// keepOld decides how long the old credential is kept: where nothing but a person is
// given the new secret, for a day, unless something else was asked for; and at least for
// a day where the new secret was neither verified nor read back from a destination.
func (p *prepared) keepOld() error {
	s := p.run.Op
	o := &s.Options
	shown := len(o.To) == 0 && o.Grace == 0 && !o.NoGrace
	unproved := o.Grace < reopen.UnprovedGrace && reopen.Unproved(p.run, *o)
	if s.Strategy == oplog.Replace && (shown || unproved) {
		o.Grace, o.NoGrace = reopen.UnprovedGrace, false
	}
	if unproved && s.Strategy == oplog.Replace {
		p.remarks = append(p.remarks, "the old credential is kept for 24h, because the new secret is not verified, and a destination cannot be read back")
	}
	if err := oplog.CheckGrace(p.run.Service, s.Subject.Noun(), s.Strategy, s.Options); err != nil {
		return p.check("keep the old secret for the grace period", err)
	}
	return nil
}

func (p *prepared) choose(ctx context.Context) (err error) {
	s := p.run.Op
	s.Strategy, err = oplog.Choose(p.run.Service, s.Subject.Noun(), s.Options)
	if c, ok := p.run.Service.(provider.RotateChecker); ok && err == nil && s.Strategy == oplog.Rotate {
		var issues bool
		if issues, err = c.CheckRotate(ctx, s.Subject.ID, p.run.Input.Track(provider.Tracker{Known: p.run.Old})); err == nil && !issues && len(s.Options.To) > 0 {
			err = provider.Hint(provider.Usage("rotating %s issues no secret to deliver: the new secret is the one that you pass", s.Subject.ID), "leave out --to")
		}
	}
	return err
}

// readDestinations takes the old secret from a destination that holds it, to check in the
// end that it has stopped working, and looks there for signs of an earlier replacement.
func (p *prepared) readDestinations(ctx context.Context, e *Engine) error {
	r := p.run
	held, err := replaced.Holdings(ctx, r)
	if err != nil {
		return err
	}
	index, err := r.Journal.Index()
	if err != nil {
		return err
	}
	checker := drift.Checker{Journal: r.Journal, Index: index, Destination: r.Destination}
	left, err := replaced.LeftOut(ctx, r, checker, p.asked.Force)
	if err != nil {
		return p.check("look for other destinations of the old secret", err)
	}
	p.remarks = append(p.remarks, left...)
	for i, h := range held {
		if err := checker.Taken(ctx, h.To, h.Secret, r.Op.Subject, r.Service); err != nil {
			return p.check("look at what the destinations hold", err)
		}
		owner, known, err := r.Journal.Owner(h.Secret)
		if err != nil {
			return err
		}
		switch {
		case known && owner != r.Op.Subject.Ref():
			held[i].Key, held[i].Secret = "", provider.Secret{} // no sign of a replacement that the journal does not know
		case (h.Key == "" || h.Key == r.Old.Key) && r.OldSecret.IsZero():
			r.OldSecret = h.Secret
		}
	}
	if k, ok := r.Service.(ours.IDKeeper); p.asked.Force || ok && k.KeepsID() { // nothing replaces it
		return nil
	}
	said, err := replaced.Check(ctx, r, e.Listing(r.Service), held)
	p.remarks = append(p.remarks, said...)
	return p.check("look for an earlier replacement", err)
}

// list records which credentials exist that a lost request could seem to have created.
func (p *prepared) list(ctx context.Context, e *Engine) error {
	all, err := e.listings.Of(p.run.Service).All(ctx, listing.Lately())
	p.namesakes = ours.Namesakes(p.run.Op, all)
	return err
}
