package stratum

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

var (
	status  = provider.OneOf("status", "only keys with this `status`", wire.Active, wire.Revoked, wire.Expired)
	dormant = provider.Bool("dormant", "only keys that are unused (see --days)")
	days    = provider.Int("days", "`number` of days without use, with --dormant (server default 90)", 1, 365)
)

// List lists the keys, the newest first, or those that are dormant, the longest
// unused first. The dormant listing does not tell the status of a key.
//
// See GET /api/v1/api-keys and GET /api/v1/api-keys/dormant at
// https://docs.stratum-hq.org (api/api-keys). Neither has pages.
func (k *keys) List(ctx context.Context, in provider.Input) iter.Seq2[provider.Credential, error] {
	r, query := rest.Request{Method: http.MethodGet, Path: path}, url.Values{}
	n, daysSet := days.Lookup(in)
	state, stateSet := status.Lookup(in)
	complete := !dormant.Get(in)
	switch {
	case complete && daysSet:
		return fail(provider.Usage("--days requires --dormant"))
	case !complete && stateSet:
		return fail(provider.Usage("--status cannot be combined with --dormant, which lists no revoked keys"))
	case complete && k.tenant != "":
		query.Set("tenant_id", k.tenant)
	case !complete:
		r.Path += "/dormant"
		if daysSet {
			query.Set("days", strconv.Itoa(n))
		}
	}
	r.Query = query
	now := time.Now()
	return func(yield func(provider.Credential, error) bool) {
		seen := tenants{wanted: k.tenant}
		wanted := func(x wire.Key) bool { return seen.count(x) && (state == "" || x.Status(now) == state) }
		for c, err := range k.credentials(ctx, r, wanted, now, complete) {
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := k.explainNone(ctx, seen); err != nil {
			yield(provider.Credential{}, err)
		}
	}
}

// ListScope lists the keys of the same tenant as another, or of every tenant that the
// token can see. One that is bound to a tenant sees those of its own, itself among
// them, and can revoke no others.
func (k *keys) ListScope(ctx context.Context, peer provider.Credential) iter.Seq2[provider.Credential, error] {
	wanted := func(x wire.Key) bool { return len(peer.Scopes) == 0 || slices.Equal(peer.Scopes, []string{x.Scope()}) }
	return k.credentials(ctx, rest.Request{Method: http.MethodGet, Path: path}, wanted, time.Now(), true)
}

// Selects reports whether c is a key of the tenant that is set.
func (k *keys) Selects(c provider.Credential) bool {
	return k.tenant == "" || strings.EqualFold(wire.TenantOf(c), k.tenant)
}

// CheckPlace refuses a key of another tenant than the one that is set.
func (k *keys) CheckPlace(c provider.Credential) error { return wire.CheckPlace(c, k.tenant) }

// credentials are the wanted ones in the answer to r, as they are at the given time.
func (s *server) credentials(ctx context.Context, r rest.Request, wanted func(wire.Key) bool, now time.Time, complete bool) iter.Seq2[provider.Credential, error] {
	return rest.Map(s.listing(ctx, r, wanted), func(x wire.Key) provider.Credential { return x.Credential(now, complete) })
}

// listing passes on the wanted items of the answer to r as they arrive: there may
// be very many, because the keys of all times are in it.
func (s *server) listing(ctx context.Context, r rest.Request, wanted func(wire.Key) bool) iter.Seq2[wire.Key, error] {
	return func(yield func(wire.Key, error) bool) {
		err := rest.Stream(ctx, s.api, r, "", nil, func(x wire.Answer) bool {
			return !wanted(x.Key) || yield(x.Key, nil)
		})
		if err != nil {
			yield(wire.Key{}, explain(err))
		}
	}
}

func fail(err error) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) { yield(provider.Credential{}, err) }
}
