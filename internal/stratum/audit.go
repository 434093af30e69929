package stratum

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// events returns the newest changes of keys, the newest first. Servers before 1.1.0
// write none, and a token that may not read the log is told nothing.
//
// See GET /api/v1/audit-logs at https://docs.stratum-hq.org.
func (s *server) events(ctx context.Context) (all []wire.Event, err error) {
	r := rest.Request{Method: http.MethodGet, Path: "/audit-logs", Query: url.Values{"resource_type": {"api_key"}, "limit": {"100"}}}
	err = rest.Stream(ctx, s.api, r, "", nil, func(e wire.Event) bool {
		all = append(all, e)
		return true
	})
	if is(err, http.StatusForbidden) || is(err, http.StatusNotFound) {
		return nil, nil
	}
	return all, explain(err)
}

// SignerOf returns the ID of the key that signed the request which made a key, as the
// audit log names it.
func (k *keys) SignerOf(ctx context.Context, made string) (string, error) {
	all, err := k.events(ctx)
	for _, e := range all {
		if strings.EqualFold(e.Resource, made) && (e.Action == "api_key.created" || e.Action == "api_key.rotated") && e.ActorType == "api_key" {
			return e.Actor, nil
		}
	}
	return "", err
}
