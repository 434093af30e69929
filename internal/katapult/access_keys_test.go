package katapult_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/provider"
)

const getOld = "GET " + keyPath + "?access_key[id]=objkey_old"

func TestGet(t *testing.T) {
	// Neither organization nor region is needed for one key.
	c, err := playWith(t, nil, step{request: getOld, answer: one(oldKey)}).get("objkey_old")
	require.NoError(t, err)
	assert.Equal(t, "objkey_old", c.ID)
	assert.Equal(t, "eb03a82c3e6a4529bf12d4db3fd0972c", c.Key)
	assert.True(t, c.Secret.IsZero())

	c, err = play(t, step{request: strings.Replace(getOld, "old", "new", 1), answer: one(newKey)}).get("objkey_new")
	require.NoError(t, err)
	assert.Equal(t, "pending", c.Status)
	assert.Empty(t, c.Key+c.Endpoint)
	assert.Empty(t, c.Scopes)

	_, err = play(t, step{request: getOld, status: 404, answer: refusal("object_storage_access_key_not_found", "{}")}).get("objkey_old")
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.ErrorContains(t, err, "(request 5f519967-bae0)")

	for _, answer := range []string{`{}`, one(newKey), `{"object_storage_access_key":null}`} {
		_, err = play(t, step{request: getOld, answer: answer}).get("objkey_old")
		require.ErrorContains(t, err, "is about another credential than objkey_old")
	}
}

func TestEndpoint(t *testing.T) {
	for server, want := range map[string]string{
		"uk-lon-1.katapultobjects.com:443":  "https://uk-lon-1.katapultobjects.com",
		"uk-lon-1.katapultobjects.com":      "https://uk-lon-1.katapultobjects.com",
		"uk-lon-1.katapultobjects.com:8443": "https://uk-lon-1.katapultobjects.com:8443",
		"127.0.0.1:7070":                    "http://127.0.0.1:7070",
		"localhost:443":                     "http://localhost:443",
		"[::1]:9000":                        "http://[::1]:9000",
		"https://s3.example.com":            "https://s3.example.com",
	} {
		answer := one(strings.Replace(oldKey, "uk-lon-1.katapultobjects.com:443", server, 1))
		c, err := play(t, step{request: getOld, answer: answer}).get("objkey_old")
		require.NoError(t, err)
		assert.Equal(t, want, c.Endpoint)
	}
}

func TestUpdateSendsAllFourProperties(t *testing.T) {
	for name, c := range map[string]struct {
		given []string
		want  string
	}{
		"the name":         {[]string{"new-name", "ci-2"}, `{"name":"ci-2","all_buckets_read":true,"all_objects_read":false,"all_objects_write":false}`},
		"a right, taken":   {[]string{"all-buckets-read", "false"}, `{"name":"ci","all_buckets_read":false,"all_objects_read":false,"all_objects_write":false}`},
		"rights, and more": {[]string{"all-objects-read", "true", "all-objects-write", "true"}, `{"name":"ci","all_buckets_read":true,"all_objects_read":true,"all_objects_write":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := playWith(t, nil,
				step{request: getOld, answer: one(oldKey)},
				step{request: "PATCH " + keyPath, body: `{"access_key":{"id":"objkey_old"},"properties":` + c.want + `}`, answer: one(strings.Replace(oldKey, "configured", "pending", 1))},
			)
			got, err := s.update("objkey_old", c.given...)
			require.NoError(t, err)
			assert.Equal(t, "pending", got.Status)
		})
	}
}

func TestUpdateOfNothing(t *testing.T) {
	_, err := play(t, step{request: getOld, answer: one(oldKey)}).update("objkey_old")
	require.ErrorIs(t, err, provider.ErrUsage)
}

func TestUpdateWaitsForProvisioning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patch := step{
			request: "PATCH " + keyPath, status: 422, answer: notYet,
			body: `{"access_key":{"id":"objkey_old"},"properties":{"name":"x","all_buckets_read":true,"all_objects_read":false,"all_objects_write":false}}`,
		}
		done := patch
		done.status, done.answer = 200, one(oldKey)
		s := play(t, step{request: getOld, answer: one(oldKey)}, patch, patch, done)
		_, err := s.update("objkey_old", "new-name", "x")
		require.NoError(t, err)
		assert.Equal(t, "Waiting until Katapult has provisioned objkey_old", s.reports[0])
	})
}

func TestDelete(t *testing.T) {
	sent := step{request: "DELETE " + keyPath, body: about("objkey_old"), answer: `{"success":true}`}
	require.NoError(t, playWith(t, nil, sent).delete("objkey_old"))

	sent.answer = `{"success":false}`
	require.ErrorIs(t, play(t, sent).delete("objkey_old"), provider.ErrUnavailable)

	sent.status, sent.answer = 404, refusal("object_storage_access_key_not_found", "{}")
	err := play(t, sent).delete("objkey_old")
	require.ErrorIs(t, err, provider.ErrAbsent)
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.NotErrorIs(t, err, provider.ErrGone, "nothing says that it was there")

	for _, answer := range []string{refusal("route_not_found", "{}"), "<html>nothing here</html>", ""} {
		sent.answer = answer
		err := play(t, sent).delete("objkey_old")
		require.ErrorIs(t, err, provider.ErrNotFound)
		require.NotErrorIs(t, err, provider.ErrGone, "a wrong address deletes nothing")
	}
}

func TestDeleteTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := step{request: "DELETE " + keyPath, body: about("objkey_old"), status: 504, answer: refusal("network_error", "{}")}
		gone := sent
		gone.status, gone.answer = 404, refusal("object_storage_access_key_not_found", "{}")
		s := play(t, sent, gone)
		require.ErrorIs(t, s.delete("objkey_old"), provider.ErrGone)

		s = play(t, sent, sent, sent, sent)
		require.ErrorIs(t, s.delete("objkey_old"), provider.ErrUnavailable)
	})
}

func TestWarn(t *testing.T) {
	warn := play(t).service.(provider.ImpactExplainer).ExplainImpact
	has := provider.Credential{ID: "objkey_old", Key: "eb03"}
	assert.Contains(t, warn(provider.Generate, has, provider.Input{}), "eb03")
	assert.Empty(t, warn(provider.Generate, provider.Credential{ID: "objkey_new"}, provider.Input{}), "there is nothing to lose")
	assert.Empty(t, warn(provider.Update, has, provider.Input{}))
	assert.NotEmpty(t, katapult.Provider().Kinds[0].Effects[provider.Delete])
}

func TestVerify(t *testing.T) {
	v := playWith(t, nil).service.(provider.Verifier)
	require.ErrorIs(t, v.Verify(t.Context(), provider.Credential{}), provider.ErrVerify, "no endpoint")
	require.ErrorIs(t, v.Verify(t.Context(), provider.Credential{Endpoint: "https://s3.example.com"}), provider.ErrUsage, "no pair")
}

func TestNoToken(t *testing.T) {
	_, err := katapult.Provider().Kinds[0].Open(provider.Conn{BaseURL: "https://api.katapult.io/core/v1", Settings: provider.NewInput(katapult.Provider().Settings...)})
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Contains(t, provider.HintOf(err), "KATAPULT_API_TOKEN")
	var answer *provider.Error
	assert.NotErrorAs(t, err, &answer, "nothing was asked")
}

func TestDescription(t *testing.T) {
	p := katapult.Provider()
	assert.Equal(t, []provider.Verb{provider.List, provider.Get, provider.Create, provider.Update, provider.Delete, provider.Rotate, provider.Generate}, p.Kinds[0].Verbs)
	base, err := p.Base("")
	require.NoError(t, err)
	assert.Equal(t, "https://api.katapult.io/core/v1", base)
	none := p.Kinds[0].IssuesNone
	assert.True(t, none(provider.Create, input(t, provider.Create, "no-generate", "true")))
	assert.False(t, none(provider.Create, input(t, provider.Create)))
	assert.False(t, none(provider.Generate, provider.Input{}))
}
