package aside

import (
	"context"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Abort ends an operation that nothing can read, because the journal's identity
// is lost: why says so. Nothing is changed at the vendor or at a destination.
func Abort(ctx context.Context, env run.Env, id string, lockTimeout time.Duration, why error) (result run.Result, err error) {
	a, err := Find(env.Journal, id)
	if err != nil {
		return run.Result{}, err
	}
	names, err := locks.Of(&a.read, func(r journal.Ref) (journal.Ref, error) { return rootOf(env.Journal, r) })
	if err != nil {
		return run.Result{}, err
	}
	held, release, err := locks.Take(ctx, env.Journal, names, lockTimeout)
	if err != nil {
		return run.Result{}, err
	}
	defer backend.Release(held, release, &err)
	if a, err = Find(env.Journal, a.ID); err != nil { // another run may have ended it
		return run.Result{}, err
	}
	if a, err = Move(env.Journal, a); err != nil {
		return run.Result{}, err
	}
	note := "Nothing was revoked: without the identity, credctl does not trust what the journal says. Its file is now " + a.Path
	if a.NewID != "" {
		note += fmt.Sprintf(". According to that file, %s was to replace %s: delete the one that nobody uses", a.NewID, a.Ref.ID)
	}
	env.Report(run.Notice{Subject: oplog.Subject{Provider: a.Ref.Provider, Kind: a.Ref.Kind, ID: a.Ref.ID}, Text: note, Important: true})
	return run.Result{
		Operation: a.ID, Provider: a.Ref.Provider, Kind: a.Ref.Kind, ID: a.Ref.ID, OldID: a.Ref.ID, State: oplog.Aborted, Changed: true,
		Reason: oplog.ReasonAborted, Message: why.Error(), Notes: []string{note},
	}, nil
}

// Steps says what Abort would do.
func (a Operation) Steps() []string {
	return []string{"move the journal's file " + a.Path + " aside, and change nothing else"}
}
