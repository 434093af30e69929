package medianova

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
)

// A session is the token that requests bear: the user's own, or one that the
// login gives for an API key and its secret, and that is valid for four hours.
type session struct {
	login       *rest.Client
	path        string
	key, secret provider.Secret

	mu      sync.Mutex
	token   provider.Secret
	expires time.Time // zero: not known
	without error     // why there is no token, and will be none: a login is refused, or shown in a dry run, once
}

const loginRoute = "/api/v1/auth/login/token"

// loginPath is the path of the login. It stands next to the prefix of the API,
// whichever of the two that is, and has one of its own.
func loginPath(prefix string) string {
	for _, end := range []string{doubled, single} {
		if root, ok := strings.CutSuffix(prefix, end); ok {
			return root + loginRoute
		}
	}
	return loginRoute
}

// authenticate puts the token on r, and logs in first where that is needed.
func (s *session) authenticate(ctx context.Context, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.expires.IsZero() && time.Until(s.expires) < time.Minute {
		s.token = provider.Secret{}
	}
	if s.token.IsZero() {
		if err := s.renewed(ctx); err != nil {
			return err
		}
	}
	return rest.Bearer(s.token)(ctx, r)
}

// renew forgets the token of a request that was refused, if there is a way to
// another. Who was refused with an earlier one than there is now needs no login.
func (s *session) renew(refused *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key.IsZero() || s.secret.IsZero() || s.without != nil {
		return false
	}
	if rest.HasBearer(refused, s.token) {
		s.token = provider.Secret{}
	}
	return true
}

// renewed logs in.
//
// See https://clients.medianova.com/api-documentation/authentication.
func (s *session) renewed(ctx context.Context) error {
	switch {
	case s.key.IsZero() && s.secret.IsZero():
		return setting.NoToken(vendor, "", token.Info(), "")
	case s.key.IsZero() || s.secret.IsZero():
		err := provider.WithClass(provider.ErrDenied, errors.New("a login needs an API key and its secret, and only one of them is set"))
		return provider.Hint(err, "set both MEDIANOVA_API_KEY and MEDIANOVA_API_SECRET")
	}
	if s.without != nil {
		return s.without
	}
	got, err := rest.Do[struct {
		Token  provider.Secret `json:"token"`
		Expire wire.Number     `json:"expire"` // in Unix seconds
	}](ctx, s.login, rest.Request{Method: http.MethodPost, Path: s.path, ReadOnly: true, Body: map[string]provider.Secret{
		"api_key": s.key, "api_secret": s.secret,
	}})
	switch {
	case errors.Is(err, provider.ErrDryRun):
		s.without = unread(fmt.Errorf("login: %w", err), "the requests after the login are not shown")
		return s.without
	case ctx.Err() != nil:
		return fmt.Errorf("login: %w", ctx.Err())
	case errors.Is(err, provider.ErrUnknown): // no matter what it was, it changed nothing
		return provider.WithClass(provider.ErrUnavailable, errors.New("login: "+err.Error()))
	case err != nil:
		denied := errors.Is(err, provider.ErrDenied)
		err = explain(fmt.Errorf("login: %w", err))
		if denied {
			s.without = err
		}
		return err
	case got.Token.IsZero():
		return provider.WithClass(provider.ErrDenied, errors.New("login: the answer has no token"))
	}
	s.token, s.expires = got.Token, time.Time{}
	if got.Expire > 0 {
		s.expires = time.Unix(int64(got.Expire), 0)
	}
	return nil
}

// unread adds to err, of a dry run, what it could not find out, and how it can. To
// whom that matters, such as a plan, it is only partly done.
func unread(err error, what string) error {
	return provider.Hint(provider.WithClass(provider.ErrPartial, err), "%s, because a dry run does not log in; to avoid the login, set MEDIANOVA_TOKEN or pass --token-file", what)
}

// explain adds advice to a refusal.
func explain(err error) error {
	e, answered := errors.AsType[*provider.Error](err)
	switch {
	case !answered || provider.HintOf(err) != "":
		return err
	case e.Status == http.StatusUnauthorized:
		return provider.Hint(err, "create a new token in the panel (My Account, API Tokens); a token expires after 4 hours, an API key after 30 days")
	case e.Status == http.StatusForbidden:
		return provider.Hint(err, "ask an administrator of the organization for this permission")
	}
	return err
}
