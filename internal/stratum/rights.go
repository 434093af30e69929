package stratum

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// observed is what an answer to a key's own request shows of its rights.
type observed struct {
	known       bool
	administers bool
	limit       int // requests in a window; zero: it is not shown
}

// observe makes an administrative request that the key itself signs, and where that is
// forbidden, one of its tenant: a refusal shows no limit of the key. A key without a
// secret, or with one that does not work, shows nothing.
func (s *server) observe(ctx context.Context, c provider.Credential) (seen observed, err error) {
	if c.Secret.IsZero() {
		return seen, nil
	}
	api, err := rest.New(s.conn, rest.Dialect{Auth: rest.Header("X-API-Key", c.Secret), Failure: wire.Failure, Limit: wire.PerAddress(false)})
	if err != nil {
		return seen, err
	}
	var header http.Header
	limit := func(h http.Header) { header = h; seen.limit, _ = strconv.Atoi(h.Get("X-Ratelimit-Limit")) }
	r := rest.Request{Method: http.MethodGet, Path: "/audit-logs", Query: url.Values{"limit": {"1"}}, Answered: limit}
	if err = rest.Stream(ctx, api, r, "", nil, func(wire.Event) bool { return true }); err == nil {
		seen.administers = true
	} else if is(err, http.StatusForbidden) {
		r = readable(c)
		r.Answered = limit
		if _, err = rest.Do[struct{}](ctx, api, r); is(err, http.StatusForbidden) || is(err, http.StatusNotFound) {
			seen.limit, err = 0, nil
		}
	}
	switch seen.known = err == nil; {
	case is(err, http.StatusUnauthorized):
		return observed{}, nil
	case limitedByKey(err, header): // its limit is known
		err = nil
	}
	return seen, explain(err)
}

// What a rotation of this server carries over.
const (
	carriesUnknown = iota
	carriesAll     // role, scopes, limits and expiry
	carriesNothing
)

// carriesOver reports whether a rotation keeps role, scopes, limits and expiry. The
// services that do answer a route that does not exist with 404, and others with 403.
func (s *server) carriesOver(ctx context.Context, id string) (bool, error) {
	if known := s.carries.Load(); known != carriesUnknown {
		return known == carriesAll, nil
	}
	_, err := rest.Do[struct{}](ctx, s.api, one(http.MethodGet, id))
	switch {
	case err == nil, errors.Is(err, provider.ErrAbsent):
		s.carries.Store(carriesAll)
		return true, nil
	case is(err, http.StatusForbidden), is(err, http.StatusNotFound):
		s.carries.Store(carriesNothing)
		return false, nil
	}
	return false, explain(err)
}

// CheckRights returns the parameters with which the replacement of old keeps its
// rights, and which rights cannot be compared, why, and what to do. What can be seen, and
// could not be kept, is [provider.ErrVerify].
func (k *keys) CheckRights(ctx context.Context, old provider.Credential, inPlace bool, in provider.Input, made map[string]string) (keep map[string]string, unseen []string, err error) {
	if inPlace {
		if _, err := wire.RotatedName(old.Name, in); err != nil {
			return nil, nil, err
		}
		if carries, err := k.carriesOver(ctx, old.ID); err != nil || carries {
			return nil, nil, err
		}
	}
	if !old.Expires.IsZero() {
		return nil, nil, lost("create its replacement on the server", "the key expires at %s, but on this server its replacement would never expire", old.Expires.UTC().Format(clock))
	}
	keep = map[string]string{}
	wanted, err := k.wantedRole(ctx, old, in, made)
	if err != nil {
		return nil, nil, err
	}
	switch name := made[role.Info().Name]; {
	case name == "" || role.Get(in) != "":
	case wanted == nil:
		return nil, nil, lost("pass --role NAME", "credctl created the key with the role %s, which does not exist any more", name)
	case wanted.Name == name, wanted.ID == name:
		unseen = append(unseen, fmt.Sprintf("The new key gets the role %s, with which credctl created %s; to choose another role, pass --role NAME", wanted.Name, old.ID))
	}
	if wanted != nil && role.Get(in) == "" {
		keep[role.Info().Name] = wanted.ID
	}
	seen, err := k.observe(ctx, old)
	if err != nil {
		return nil, nil, err
	}
	common, err := k.commonLimit(ctx, seen)
	if err != nil {
		return nil, nil, err
	}
	limited := seen.limit != common && rateMax.Get(in) == 0
	switch {
	case wanted == nil && seen.administers:
		return nil, nil, lost("pass --role NAME; to create a role: `credctl stratum role create NAME --scopes read,write,admin`",
			"the key has the admin scope, but its replacement could only read and write")
	case limited && inPlace:
		return nil, nil, lost("pass --overlap, which keeps the limit", "the key is limited to %d requests, but a rotation in place gives its replacement no limit", seen.limit)
	case limited:
		keep[rateMax.Info().Name] = strconv.Itoa(seen.limit)
		unseen = append(unseen, fmt.Sprintf("Did not compare the window of the rate limit of %s: the server does not show it, and the new key gets %d requests in 1 minute; to set it, pass --rate-limit-window", old.ID, seen.limit))
	}
	if wanted == nil {
		unseen = append(unseen, "Did not compare role and scopes of "+old.ID+": the server does not show them, and the new key can read and write; to choose another role, pass --role NAME")
	}
	if !seen.known {
		unseen = append(unseen, "Did not compare rate limit and admin scope of "+old.ID+": only a request with the old secret shows them, and no destination holds that secret; compare both keys in Stratum")
	}
	return keep, unseen, nil
}

// lost refuses a rotation that would change rights.
func lost(hint, format string, args ...any) error {
	return provider.Hint(provider.WithClass(provider.ErrVerify, fmt.Errorf(format, args...)), "%s; or pass --accept-drift to accept the difference", hint)
}

// commonLimit is the limit of the key that credctl authenticates with, which is that
// of all keys without a limit of their own. Where that cannot be seen, it is the one
// that was seen.
func (s *server) commonLimit(ctx context.Context, seen observed) (int, error) {
	if seen.limit == 0 || s.token.IsZero() {
		return seen.limit, nil
	}
	own, err := s.observe(ctx, provider.Credential{Secret: s.token})
	if err != nil || own.limit == 0 {
		return seen.limit, err
	}
	return own.limit, nil
}

// CompareRights returns in which rights a new key differs from the old key, as the
// answers show that each of them signs.
func (k *keys) CompareRights(ctx context.Context, old, now provider.Credential) (differ []string, err error) {
	if old.Secret.IsZero() || now.Secret.IsZero() {
		return nil, nil
	}
	was, err := k.observe(ctx, old)
	if err != nil || !was.known {
		return nil, err
	}
	has, err := k.observe(ctx, now)
	if err != nil || !has.known {
		return nil, err
	}
	switch {
	case was.administers && !has.administers:
		differ = append(differ, "it lacks the admin scope")
	case !was.administers && has.administers:
		differ = append(differ, "it has the admin scope; the old key does not")
	}
	if was.limit != has.limit {
		differ = append(differ, fmt.Sprintf("its rate limit is %d, not %d", has.limit, was.limit))
	}
	return differ, nil
}

// wantedRole returns the role that a key gets which replaces old: that of --role, or
// the one that old has, as far as the audit log tells, or with which credctl made it.
func (k *keys) wantedRole(ctx context.Context, old provider.Credential, in provider.Input, made map[string]string) (*wire.Role, error) {
	tenant := wire.TenantOf(old)
	if r, err := k.roleIn(ctx, in, tenant); r != nil || err != nil {
		return r, err
	}
	all, err := k.events(ctx)
	id := cmp.Or(wire.RoleOf(old.ID, all), made[role.Info().Name])
	if err != nil || id == "" {
		return nil, err
	}
	r, err := k.findRole(ctx, id, tenant)
	if errors.Is(err, provider.ErrNotFound) {
		return nil, nil // it was deleted, or cannot be seen
	}
	return &r, err
}

// PlanSelf says how the key that signs the requests is replaced, so that the new key
// has its rights: in place, or by another key with its role.
func (k *keys) PlanSelf(ctx context.Context, old provider.Credential, in provider.Input) (inPlace bool, err error) {
	if wire.TenantOf(old) != "" {
		if r, err := k.wantedRole(ctx, old, in, nil); r != nil || err != nil {
			return false, err
		}
	}
	carries, err := k.carriesOver(ctx, old.ID)
	if err != nil || carries {
		return true, err
	}
	if wire.TenantOf(old) == "" {
		return false, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s belongs to no tenant, and this server cannot create a replacement with the same permissions", old.ID)),
			"upgrade the server, or replace the key in its database")
	}
	return false, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("cannot tell which role %s has; without a role its replacement has no admin scope", old.ID)),
		"pass --role NAME; to create a role: `credctl stratum role create NAME --scopes read,write,admin`")
}
