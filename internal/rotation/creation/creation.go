// Package creation carries out what creates a secret without replacing a credential:
// create, and generate for a credential that exists.
//
// It records each step in the journal before its side effect and after it, as a
// rotation does. When a run is killed at any moment, the same command continues where
// that run stopped: it creates no second credential, and delivers the secret.
package creation

import (
	"context"
	"maps"
	"reflect"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Request asks for a new credential, or for a new secret of one that exists.
type Request struct {
	oplog.Subject // bound to its account; without an ID, it asks for a new credential
	oplog.Options

	Name    string // of the new credential
	Service provider.Service
	Input   provider.Input // of the verb

	IfNotExists bool // a credential of that name is the result, where there is one
	NeedsSecret bool // that the vendor returns no secret is an error

	// TellsUse is [provider.Kind.TellsUse].
	TellsUse bool

	// Prepare checks what must be so before an operation begins: that its destinations
	// can be written. It may be nil.
	Prepare func(context.Context) error

	// Show gives the credential with its secret to the user. It is called only where
	// there is no destination.
	Show func(provider.Credential) error

	// Await returns the credential as it is shown, once it is ready. It is called before
	// Show, and only where the journal has the secret meanwhile. It may be nil.
	Await func(provider.Credential) provider.Credential

	LockTimeout time.Duration // the longest wait for another run of the same command
}

// Create carries q out, or continues what an earlier run of the same command began.
//
// The Result is what is known, whatever the error. [provider.ErrUnknown]: the answer
// was lost, and the next run finds out what became of the request.
// [provider.ErrPartial] and [provider.ErrPending]: the credential exists, and the next
// run does the rest. Any other error: nothing was created.
func Create(ctx context.Context, env run.Env, q Request) (result run.Result, err error) {
	none := run.Result{Provider: q.Provider, Kind: q.Kind, OldID: q.ID, Strategy: q.strategy()}
	if err := env.Journal.CheckAudit(); err != nil {
		return none, err
	}
	lock, err := q.lock(env.Journal)
	if err != nil {
		return none, err
	}
	ctx, release, err := env.Journal.Lock(ctx, lock, q.LockTimeout)
	if err != nil {
		return none, err
	}
	defer backend.Release(ctx, release, &err)
	c, found, err := q.open(ctx, env)
	if err != nil {
		return none, err
	}
	if found != nil {
		return *found, nil
	}
	err = c.advance(ctx)
	return c.Result(), err
}

func (q Request) strategy() oplog.Strategy {
	if q.ID == "" {
		return oplog.Create
	}
	return oplog.Generate
}

// lock returns the name of the lock that keeps two runs of the same command apart.
// Generate takes the one that rotations of the credential take.
func (q Request) lock(store *journal.Store) (string, error) {
	if q.ID == "" {
		return locks.Create(q.Ref(), q.Name), nil
	}
	index, err := store.Index()
	if err != nil {
		return "", err
	}
	root, err := index.Root(q.Ref())
	return root.String(), err
}

// A creation is one run's part in an operation.
type creation struct {
	*run.Run

	q Request
}

// open continues the operation that an earlier run of the same command began, or
// begins one. When it returns, the space that the journal needs is reserved. It returns
// what exists instead, where that is enough.
func (q Request) open(ctx context.Context, env run.Env) (*creation, *run.Result, error) {
	index, err := env.Journal.Index()
	if err != nil {
		return nil, nil, err
	}
	index.WipeFinished()
	for _, op := range index.UnfinishedOf(q.Ref()) {
		s, _ := oplog.Fold(op) // of what is damaged, what was before; resuming it reports that
		if !q.began(s) {
			continue
		}
		c, err := q.resume(ctx, env, op)
		if c != nil || err != nil {
			return c, nil, err
		}
	}
	if q.ID != "" {
		if err := oplog.Creating(index, q.Ref(), "generate a new secret of"); err != nil {
			return nil, nil, err
		}
	}
	if found, err := q.Existing(ctx); found != nil || err != nil {
		return nil, found, err
	}
	c, err := q.begin(ctx, env, index)
	return c, nil, err
}

// began reports whether the operation s is one that the same command began.
func (q Request) began(s *oplog.OpState) bool {
	return s.Strategy == q.strategy() && s.Name == q.Name && s.Subject.Reaches(q.Subject) && maps.Equal(s.Subject.Params, q.Params)
}

// resume continues op with the options of q. It returns nil where op is settled: its
// credential was rotated since, or deleted, by an abort or by somebody else.
func (q Request) resume(ctx context.Context, env run.Env, op *journal.Operation) (*creation, error) {
	r, err := run.Resume(env, op)
	if err != nil {
		return nil, err
	}
	c := &creation{r, q}
	c.Service, c.Input = q.Service, q.Input
	if settled, err := endObsolete(ctx, c); settled || err != nil {
		return nil, err
	}
	c.Remark("Resuming creation %s (state: %s)", c.Op.ID, c.Op.State().Word())
	if !reflect.DeepEqual(c.Op.Options, q.Options) {
		if err := c.Append(oplog.StepOptions, oplog.Event{Options: &q.Options}); err != nil {
			return nil, err
		}
	}
	c.Op.Miss(oplog.Shown) // the run that showed it may have been killed before anybody saw it
	return c, nil
}

// begin records what will be requested.
func (q Request) begin(ctx context.Context, env run.Env, index journal.Index) (*creation, error) {
	c := &creation{&run.Run{Env: env, Service: q.Service, Input: q.Input}, q}
	c.Op = &oplog.OpState{Subject: q.Subject, Options: q.Options, Strategy: q.strategy(), Name: q.Name}
	if q.Prepare != nil {
		if err := q.Prepare(ctx); err != nil {
			return nil, err
		}
	}
	if err := cutsNobodyOff(ctx, c, index); err != nil {
		return nil, err
	}
	c.Op.Stamped = ours.Stamps(q.Service, c.Op.Strategy)
	before, err := snapshot(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := c.Begin(ids(before)); err != nil {
		return nil, err
	}
	q.tellNamesakes(c, before)
	return c, nil
}

// cutsNobodyOff refuses what would overwrite the secret of another credential, and to
// generate a secret where other destinations have the one that stops working.
func cutsNobodyOff(ctx context.Context, c *creation, index journal.Index) error {
	checker := drift.Checker{Journal: c.Journal, Index: index, Destination: c.Destination}
	err := checker.AllTaken(ctx, c.q.To, c.Target, c.q.Subject, c.Service)
	if err != nil || c.q.ID == "" {
		return err
	}
	left, err := checker.LeftOut(ctx, c.q.Ref(), c.q.To)
	if err != nil {
		return err
	}
	left, stale := drift.Stale(left)
	for _, text := range stale {
		c.Remark("%s", text)
	}
	for _, l := range left {
		c.Op.Left = append(c.Op.Left, l.Holding)
	}
	return drift.CutOff(c.q.ID, left, "")
}
