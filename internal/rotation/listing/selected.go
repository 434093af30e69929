package listing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Selected returns what the settings of the account select and has a name with this
// prefix, in the order of a listing that did not begin before since.
func (a *Account) Selected(ctx context.Context, since time.Time, prefix string) ([]provider.Credential, error) {
	all, err := a.All(ctx, since)
	if err != nil {
		return nil, err
	}
	names := a.byName(all)
	if len(names) == 0 { // the vendor may say why
		return listed(ctx, a.service)
	}
	from, _ := slices.BinarySearchFunc(names, prefix, func(i int, prefix string) int { return cmp.Compare(all[i].Name, prefix) })
	var found []int
	for _, i := range names[from:] {
		if !strings.HasPrefix(all[i].Name, prefix) {
			break
		}
		found = append(found, i)
	}
	slices.Sort(found)
	selected := make([]provider.Credential, len(found))
	for n, i := range found {
		selected[n] = all[i]
	}
	return selected, nil
}

// byName returns which credentials the settings select, in the order of their names.
func (a *Account) byName(all []provider.Credential) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names != nil {
		return a.names
	}
	narrow, _ := a.service.(provider.ScopeLister)
	names := []int{}
	for i := range all {
		if narrow == nil || narrow.Selects(all[i]) {
			names = append(names, i)
		}
	}
	slices.SortStableFunc(names, func(i, k int) int { return cmp.Compare(all[i].Name, all[k].Name) })
	a.names = names
	return names
}

// listed returns what the vendor lists with the settings of a service.
func listed(ctx context.Context, service provider.Service) (all []provider.Credential, err error) {
	l, ok := service.(provider.Lister)
	if !ok {
		return nil, nil
	}
	for c, err := range l.List(ctx, provider.Input{}) {
		if err != nil {
			return nil, fmt.Errorf("could not list the existing credentials: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// A PlaceChecker refuses to change a credential of another account, such as a tenant, than
// the settings name, although the token can.
type PlaceChecker interface {
	CheckPlace(c provider.Credential) error
}

// CheckPlace is [PlaceChecker.CheckPlace] of a service.
func CheckPlace(service provider.Service, c provider.Credential) error {
	if p, ok := service.(PlaceChecker); ok {
		return p.CheckPlace(c)
	}
	return nil
}
