package medianova

import (
	stdjson "encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
)

// assertHidden checks that printing c in any way does not show secret.
func assertHidden(t *testing.T, c provider.Credential, secret string) {
	t.Helper()
	b, err := json.Marshal(c)
	require.NoError(t, err)
	b2, err := stdjson.Marshal(c)
	require.NoError(t, err)
	for _, shown := range []string{string(b), string(b2), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprint(c.Details)} {
		assert.NotContains(t, shown, secret)
	}
}

func TestGet(t *testing.T) {
	s, v := serveWith(t, "", []string{"org", org, "token-file", bear, "s3-endpoint", "acme.mncdn.com"}, got)
	c, err := s.Get(t.Context(), id1)
	require.NoError(t, err)
	assert.Equal(t, []string{"GET " + twice + "/credential/" + id1}, v.Sent)
	b, err := json.Marshal(c.Details)
	require.NoError(t, err)
	assert.JSONEq(t, strings.NewReplacer(`"subfolder":null,`, "", `,"tags":null`, "").Replace(whole), string(b), "the vendor's own record, under its names")
	c.Details = nil
	assert.Equal(t, provider.Credential{
		Provider: "medianova", Kind: "credential", ID: id1, Name: "ci", Key: "AK1", Region: "eu-ist-1", Endpoint: "https://acme.mncdn.com",
		Scopes: []string{"read-write", "bucket:logs", "bucket:web"},
	}, c)
}

func TestGetOfNothing(t *testing.T) {
	s, _ := serve(t, strings.Replace(got, id1, id2, 1))
	_, err := s.Get(t.Context(), id1)
	require.ErrorContains(t, err, id2, "that is another one")
	for _, answer := range []string{none, `{"status":true,"data":{}}`, `{"status":true,"data":null}`, `[]`, `404 {"status":false,"message":"Credential not found"}`} {
		s, _ := serve(t, answer)
		_, err := s.Get(t.Context(), id1)
		require.ErrorIs(t, err, provider.ErrNotFound, answer)
	}
	for _, answer := range []string{`{"status":true}`, "{}", "204", "200 "} { // of a gateway, perhaps: none says that there is nothing
		s, _ := serve(t, answer)
		_, err := s.Get(t.Context(), id1)
		require.ErrorContains(t, err, "the answer has no credential")
		require.NotErrorIs(t, err, provider.ErrNotFound, answer)
	}
}

func TestForms(t *testing.T) {
	for body, want := range map[string]struct {
		scopes []string
		region string
	}{
		`{"uuid":"` + id1 + `","is_readonly":true,"buckets":["` + bkt1 + `"],"subfolder":"a/"}`:                          {[]string{"read-only", "bucket:" + bkt1, "path:a/"}, ""},
		`{"uuid":"` + id1 + `","is_readonly":1,"buckets":{}}`:                                                            {[]string{"read-only"}, ""},
		`{"uuid":"` + id1 + `","is_readonly":"0","buckets":null,"subfolder":""}`:                                         {[]string{"read-write"}, ""},
		`{"uuid":"` + id1 + `","is_readonly":"true","buckets":{"1":{"uuid":"b","name":"n","region":"r"},"7":"c"}}`:       {[]string{"read-only", "bucket:c", "bucket:n"}, ""},
		`{"uuid":"` + id1 + `","is_readonly":null,"buckets":[{"uuid":"b","name":null,"region":"r","size":0,"tags":{}}]}`: {[]string{"bucket:b"}, "r"},
		`{"uuid":"` + id1 + `","name":17,"buckets":[{"uuid":"b","region":"r"},{"uuid":"c","region":"r"}]}`:               {[]string{"bucket:b", "bucket:c"}, "r"},
		`{"uuid":"` + id1 + `"}`: {nil, ""},
	} {
		for _, answer := range []string{`{"status":true,"data":` + body + `}`, `{"data":[` + body + `]}`, `{"status":"1","data":{"credential":` + body + `}}`, body} {
			s, _ := serve(t, answer)
			c, err := s.Get(t.Context(), id1)
			require.NoError(t, err, answer)
			assert.Equal(t, id1, c.ID)
			assert.Equal(t, want.scopes, c.Scopes, answer)
			assert.Equal(t, want.region, c.Region, answer)
		}
	}
}

func TestUnknownMembersAreKeptAndRedacted(t *testing.T) {
	body := `{"uuid":"` + id1 + `","permissions":["s3:GetObject"],"quota":12345678901234567890,"created_at":"2026-01-01",
		"secret_key":"canary","api-Token":"canary","nested":{"list":[{"Password":"canary","ok":true}]},"sessions":[{"x":"canary"}],"token_status":true,"secret":null,
		"buckets":[{"uuid":"b","acl":"private","secretThing":"canary"}]}`
	s, _ := serve(t, `{"status":true,"data":`+body+`}`)
	c, err := s.Get(t.Context(), id1)
	require.NoError(t, err)
	assert.True(t, c.Secret.IsZero(), "a get returns none")
	assertHidden(t, c, "canary")
	b, err := json.Marshal(c.Details)
	require.NoError(t, err)
	assert.JSONEq(t, `{"uuid":"`+id1+`","permissions":["s3:GetObject"],"quota":12345678901234567890,"created_at":"2026-01-01",
		"secret_key":"[redacted]","api-Token":"[redacted]","nested":{"list":[{"Password":"[redacted]","ok":true}]},"sessions":"[redacted]","token_status":true,"secret":null,
		"buckets":[{"uuid":"b","acl":"private","secretThing":"[redacted]"}]}`, string(b))
	assert.Contains(t, string(b), "12345678901234567890")
	std, err := stdjson.Marshal(c.Details)
	require.NoError(t, err)
	assert.JSONEq(t, string(b), string(std), "also to what knows no embedded members")
}

func TestOthersAreNotTakenForTheCredential(t *testing.T) {
	a := wire.Understand([]byte(`{"status":true,"data":{"buckets":[{"uuid":"b"}],"organization":{"uuid":"o","secret_key":"x","access_key":"y"},"owner":{"uuid":"p"}}}`))
	assert.Empty(t, a.UUID)
	assert.Empty(t, a.AccessKey)
	assert.True(t, a.Secret.IsZero())
}

func TestDelete(t *testing.T) {
	s, v := own(t, `{"status":true,"message":"Credential deleted"}`, "204", `404 {"status":false,"message":"Credential not found"}`, `{"status":false,"message":"no"}`)
	require.NoError(t, s.Delete(t.Context(), id1))
	require.NoError(t, s.Delete(t.Context(), id1))
	err := s.Delete(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Contains(t, provider.HintOf(err), "credctl medianova list")
	require.ErrorIs(t, s.Delete(t.Context(), id1), provider.ErrInvalid)
	assert.Equal(t, "DELETE "+ours+"/credential/"+id1, v.Sent[0])
	assert.Empty(t, v.Headers[0].Get("Content-Type"))
}

// FuzzUnderstand checks that no answer to a create shows its secret, and that
// what is understood is the same when it is read again.
func FuzzUnderstand(f *testing.F) {
	f.Add([]byte(got))
	f.Add([]byte(`{"data":{"keys":[{"secretKey":"canary-secret-1"}],"uuid":"i"}}`))
	f.Add([]byte(`{"secret":"canary-secret-1","data":[{"uuid":"i","nested":{"password":"canary"}}]}`))
	f.Add([]byte(`[[[{"uuid":3}]]]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a := wire.Understand(body)
		b, err := json.Marshal(a.Record)
		if err != nil {
			return // names that differ in nothing but how they are written
		}
		again := wire.Understand(b)
		assert.Equal(t, a.UUID, again.UUID)
		assert.False(t, wire.Masked(a.Secret.Reveal()) && !a.Secret.IsZero())
	})
}

func TestASuccessThatSaysNo(t *testing.T) {
	s, _ := serve(t, `{"status":false,"message":"Operation failed","data":[`+whole+`]}`)
	_, err := s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrInvalid)
	require.ErrorContains(t, err, "Operation failed")
	s, _ = serve(t, `{"data":[],"status":false,"message":"Operation failed"}`)
	_, err = listIDs(s, t)
	require.ErrorIs(t, err, provider.ErrInvalid)
}
