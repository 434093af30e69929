package vault

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

// TestCertificates: a server of a private authority that asks for a certificate is reached
// with the two that the settings name, and not without one of them.
func TestCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(placetest.NewVault())
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are refused, as they should be
	s.StartTLS()
	t.Cleanup(s.Close)
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	cert := entrytest.File(t, filepath.Join(t.TempDir(), "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	keyFile := entrytest.File(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	ours := []string{"VAULT_CLIENT_CERT=" + cert, "VAULT_CLIENT_KEY=" + keyFile}
	for name, c := range map[string]struct {
		env   []string
		works bool
	}{
		"both":                {append(ours, "VAULT_CACERT="+cert), true},
		"a folder":            {append(ours, "VAULT_CAPATH="+filepath.Dir(cert)), true},
		"no check":            {append(ours, "VAULT_SKIP_VERIFY=true"), true},
		"the name of another": {append(ours, "VAULT_CACERT="+cert, "VAULT_TLS_SERVER_NAME=vault.example.org"), false},
		"the authority alone": {[]string{"VAULT_CACERT=" + cert}, false},
		"our own alone":       {ours, false},
		"no authority in it":  {append(ours, "VAULT_CACERT="+keyFile), false},
		"neither":             {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := place(t, placetest.NewVault(), "vault:secret/apps/web")
			p.Options.Env = append([]string{"VAULT_ADDR=" + s.URL, "VAULT_TOKEN=" + placetest.VaultToken}, c.env...)
			if err := p.Open(t).Check(t.Context()); c.works {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
			}
		})
	}
	target := func(env []string) (seen entry.Target) {
		s := entry.Scheme(Scheme(&entry.Sessions{}), func(t entry.Target) (deliver.Destination, error) {
			seen = t
			return nil, provider.ErrUsage
		})
		_, err := s.New("vault:secret/web", "secret/web", deliver.Options{Env: env, Shape: provider.KeyPair()})
		require.ErrorIs(t, err, provider.ErrUsage)
		return seen
	}
	for _, env := range [][]string{ours, {"VAULT_TLS_SERVER_NAME=vault.example.org"}, {"VAULT_SKIP_VERIFY=1"}} {
		own, err := server{}.transport(target(env))
		require.NoError(t, err)
		assert.NotNil(t, own, "%s alone is enough for connections of its own", env[0])
	}
	usual, err := server{}.transport(target(nil))
	require.NoError(t, err)
	assert.Nil(t, usual)
}

// A login that is answered without a token is no login.
func TestALoginWithoutAToken(t *testing.T) {
	s := entrytest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"auth":{}}`)) }), nil)
	p := place(t, placetest.NewVault(), "vault:secret/apps/web")
	p.Options.Env = []string{"VAULT_ADDR=" + s.URL, "VAULT_ROLE_ID=role-1", "VAULT_SECRET_ID=approle-secret"}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "the answer to the login has no token")
	assert.Len(t, s.Requests(), 1)
}

// A secret that is not there is told from a mount that is not there.
func TestWhatIsNotThere(t *testing.T) {
	for body, usage := range map[string]bool{`{"errors":[]}`: false, `{"errors":["no handler for route \"kv/data/web\""]}`: true} {
		f := failure(http.StatusNotFound, []byte(body))
		err := &provider.Error{Status: http.StatusNotFound, Class: f.Class}
		require.ErrorIs(t, err, map[bool]error{true: provider.ErrUsage, false: provider.ErrNotFound}[usage], body)
	}
	require.NoError(t, failure(http.StatusBadRequest, []byte(`{"errors":["no handler for route"]}`)).Class)
}
