package providertest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A trial is one verb of one kind.
type trial struct {
	p provider.Provider
	k provider.Kind
	s Samples
	v provider.Verb
}

// A result is what came of one call.
type result struct {
	got   []provider.Credential
	err   error
	sent  []sent
	saved []string // the paths of what could not be read
	log   string
}

// call calls the verb once, at a healthy vendor whose after-th request meets fault.
func (c *trial) call(ctx context.Context, t *testing.T, fault func(*http.Request) (*http.Response, error), after int) result {
	t.Helper()
	in := given(t, c.params(), c.s.Inputs[c.inputs()])
	return c.callWith(ctx, t, in, fault, after)
}

func (c *trial) callWith(ctx context.Context, t *testing.T, in provider.Input, fault func(*http.Request) (*http.Response, error), after int) (r result) {
	t.Helper()
	var log bytes.Buffer
	healthy := c.s.Answers()
	old := provider.Credential{ID: c.s.ID}
	if c.v == Replace || c.v == RepairRights { // what is to be replaced was read just before
		svc := open(t, c.p, c.k, c.s, &vendor{healthy: healthy}, provider.Conn{})
		if g, ok := svc.(provider.Getter); ok {
			var err error
			old, err = g.Get(t.Context(), c.s.ID)
			require.NoError(t, err)
		}
	}
	v := &vendor{healthy: healthy, fault: fault, after: after}
	svc := open(t, c.p, c.k, c.s, v, provider.Conn{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Save: func(_ string, body []byte) (string, error) {
			assert.Contains(t, string(body), leak)
			r.saved = append(r.saved, savedPath)
			return savedPath, nil
		},
	})
	r.got, r.err = Call(ctx, svc, c.v, c.s.ID, old, in)
	r.sent, r.log = v.log, log.String()
	return r
}

const savedPath = "/somewhere/recovery.json"

// maxWait is what --max-wait is unless it is given.
const maxWait = 30 * time.Second

func open(t *testing.T, p provider.Provider, k provider.Kind, s Samples, v *vendor, conn provider.Conn) provider.Service {
	t.Helper()
	base, err := p.Base("https://" + vendorHost)
	require.NoError(t, err)
	conn.HTTP, conn.BaseURL, conn.Settings, conn.MaxWait = &http.Client{Transport: v}, base, given(t, p.Settings, s.Settings), maxWait
	svc, err := k.Open(conn)
	require.NoError(t, err)
	return svc
}

// Call calls verb v of svc with what it takes of the rest: a Lister gives all of its listing.
func Call(ctx context.Context, svc provider.Service, v provider.Verb, id string, old provider.Credential, in provider.Input) ([]provider.Credential, error) {
	var one provider.Credential
	var err error
	switch v {
	case provider.List:
		var all []provider.Credential
		for c, err := range svc.(provider.Lister).List(ctx, in) {
			if err != nil {
				return all, err
			}
			all = append(all, c)
		}
		return all, nil
	case provider.Get:
		one, err = svc.(provider.Getter).Get(ctx, id)
	case provider.Create:
		one, err = svc.(provider.Creator).Create(ctx, in)
	case provider.Update:
		one, err = svc.(provider.Updater).Update(ctx, id, in)
	case provider.Delete:
		return nil, svc.(provider.Deleter).Delete(ctx, id)
	case provider.Rotate:
		one, err = svc.(provider.Rotator).Rotate(ctx, id, in)
	case provider.Generate:
		one, err = svc.(provider.Generator).Generate(ctx, id, in)
	case Replace:
		one, err = svc.(provider.Replacer).Replace(ctx, old, in)
	case RepairRights:
		one, err = svc.(provider.RightsRepairer).RepairRights(ctx, id, old)
	}
	return []provider.Credential{one}, err
}

// supported reports whether the kind has the method of the trial's verb.
func (c *trial) supported(t *testing.T) (ok bool) {
	t.Helper()
	svc := open(t, c.p, c.k, c.s, &vendor{}, provider.Conn{})
	switch c.v {
	case provider.Rotate: // also where it is carried out by a Replacer
		_, ok = svc.(provider.Rotator)
	case Replace:
		_, ok = svc.(provider.Replacer)
	case RepairRights:
		_, ok = svc.(provider.RightsRepairer)
	case provider.List, provider.Get, provider.Create, provider.Update, provider.Delete, provider.Generate:
		ok = slices.Contains(c.k.Verbs, c.v)
	}
	return ok
}

// inputs is the verb whose parameters the trial's verb takes.
func (c *trial) inputs() provider.Verb {
	if c.v == Replace {
		return provider.Rotate
	}
	return c.v
}

func (c *trial) params() []provider.AnyParam { return c.k.Params[c.inputs()] }

// issues reports whether the trial's verb returns what cannot be retrieved again.
func (c *trial) issues() bool { return slices.Contains(c.k.Issues, c.inputs()) }

// given returns an input in which values are given.
func given(t *testing.T, params []provider.AnyParam, values map[string]string) provider.Input {
	t.Helper()
	in := provider.NewInput(params...)
	for name, value := range values {
		require.NotNil(t, in.Value(name), "the samples give %q, which is not declared", name)
		require.NoError(t, in.Value(name).Set(value), name)
	}
	for _, p := range params {
		require.False(t, p.Info().Required && !in.Value(p.Info().Name).IsSet(), "the samples lack %q, which is required", p.Info().Name)
	}
	return in
}
