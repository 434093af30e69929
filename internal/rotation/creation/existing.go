package creation

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Existing returns the credential that has the name of the new credential already, in the
// account and with the settings of the request, where that is enough. It is nil otherwise.
func (q Request) Existing(ctx context.Context) (found *run.Result, err error) {
	if !q.IfNotExists {
		return nil, nil //nolint:nilnil // nobody asked
	}
	all, err := q.named(ctx, math.MaxInt)
	if err != nil {
		return nil, fmt.Errorf("could not find out whether %q exists: %w", q.Name, err)
	}
	switch len(all) {
	case 0:
		return nil, nil //nolint:nilnil // there is none
	case 1:
		return &run.Result{Provider: q.Provider, Kind: q.Kind, ID: all[0].ID, Name: q.Name, Credential: all[0]}, nil
	}
	return nil, provider.Hint(provider.WithClass(provider.ErrConflict, fmt.Errorf("%d %ss are named %q: %s", len(all), setting.KindNoun(q.Kind), q.Name, strings.Join(ids(all), ", "))),
		"delete those that you do not need, or choose another name")
}

// named returns those of the first so many credentials that work and have the name of the request.
func (q Request) named(ctx context.Context, most int) (all []provider.Credential, err error) {
	for c, err := range q.Service.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return nil, err
		}
		if c.Name == q.Name && c.Live() {
			all = append(all, c)
		}
		if most--; most == 0 {
			break
		}
	}
	return all, nil
}

// tellNamesakes says which credentials have the name of the one that will be created: a vendor
// allows that, and whoever selects by name has to know. It is no reason to fail or to wait.
func (q Request) tellNamesakes(ctx context.Context, c *creation, before []provider.Credential) {
	if q.ID != "" || q.Name == "" {
		return
	}
	if c.Op.Stamped { // else they were listed
		listing, cancel := context.WithTimeout(ctx, namesLimit)
		defer cancel()
		before, _ = q.named(listing, mostNames)
	}
	before = slices.DeleteFunc(slices.Clone(before), func(c provider.Credential) bool { return c.Name != q.Name || !c.Live() })
	if len(before) > 0 {
		c.Remark("note: %q is also the name of %s", q.Name, strings.Join(ids(before), ", "))
	}
}

// namesLimit is how long it may take to find out whether a name is in use, and mostNames
// how many credentials are looked at: each page counts against the vendor's rate limit.
const namesLimit, mostNames = 5 * time.Second, 1000
