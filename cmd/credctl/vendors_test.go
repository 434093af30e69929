package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

func TestMedianovaAtBothPrefixes(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{"doubled": {}, "single": {SinglePrefix: true}, "singular": {SingularCreate: true}, "both": {SinglePrefix: true, SingularCreate: true}} {
		s, env := inSandbox(t, o)
		for _, args := range []string{
			"medianova list", "medianova create --name x --bucket assets", "medianova get 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1",
			"medianova update 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1 --new-name y", "medianova delete 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1 --yes",
		} {
			got := credctl(t, env, "", append(strings.Fields(args), "-o", "json")...)
			assert.Equal(t, 0, got.status, "%s: %s: %s", name, args, got.stderr)
		}
		issued := 0
		for _, r := range s.Requests("medianova") {
			if r.Committed && r.Verb == "create" {
				issued++
			}
		}
		assert.Equal(t, 1, issued, name)
	}
}

func TestMedianovaRenewsItsToken(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{MedianovaTokenUses: 1})
	env = append(env, "MEDIANOVA_TOKEN=", "MEDIANOVA_API_KEY="+sandbox.MedianovaAPIKey, "MEDIANOVA_API_SECRET="+sandbox.MedianovaAPISecret)
	got := credctl(t, env, "", "medianova", "create", "--name", "x", "--bucket", "assets", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Greater(t, sent(s, "medianova", "login"), 1, "each token is good for one request")

	env = append(env, "MEDIANOVA_API_SECRET=wrong")
	got = credctl(t, env, "", "medianova", "list", "-o", "json")
	assert.Equal(t, 3, failed(t, got).Exit)
	assert.NotContains(t, got.stderr, "wrong")
}

// The secret may have any of these names, anywhere in the answer.
func TestMedianovaLosesNoSecret(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"secret_key", "secretKey", "secret", "data.secret_access_key", "data.secretAccessKey", "data.aws_secret_access_key", "data.access_secret",
		"data.s3_secret_key", "data.secret-key", "data.secretaccess", "data.credential.secret_key", "data.credentials.secretKey", "data.keys.SecretKey", "data[0].secret_key",
	} {
		_, env := inSandbox(t, sandbox.Options{MedianovaSecret: place})
		got := credctl(t, env, "", "medianova", "create", "--name", "x", "--bucket", "assets", "-o", "json", "--require-secret")
		assert.Equal(t, 0, got.status, "%s: %s", place, got.stderr)
		assert.NotEmpty(t, theSecret(got.stdout), place)
	}
	for _, mask := range []string{"hidden", "****", "••••"} {
		_, env := inSandbox(t, sandbox.Options{MedianovaSecret: "data.secret_key=" + mask})
		got := credctl(t, env, "", "medianova", "create", "--name", "x", "--bucket", "assets", "-o", "json")
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Empty(t, theSecret(got.stdout), "a mask is no secret")
		assert.Contains(t, got.stderr, "panel")
		got = credctl(t, env, "", "medianova", "create", "--name", "y", "--bucket", "assets", "-o", "json", "--require-secret")
		assert.Equal(t, 8, failed(t, got).Exit)
		assert.Contains(t, got.stdout, `"id"`)
	}
}

func TestKatapultGoesOnAfterHalfACreate(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"katapult:generate:403:1": 8, "katapult:generate:404:1": 8, "katapult:generate:500:1": 9, "katapult:generate:cut-after:1": 9, "katapult:generate:no-secret:1": 8} {
		s, env := withFaults(t, sandbox.Options{ProvisionDelay: -1}, fault)
		got := credctl(t, env, "", "katapult", "create", "--name", "x", "-o", "json")
		e := failed(t, got)
		assert.Equal(t, want, got.status, "%s: %s", fault, got.stderr)
		var made struct{ ID, Secret string }
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &made), fault)
		assert.NotEmpty(t, made.ID)
		assert.Empty(t, made.Secret)
		assert.Equal(t, made.ID, e.ID)
		assert.Contains(t, e.Hint, "run the same command again", fault)
		got = credctl(t, env, "", "katapult", "create", "--name", "x", "-o", "json")
		assert.Equal(t, 0, got.status, got.stderr)
		assert.NotEmpty(t, theSecret(got.stdout))
		assert.Equal(t, 1, sent(s, "katapult", "create"))
	}
}

func TestLosantIsAskedNothingThatItWouldNotTake(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	for _, args := range []string{
		"create --name x --type aws", "create --name x --type aws --set accessKeyId=short --set region=x --set-file secretAccessKey=-",
		"create --name x --type aws --set accessKeyId=AKIAIOSFODNN7EXAMPLE --set region=x", "create --name x --type sendgrid --set apiKey=visible",
		"create --name x --type jwt --set algorithm=none --set-file secret=-", "create --name x --type sql --set port=70000 --set system=pg --set host=h --set username=u --set-file password=-",
		"create --name x --type http --set authMethod=cookie --set uriMatch=https://x.y --set-file secretValue=-", "create --name x --type nosuch --set a=b",
		"create --name x --type gcp --set-file keyJson=- --config-file -", "create --type sendgrid --set-file apiKey=-", "create --name x",
		"create --name x --type mongodb --config-file -", "create --name x --type snowflake --set host=h --set username=u", "update 66a0c0de5eed0000000000c1", "get 12", "delete 12 --yes",
	} {
		got := credctl(t, env, "wJalrXUtnFEMI", append(strings.Fields("losant "+args), "-o", "json")...)
		assert.Equal(t, 2, failed(t, got).Exit, "%s: %s", args, got.stderr)
		assert.NotContains(t, got.stderr, "wJalrXUtnFEMI")
	}
	for _, r := range s.Requests("losant") {
		assert.Equal(t, http.MethodGet, r.Method, r.Path)
	}
	before := sent(s, "losant", "create")
	got := credctl(t, env, `{"later":"secret"}`, "losant", "create", "--name", "x", "--type", "nosuch", "--config-file", "-", "-o", "json")
	assert.Equal(t, before+1, sent(s, "losant", "create"), "a type that is not known yet is Losant's matter: %s", got.stderr)
}

func TestStratums500sAreExplained(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "stratum", "create", "--tenant", someUUID, "-o", "json")
	assert.Equal(t, 4, failed(t, got).Exit, "it was the tenant: %s", got.stderr)
	_, env = withFaults(t, sandbox.Options{}, "stratum:create:500")
	got = credctl(t, env, "", "stratum", "create", "-o", "json")
	assert.Equal(t, 9, failed(t, got).Exit, "it was not the tenant")
}

func TestBothNamesOfStratum(t *testing.T) {
	t.Parallel()
	for _, body := range []string{madeByStratum, `{"id":"` + someUUID + `","key":"sk_test_2xMM30","prefix":"sk_test_"}`, `{"id":"` + someUUID + `","key":"other","plaintext_key":"sk_test_2xMM30"}`} {
		v := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 201, body) })
		got := credctl(t, v.env, "", "stratum", "create", "-o", "json")
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, "sk_test_2xMM30", theSecret(got.stdout))
	}
}

func TestAQueryAndABodyNameTheKeyAtKatapult(t *testing.T) {
	t.Parallel()
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/access_key") {
			assert.Equal(t, someKey, r.URL.Query().Get("access_key[id]"))
		}
		reply(w, 404, `{"error":{"code":"object_storage_access_key_not_found","description":"d","detail":{}}}`)
	})
	assert.Equal(t, 4, credctl(t, v.env, "", "katapult", "get", someKey).status)
	got := credctl(t, v.env, "", "katapult", "delete", someKey, "--yes", "-o", "json")
	assert.Equal(t, 4, got.status, "what is not there was not deleted: %s", got.stderr)
	assert.Empty(t, got.stdout)
	assert.Equal(t, []string{"DELETE /core/v1/object_storage/access_keys/access_key"}, v.requests("DELETE"))
}
