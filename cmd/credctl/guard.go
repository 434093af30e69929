package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/signer"
	"github.com/credctl/credctl/internal/visible"
)

// The bounds of what is deleted without a second thought.
const (
	mostDeletes = 5
	recently    = 24 * time.Hour
)

// guard refuses to delete what should not be deleted by mistake. --force
// overrides all of it but the key that credctl signs with, which is --self.
func (c *call) guard(ctx context.Context, svc provider.Service, ids []string) error {
	seen := newSurvey(ctx, svc, ids)
	if !c.flags.self {
		if err := c.guardSelf(ctx, seen); err != nil {
			return err
		}
	}
	if c.flags.force {
		return nil
	}
	if err := c.guardMany(ids); err != nil {
		return err
	}
	if err := c.guardDelivered(ids); err != nil {
		return err
	}
	if err := c.guardUsed(seen); err != nil {
		return err
	}
	return c.guardUsers(ctx, svc, ids)
}

func refused(hint string, format string, args ...any) error {
	return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...)), "%s", hint)
}

// guardSelf refuses the credential that credctl itself signs with, and says where
// that cannot be told.
func (c *call) guardSelf(ctx context.Context, seen *survey) error {
	if config.TokenLike(c.provider, c.kind.Shape, c.settings).IsZero() {
		return nil
	}
	engine, err := c.session.Engine()
	if err != nil {
		return err
	}
	engine.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
		return config.TokenLike(c.provider, c.kind.Shape, c.settings), nil
	}
	self, unknown, err := engine.SelfAmong(ctx, rotation.Subject{Provider: c.provider.Name, Kind: c.kind.Name}, seen.look, seen.ids)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		c.streams.Remark("%s: %s", c.provider.Name, signer.Untold(signer.IsSigner, unknown...))
	}
	if self == "" {
		return nil
	}
	c.failed.id = self
	return refused("--self deletes it none the less; rotate it instead with: "+c.command(provider.Rotate)+" "+self+" --self",
		"%s %s: without it nothing more can be done here", self, signer.IsSigner)
}

// guardDelivered refuses what our own journal says is in use somewhere.
func (c *call) guardDelivered(ids []string) error {
	engine, err := c.session.Engine()
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
		if s.Provider != c.provider.Name || !slices.Contains(ids, s.NewID) || replaced(s.NewID) {
			continue
		}
		for _, d := range s.Destinations {
			if d.State == oplog.Delivered {
				c.failed.id = s.NewID
				return refused("--force deletes it, and what reads it there will fail", "%s was delivered to %s by rotation %s, and is in use there as far as is known", s.NewID, d.To, s.ID)
			}
		}
	}
	return nil
}

// guardUsed refuses what was used within a day, where the vendor's listing tells
// that, and says of what is in no listing that it cannot be told.
func (c *call) guardUsed(seen *survey) error {
	if !c.kind.TellsUse {
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
			c.failed.id = id
			return refused("--force deletes it, and what uses it will fail", "%s (%s) was used %s ago", id, visible.Text(cred.Name), time.Since(cred.LastUsed).Round(time.Second))
		}
	}
	if len(unlisted) > 0 {
		c.streams.Remark("%s: %s, because no listing has that", c.provider.Name, signer.Untold("was used within a day", unlisted...))
	}
	return nil
}

// guardUsers refuses what something at the vendor refers to.
func (c *call) guardUsers(ctx context.Context, svc provider.Service, ids []string) error {
	u, ok := svc.(provider.UsageFinder)
	if !ok {
		return nil
	}
	for i, err := range c.each(ctx, ids, func(ctx context.Context, _ int, id string) error { return guardUser(ctx, svc, u, id) }) {
		if err != nil {
			c.failed.id = ids[i]
			return err
		}
	}
	return nil
}

func guardUser(ctx context.Context, svc provider.Service, u provider.UsageFinder, id string) error {
	cred, err := svc.(provider.Getter).Get(ctx, id)
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
	return refused("--force deletes it, and what uses it will fail", "%q is in use by %s", cred.Name, visible.Text(strings.Join(users, ", ")))
}

// guardMany refuses many where there is nobody who could type how many.
func (c *call) guardMany(ids []string) error {
	if len(ids) <= mostDeletes || c.streams.Interactive() {
		return nil
	}
	return refused("--force deletes them all", "%d at once are more than %d", len(ids), mostDeletes)
}
