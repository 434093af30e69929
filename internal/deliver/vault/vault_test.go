package vault

import (
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

func place(t *testing.T, f *placetest.Vault, spec string) entrytest.Place {
	s := entrytest.Serve(t, f, f.Changes)
	name := ""
	if strings.Contains(spec, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: spec, Server: s, Name: name, Secrets: []string{placetest.VaultToken}, Creates: true,
		Options:   deliver.Options{Env: []string{"VAULT_ADDR=" + s.URL, "VAULT_TOKEN=" + placetest.VaultToken}, LockDir: filepath.Join(t.TempDir(), "locks")},
		Holds:     f.Holds,
		Meddle:    f.Meddle,
		DenyWrite: func() { f.May = []string{"read", "list"} },
		DenyAll:   func() { f.Tokens = nil },
		Remove:    func() { f.Versions = append(f.Versions, nil) },
		Wrong:     []string{"vault:secret", "vault:secret/", "vault:/web", "vault:secret//web", "vault:secret/../web", "vault:secret/web?field=key", "vault:secret/web?as=json", "vault:secret/web?key=", "vault:secret/web?destroy_old=2", "vault:secret/web?key=K&field=key&as=json", "vault:secret/web?url=http://vault.example.com"},
	}
}

func TestContract(t *testing.T) {
	for name, c := range map[string]struct {
		spec   string
		change func(*placetest.Vault)
	}{
		"variables":     {"vault:secret/apps/web", nil},
		"one value":     {"vault:secret/apps/web?key=K", nil},
		"without PATCH": {"vault:secret/apps/web", func(f *placetest.Vault) { f.NoPatch = 405 }},
		"not permitted": {"vault:secret/apps/web", func(f *placetest.Vault) { f.May = []string{"read", "create", "update"} }},
		"narrow policy": {"vault:secret/apps/web?key=K", func(f *placetest.Vault) { f.NoAsking = true }},
	} {
		t.Run(name, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				f := placetest.NewVault()
				if c.change != nil {
					c.change(f)
				}
				p := place(t, f, c.spec)
				p.LateCheck = f.NoAsking
				return p
			})
		})
	}
}

func TestOneValueWithBothHalves(t *testing.T) {
	f := placetest.NewVault()
	p := place(t, f, "vault:secret/apps/web?key=K&as=json")
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	assert.JSONEq(t, `{"AWS_ACCESS_KEY_ID":"AKIAEXAMPLE1234","AWS_SECRET_ACCESS_KEY":"s3cret","AWS_ENDPOINT_URL":"https://s3.example.com","AWS_REGION":"uk-lon-01"}`, f.Holds()["K"])
	key, secret, err := p.Open(t).Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "AKIAEXAMPLE1234 s3cret", key+" "+secret.Reveal())

	for name, spec := range map[string]string{"a bare value": "vault:secret/apps/web?key=K", "another prefix": "vault:secret/apps/web?key=K&as=json&prefix=S3_"} {
		p.Spec = spec
		err := p.Open(t).Check(t.Context())
		require.ErrorIs(t, err, provider.ErrRefused, name)
	}
	p.Spec = "vault:secret/apps/web?key=KEY&field=key"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "AKIAEXAMPLE1234", f.Holds()["KEY"])
	p.Spec, p.Options.Shape = "vault:secret/apps/web", provider.SingleSecret("STRATUM_API_KEY")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("single")))
	assert.Equal(t, "single", f.Holds()["STRATUM_API_KEY"])
	assert.Equal(t, "stays", f.Holds()["other"])
	assert.InDelta(t, 1.5, f.Versions[len(f.Versions)-1]["number"], 0, "what is no string stays what it is")
}

func TestDestroyOld(t *testing.T) {
	f := placetest.NewVault()
	d := place(t, f, "vault:secret/apps/web?destroy_old=1").Open(t)
	for _, secret := range []string{"old", "new"} {
		require.NoError(t, d.Write(t.Context(), entrytest.Pair(secret)))
	}
	require.NoError(t, d.(deliver.Retirer).Retire(t.Context()))
	assert.Equal(t, []int{2}, f.Destroyed, "the version with the old secret, and not the one before it")
	require.NoError(t, d.(deliver.Retirer).Retire(t.Context()))
	assert.Equal(t, []int{2}, f.Destroyed)
	require.NoError(t, place(t, f, "vault:secret/apps/web").Open(t).(deliver.Retirer).Retire(t.Context()), "it was not asked for")
}

// A later run finds the namespace of the first again, whatever the environment says then, and
// a namespace that nothing names is told apart.
func TestNamespaces(t *testing.T) {
	f := placetest.NewVault()
	f.Namespace = "team/a"
	p := place(t, f, "vault:secret/apps/web")
	p.Options.Env = append(p.Options.Env, "VAULT_NAMESPACE=team/a/")
	p.Spec = p.Open(t).Spec()
	assert.Contains(t, p.Spec, "namespace=team/a")
	p.Options.Env = append(p.Options.Env, "VAULT_NAMESPACE=other")
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "namespace team/a", d.(entry.Located).Within())

	f.Namespace = ""
	p = place(t, f, "vault:secret/apps/web")
	d = p.Open(t)
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "namespace root", d.(entry.Located).Within())
}

// Kept to its namespace, a secret is neither written nor are its versions destroyed in another.
func TestAnotherNamespace(t *testing.T) {
	f := placetest.NewVault()
	d := place(t, f, "vault:secret/apps/web?destroy_old=1").Open(t)
	d.(entry.Binder).Bind("namespace team/a")
	for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), entrytest.Pair("s3cret")), d.(deliver.Retirer).Retire(t.Context())} {
		require.ErrorIs(t, err, entry.ErrElsewhere)
		require.ErrorContains(t, err, "it is in namespace root now, but this rotation was started in namespace team/a")
	}
	d.(entry.Binder).Bind("namespace root")
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, d.(deliver.Retirer).Retire(t.Context()))
}

func TestLogins(t *testing.T) {
	dir := t.TempDir()
	secretFile := entrytest.File(t, filepath.Join(dir, "secret-id"), "approle-secret\n")
	jwt := entrytest.File(t, filepath.Join(dir, "jwt"), "jwt-of-the-pod")
	entrytest.File(t, filepath.Join(dir, ".vault-token"), placetest.VaultToken+"\n")
	for name, c := range map[string]struct {
		env   []string
		login string
	}{
		"AppRole":         {[]string{"VAULT_ROLE_ID=role-1", "VAULT_SECRET_ID=approle-secret"}, "role-1 approle-secret"},
		"AppRole, a file": {[]string{"BAO_ROLE_ID=role-1", "VAULT_SECRET_ID_FILE=" + secretFile}, "role-1 approle-secret"},
		"Kubernetes":      {[]string{"VAULT_K8S_ROLE=web", "VAULT_K8S_TOKEN_PATH=" + jwt}, "web jwt-of-the-pod"},
		"token file":      {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := placetest.NewVault()
			f.Namespace = "team/a"
			p := place(t, f, "vault:secret/apps/web")
			sessions := &entry.Sessions{}
			p.Scheme = Scheme(sessions)
			p.Options.Env = append(c.env, "BAO_ADDR="+p.Server.URL, "VAULT_ADDR=http://127.0.0.1:1", "VAULT_NAMESPACE=team/a/")
			p.Options.Home = func() (string, error) { return dir, nil }
			for range 2 {
				require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
			}
			if c.login == "" {
				assert.Empty(t, f.Logins)
				return
			}
			assert.Equal(t, []string{c.login}, f.Logins, "one for all destinations of a run")
			require.NoError(t, sessions.Close(t.Context()))
			assert.False(t, f.Tokens["hvs.issuedissued"], "it is revoked at the end")
			assert.True(t, f.Tokens[placetest.VaultToken])
		})
	}
}

// What a login lacks is named.
func TestALoginThatLacksItsHalf(t *testing.T) {
	for hint, env := range map[string][]string{
		"set VAULT_SECRET_ID or VAULT_SECRET_ID_FILE, unless the role has none":      {"VAULT_ROLE_ID=role-1"},
		"set VAULT_K8S_TOKEN_PATH to the file with the token of the service account": {"VAULT_K8S_ROLE=web"},
	} {
		p := place(t, placetest.NewVault(), "vault:secret/apps/web")
		p.Options.Env = append(env, "VAULT_ADDR="+p.Server.URL)
		err := p.Open(t).Check(t.Context())
		require.ErrorIs(t, err, provider.ErrDenied)
		assert.Equal(t, hint, provider.HintOf(err))
	}
}

func TestNoToken(t *testing.T) {
	p := place(t, placetest.NewVault(), "vault:secret/apps/web")
	p.Options.Env = []string{"VAULT_ADDR=" + p.Server.URL, "BAO_TOKEN=", "VAULT_TOKEN=" + placetest.VaultToken}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied, "an empty variable of OpenBao takes precedence")
	for _, name := range []string{"BAO_TOKEN", "VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_K8S_ROLE"} {
		require.ErrorContains(t, err, name)
	}
	assert.Empty(t, p.Server.Requests())
	p.Options.Env = nil
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage, "no server")
	p.Options.Settings = map[string]string{"vault.addr": p.Server.URL, "vault.token": placetest.VaultToken}
	require.NoError(t, p.Open(t).Check(t.Context()), "the profile")
	p.Options.Env = []string{"VAULT_ADDR=http://vault.example.com:8200"}
	d := p.Spec
	_, err = deliver.Parse(d, deliver.Options{Shape: provider.KeyPair(), Schemes: []deliver.Scheme{p.Scheme}, Env: p.Options.Env})
	require.ErrorContains(t, err, "VAULT_ADDR: the base URL")
}

// TestLoginsOfAProfileAreForItsServer: what a profile says about who credctl is at its server
// is not shown to the one that the environment names.
func TestLoginsOfAProfileAreForItsServer(t *testing.T) {
	dir := t.TempDir()
	file := entrytest.File(t, filepath.Join(dir, "file"), "secret-of-the-profile\n")
	for name, settings := range map[string]map[string]string{
		"AppRole":                  {"vault.role_id": "role-1", "vault.secret_id": "secret-of-the-profile"},
		"AppRole, a file":          {"vault.role_id": "role-1", "vault.secret_id_file": file},
		"Kubernetes":               {"vault.k8s_role": "web", "vault.k8s_token_path": file},
		"a token":                  {"vault.token": placetest.VaultToken},
		"a certificate":            {"vault.client_cert": filepath.Join(dir, "none"), "vault.client_key": filepath.Join(dir, "none")},
		"no check of certificates": {"vault.skip_verify": "true"},
	} {
		for at, env := range map[string][]string{"elsewhere": nil, "by OpenBao's variable": {"BAO_ADDR="}} {
			t.Run(name+" "+at, func(t *testing.T) {
				p := place(t, placetest.NewVault(), "vault:secret/apps/web")
				p.Options.Settings = map[string]string{"vault.addr": "https://vault.example.com"}
				maps.Copy(p.Options.Settings, settings)
				p.Options.Env = []string{"VAULT_ADDR=" + p.Server.URL}
				if env != nil {
					p.Options.Env = []string{env[0] + p.Server.URL}
				}
				err := p.Open(t).Check(t.Context())
				require.ErrorIs(t, err, provider.ErrDenied)
				require.ErrorContains(t, err, "no Vault token found")
				assert.Empty(t, p.Server.Requests())
				for _, s := range Scheme(&entry.Sessions{}).Settings {
					if settings[s.Name] != "" {
						assert.True(t, s.Secret || s.Own, s.Name)
					}
				}
			})
		}
	}
}

// TestFirstVersion: a mount of version 1 takes any request, and would keep it as a secret.
func TestFirstVersion(t *testing.T) {
	s := entrytest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"data":{"a":"b"},"options":{"cas":0}}}`))
	}), (&placetest.Vault{}).Changes)
	p := place(t, placetest.NewVault(), "vault:secret/apps/web")
	p.Options.Env = []string{"VAULT_ADDR=" + s.URL, "VAULT_TOKEN=" + placetest.VaultToken}
	for _, err := range []error{p.Open(t).Check(t.Context()), p.Open(t).Write(t.Context(), entrytest.Pair("s3cret"))} {
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Contains(t, provider.HintOf(err), "enable-versioning secret")
	}
	assert.Empty(t, entrytest.Changes(s.Requests()))
}

func TestMountsAndRedirects(t *testing.T) {
	f := placetest.NewVault()
	p := place(t, f, "vault:apps/web?mount=secret")
	require.NoError(t, p.Open(t).Check(t.Context()))
	p.Spec = "vault:kv/apps/web"
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorContains(t, err, "no handler for route")
	standby := entrytest.Serve(t, http.RedirectHandler("http://active.example.com/", http.StatusTemporaryRedirect), nil)
	p.Options.Env = []string{"VAULT_ADDR=" + standby.URL, "VAULT_TOKEN=" + placetest.VaultToken}
	err = p.Open(t).Check(t.Context())
	require.ErrorContains(t, err, "active.example.com")
	assert.Contains(t, provider.HintOf(err), "active node")
}
