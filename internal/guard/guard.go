// Package guard refuses to delete what should not be deleted by mistake, and tells
// what a deletion came to.
package guard

import (
	"context"
	"fmt"
	"iter"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/listing"
	"github.com/credctl/credctl/internal/term"
)

// Max is how many credentials are deleted without asking for their number.
const Max = 5

// A Guard knows what must not be deleted of a kind of a vendor.
type Guard struct {
	Provider provider.Provider
	Kind     provider.Kind
	Settings provider.Input
	Service  provider.Service
	Streams  *term.Streams
	Rotate   string   // the command that replaces a credential
	Force    bool     // refuse only the credential that credctl authenticates with
	Self     bool     // do not refuse that one either
	NotSelf  []string // the user states that credctl authenticates with none of these

	// Engine returns what knows the rotations.
	Engine func() (*rotation.Engine, error)

	// Each calls do for every ID, and yields the index and the error of each.
	Each func(ctx context.Context, ids []string, do func(ctx context.Context, i int, id string) error) iter.Seq2[int, error]
}

// Check returns the credentials to delete, or the reason why none of them should be.
// --force overrides all reasons but that credctl authenticates with a credential,
// which --self overrides. Of several credentials that one alone is left out.
func (g Guard) Check(ctx context.Context, ids []string) (*Findings, error) {
	f := &Findings{IDs: ids, service: g.Service, seen: newSurvey(ctx, g.Service, ids), gone: map[string]bool{}}
	if !g.Force {
		if err := g.many(ids); err != nil {
			return nil, err
		}
	}
	if err := g.self(ctx, f); err != nil {
		return nil, err
	}
	if !g.Force {
		if err := g.inUse(ctx, f); err != nil {
			return nil, err
		}
	}
	f.seen.read(ctx)
	return f, g.place(f)
}

// place refuses credentials of another account than the one that is set. Of several, those
// are left out.
func (g Guard) place(f *Findings) error {
	rest := make([]string, 0, len(f.IDs))
	for _, id := range f.IDs {
		c, read := f.seen.of(id)
		if !read || c == nil {
			rest = append(rest, id)
			continue
		}
		err := listing.CheckPlace(g.Service, *c)
		switch {
		case err == nil:
			rest = append(rest, id)
		case len(f.IDs) == 1:
			return exit.About{ID: id}.Wrap(err)
		default:
			f.LeftOut = append(f.LeftOut, LeftOut{id, err})
		}
	}
	f.IDs = rest
	return nil
}

// inUse refuses what is in use, as far as is known.
func (g Guard) inUse(ctx context.Context, f *Findings) error {
	if err := g.delivered(ctx, f); err != nil {
		return err
	}
	if err := g.used(f); err != nil {
		return err
	}
	return g.users(ctx, f)
}

func refused(id, hint string, format string, args ...any) error {
	err := provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...)), "%s", hint)
	return exit.About{ID: id}.Wrap(err)
}

// many refuses many credentials where nobody can be asked for their number.
func (g Guard) many(ids []string) error {
	if len(ids) <= Max || g.Streams.Interactive() {
		return nil
	}
	return refused("", "pass --force to delete all of them", "Refusing to delete %d credentials at once (limit: %d)", len(ids), Max)
}
