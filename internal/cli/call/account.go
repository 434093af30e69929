package call

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
)

// checkAccount refuses IDs of another account, such as a tenant, than the command line
// names, and an account that does not exist. One that a profile or the environment
// names only narrows a listing. An account that every listing needs cannot be another.
func checkAccount(ctx context.Context, cmd *cobra.Command, c *Call, svc provider.Service, ids []string) error {
	account := c.Provider.Login.Account
	narrow, ok := svc.(provider.ScopeLister)
	lister, lists := svc.(provider.Lister)
	needed := slices.ContainsFunc(c.Kind.Needs[provider.List], func(p provider.AnyParam) bool { return p.Info().Name == account })
	if !ok || !lists || needed || len(ids) == 0 || !cmd.Flags().Changed(account) {
		return nil
	}
	elsewhere := make(map[string]bool, len(ids))
	for _, id := range ids {
		elsewhere[strings.ToLower(id)] = true
	}
	for one, err := range lister.List(ctx, provider.Input{}) {
		if err != nil {
			return err
		}
		delete(elsewhere, strings.ToLower(one.ID))
	}
	if len(elsewhere) == 0 {
		return nil
	}
	for one, err := range narrow.ListScope(ctx, provider.Credential{}) {
		switch {
		case err != nil:
			return err
		case elsewhere[strings.ToLower(one.ID)] && !narrow.Selects(one):
			return provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is not in %s %s", one.ID, account, c.Settings.Value(account))),
				"pass the %s of %s, or leave out --%s", account, one.ID, account)
		}
	}
	return nil // the verb says that there is no such credential
}
