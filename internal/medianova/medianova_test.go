package medianova

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

const (
	org   = "7d9e2b0c-4c6a-4a57-9d7a-6f9f7d6a1c01"
	id1   = "0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3"
	id2   = "5f0c1a52-0f57-4dd5-9c8e-0f4f1f0f2a02"
	bkt1  = "11111111-1111-4111-8111-111111111111"
	bkt2  = "22222222-2222-4222-8222-222222222222"
	bkt3  = "33333333-3333-4333-8333-333333333333"
	bear  = "bearer-canary"
	fresh = "secret-canary-0123456789"

	twice  = "/api/api/v2/stook/" + org
	once   = "/api/v2/stook/" + org
	routed = "404 <html>404</html>" // of the router

	object1 = `{"uuid":"` + bkt1 + `","organization_uuid":"` + org + `","name":"web","region":"eu-ist-1","size":"0B","tags":[{"key":"env","label":"ci"}]}`
	object2 = `{"uuid":"` + bkt2 + `","organization_uuid":"` + org + `","name":"logs","region":"eu-ist-1","size":"0B","tags":null}`
	whole   = `{"uuid":"` + id1 + `","name":"ci","is_readonly":false,"access_key":"AK1","subfolder":null,"buckets":[` + object2 + `,` + object1 + `]}`
	got     = `{"status":true,"data":` + whole + `}`
	none    = `{"status":true,"data":[]}`
	r2      = `{"uuid":"` + id1 + `","name":"ci","is_readonly":false,"buckets":[{"uuid":"` + bkt1 + `","name":"web","region":"eu-ist-1","size":"0B"}]}`
)

// serve opens the kind at a server with these answers, below the documented prefix.
func serve(t *testing.T, answers ...string) (*service, *vendortest.Script) {
	t.Helper()
	return serveWith(t, "", []string{"org", org, "token-file", bear}, answers...)
}

// own opens it below a path of the user's, about which nothing has to be found out.
func own(t *testing.T, answers ...string) (*service, *vendortest.Script) {
	t.Helper()
	return serveWith(t, "https://cloud.medianova.com/own", []string{"org", org, "token-file", bear}, answers...)
}

const ours = "/own/stook/" + org

func serveWith(t *testing.T, base string, settings []string, answers ...string) (*service, *vendortest.Script) {
	t.Helper()
	v := &vendortest.Script{T: t, Answers: answers}
	base, err := Provider().Base(base)
	require.NoError(t, err)
	s, err := open(v.Conn(base, vendortest.Input(t, Provider().Settings, settings...)))
	require.NoError(t, err)
	return s, v
}

func inputOf(t *testing.T, v provider.Verb, values ...string) provider.Input {
	t.Helper()
	return vendortest.Input(t, Provider().Kinds[0].Params[v], values...)
}

func listIDs(s *service, t *testing.T) (ids []string, err error) {
	t.Helper()
	for c, err := range s.List(t.Context(), provider.Input{}) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, c.ID)
	}
	return ids, nil
}

func TestSettingsAreChecked(t *testing.T) {
	in := provider.NewInput(Provider().Settings...)
	for _, c := range [][2]string{{"org", "acme"}, {"s3-endpoint", "http://s3.example.com"}, {"s3-endpoint", "https://u:p@h"}, {"s3-endpoint", "://"}} {
		require.ErrorIs(t, in.Value(c[0]).Set(c[1]), provider.ErrUsage, c)
	}
	_, err := open(provider.Conn{BaseURL: "https://cloud.medianova.com/x", Settings: in})
	require.ErrorIs(t, err, provider.ErrUsage)
	require.Contains(t, provider.HintOf(err), "MEDIANOVA_ORG")

	params := provider.NewInput(Provider().Kinds[0].Params[provider.Create]...)
	require.Error(t, params.Value("bucket").Set("a,,b"))
}

func TestRefusedInputSendsNothing(t *testing.T) {
	s, v := serve(t)
	ctx := t.Context()
	_, err := s.Get(ctx, "nope")
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorIs(t, s.Delete(ctx, "../x"), provider.ErrUsage)
	_, err = s.Update(ctx, "x", inputOf(t, provider.Update, "new-name", "n"))
	require.ErrorIs(t, err, provider.ErrUsage)
	_, err = s.Update(ctx, id1, inputOf(t, provider.Update))
	require.ErrorIs(t, err, provider.ErrUsage)
	_, err = s.Update(ctx, id1, inputOf(t, provider.Update, "new-name", ""))
	require.ErrorIs(t, err, provider.ErrUsage)
	_, err = s.Create(ctx, inputOf(t, provider.Create, "name", "n"))
	require.ErrorIs(t, err, provider.ErrUsage)
	_, err = s.Create(ctx, inputOf(t, provider.Create, "bucket", "b"))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Empty(t, v.Sent)
}

func TestSecretHint(t *testing.T) {
	s, _ := serve(t)
	var h provider.SecretHinter = s
	assert.Contains(t, h.SecretHint(provider.Credential{ID: id1, Name: "ci"}), `"ci"`)
	assert.Contains(t, h.SecretHint(provider.Credential{ID: id1}), id1)
	assert.Contains(t, h.SecretHint(provider.Credential{}), "panel")
}

func TestWarn(t *testing.T) {
	s, _ := serve(t)
	assert.Contains(t, s.ExplainImpact(provider.Update, provider.Credential{}, provider.Input{}), "may reset detailed permissions")
	assert.Empty(t, s.ExplainImpact(provider.Delete, provider.Credential{}, provider.Input{}))
}
