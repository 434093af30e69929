package guard

import (
	"context"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/signer"
)

// self refuses the credential that credctl authenticates with, and what may be that
// credential. With --self it is deleted last, because nothing can be deleted after it.
func (g Guard) self(ctx context.Context, f *Findings) error {
	if g.Self && len(f.IDs) == 1 {
		return nil
	}
	own, unknown, err := g.find(ctx, f.seen)
	if err != nil {
		return err
	}
	unknown = slices.DeleteFunc(unknown, func(id string) bool { return contains(g.NotSelf, id) })
	if own != "" {
		unknown = append(unknown, own)
	}
	if len(unknown) == 0 {
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(f.IDs), func(id string) bool { return slices.Contains(unknown, id) })
	if g.Self {
		f.IDs = append(rest, unknown...)
		return nil
	}
	for _, id := range unknown {
		err := g.refuseSigner(id, id == own)
		if len(f.IDs) == 1 {
			return err
		}
		f.LeftOut = append(f.LeftOut, LeftOut{id, err})
	}
	f.IDs = rest
	return nil
}

// find returns the credential that credctl authenticates with, if it is among those
// of a survey, and those of which that cannot be told.
func (g Guard) find(ctx context.Context, seen *survey) (own string, unknown []string, err error) {
	token := config.TokenLike(g.Provider, g.Kind.Shape, g.Settings)
	if token.IsZero() {
		return "", nil, nil
	}
	engine, err := g.Engine()
	if err != nil {
		return "", nil, err
	}
	engine.Token = func(context.Context, rotation.Subject) (provider.Secret, error) { return token, nil }
	return engine.Signer().Among(ctx, rotation.Subject{Provider: g.Provider.Name, Kind: g.Kind.Name}, g.Service, seen.list, seen.ids)
}

func (g Guard) refuseSigner(id string, sure bool) error {
	if sure {
		return refused(id, "to replace it: "+g.Rotate+" "+id+" --self; to delete it, pass --self",
			"%s %s: if it is deleted, credctl can no longer authenticate", id, signer.IsSigner)
	}
	return refused(id, signer.NotSelf(id), "%s", signer.Untold(signer.IsSigner, id))
}

func contains(ids []string, id string) bool {
	return slices.ContainsFunc(ids, func(one string) bool { return strings.EqualFold(one, id) })
}
