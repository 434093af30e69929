package medianova

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// The paths of the API. Every sample of the documents has the first, their
// descriptions have the second, and nobody says which one is right.
const (
	doubled = "/api/api/v2"
	single  = "/api/v2"
)

// The paths below an organization. Only a create takes the plural.
const (
	plural   = "credentials"
	singular = "credential"
)

// An api is the routes of one organization. Where its prefix is the documented
// one, the first GET of the run finds out whether the server has the other.
type api struct {
	client *rest.Client
	below  string // "/stook/UUID"

	mu     sync.Mutex
	prefix string
	sure   bool // an answer came from below prefix

	settling sync.Mutex // held while that is found out before a change
}

func (a *api) current() (prefix string, sure bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.prefix, a.sure
}

// path returns the path below prefix of the segments, which are escaped already.
func (a *api) path(prefix string, segments ...string) string {
	return prefix + a.below + "/" + strings.Join(segments, "/")
}

// get calls send, which sends a GET below the prefix it is given.
func (a *api) get(send func(prefix string) error) error {
	prefix, sure := a.current()
	err := send(prefix)
	if errors.Is(err, wire.ErrNoRoute) && !sure && prefix == doubled {
		if other := send(single); !errors.Is(other, wire.ErrNoRoute) {
			prefix, err = single, other
		}
	}
	if exists(err) {
		a.mu.Lock()
		a.prefix, a.sure = prefix, true
		a.mu.Unlock()
	}
	return explain(err)
}

// exists reports whether a request that came to err met a route of the API, not
// only a gateway before it.
func exists(err error) bool {
	e, answered := errors.AsType[*provider.Error](err)
	if !answered {
		return err == nil
	}
	return !errors.Is(err, wire.ErrNoRoute) && e.Status/100 != 3 && e.Status < 500 && e.Status != http.StatusTooManyRequests
}

// probe looks whether the routes are there, with a GET of the credentials.
func (a *api) probe(ctx context.Context) error {
	return a.get(func(prefix string) error {
		r := rest.Request{Method: http.MethodGet, Path: a.path(prefix, singular)}
		return rest.Stream(ctx, a.client, r, "data", nil, func(jsontext.Value) bool { return false })
	})
}

// change sends a request that changes something, below a prefix that is right:
// which one that is must not be found out by trying.
func (a *api) change(ctx context.Context, r rest.Request, segments ...string) (jsontext.Value, error) {
	if err := a.findPrefix(ctx); err != nil {
		return nil, err
	}
	prefix, sure := a.current()
	r.Path = a.path(prefix, segments...)
	got, err := rest.Do[jsontext.Value](ctx, a.client, r)
	if errors.Is(err, provider.ErrDryRun) && !sure && prefix == doubled {
		err = unread(err, "could not check whether the address begins with "+doubled+" or with "+single)
	}
	return got, explain(err)
}

// findPrefix finds out which prefix is right, unless that is known. A dry run that
// cannot continues with the documented one.
func (a *api) findPrefix(ctx context.Context) error {
	a.settling.Lock()
	defer a.settling.Unlock()
	if prefix, sure := a.current(); sure || prefix != doubled {
		return nil
	}
	if err := a.probe(ctx); !errors.Is(err, provider.ErrDryRun) {
		return err
	}
	return nil
}
