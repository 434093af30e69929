package medianova

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

const posted = `POST ` + ours + `/credentials {"name":"ci","is_readonly":false,"buckets":["` + bkt1 + `"]}`

func TestCreate(t *testing.T) {
	for name, c := range map[string]struct {
		in   []string
		body string
	}{
		"the least": {nil, `{"name":"ci","is_readonly":false,"buckets":["` + bkt1 + `"]}`},
		"all":       {[]string{"read-only", "true", "subfolder", "/a/b/"}, `{"name":"ci","is_readonly":true,"buckets":["` + bkt1 + `"],"subfolder":"/a/b/"}`},
		"more":      {[]string{"bucket", bkt2 + "," + bkt1}, `{"name":"ci","is_readonly":false,"buckets":["` + bkt1 + `","` + bkt2 + `"]}`},
		"no folder": {[]string{"subfolder", ""}, `{"name":"ci","is_readonly":false,"buckets":["` + bkt1 + `"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s, v := serve(t, none, `{"status":true,"data":`+r2+`}`, got)
			c1, err := s.Create(t.Context(), inputOf(t, provider.Create, append([]string{"name", "ci", "bucket", bkt1}, c.in...)...))
			require.NoError(t, err)
			require.Equal(t, "GET "+twice+"/credential", v.Sent[0], "the prefix is found out first")
			line, body, _ := strings.Cut(v.Sent[1], " {")
			assert.Equal(t, "POST "+twice+"/credentials", line)
			assert.JSONEq(t, c.body, "{"+body)
			assert.Equal(t, "GET "+twice+"/credential/"+id1, v.Sent[2], "the documented answer has no access key")
			assert.Equal(t, id1, c1.ID)
			assert.Equal(t, "AK1", c1.Key)
			assert.True(t, c1.Secret.IsZero())
		})
	}
}

func TestCreateWithAWholeAnswer(t *testing.T) {
	r0 := strings.Replace(r2, `"is_readonly"`, `"access_key":"AK9","is_readonly"`, 1)
	s, v := own(t, `201 {"status":true,"data":`+r0+`}`)
	c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	require.NoError(t, err)
	assert.Equal(t, []string{posted}, v.Sent, "nothing is left to ask")
	assert.Equal(t, "AK9", c.Key)
	assert.Equal(t, []string{"read-write", "bucket:web"}, c.Scopes)
}

func TestRightsAreTheSameFromEveryAnswer(t *testing.T) {
	strs := strings.NewReplacer(`{"uuid":"`+bkt1+`","name":"web","region":"eu-ist-1","size":"0B"}`, `"`+bkt1+`"`).Replace(r2)
	get := `{"status":true,"data":{"uuid":"` + id1 + `","name":"ci","is_readonly":0,"access_key":"AK1","subfolder":"in","buckets":[` + object1 + `]}}`
	for _, answer := range []string{
		r2, strs, strings.Replace(strs, `"name"`, `"access_key":"AK1","subfolder":"in","name"`, 1), strings.Replace(r2, `"name":"ci"`, `"access_key":"AK1","name":"ci"`, 1), `{"uuid":"` + id1 + `"}`,
	} {
		s, _ := own(t, `{"status":true,"data":`+answer+`}`, get)
		c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1, "subfolder", "in"))
		require.NoError(t, err)
		assert.Equal(t, []string{"read-write", "bucket:web", "path:in"}, c.Scopes, answer)
		assert.Equal(t, "eu-ist-1", c.Region)
	}
}

func TestSecretIsNeverLost(t *testing.T) {
	base := func(inData, atTop string) string {
		return `{"status":true,"data":` + strings.TrimSuffix(r2, "}") + inData + `}` + atTop + `}`
	}
	for name, body := range map[string]string{
		"data":               base(`,"secret_key":"`+fresh+`"`, ""),
		"the top":            base("", `,"secret_key":"`+fresh+`"`),
		"camel case":         base(`,"secretKey":"`+fresh+`"`, ""),
		"a dash":             base(`,"Secret-Access-Key":"`+fresh+`"`, ""),
		"aws":                base(`,"aws_secret_access_key":"`+fresh+`"`, ""),
		"secret":             base(`,"secret":"`+fresh+`"`, ""),
		"access_secret":      base(`,"access_secret":"`+fresh+`"`, ""),
		"s3_secret_key":      base(`,"s3_secret_key":"`+fresh+`"`, ""),
		"secret_access":      base(`,"secret_access":"`+fresh+`"`, ""),
		"data.credential":    `{"status":true,"data":{"credential":` + strings.TrimSuffix(r2, "}") + `,"secret_key":"` + fresh + `"}}}`,
		"data.credentials":   `{"status":true,"data":{"credentials":[` + strings.TrimSuffix(r2, "}") + `,"secret_key":"` + fresh + `"}]}}`,
		"data.keys":          base(`,"keys":{"access_key":"AK1","secret_key":"`+fresh+`"}`, ""),
		"data.keys, a list":  base(`,"keys":[{"access_key":"AK1","secret_key":"`+fresh+`"}]`, ""),
		"data[0]":            `{"status":true,"data":[` + strings.TrimSuffix(r2, "}") + `,"secret_key":"` + fresh + `"}]}`,
		"beside a mask":      base(`,"secret_key":"****"`, `,"secret":"`+fresh+`"`),
		"beside a lesser":    base(`,"secret_key":"`+fresh+`"`, `,"secret":"something else"`),
		"no envelope":        strings.TrimSuffix(r2, "}") + `,"secret_key":"` + fresh + `"}`,
		"beside the session": base(`,"secret_key":"`+fresh+`"`, `,"session":"x","token":"y","api_secret":"z"`),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := own(t, body, got)
			c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
			require.NoError(t, err)
			assert.Equal(t, fresh, c.Secret.Reveal())
			assert.Equal(t, id1, c.ID)
			assert.Equal(t, "AK1", c.Key)
			assertHidden(t, c, fresh)
		})
	}
}

func TestSecretThatIsNone(t *testing.T) {
	for _, value := range []string{`""`, `null`, `"hidden"`, `"****"`, `"••••••"`, `"HIDDEN"`, `{"a":"b"}`} {
		s, _ := own(t, `{"status":true,"token":"t","session":"s","api_secret":"u","data":`+strings.TrimSuffix(r2, "}")+`,"secret_key":`+value+`,"access_key":`+value+`}}`, got)
		c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
		require.NoError(t, err)
		assert.True(t, c.Secret.IsZero(), value)
		assert.Equal(t, "AK1", c.Key, value)
	}
}

func TestCreatedButNotReadable(t *testing.T) {
	for _, fail := range []string{`403 {"status":false}`, `<html>`, none, `404 {"status":false}`} {
		s, _ := own(t, `{"status":true,"data":`+strings.TrimSuffix(r2, "}")+`,"secret_key":"`+fresh+`"}}`, fail)
		c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
		require.ErrorIs(t, err, provider.ErrPartial, fail)
		require.ErrorContains(t, err, id1)
		assert.Equal(t, id1, c.ID)
		assert.Equal(t, "ci", c.Name)
		assert.Equal(t, fresh, c.Secret.Reveal(), "what was issued is not dropped")
		assert.NotContains(t, err.Error()+provider.HintOf(err), fresh)
	}
	s, _ := own(t, `{"status":true,"data":`+r2+`}`, `{"status":true,"data":`+r2+`}`)
	c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	require.ErrorIs(t, err, provider.ErrPartial)
	assert.Equal(t, id1, c.ID)
}

func TestCreateAtTheSingular(t *testing.T) {
	for name, refusal := range map[string]string{"404": routed, "404 in JSON": router2, "405": `405 {"message":"The POST method is not supported for this route."}`} {
		s, v := own(t, refusal, got)
		c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
		require.NoError(t, err, name)
		assert.Equal(t, []string{posted, strings.Replace(posted, "credentials", "credential", 1)}, v.Sent)
		assert.Equal(t, id1, c.ID)
	}
	for _, final := range []string{`404 {"status":false,"message":"Organization not found"}`, `422 {}`, `500 {}`, `409 {}`} {
		s, v := own(t, final)
		_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
		require.Error(t, err)
		assert.Len(t, v.Sent, 1, final)
	}
	s, v := own(t, routed, routed)
	_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.ErrorContains(t, err, plural)
	assert.Len(t, v.Sent, 2)
}

func TestCreateWithoutAnID(t *testing.T) {
	one := `{"uuid":"` + id1 + `","name":"ci","is_readonly":false,"access_key":"AK1","buckets":[` + object1 + `]}`
	two := strings.NewReplacer(id1, id2, "AK1", "AK2").Replace(one)
	other := strings.Replace(two, `"ci"`, `"x"`, 1)
	for name, c := range map[string]struct {
		answer, listing string
		id              string
	}{
		"one of that name":     {`{"status":true,"secret":"` + fresh + `"}`, `{"data":[` + other + `,` + one + `]}`, id1},
		"two of that name":     {`{"status":true,"secret":"` + fresh + `"}`, `{"data":[` + one + `,` + two + `]}`, ""},
		"none":                 {`{"status":true,"secret":"` + fresh + `"}`, `{"data":[` + other + `]}`, ""},
		"the access key tells": {`{"status":true,"data":{"access_key":"AK2","secret":"` + fresh + `"}}`, `{"data":[` + one + `,` + two + `]}`, id2},
		"no listing":           {`{"status":true,"secret":"` + fresh + `"}`, `403 {}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, v := own(t, c.answer, c.listing)
			got, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
			assert.Equal(t, c.id, got.ID)
			assert.Equal(t, "ci", got.Name)
			assert.Equal(t, fresh, got.Secret.Reveal())
			if c.id != "" {
				require.NoError(t, err)
				assert.Empty(t, v.Saved)
				return
			}
			require.ErrorIs(t, err, provider.ErrUnknown)
			assert.Equal(t, c.answer, v.Saved)
			assert.Contains(t, provider.HintOf(err), "/recovery/file")
		})
	}
	s, v := own(t, "204", `{"data":[`+one+`]}`)
	got, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	require.NoError(t, err)
	assert.Equal(t, id1, got.ID)
	assert.Len(t, v.Sent, 2)
}

func TestCreateWhoseAnswerIsLost(t *testing.T) {
	s, v := own(t, "502 <html>")
	_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.Contains(t, provider.HintOf(err), "credctl medianova list")
	assert.Len(t, v.Sent, 1, "a POST is never repeated")
}

func TestReplace(t *testing.T) {
	old := `{"uuid":"` + id1 + `","name":"ci","is_readonly":"1","access_key":"AK1","subfolder":"in","buckets":[` + object1 + `,"` + bkt2 + `"]}`
	made := `{"status":true,"data":` + strings.Replace(strings.Replace(old, id1, id2, 1), "AK1", "AK2", 1) + `}`
	for name, c := range map[string]struct{ in, name string }{"as it was": {"", "ci"}, "renamed": {"ci-2", "ci-2"}} {
		t.Run(name, func(t *testing.T) {
			s, v := own(t, `{"data":`+old+`}`, made, made)
			was, err := s.Get(t.Context(), id1)
			require.NoError(t, err)
			in := provider.Input{}
			if c.in != "" {
				in = inputOf(t, provider.Rotate, "new-name", c.in)
			}
			next, err := s.Replace(t.Context(), was, in)
			require.NoError(t, err)
			assert.Equal(t, id2, next.ID)
			assert.Equal(t, was.Scopes, next.Scopes)
			_, body, _ := strings.Cut(v.Sent[1], " {")
			assert.JSONEq(t, `{"name":"`+c.name+`","is_readonly":true,"buckets":["`+bkt1+`","`+bkt2+`"],"subfolder":"in"}`, "{"+body)
		})
	}
	t.Run("read again", func(t *testing.T) {
		s, v := own(t, `{"data":`+old+`}`, made, made)
		_, err := s.Replace(t.Context(), provider.Credential{ID: id1}, provider.Input{})
		require.NoError(t, err)
		assert.Equal(t, "GET "+ours+"/credential/"+id1, v.Sent[0])
	})
	t.Run("the old one is not the new one", func(t *testing.T) {
		s, _ := own(t, `{"data":`+old+`}`, `{"status":true}`, `{"data":[`+old+`]}`)
		next, err := s.Replace(t.Context(), provider.Credential{ID: id1}, provider.Input{})
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Empty(t, next.ID)
	})
	t.Run("its rights are unclear", func(t *testing.T) {
		for _, r := range []string{`{"uuid":"` + id1 + `","name":"ci","is_readonly":true}`, `{"uuid":"` + id1 + `","name":"ci","buckets":["` + bkt1 + `"]}`, `{"uuid":"` + id1 + `","is_readonly":true,"buckets":["` + bkt1 + `"]}`} {
			s, v := own(t, `{"data":`+r+`}`)
			_, err := s.Replace(t.Context(), provider.Credential{ID: id1}, provider.Input{})
			require.ErrorIs(t, err, provider.ErrRefused)
			assert.Len(t, v.Sent, 1)
		}
	})
}
