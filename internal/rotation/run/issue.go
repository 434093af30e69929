package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
)

// requestLimit bounds a request that issues; the deadline of the caller may be earlier.
const requestLimit = 15 * time.Minute

// Issue sends the request that issues, unless that was done. When its answer is lost, it
// finds out what the request did, and sends another where nothing is left of it.
func Issue(ctx context.Context, r *Run) error {
	if r.Op.Issued {
		return nil
	}
	if err := readOld(ctx, r); err != nil {
		return err
	}
	// Of a run that was killed or interrupted, or of one whose request was carried out late.
	if r.Op.Unclear() && !r.WroteIntent {
		if err := Reconcile(ctx, r); err != nil {
			return err
		}
	}
	if r.Op.Found != "" && r.Op.Strategy == oplog.Rotate {
		if err := unused(ctx, r, r.Op.Found); err != nil {
			return err
		}
	}
	lost, err := request(ctx, r)
	if lost && r.Op.Found == "" && errors.Is(err, provider.ErrUnknown) {
		r.Say("The answer was lost, and the request had no effect: sending it again")
		lost, err = request(ctx, r)
	}
	if lost {
		return afterLoss(r, err)
	}
	return err
}

// request sends one request, and records its result. Where its answer was lost, err is
// why, and its effect has been found out.
func request(ctx context.Context, r *Run) (lost bool, err error) {
	if !r.Op.Asked {
		if err := intendAgain(ctx, r); err != nil {
			return false, err
		}
	}
	c, err := send(ctx, r)
	if ours.Made(r.Op.Strategy, r.Op.Subject.ID, c, err) {
		return false, keep(ctx, r, c, err)
	}
	if err == nil {
		err = provider.WithClass(provider.ErrUnknown, errors.New("the vendor's answer has no credential ID"))
	}
	if definite(err) {
		if r.Op.Options.Self {
			err = fmt.Errorf("could not create a replacement of the key that credctl authenticates with, which is needed to try it first: %w", err)
		}
		return false, abandon(r, err)
	}
	if aerr := r.Append(oplog.StepLost, oplog.Event{Error: provider.Text(err)}); aerr != nil {
		return false, errors.Join(err, aerr)
	}
	if ctx.Err() != nil {
		return false, errors.Join(ctx.Err(), err)
	}
	if rerr := Reconcile(ctx, r); rerr != nil {
		return false, rerr
	}
	return true, err
}

// definite reports whether err, of a request that issues, says that nothing was issued.
func definite(err error) bool {
	return !errors.Is(err, provider.ErrUnknown) && slices.ContainsFunc([]error{
		provider.ErrUsage, provider.ErrInvalid, provider.ErrDenied, provider.ErrNotFound,
		provider.ErrRefused, provider.ErrConflict, provider.ErrRateLimited,
	}, func(class error) bool { return errors.Is(err, class) })
}

// readOld reads the old credential as it is now, with its details.
func readOld(ctx context.Context, r *Run) error {
	if r.Old.ID != "" || r.Op.Found != "" {
		return nil
	}
	c, err := Get(ctx, r.Service, r.Op.Subject.ID)
	if Gone(err) && r.Op.Asked && r.Op.Strategy.InPlace() {
		return nil // its own rotation may have replaced it
	}
	if err != nil {
		return fmt.Errorf("could not read the credential to rotate: %w", err)
	}
	r.Old = c
	return nil
}

// intendAgain records, before another request is sent, which credentials exist now.
func intendAgain(ctx context.Context, r *Run) error {
	var ids []string
	if ours.NeedsSnapshot(r.Service, r.Op.Strategy) {
		all, err := ours.Peers(ctx, r.Service, r.Op.Old)
		if err != nil {
			return err
		}
		ids = ours.Namesakes(r.Op, all)
	}
	from, until := ours.Window(r.Service, r.Time(), r.Skew)
	return r.Append(oplog.StepIntent, oplog.Event{From: from, Until: until}, func(e *journal.Entry) { e.Snapshot = ids })
}

// send sends the request. An interruption does not stop it: its answer comes only once.
func send(ctx context.Context, r *Run) (provider.Credential, error) {
	most := requestLimit
	if _, dated := r.Service.(ours.Clock); dated {
		most = ours.RequestLimit
	}
	if r.Op.Strategy == oplog.Replace { // else what is left open may be that the old secret has stopped working
		ctx = pace.WithAsker(ctx)
	}
	ctx, cancel := Uninterrupted(ctx, most)
	defer cancel()
	r.Hit("issue.sending")
	defer r.Hit("issue.answered")
	switch r.Op.Strategy { // the checks have made sure that the service can do it
	case oplog.Replace:
		return r.Service.(provider.Replacer).Replace(ctx, r.Old, r.Input.Track(r.tracker()))
	case oplog.Rotate:
		return r.Service.(provider.Rotator).Rotate(ctx, cmp.Or(r.Op.Found, r.Op.Subject.ID), r.Input.Track(provider.Tracker{Known: r.Old}))
	case oplog.Create, oplog.Deliver: // are not issued by a rotation
	case oplog.Generate:
		return r.Service.(provider.Generator).Generate(ctx, r.Op.Subject.ID, provider.Input{}) // it has no parameters of rotate
	}
	return provider.Credential{}, provider.Usage("unknown strategy %q: it was recorded by another version of credctl", r.Op.Strategy)
}

// tracker records what is created as soon as an answer names it, and has it created
// under the operation's stamp where an update can give it its final name.
func (r *Run) tracker() provider.Tracker {
	t := provider.Tracker{Record: func(c provider.Credential) error { return record(r, c, nil) }}
	if ours.Stamps(r.Service, r.Op.Strategy) {
		t.TemporaryName = r.Op.Stamp()
	}
	return t
}
