package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/signer"
	"github.com/credctl/credctl/internal/visible"
)

// recently is when what was used must not be deleted without a word.
const recently = 24 * time.Hour

// delivered refuses what our own journal says is in use somewhere.
func (g Guard) delivered(ids []string) error {
	engine, err := g.Engine()
	if err != nil {
		return err
	}
	all, err := engine.List(true)
	if err != nil {
		return err
	}
	replaced := func(id string) bool {
		return slices.ContainsFunc(all, func(s rotation.Status) bool {
			return s.OldID == id && (s.State == oplog.Done || s.State == oplog.Grace)
		})
	}
	for _, s := range all {
		if s.Provider != g.Provider.Name || !slices.Contains(ids, s.NewID) || replaced(s.NewID) {
			continue
		}
		for _, d := range s.Destinations {
			if d.State == oplog.Delivered {
				return refused(s.NewID, "--force deletes it, and what reads it there will fail", "%s was delivered to %s by rotation %s, and is in use there as far as is known", s.NewID, d.To, s.Operation)
			}
		}
	}
	return nil
}

// used refuses what was used within a day, where the vendor's listing tells
// that, and says of what is in no listing that it cannot be told.
func (g Guard) used(seen *survey) error {
	if !g.Kind.TellsUse {
		return nil
	}
	if err := seen.once(); err != nil {
		return err
	}
	var unlisted []string
	for _, id := range seen.ids {
		cred, listed := seen.of(id)
		switch {
		case !listed:
			unlisted = append(unlisted, id)
		case time.Since(cred.LastUsed) < recently:
			return refused(id, "--force deletes it, and what uses it will fail", "%s (%s) was used %s ago", id, visible.Text(cred.Name), time.Since(cred.LastUsed).Round(time.Second))
		}
	}
	if len(unlisted) > 0 {
		g.Streams.Remark("%s: %s, because no listing has that", g.Provider.Name, signer.Untold("was used within a day", unlisted...))
	}
	return nil
}

// users refuses what something at the vendor refers to.
func (g Guard) users(ctx context.Context, ids []string) error {
	u, ok := g.Service.(provider.UsageFinder)
	if !ok {
		return nil
	}
	for i, err := range g.Each(ctx, ids, func(ctx context.Context, _ int, id string) error { return g.user(ctx, u, id) }) {
		if err != nil {
			return exit.About{ID: ids[i]}.Wrap(err)
		}
	}
	return nil
}

func (g Guard) user(ctx context.Context, u provider.UsageFinder, id string) error {
	cred, err := g.Service.(provider.Getter).Get(ctx, id)
	if errors.Is(err, provider.ErrNotFound) {
		return nil // deleting it will say so
	}
	if err != nil {
		return err
	}
	users, err := u.FindUsage(ctx, cred)
	if err != nil {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("cannot find out whether it is in use: %w", err)), "--force deletes it without looking")
	}
	if len(users) == 0 {
		return nil
	}
	return refused(id, "--force deletes it, and what uses it will fail", "%q is in use by %s", cred.Name, visible.Text(strings.Join(users, ", ")))
}
