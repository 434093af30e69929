package creation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Existing returns the credential that has the name of the new credential already, in the
// account and with the settings of the request, where that is enough. It is nil otherwise.
func (q Request) Existing(ctx context.Context) (found *run.Result, err error) {
	if !q.IfNotExists {
		return nil, nil // nobody asked
	}
	all, err := q.named(ctx)
	if err != nil {
		return nil, fmt.Errorf("could not find out whether %q exists: %w", q.Name, err)
	}
	switch len(all) {
	case 0:
		return nil, nil // there is none
	case 1:
		return &run.Result{Provider: q.Provider, Kind: q.Kind, ID: all[0].ID, Name: q.Name, Credential: all[0]}, nil
	}
	return nil, provider.Hint(provider.WithClass(provider.ErrConflict, fmt.Errorf("%d %ss are named %q: %s", len(all), setting.KindNoun(q.Kind), q.Name, strings.Join(ids(all), ", "))),
		"delete those that you do not need, or choose another name")
}

// named returns the credentials that work and have the name of the request.
func (q Request) named(ctx context.Context) (all []provider.Credential, err error) {
	for c, err := range q.Service.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return nil, err
		}
		if c.Name == q.Name && c.Live() {
			all = append(all, c)
		}
	}
	return all, nil
}

// tellNamesakes says which credentials have the name of the one that will be created: a vendor
// allows that, and whoever selects by name has to know. Where creating lists nothing, it is not
// worth a listing.
func (q Request) tellNamesakes(c *creation, before []provider.Credential) {
	same := slices.DeleteFunc(slices.Clone(before), func(other provider.Credential) bool { return other.Name != q.Name || !other.Live() })
	if q.ID == "" && q.Name != "" && len(same) > 0 {
		c.Remark("note: %q is also the name of %s", q.Name, strings.Join(ids(same), ", "))
	}
}
