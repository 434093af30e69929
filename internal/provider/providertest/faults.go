package providertest

import (
	"context"
	"encoding/json"
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

// healthy checks what comes of the verb when nothing fails, and returns it.
func (c *trial) healthy(t *testing.T) {
	r := c.call(t.Context(), t, nil, 0)
	require.NoError(t, r.err)
	require.NotEmpty(t, r.sent)
	for _, s := range r.sent {
		assert.True(t, strings.HasPrefix(s.path, c.p.Prefix), "%s is not below the base URL", s.path)
		assert.Equal(t, s.body != "", s.header.Get("Content-Type") != "", "%s %s: Content-Type comes with a body", s.method, s.path)
	}
	if c.v == provider.Delete {
		return
	}
	require.NotEmpty(t, r.got)
	for _, got := range r.got {
		assert.Equal(t, c.p.Name, got.Provider)
		assert.Equal(t, c.k.Name, got.Kind)
		assert.NotEmpty(t, got.ID)
		hides(t, got)
	}
	switch c.v {
	case provider.List:
		assert.True(t, r.got[0].Secret.IsZero(), "a listing has no secrets")
	case provider.Get, provider.Update, Mend:
		assert.Equal(t, c.s.ID, r.got[0].ID)
		assert.True(t, r.got[0].Secret.IsZero(), "%s issues no secret", c.v)
	case Replace:
		assert.NotEqual(t, c.s.ID, r.got[0].ID, "the successor has an ID of its own")
	}
	c.quiet(t, r)
}

// hides checks that printing a credential does not show its secret.
func hides(t *testing.T, c provider.Credential) {
	t.Helper()
	if c.Secret.IsZero() {
		return
	}
	b, err := json.Marshal(c)
	require.NoError(t, err)
	for _, shown := range []string{string(b), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
		assert.NotContains(t, shown, c.Secret.Reveal())
	}
}

// parameters checks that what the verb reads is declared: with nothing given,
// and with everything given. Whether that makes sense is not asked.
func (c *trial) parameters(t *testing.T) {
	for _, in := range []provider.Input{{}, provider.NewInput(c.params()...), filled(t, c.params(), c.s.Inputs[c.inputs()])} {
		assert.NotPanics(t, func() { c.callWith(t.Context(), t, in, nil, 0) })
	}
}

// filled returns an input in which every parameter is given.
func filled(t *testing.T, params []provider.AnyParam, values map[string]string) provider.Input {
	t.Helper()
	in := provider.NewInput(params...)
	for _, p := range params {
		info, done := p.Info(), false
		for _, s := range append([]string{values[info.Name]}, append(info.Values, "1", "true", "k=v", "name", "2030-01-01", "0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3", "{}")...) {
			if done = in.Value(info.Name).Set(s) == nil; done {
				break
			}
		}
		require.True(t, done, "no sample for %q", info.Name)
	}
	return in
}

// statuses checks that each status, at each request of the verb, becomes the
// right class of error, and that nothing of the answer gets into it.
func (c *trial) statuses(t *testing.T) {
	c.each(t, func(t *testing.T, step int, at sent, issued bool) {
		for _, status := range []int{302, 400, 401, 403, 404, 409, 410, 422, 429, 500, 502, 503, 504} {
			r := c.call(t.Context(), t, respond(status, `{"secret":"`+leak+`"}`), step)
			c.expect(t, r, at, status, issued, class(status, at))
		}
	})
}

// class is what a status means, in answer to s.
func class(status int, s sent) error {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return provider.ErrDenied
	case status == http.StatusNotFound, status == http.StatusGone:
		return provider.ErrNotFound
	case status == http.StatusConflict:
		return provider.ErrConflict
	case status == http.StatusTooManyRequests:
		return provider.ErrRateLimited
	case status >= 500 && s.changes():
		return provider.ErrUnknown
	case status >= 500:
		return provider.ErrUnavailable
	}
	return provider.ErrInvalid
}

// malformed checks that an answer which cannot be read is an error that does
// not quote it, and that it is kept where it may hold a secret.
func (c *trial) malformed(t *testing.T) {
	c.each(t, func(t *testing.T, step int, at sent, issued bool) {
		r := c.call(t.Context(), t, respond(http.StatusOK, `{"data":"`+leak), step)
		if at.method == http.MethodDelete && r.err == nil {
			return // nothing is read of it
		}
		var want error
		if at.changes() {
			want = provider.ErrUnknown
		}
		c.expect(t, r, at, Malformed, issued, want)
		if at.changes() && c.issues() && !issued && !c.excepted(at, Malformed) {
			assert.NotEmpty(t, r.saved, "%s %s: the answer may be the only copy of a secret", at.method, at.path)
			assert.Contains(t, provider.HintOf(r.err), savedPath)
		}
	})
}

// lost checks that a request whose answer is lost is sent again only if that
// changes nothing, and that it is said when nobody knows what happened.
func (c *trial) lost(t *testing.T) {
	c.each(t, func(t *testing.T, step int, at sent, issued bool) {
		r := c.call(t.Context(), t, func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset " + leak) }, step)
		want := provider.ErrUnavailable
		if at.changes() {
			want = provider.ErrUnknown
			assert.Equal(t, 1, count(r.sent[step:], at), "%s %s must not be repeated", at.method, at.path)
		} else {
			assert.Greater(t, count(r.sent[step:], at), 1, "%s %s may be repeated", at.method, at.path)
		}
		c.expect(t, r, at, Lost, issued, want)
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

// each calls f for each request that the verb sends when nothing fails. issued
// says that a request before it has changed something.
func (c *trial) each(t *testing.T, f func(t *testing.T, step int, at sent, issued bool)) {
	t.Helper()
	healthy := c.call(t.Context(), t, nil, 0)
	require.NoError(t, healthy.err)
	issued := false
	for i, at := range healthy.sent {
		if count(healthy.sent[:i], at) > 0 {
			continue // a route that is asked repeatedly
		}
		f(t, i, at, issued)
		issued = issued || at.changes()
	}
}

// expect checks what came of a fault at a request: an error of class want, or
// of any once something was issued, which must then be returned as well.
func (c *trial) expect(t *testing.T, r result, at sent, status int, issued bool, want error) {
	t.Helper()
	what := fmt.Sprintf("%s: %s %s meets %d", c.v, at.method, at.path, status)
	c.quiet(t, r)
	if issued && c.issues() {
		if assert.NotEmpty(t, r.got, what) {
			assert.NotEmpty(t, r.got[0].ID, "%s: what was issued is dropped", what)
		}
		want = nil
	}
	for _, e := range c.s.Except {
		if e.matches(c.v, at, status) {
			if e.Want != nil {
				require.ErrorIs(t, r.err, e.Want, what)
			}
			return
		}
	}
	require.Error(t, r.err, what)
	switch {
	case want == nil:
	case errors.Is(want, provider.ErrNotFound) && c.v == provider.Delete && errors.Is(r.err, provider.ErrGone):
	default:
		require.ErrorIs(t, r.err, want, what)
	}
}

func (c *trial) excepted(at sent, status int) bool {
	for _, e := range c.s.Except {
		if e.matches(c.v, at, status) {
			return true
		}
	}
	return false
}

func (e Exception) matches(v provider.Verb, at sent, status int) bool {
	return (e.Verb == "" || e.Verb == v) && (e.Method == "" || e.Method == at.method) &&
		strings.HasSuffix(at.path, e.Path) && (e.Status == 0 || e.Status == status)
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
