package losant

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

func TestNoToken(t *testing.T) {
	p := Provider()
	_, err := p.Kinds[0].Open(provider.Conn{BaseURL: p.BaseURL, Settings: provider.NewInput(p.Settings...)})
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "no Losant token found")
	assert.Contains(t, provider.HintOf(err), "LOSANT_API_TOKEN")
}

type headers func(http.Header)

func (h headers) RoundTrip(r *http.Request) (*http.Response, error) {
	h(r.Header)
	return reply(200, cred("aws", awsShown)), nil
}

func TestAcceptVersion(t *testing.T) {
	for _, want := range []string{"", "^1.30.0"} {
		p := Provider()
		in := provider.NewInput(p.Settings...)
		require.NoError(t, in.Value("token-file").Set("t"))
		require.NoError(t, in.Value("application").Set(appID))
		if want != "" {
			require.NoError(t, in.Value("accept-version").Set(want))
		}
		svc, err := p.Kinds[0].Open(provider.Conn{BaseURL: p.BaseURL, Settings: in, HTTP: &http.Client{Transport: headers(func(h http.Header) {
			assert.Equal(t, want, h.Get("Accept-Version"))
			assert.Equal(t, want != "", h.Values("Accept-Version") != nil)
		})}})
		require.NoError(t, err)
		_, err = svc.(provider.Getter).Get(t.Context(), credID)
		require.NoError(t, err)
	}
}

func TestID(t *testing.T) {
	require.NoError(t, checkID(credID))
	require.NoError(t, checkID(strings.ToUpper(credID)))
	for _, bad := range []string{"", credID[1:], credID + "0", credID[1:] + "g", credID[1:] + " "} {
		require.ErrorIs(t, checkID(bad), provider.ErrUsage, bad)
	}
	in := provider.NewInput(application)
	require.Error(t, in.Value("application").Set("my application"))
}

func TestHelp(t *testing.T) {
	text := Provider().Kinds[0].Help[provider.Create]
	for _, s := range service.All() {
		assert.Contains(t, text, "\n"+s.Name+" ")
		for _, f := range s.Writable() {
			assert.Contains(t, text, " "+f+" ")
		}
	}
	assert.Contains(t, text, "16 to 128 characters; required\n")
	assert.Contains(t, text, "4 to 128 characters; required; secret\n")
	assert.Contains(t, text, "one of mssql, mysql, pg; required\n")
	assert.Contains(t, text, "a whole number from 1 to 65535, or null\n")
	assert.NotContains(t, text, "keyMetaJson", "what is read-only cannot be given")
}

func TestCompletion(t *testing.T) {
	create, update := provider.NewInput(params()[provider.Create]...), provider.NewInput(params()[provider.Update]...)
	require.NoError(t, create.Value("type").Set("http"))
	complete := func(p provider.AnyParam, in provider.Input, begin string) []string {
		return p.Info().Complete(in, begin)
	}

	assert.Equal(t, []string{"mongodb", "mailgun"}, complete(typeName, create, "m"))
	assert.Len(t, complete(filterType, provider.NewInput(params()[provider.List]...), ""), 16)
	assert.Equal(t, []string{"authMethod=", "publicValue=", "uriMatch="}, complete(set, create, ""))
	assert.Equal(t, []string{"authMethod=basicAuth"}, complete(set, create, "authMethod=b"))
	assert.Equal(t, []string{"publicValue=", "secretValue=", "uriMatch="}, complete(setFile, create, ""))
	assert.Equal(t, []string{"secret=", "secretAccessKey=", "secretValue="}, complete(setFile, update, "secret"))
	assert.Equal(t, []string{"generatePrivateKey=", "generatePrivateKey=false", "generatePrivateKey=true"}, complete(set, update, "generatePrivateKey="))
	assert.NotContains(t, complete(set, update, ""), "publicKey=", "what is read-only cannot be given")
	require.Len(t, service.All()[0].Fields, 3, "what completion cuts down is not the table")
}
