package creation

import (
	"context"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Existing returns the credential that has the name of the new credential already, in the
// account and with the settings of the request, where that is enough. It is nil otherwise.
func (q Request) Existing(ctx context.Context) (found *run.Result, err error) {
	if !q.IfNotExists {
		return nil, nil //nolint:nilnil // nobody asked
	}
	var all []provider.Credential
	for c, err := range q.Service.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return nil, fmt.Errorf("could not find out whether %q exists: %w", q.Name, err)
		}
		if c.Name == q.Name && c.Live() {
			all = append(all, c)
		}
	}
	switch len(all) {
	case 0:
		return nil, nil //nolint:nilnil // there is none
	case 1:
		return &run.Result{Provider: q.Provider, Kind: q.Kind, ID: all[0].ID, Name: q.Name, Credential: all[0]}, nil
	}
	return nil, provider.Hint(provider.WithClass(provider.ErrConflict, fmt.Errorf("%d %ss are named %q: %s", len(all), q.Kind, q.Name, strings.Join(ids(all), ", "))),
		"delete those that you do not need, or choose another name")
}
