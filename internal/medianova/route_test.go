package medianova

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

const router2 = `404 {"message":"The route could not be found."}`

func TestPrefixOfGet(t *testing.T) {
	for name, first := range map[string]string{"HTML": routed, "JSON": router2} {
		t.Run(name, func(t *testing.T) {
			s, v := serve(t, first, got, got)
			for range 2 {
				_, err := s.Get(t.Context(), id1)
				require.NoError(t, err)
			}
			assert.Equal(t, []string{"GET " + twice + "/credential/" + id1, "GET " + once + "/credential/" + id1, "GET " + once + "/credential/" + id1}, v.Sent)
		})
	}
}

func TestPrefixOfList(t *testing.T) {
	s, v := serve(t, routed, `{"status":true,"data":[`+whole+`]}`, "204")
	ids, err := listIDs(s, t)
	require.NoError(t, err)
	assert.Equal(t, []string{id1}, ids)
	require.NoError(t, s.Delete(t.Context(), id1))
	assert.Equal(t, []string{"GET " + twice + "/credential", "GET " + once + "/credential", "DELETE " + once + "/credential/" + id1}, v.Sent)
}

func TestPrefixStays(t *testing.T) {
	for _, answer := range []string{
		`404 {"status":false,"message":"Credential not found"}`, `401 {}`, `403 {}`, `422 {}`,
	} {
		s, v := serve(t, answer)
		_, err := s.Get(t.Context(), id1)
		require.Error(t, err)
		assert.Len(t, v.Sent, 1, answer)
	}
	s, v := serve(t, got, routed)
	_, err := s.Get(t.Context(), id1)
	require.NoError(t, err)
	_, err = s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Len(t, v.Sent, 2, "the prefix was right a moment ago")

	s, v = own(t, routed)
	_, err = s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Equal(t, []string{"GET " + ours + "/credential/" + id1}, v.Sent, "a path of the user's is used as it is")

	s, v = serve(t, routed, routed)
	_, err = s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.ErrorContains(t, err, twice)
	assert.Len(t, v.Sent, 2)
}

func TestGatewayDoesNotShowThatThePrefixIsRight(t *testing.T) {
	s, v := serve(t, "500 <html>", routed, got)
	_, err := s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrUnavailable)
	_, err = s.Get(t.Context(), id1)
	require.NoError(t, err)
	assert.Equal(t, "GET "+once+"/credential/"+id1, v.Sent[2])
}

func TestPrefixIsNeverFoundOutByAChange(t *testing.T) {
	s, v := serve(t, routed, none, `{"status":true}`, `{"status":true}`)
	require.NoError(t, s.Delete(t.Context(), id1))
	require.NoError(t, s.Delete(t.Context(), id2))
	assert.Equal(t, []string{
		"GET " + twice + "/credential", "GET " + once + "/credential",
		"DELETE " + once + "/credential/" + id1, "DELETE " + once + "/credential/" + id2,
	}, v.Sent)

	v, err := serveCreate(t, routed, routed)
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Len(t, v.Sent, 2)
	for _, line := range v.Sent {
		assert.Contains(t, line, "GET ")
	}
}

func serveCreate(t *testing.T, answers ...string) (*vendortest.Script, error) {
	t.Helper()
	s, v := serve(t, answers...)
	_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	return v, err
}

func TestOneProbeForManyChanges(t *testing.T) {
	const n = 20
	answers := []string{none}
	for range n {
		answers = append(answers, `{"status":true}`)
	}
	s, v := serve(t, answers...)
	var all sync.WaitGroup
	for range n {
		all.Go(func() { assert.NoError(t, s.Delete(t.Context(), id1)) })
	}
	all.Wait()
	assert.Len(t, v.Sent, n+1)
	assert.Equal(t, "GET "+twice+"/credential", v.Sent[0])
}

func TestDeleteAtAWrongAddress(t *testing.T) {
	s, v := own(t, routed, routed)
	require.Error(t, s.Delete(t.Context(), id1))
	assert.Equal(t, []string{"DELETE " + ours + "/credential/" + id1, "GET " + ours + "/credential"}, v.Sent)

	s, _ = own(t, routed, `401 {}`)
	require.NotErrorIs(t, s.Delete(t.Context(), id1), provider.ErrNotFound, "it may well be there")

	s, v = own(t, routed, none, routed)
	require.ErrorIs(t, s.Delete(t.Context(), id1), provider.ErrNotFound)
	require.ErrorIs(t, s.Delete(t.Context(), id2), provider.ErrNotFound)
	assert.Len(t, v.Sent, 3, "the address is known to be right then")
}
