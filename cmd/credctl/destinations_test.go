//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/session"
)

// A fakeVault holds one secret, and lets in whoever has the AppRole.
type fakeVault struct {
	*httptest.Server

	mu              sync.Mutex
	data            map[string]string
	versions        []map[string]string
	destroyed       []int
	logins, logouts int
	changes         int
}

func newFakeVault(t *testing.T) *fakeVault {
	v := &fakeVault{data: map[string]string{"other": "stays", "AWS_SECRET_ACCESS_KEY": "old"}}
	v.versions = []map[string]string{maps.Clone(v.data)}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *fakeVault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var in struct {
		SecretID string `json:"secret_id"`
		Data     map[string]string
		Versions []int
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	var out any
	switch known := r.Header.Get("X-Vault-Token") == "hvs.issuedissued"; {
	case r.URL.Path == "/v1/auth/approle/login" && in.SecretID == "approle-secret":
		v.logins++
		out = map[string]any{"auth": map[string]any{"client_token": "hvs.issuedissued"}}
	case !known:
		w.WriteHeader(http.StatusForbidden)
		out = map[string]any{"errors": []string{"permission denied"}}
	case r.URL.Path == "/v1/auth/token/revoke-self":
		v.logouts++
	case r.URL.Path == "/v1/sys/capabilities-self":
		out = map[string]any{"data": map[string]any{"secret/data/apps/web": []string{"read", "update", "patch"}}}
	case r.Method == http.MethodPatch:
		maps.Copy(v.data, in.Data)
		v.versions = append(v.versions, maps.Clone(v.data))
		v.changes++
		out = map[string]any{"data": map[string]any{"version": len(v.versions)}}
	case r.URL.Path == "/v1/secret/destroy/apps/web":
		v.destroyed = append(v.destroyed, in.Versions...)
	default:
		n, err := strconv.Atoi(r.URL.Query().Get("version"))
		if err != nil {
			n = len(v.versions)
		}
		out = map[string]any{"data": map[string]any{"data": v.versions[n-1], "metadata": map[string]any{"version": n}}}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// made returns the access keys that were created in a sandbox.
func made(box *sandbox.Sandbox) (all []sandbox.Credential) {
	for _, c := range box.Credentials("katapult") {
		if c.Live && !c.Seeded {
			all = append(all, c)
		}
	}
	return all
}

func TestARotationDeliversIntoVault(t *testing.T) {
	t.Parallel()
	box, env := inSandbox(t, sandbox.Options{})
	v := newFakeVault(t)
	dir := t.TempDir()
	env = append(env, "PATH="+os.Getenv("PATH"), "VAULT_ADDR="+v.URL, "VAULT_ROLE_ID=web", "VAULT_SECRET_ID=approle-secret", "GH_TOKEN=ghp_example", "GITHUB_TOKEN=ghp_other")
	rotate := []string{
		"katapult", "rotate", katapultWeb, "-o", "json", "--to", "vault:secret/apps/web?destroy_old=1",
		"--hook", "env >>" + dir + "/seen", "--to", "exec:env >>" + dir + "/seen", "--verify", "exec:env >>" + dir + "/seen",
	}
	got := credctl(t, env, "", append(rotate, "--dry-run")...)
	require.Zero(t, got.status, got.stderr)
	assert.Zero(t, v.changes)
	assert.Empty(t, made(box))
	assert.Contains(t, got.stdout, "deliver the new secret to vault:secret/apps/web?destroy_old=1\u0026url="+v.URL+", and read it back")
	assert.Contains(t, got.stdout, "seen, which cannot be read back")
	assert.Equal(t, []int{1, 1}, []int{v.logins, v.logouts}, "a dry run logs in, and out")

	got = credctl(t, env, "", rotate...)
	require.Zero(t, got.status, got.stderr)
	now := made(box)
	require.Len(t, now, 1)
	assert.Equal(t, now[0].AccessKey, v.data["AWS_ACCESS_KEY_ID"])
	assert.Equal(t, now[0].Secret, v.data["AWS_SECRET_ACCESS_KEY"])
	assert.Equal(t, "stays", v.data["other"])
	assert.Equal(t, 1, v.changes)
	assert.Equal(t, []int{2, 2}, []int{v.logins, v.logouts}, "a run logs in once, and revokes its token")
	var result struct {
		Destinations []struct{ To, State, Proof string }
		Operation    string
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &result))
	require.Len(t, result.Destinations, 2)
	assert.Equal(t, "vault:secret/apps/web?destroy_old=1&url="+v.URL, result.Destinations[0].To, "the journal finds it whatever the environment says")
	assert.Equal(t, "delivered", result.Destinations[0].State)
	assert.Equal(t, []string{"value", "stamp"}, []string{result.Destinations[0].Proof, result.Destinations[1].Proof})
	assert.Contains(t, credctl(t, env, "", "rotation", "show", result.Operation, "-o", "json").stdout, `"proof": "value"`)
	assert.Equal(t, []int{1}, v.destroyed, "the version with the old secret")

	seen, err := os.ReadFile(filepath.Join(dir, "seen"))
	require.NoError(t, err)
	assert.Contains(t, string(seen), "VAULT_ADDR="+v.URL)
	for _, token := range []string{"approle-secret", "hvs.issuedissued", "ghp_example", "ghp_other"} {
		assert.NotContains(t, string(seen), token)
		assert.NotContains(t, got.stdout+got.stderr, token)
	}
}

func TestACreatedKeyIsDeliveredIntoVault(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	v := newFakeVault(t)
	got := credctl(t, append(env, "VAULT_ADDR="+v.URL, "VAULT_ROLE_ID=web", "VAULT_SECRET_ID=approle-secret"), "",
		"stratum", "create", "--name", "new", "--to", "vault:secret/apps/web?key=KEY")
	require.Zero(t, got.status, got.stderr)
	assert.True(t, len(v.data["KEY"]) > 8 && v.data["other"] == "stays")
	assert.Equal(t, []int{1, 1}, []int{v.logins, v.logouts})
}

func TestAPairThatIsWrittenInTwoStepsIsWarnedOf(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	v := newFakeVault(t)
	env = append(env, "VAULT_ADDR="+v.URL, "VAULT_ROLE_ID=web", "VAULT_SECRET_ID=approle-secret")
	plan := func(to ...string) string {
		args := []string{"katapult", "rotate", katapultWeb, "-o", "json", "--dry-run"}
		for _, to := range to {
			args = append(args, "--to", "vault:secret/apps/web?"+to)
		}
		got := credctl(t, env, "", args...)
		require.Zero(t, got.status, got.stderr)
		return got.stdout
	}
	const warning = "a program that reads in between gets a pair that does not match"
	assert.Contains(t, plan("key=ID&field=key", "key=SECRET"), warning)
	assert.NotContains(t, plan("key=BOTH&as=json"), warning)

	place := "vault:secret/apps/web?key="
	said := func(args ...string) string {
		place += "N" // another one each time: no credential takes that of the one before
		got := credctl(t, env, "", append(args, "--to", place+"_ID&field=key", "--to", place)...)
		require.Zero(t, got.status, got.stderr)
		return got.stderr
	}
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("example-secret\n"), 0o600))
	for _, args := range [][]string{
		{"katapult", "rotate", katapultWeb},
		{"katapult", "create", "--name", "new"},
		{"katapult", "create", "--name", "new", "--dry-run"},
		{"deliver", "katapult", katapultBackup, "--secret-file", secret, "--verify", "none"},
	} {
		assert.Equal(t, 1, strings.Count(said(args...), warning), args)
	}
	assert.Contains(t, said("katapult", "create", "--name", "new", "--dry-run"), "would deliver the secret to vault:secret/apps/web?key=NNNNN, and read it back\n")
}

func TestDestinationsAreOffered(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	offered := credctl(t, env, "", "__complete", "katapult", "rotate", "--to", "").stdout
	help := credctl(t, env, "", "katapult", "rotate", "--help").stdout
	for _, s := range destinations(&entry.Sessions{}) {
		assert.Contains(t, offered, s.Name+":\t"+s.Title)
		assert.Contains(t, help, s.Name+":"+s.Place)
	}
	assert.Contains(t, help, "losant:APPLICATION/CREDENTIAL")
}

// TestDestinationsAreDocumented: the page names each, with its options and variables.
func TestDestinationsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "destinations.md"))
	require.NoError(t, err)
	page := string(text)
	for _, s := range session.Schemes(destinations(&entry.Sessions{})) {
		assert.Contains(t, page, "| `"+s.Name+":", "its row")
		assert.Contains(t, strings.SplitN(page, "| `"+s.Name+":", 2)[1], "| "+string(s.Proof), s.Name)
		for _, p := range s.Params {
			row := regexp.MustCompile("(?m)^\\| .*`" + p.Name + "=.*$").FindString(page)
			assert.NotEmpty(t, row, "%s has an option %s", s.Name, p.Name)
		}
	}
	for _, name := range entry.TokenVariables(destinations(&entry.Sessions{})) {
		assert.Contains(t, page, strings.Replace(name, "BAO_", "VAULT_", 1))
	}
}

// Whatever is wrong with a destination is found before a key is issued.
func TestDestinationsAreCheckedBeforeAKeyIsIssued(t *testing.T) {
	t.Parallel()
	box, env := inSandbox(t, sandbox.Options{})
	v := newFakeVault(t)
	at := "VAULT_ADDR=" + v.URL
	for name, c := range map[string]struct {
		to, env string
		status  int
		says    string
	}{
		"github":        {"github:acme/NAME", "", 2, "OWNER/REPO"},
		"github-org":    {"github-org:acme/GITHUB_X", "", 2, "GITHUB_X"},
		"gitlab":        {"gitlab:acme/web/NAME?mask=1", "", 2, "mask"},
		"gitlab-group":  {"gitlab-group:NAME", "", 2, ""},
		"vault":         {"vault:secret//web", at, 2, "expected MOUNT/PATH"},
		"k8s":           {"k8s:Default/web", "", 2, "namespace"},
		"aws-sm":        {"aws-sm:a b", "", 2, "ARN"},
		"sops":          {"sops:secrets.yaml", "", 2, "FILE#KEY"},
		"systemd-creds": {"systemd-creds:a.cred?name=a:b", "", 2, ""},
		"no such":       {"valt:secret/web", "", 2, "unknown scheme"},
		"no server":     {"vault:secret/apps/web", "", 2, "no Vault server"},
		"no token":      {"vault:secret/apps/web", at, 3, "BAO_TOKEN, VAULT_TOKEN"},
		"wrong token":   {"vault:secret/apps/web", at + "\x00VAULT_TOKEN=hvs.wrongwrong", 3, "permission denied"},
		"no GitHub one": {"github:acme/web/NAME", "", 3, "GH_TOKEN, GITHUB_TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			mine := env
			for _, kv := range strings.FieldsFunc(c.env, func(r rune) bool { return r == 0 }) {
				mine = append(slices.Clip(mine), kv)
			}
			got := credctl(t, mine, "", "katapult", "rotate", katapultWeb, "-o", "json", "--to", c.to)
			e := failed(t, got)
			assert.Equal(t, c.status, e.Exit, got.stderr)
			assert.Contains(t, e.Message, c.says)
			assert.NotContains(t, got.stderr, "hvs.wrongwrong")
		})
	}
	assert.Empty(t, made(box))
	assert.Zero(t, v.changes)
}
