package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/signer"
	"github.com/credctl/credctl/internal/visible"
)

// recently is how long ago a credential was used that counts as in use.
const recently = 24 * time.Hour

// delivered refuses what the journal says was delivered somewhere, unless the vendor does not
// have it any more.
func (g Guard) delivered(ctx context.Context, f *Findings) error {
	engine, err := g.Engine()
	if err != nil {
		return err
	}
	index, err := engine.Journal.Index()
	if err != nil {
		return err
	}
	for _, id := range f.IDs {
		ref := rotation.Subject{Provider: g.Provider.Name, Kind: g.Kind.Name, ID: id}.Ref()
		err := inRotation(index, ref)
		if err == nil {
			err = inPlaces(engine.Journal, index, ref)
		}
		if errors.Is(err, provider.ErrRefused) {
			if f.seen.read(ctx); f.Missing(id) != nil {
				f.gone[id] = true
				continue
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inPlaces refuses what a rotation that has ended delivered.
func inPlaces(store *journal.Store, index journal.Index, ref journal.Ref) error {
	op, err := oplog.InForce(store, index, ref)
	if err != nil || op == nil {
		return err
	}
	s, err := oplog.StatusOf(index, op)
	if err != nil {
		return err
	}
	for _, d := range s.Destinations {
		if d.State == oplog.Delivered {
			return refused(ref.ID, "pass --force to delete it; programs that read "+d.To+" then fail", "%s is in use: rotation %s delivered it to %s", ref.ID, s.Operation, d.To)
		}
	}
	return nil
}

// inRotation refuses what a destination may have because of an unfinished operation: its new
// credential; the old credential until all have the other and the hook has run, and where an
// abort began to restore it.
func inRotation(index journal.Index, r journal.Ref) error {
	for _, op := range index.UnfinishedOf(r) {
		s, err := oplog.Fold(op)
		if err != nil {
			return err
		}
		old := s.Strategy == oplog.Replace && s.Subject.ID == r.ID && !s.OnlyRetireLeft()
		if old || s.New.ID == r.ID && len(s.Undelivered()) > 0 || len(s.Restores) > 0 {
			return refused(r.ID, fmt.Sprintf("to continue: credctl rotation resume %s; to undo it: credctl rotation abort %[1]s; to delete it without this check: pass --force", op.ID),
				"%s may be in use: rotation %s is not finished", r.ID, op.ID)
		}
	}
	return nil
}

// used refuses what was used within a day, where the vendor's listing tells that. It
// says of what is not listed that it cannot tell.
func (g Guard) used(f *Findings) error {
	if !g.Kind.TellsUse {
		return nil
	}
	if err := f.seen.listOnce(); err != nil {
		return err
	}
	var unlisted []string
	for _, id := range f.IDs {
		cred, _ := f.seen.of(id)
		switch {
		case cred == nil:
			unlisted = append(unlisted, id)
		case time.Since(cred.LastUsed) < recently:
			return refused(id, "pass --force to delete it; clients that use it then fail", "%s (%s) was used %s ago", id, visible.Text(cred.Name), time.Since(cred.LastUsed).Round(time.Second))
		}
	}
	if len(unlisted) > 0 {
		g.Streams.Remark("%s: %s: it is not in the listing", g.Provider.Name, signer.Untold("was used within a day", unlisted...))
	}
	return nil
}

// users refuses what something at the vendor refers to.
func (g Guard) users(ctx context.Context, f *Findings) error {
	u, ok := g.Service.(provider.UsageFinder)
	if !ok {
		return nil
	}
	for i, err := range g.Each(ctx, f.IDs, func(ctx context.Context, _ int, id string) error { return g.user(ctx, u, f.seen, id) }) {
		if err != nil {
			return exit.About{ID: f.IDs[i]}.Wrap(err)
		}
	}
	return nil
}

func (g Guard) user(ctx context.Context, u provider.UsageFinder, seen *survey, id string) error {
	cred, err := g.Service.(provider.Getter).Get(ctx, id)
	seen.remember(id, cred, err)
	if errors.Is(err, provider.ErrNotFound) {
		return nil // deleting it says so
	}
	if err != nil {
		return err
	}
	users, err := u.FindUsage(ctx, cred)
	if err != nil {
		return refused(id, "pass --force to delete it without this check", "Cannot tell whether %s is in use: %w", id, err)
	}
	if len(users) == 0 {
		return nil
	}
	return refused(id, "pass --force to delete it; clients that use it then fail", "%s (%s) is in use by %s", id, visible.Text(cred.Name), visible.Text(strings.Join(users, ", ")))
}
