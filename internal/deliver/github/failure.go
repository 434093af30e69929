package github

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
	"github.com/credctl/credctl/internal/visible"
)

// failure reads {"message": …, "errors": …}. A refusal for the rate is a 403 too.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
func failure(status int, body []byte) rest.Failure {
	var said struct {
		Message string `json:"message"`
	}
	_ = vendorjson.Read(body, &said) // what cannot be read says nothing
	f := rest.Failure{Message: said.Message}
	if status == http.StatusForbidden && strings.Contains(said.Message, "rate limit") {
		f.Class = provider.ErrRateLimited
	}
	return f
}

// notYet waits out a refusal for the rate, as long as GitHub asks for it.
func notYet(e *provider.Error) (time.Duration, bool) {
	if e.Status != http.StatusForbidden || !errors.Is(e, provider.ErrRateLimited) {
		return 0, false
	}
	if seconds, err := strconv.Atoi(e.RetryAfter); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	return time.Minute, true // as the page says
}

// advise says what is missing. GitHub answers 404 both where nothing is and where
// the token may not look. The header of its answer names the permissions that do.
func (s *secret) advise(ctx context.Context, err error, header http.Header) error {
	answer, answered := errors.AsType[*provider.Error](err)
	if !answered || provider.HintOf(err) != "" {
		return err
	}
	needs := s.needs
	if accepts := header.Get("X-Accepted-Github-Permissions"); accepts != "" {
		needs += " (GitHub says: " + visible.OneLine(accepts) + ")"
	}
	switch answer.Status {
	case http.StatusNotFound:
		_, seen := s.send(ctx, http.MethodGet, s.owner, nil, nil)
		if seen != nil {
			return provider.Hint(provider.WithClass(entry.ErrHidden, err), "check the name, and that the token has access: it needs %s", needs)
		}
		return provider.Hint(provider.WithClass(provider.ErrDenied, err), "check that the environment exists, and that the token has %s", needs)
	case http.StatusForbidden:
		if errors.Is(err, provider.ErrRateLimited) {
			return provider.Hint(err, "run the command again later, or allow a longer wait with --max-wait")
		}
		if s.workflow {
			return provider.Hint(err, "the GITHUB_TOKEN of a workflow cannot write secrets: set GH_TOKEN to a fine-grained personal access token, or to the token of a GitHub App, with %s", needs)
		}
		return provider.Hint(err, "give the token %s", needs)
	case http.StatusUnauthorized:
		return provider.Hint(err, "the token is not valid: create one with %s, and set GH_TOKEN", needs)
	}
	return err
}
