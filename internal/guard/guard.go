// Package guard refuses to delete what should not be deleted by mistake.
package guard

import (
	"context"
	"fmt"
	"iter"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/signer"
	"github.com/credctl/credctl/internal/term"
)

// Max is how many are deleted without a second thought.
const Max = 5

// A Guard knows what must not be deleted of a kind of a vendor.
type Guard struct {
	Provider provider.Provider
	Kind     provider.Kind
	Settings provider.Input
	Service  provider.Service
	Streams  *term.Streams
	Rotate   string // the command that replaces one instead
	Force    bool   // only the key that credctl signs with is refused
	Self     bool   // that is not

	// Engine returns what knows the rotations.
	Engine func() (*rotation.Engine, error)

	// Each calls do for every ID, and yields the index and the error of each.
	Each func(ctx context.Context, ids []string, do func(ctx context.Context, i int, id string) error) iter.Seq2[int, error]
}

// Check returns the reason why some of these should not be deleted. --force
// overrides all of them but that credctl signs with it, which is --self.
func (g Guard) Check(ctx context.Context, ids []string) error {
	seen := newSurvey(ctx, g.Service, ids)
	if !g.Self {
		if err := g.self(ctx, seen); err != nil {
			return err
		}
	}
	if g.Force {
		return nil
	}
	if err := g.many(ids); err != nil {
		return err
	}
	if err := g.delivered(ids); err != nil {
		return err
	}
	if err := g.used(seen); err != nil {
		return err
	}
	return g.users(ctx, ids)
}

func refused(id, hint string, format string, args ...any) error {
	err := provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...)), "%s", hint)
	return exit.About{ID: id}.Wrap(err)
}

// self refuses the credential that credctl itself signs with, and says where that
// cannot be told.
func (g Guard) self(ctx context.Context, seen *survey) error {
	token := config.TokenLike(g.Provider, g.Kind.Shape, g.Settings)
	if token.IsZero() {
		return nil
	}
	engine, err := g.Engine()
	if err != nil {
		return err
	}
	engine.Token = func(context.Context, rotation.Subject) (provider.Secret, error) { return token, nil }
	self, unknown, err := engine.SelfAmong(ctx, rotation.Subject{Provider: g.Provider.Name, Kind: g.Kind.Name}, seen.look, seen.ids)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		g.Streams.Remark("%s: %s", g.Provider.Name, signer.Untold(signer.IsSigner, unknown...))
	}
	if self == "" {
		return nil
	}
	return refused(self, "--self deletes it none the less; rotate it instead with: "+g.Rotate+" "+self+" --self",
		"%s %s: without it nothing more can be done here", self, signer.IsSigner)
}

// many refuses many where there is nobody who could type how many.
func (g Guard) many(ids []string) error {
	if len(ids) <= Max || g.Streams.Interactive() {
		return nil
	}
	return refused("", "--force deletes them all", "%d at once are more than %d", len(ids), Max)
}
