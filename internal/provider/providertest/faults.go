package providertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

const leak = "sk_live_do_not_show"

// statuses checks that each status, at each request of the verb, becomes the
// right class of error, and that nothing of the answer gets into it.
func (c *trial) statuses(t *testing.T) {
	c.each(t, func(t *testing.T, at place) {
		for _, status := range []int{302, 400, 401, 403, 404, 409, 410, 422, 429, 500, 502, 503, 504} {
			r := c.call(t.Context(), t, respond(status, `{"secret":"`+leak+`"}`), at.step)
			c.expect(t, r, at, status, class(status, at.sent))
		}
	})
}

// class is what a status means, in answer to s.
func class(status int, s sent) error {
	switch status {
	case 401, 403:
		return provider.ErrDenied
	case 404, 410:
		return provider.ErrNotFound
	case 409:
		return provider.ErrConflict
	case 429:
		return provider.ErrRateLimited
	case 500, 502, 503, 504:
		if s.changes() {
			return provider.ErrUnknown
		}
		return provider.ErrUnavailable
	}
	return provider.ErrInvalid
}

// malformed checks that an answer which cannot be read is an error that does
// not quote it, and that it is kept where it may hold a secret.
func (c *trial) malformed(t *testing.T) {
	c.each(t, func(t *testing.T, at place) {
		r := c.call(t.Context(), t, respond(http.StatusOK, `{"data":"`+leak), at.step)
		if at.method == http.MethodDelete && r.err == nil {
			return // nothing is read of it
		}
		var want error
		if at.changes() {
			want = provider.ErrUnknown
		}
		c.expect(t, r, at, Malformed, want)
		if at.changes() && c.issues() && !at.issued && c.exception(at.sent, Malformed) == nil {
			assert.NotEmpty(t, r.saved, "%s %s: the answer may be the only copy of a secret", at.method, at.path)
			assert.Contains(t, provider.HintOf(r.err), savedPath)
		}
	})
}

// lost checks that a request whose answer is lost is sent again only if that
// changes nothing, and that it is said when nobody knows what happened.
func (c *trial) lost(t *testing.T) {
	c.each(t, func(t *testing.T, at place) {
		r := c.call(t.Context(), t, func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset " + leak) }, at.step)
		want := provider.ErrUnavailable
		if at.changes() {
			want = provider.ErrUnknown
			assert.Equal(t, 1, count(r.sent[at.step:], at.sent), "%s %s must not be repeated", at.method, at.path)
		} else {
			assert.Greater(t, count(r.sent[at.step:], at.sent), 1, "%s %s may be repeated", at.method, at.path)
		}
		c.expect(t, r, at, Lost, want)
	})
}

// unreachable checks that what was never sent is not called unknown.
func (c *trial) unreachable(t *testing.T) {
	r := c.call(t.Context(), t, func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}, 0)
	require.ErrorIs(t, r.err, provider.ErrUnavailable)
	require.NotErrorIs(t, r.err, provider.ErrUnknown, "nothing was sent")
	c.quiet(t, r)
}

// canceled checks that the context reaches the request.
func (c *trial) canceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := c.call(ctx, t, nil, 0)
	require.ErrorIs(t, r.err, context.Canceled)
	require.NotErrorIs(t, r.err, provider.ErrUnknown, "nothing was sent")
	assert.Empty(t, r.sent)
}

// A place is a request of the verb that can meet a fault.
type place struct {
	sent
	step   int
	issued bool            // a request before it has changed something
	secret provider.Secret // what comes of the verb when nothing fails
}

// each calls f for each request that the verb sends when nothing fails.
func (c *trial) each(t *testing.T, f func(*testing.T, place)) {
	t.Helper()
	healthy := c.call(t.Context(), t, nil, 0)
	require.NoError(t, healthy.err)
	at := place{}
	if len(healthy.got) > 0 {
		at.secret = healthy.got[0].Secret
	}
	for at.step, at.sent = range healthy.sent {
		if count(healthy.sent[:at.step], at.sent) > 0 {
			continue // a route that is asked repeatedly
		}
		f(t, at)
		at.issued = at.issued || at.changes()
	}
}

// expect checks what came of a fault at a request: an error of class want, or
// of any once something was issued, which must then be returned as well.
func (c *trial) expect(t *testing.T, r result, at place, status int, want error) {
	t.Helper()
	what := fmt.Sprintf("%s: %s %s meets %d", c.v, at.method, at.path, status)
	c.quiet(t, r)
	if at.issued && c.issues() {
		c.keeps(t, r, at, what)
		want = nil
	}
	e := c.exception(at.sent, status)
	if e == nil {
		require.Error(t, r.err, what)
	} else {
		want = e.Want
	}
	if want != nil {
		require.ErrorIs(t, r.err, want, what)
	}
	require.NotErrorIs(t, r.err, provider.ErrGone, "%s: the first request found nothing, so nothing says that there was something", what)
}

// keeps checks that what was issued before a fault is returned, and its secret
// too, where the vendor has already given it.
func (c *trial) keeps(t *testing.T, r result, at place, what string) {
	t.Helper()
	require.NotEmpty(t, r.got, what)
	assert.NotEmpty(t, r.got[0].ID, "%s: the issued credential was not recorded", what)
	for _, s := range r.sent[:min(at.step, len(r.sent))] {
		if !at.secret.IsZero() && strings.Contains(s.answer, at.secret.Reveal()) {
			assert.True(t, at.secret.Equal(r.got[0].Secret), "%s: the secret that was issued is dropped", what)
		}
	}
}

// exception returns what the samples say of a fault at a request, or nil.
func (c *trial) exception(at sent, status int) *Exception {
	for _, e := range c.s.Except {
		if (e.Verb == "" || e.Verb == c.v) && (e.Method == "" || e.Method == at.method) &&
			strings.HasSuffix(at.path, e.Path) && (e.Status == 0 || e.Status == status) {
			return &e
		}
	}
	return nil
}

// quiet checks that neither the error nor the log shows an answer or a secret setting.
func (c *trial) quiet(t *testing.T, r result) {
	t.Helper()
	secrets := []string{leak}
	for _, p := range c.p.Settings {
		if v := c.s.Settings[p.Info().Name]; v != "" && p.Info().From == provider.File {
			secrets = append(secrets, v)
		}
	}
	for _, got := range r.got {
		if !got.Secret.IsZero() {
			secrets = append(secrets, got.Secret.Reveal())
		}
	}
	for _, s := range secrets {
		assert.NotContains(t, fmt.Sprintf("%+v %s", r.err, provider.HintOf(r.err)), s)
		assert.NotContains(t, r.log, s)
	}
}

// count counts the requests of at's route.
func count(in []sent, at sent) (n int) {
	for _, s := range in {
		if s.method == at.method && s.path == at.path {
			n++
		}
	}
	return n
}
