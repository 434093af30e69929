package medianova

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// rec is a credential as a GET shows it, with a name, a folder and buckets of the caller's.
func rec(name, access, readonly, folder, buckets string) string {
	return `{"status":true,"data":{"uuid":"` + id1 + `","name":"` + name + `","is_readonly":` + readonly + `,"access_key":"` + access + `","subfolder":` + folder + `,"buckets":[` + buckets + `]}}`
}

const putAnswer = `{"status":true,"data":{"uuid":"` + id1 + `","name":"x","is_readonly":true,"subfolder":null,"buckets":["` + bkt1 + `"]}}`

func TestUpdate(t *testing.T) {
	before := rec("ci", "AK1", "false", `"in"`, object1+","+object2)
	both := `"` + bkt1 + `","` + bkt2 + `"`
	for name, c := range map[string]struct {
		in    []string
		body  string
		after string
	}{
		"name":       {[]string{"new-name", "new"}, `{"name":"new","is_readonly":false,"buckets":[` + both + `],"subfolder":"in"}`, rec("new", "AK1", "0", `"in"`, object2+","+object1)},
		"read-only":  {[]string{"read-only", "true"}, `{"name":"ci","is_readonly":true,"buckets":[` + both + `],"subfolder":"in"}`, rec("ci", "AK1", `"1"`, `"in"`, object1+","+object2)},
		"buckets":    {[]string{"bucket", bkt2}, `{"name":"ci","is_readonly":false,"buckets":["` + bkt2 + `"],"subfolder":"in"}`, rec("ci", "AK1", "false", `"in"`, `"`+bkt2+`"`)},
		"folder":     {[]string{"subfolder", "out/"}, `{"name":"ci","is_readonly":false,"buckets":[` + both + `],"subfolder":"out/"}`, rec("ci", "AK1", "false", `"out/"`, both)},
		"no folder":  {[]string{"subfolder", ""}, `{"name":"ci","is_readonly":false,"buckets":[` + both + `],"subfolder":""}`, rec("ci", "AK1", "false", `null`, both)},
		"read-write": {[]string{"read-only", "false"}, `{"name":"ci","is_readonly":false,"buckets":[` + both + `],"subfolder":"in"}`, rec("ci", "AK1", "false", `"in"`, both)},
	} {
		t.Run(name, func(t *testing.T) {
			s, v := serve(t, before, putAnswer, c.after)
			got, err := s.Update(t.Context(), id1, inputOf(t, provider.Update, c.in...))
			require.NoError(t, err)
			require.Len(t, v.Sent, 3)
			line, body, _ := strings.Cut(v.Sent[1], " {")
			assert.Equal(t, "PUT "+twice+"/credential/"+id1, line)
			assert.JSONEq(t, c.body, "{"+body)
			assert.Equal(t, "GET "+twice+"/credential/"+id1, v.Sent[2])
			assert.Equal(t, id1, got.ID)
			assert.True(t, got.Secret.IsZero())
		})
	}
}

func TestUpdateOfWhatHasNoFolder(t *testing.T) {
	s, v := serve(t, rec("ci", "AK1", "false", "null", object1), putAnswer, rec("new", "AK1", "false", `""`, object1))
	_, err := s.Update(t.Context(), id1, inputOf(t, provider.Update, "new-name", "new"))
	require.NoError(t, err)
	assert.NotContains(t, v.Sent[1], "subfolder")
}

func TestUpdateIsCompared(t *testing.T) {
	before := rec("ci", "AK1", "false", `null`, object1)
	for after, want := range map[string]string{
		rec("ci", "AK1", "false", `null`, object1):               `the name is "ci", not "new"`,
		rec("new", "AK1", "true", `null`, object1):               "is_readonly is true, not false",
		rec("new", "AK1", "false", `"x"`, object1):               `the subfolder is "x", not ""`,
		rec("new", "AK1", "false", `null`, object1+","+object2):  "the buckets are",
		rec("new", "AK2", "false", `null`, object1):              "the access key ID changed from AK1 to AK2",
		rec("other", "AK2", "true", `null`, object1+","+object2): "; ",
	} {
		s, _ := serve(t, before, putAnswer, after)
		got, err := s.Update(t.Context(), id1, inputOf(t, provider.Update, "new-name", "new"))
		require.ErrorIs(t, err, provider.ErrVerify)
		require.ErrorContains(t, err, want)
		assert.Equal(t, id1, got.ID, "it is returned as it is now")
	}
}

func TestUpdateThatIssuesANewPair(t *testing.T) {
	pair := `{"status":true,"data":{"uuid":"` + id1 + `","secret_key":"` + fresh + `"}}`
	for _, c := range []struct {
		before, after string
		class         error
	}{
		{"AK1", rec("new", "AK2", "false", `null`, object1), provider.ErrVerify},
		{"AK1", rec("new", "AK1", "false", `null`, object1), provider.ErrVerify},
		{"", rec("new", "AK1", "false", `null`, object1), provider.ErrVerify},
		{"AK1", `403 {}`, provider.ErrPartial},
	} {
		s, v := serve(t, rec("ci", c.before, "false", `null`, object1), pair, c.after)
		_, err := s.Update(t.Context(), id1, inputOf(t, provider.Update, "new-name", "new"))
		require.ErrorIs(t, err, c.class)
		assert.Equal(t, pair, v.Saved, "a secret is never lost")
		assert.Contains(t, provider.HintOf(err), "/recovery/file")
		assert.NotContains(t, err.Error()+provider.HintOf(err), fresh)
	}
	s, v := serve(t, rec("ci", "AK1", "false", `null`, object1), putAnswer, rec("new", "AK1", "false", `null`, object1))
	_, err := s.Update(t.Context(), id1, inputOf(t, provider.Update, "new-name", "new"))
	require.NoError(t, err)
	assert.Empty(t, v.Saved, "nothing was issued")
}

func TestUpdateFails(t *testing.T) {
	before := rec("ci", "AK1", "false", `null`, object1)
	in := inputOf(t, provider.Update, "new-name", "new")
	s, v := serve(t, before, `422 {"message":"invalid"}`)
	_, err := s.Update(t.Context(), id1, in)
	require.ErrorIs(t, err, provider.ErrInvalid)
	assert.Len(t, v.Sent, 2)

	s, _ = serve(t, before, putAnswer, `403 {}`)
	got, err := s.Update(t.Context(), id1, in)
	require.ErrorIs(t, err, provider.ErrPartial)
	assert.Equal(t, id1, got.ID)

	for _, r := range []string{`{"uuid":"` + id1 + `","name":"ci","is_readonly":true,"buckets":[]}`, `{"uuid":"` + id1 + `","name":"ci","buckets":["` + bkt1 + `"]}`} {
		s, v = serve(t, `{"status":true,"data":`+r+`}`)
		_, err = s.Update(t.Context(), id1, in)
		require.ErrorIs(t, err, provider.ErrRefused, "what it may do is not guessed")
		assert.Len(t, v.Sent, 1)
	}
}

func TestMend(t *testing.T) {
	old := rec("ci", "AK1", "true", `null`, object1)
	drifted := strings.ReplaceAll(rec("ci", "AK2", "false", `"x"`, object2), id1, id2)
	mended := strings.ReplaceAll(rec("ci", "AK2", "true", `null`, object1), id1, id2)
	s, v := serve(t, old, drifted, putAnswer, mended)
	was, err := s.Get(t.Context(), id1)
	require.NoError(t, err)
	is, err := s.RepairRights(t.Context(), id2, was)
	require.NoError(t, err)
	assert.Equal(t, id2, is.ID)
	assert.Equal(t, was.Scopes, is.Scopes)
	line, body, _ := strings.Cut(v.Sent[2], " {")
	assert.Equal(t, "PUT "+twice+"/credential/"+id2, line)
	assert.JSONEq(t, `{"name":"ci","is_readonly":true,"buckets":["`+bkt1+`"],"subfolder":""}`, "{"+body)
}

// TestRepairRightsRenames: the name is that of the credential which is asked for, not
// the one that its record had.
func TestRepairRightsRenames(t *testing.T) {
	s, v := own(t, got, strings.ReplaceAll(strings.ReplaceAll(got, id1, id2), `"name":"ci"`, `"name":"ci-a1b2"`), putAnswer, strings.ReplaceAll(strings.ReplaceAll(got, id1, id2), `"name":"ci"`, `"name":"final"`))
	was, err := s.Get(t.Context(), id1)
	require.NoError(t, err)
	was.Name = "final"
	is, err := s.RepairRights(t.Context(), id2, was)
	require.NoError(t, err)
	assert.Equal(t, "final", is.Name)
	assert.Contains(t, v.Sent[2], `{"name":"final",`)
}
