package rotation

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/listing"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/run"
)

// holdings returns what the destinations hold that can be read.
func holdings(ctx context.Context, r *run.Run) (held []ours.Holding, err error) {
	for _, to := range r.Op.Options.To {
		d, err := r.Target(to)
		if err != nil {
			return nil, err
		}
		key, secret, err := d.Current(ctx)
		held = append(held, ours.Holding{To: to, Key: key, Secret: secret, Hidden: err != nil || d.Proof() != deliver.ByValue})
	}
	return held, nil
}

// readDestinations takes the old secret from a destination that holds it, to check in the
// end that it has stopped working. Without force, it refuses to replace a credential that
// a run with another journal seems to have replaced.
func (p *prepared) readDestinations(ctx context.Context, e *Engine, force bool) error {
	r := p.run
	held, err := holdings(ctx, r)
	if err != nil {
		return err
	}
	others := false // a destination holds the key of something else
	for i, h := range held {
		if other := h.Key != "" && h.Key != r.Old.Key; other || h.Secret.IsZero() {
			others = others || other
			continue
		}
		owner, known, err := r.Journal.Owner(h.Secret)
		if err != nil {
			return err
		}
		if known && owner != r.Op.Subject.Ref() {
			held[i].Secret = provider.Secret{} // it is no sign of a replacement that the journal does not know
		} else if r.OldSecret.IsZero() {
			r.OldSecret = h.Secret
		}
	}
	x, err := searchFor(e, r)
	if err != nil {
		return err
	}
	known, err := x.Index.Knows(r.Op.Subject.Ref())
	if force || err != nil || known && !others {
		return err
	}
	all, err := e.Listing(r.Service).All(ctx, listing.Lately())
	if err == nil {
		var remark string
		if remark, err = x.Replaced(ctx, all, held); remark != "" {
			p.remarks = append(p.remarks, remark)
		}
	}
	return p.check("look for an earlier replacement", err)
}

func searchFor(e *Engine, r *run.Run) (ours.Search, error) {
	index, err := r.Journal.Index()
	return ours.Search{Service: r.Service, Op: r.Op, Index: index, Now: e.Time()}, err
}

// WithReplacement returns err, that a credential does not exist or does not work any more,
// with the ID of the one that seems to have replaced it. What is known of it is old.
func WithReplacement(ctx context.Context, e *Engine, q Request, old provider.Credential, err error) error {
	if !errors.Is(err, provider.ErrNotFound) && old.Live() {
		return err
	}
	r := &run.Run{Env: e.Env, Service: q.Service, Op: &oplog.OpState{Subject: q.Subject, Options: q.Options, Old: old, Name: old.Name}}
	x, xerr := searchFor(e, r)
	all, lerr := e.Listing(q.Service).All(ctx, listing.Lately())
	held, herr := holdings(ctx, r)
	if errors.Join(xerr, lerr, herr) != nil { // err is what matters
		return err
	}
	id, serr := x.Replacement(all, held)
	if serr != nil || id == "" {
		return err
	}
	return provider.Hint(err, "%s seems to have replaced it; to rotate that: credctl %s rotate %[1]s", id, q.Provider)
}
