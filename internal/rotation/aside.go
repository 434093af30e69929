package rotation

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/step"
)

// abortUnread ends an operation that nothing can read, because the journal's identity
// is lost: why says so. Nothing is changed at the vendor or at a destination.
func (e *Engine) abortUnread(ctx context.Context, id string, o AbortOptions, why error) (Result, error) {
	a, err := e.Journal.FindAside(id)
	if err != nil {
		return Result{}, err
	}
	release, err := e.Journal.Lock(ctx, a.Ref.String(), o.LockTimeout)
	if err != nil {
		return Result{}, err
	}
	defer release()
	if a, err = e.Journal.SetAside(a); err != nil {
		return Result{}, err
	}
	note := fmt.Sprintf("Nothing was revoked: without the identity, credctl does not trust what the journal says. Its file is now %s", a.Path)
	if a.NewID != "" {
		note += fmt.Sprintf(". By that file, %s was to replace %s: delete the one that nobody uses", a.NewID, a.Ref.ID)
	}
	e.Report(Notice{Subject: Subject{Provider: a.Ref.Provider, Kind: a.Ref.Kind, ID: a.Ref.ID}, Text: note, Important: true})
	return Result{
		Operation: a.ID, Provider: a.Ref.Provider, Kind: a.Ref.Kind, ID: a.Ref.ID, OldID: a.Ref.ID, State: oplog.Aborted, Changed: true,
		Reason: oplog.ReasonAborted, Message: why.Error(), Notes: []string{note},
	}, nil
}

// planUnread returns what abortUnread would do.
func (e *Engine) planUnread(id string) (Plan, error) {
	a, err := e.Journal.FindAside(id)
	return Plan{
		Operation: a.ID, Provider: a.Ref.Provider, Kind: a.Ref.Kind, ID: a.Ref.ID, OldID: a.Ref.ID, NewID: a.NewID, Reason: oplog.ReasonAborted,
		Steps: []string{"move the journal's file " + a.Path + " aside, and change nothing else"}, Checks: []step.Check{},
	}, err
}
