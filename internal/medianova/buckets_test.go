package medianova

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestBucketNames(t *testing.T) {
	listing := `{"status":true,"data":[` + object1 + `,` + object2 + `,
		{"uuid":"` + bkt3 + `","name":"logs","region":"eu-2"},{"uuid":"44444444-4444-4444-8444-444444444444","name":"a@b","region":"r"}]}`
	for names, want := range map[string]struct {
		ids []string
		err error
	}{
		"web":                     {[]string{bkt1}, nil},
		"web," + bkt2 + ",web":    {[]string{bkt1, bkt2}, nil},
		"logs@eu-2,logs@eu-ist-1": {[]string{bkt3, bkt2}, nil},
		"a@b":                     {[]string{"44444444-4444-4444-8444-444444444444"}, nil},
		"logs":                    {nil, provider.ErrUsage},
		"nope":                    {nil, provider.ErrNotFound},
		"web@nowhere":             {nil, provider.ErrNotFound},
		"WEB":                     {nil, provider.ErrNotFound},
	} {
		t.Run(names, func(t *testing.T) {
			s, v := serve(t, listing, got)
			c, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", names))
			assert.Equal(t, "GET "+twice+"/bucket", v.Sent[0])
			if want.err != nil {
				require.ErrorIs(t, err, want.err)
				assert.Len(t, v.Sent, 1, "nothing is created")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, id1, c.ID)
			require.Len(t, v.Sent, 2, "the prefix is known by now")
			assert.Contains(t, v.Sent[1], `"buckets":["`+strings.Join(want.ids, `","`)+`"]`)
		})
	}
	s, _ := serve(t, listing)
	_, err := s.resolve(t.Context(), []string{"logs"})
	for _, choice := range []string{"logs@eu-ist-1", "logs@eu-2", bkt2, bkt3} {
		require.ErrorContains(t, err, choice)
	}
	s, _ = serve(t, `403 {}`)
	_, err = s.resolve(t.Context(), []string{"web"})
	require.ErrorIs(t, err, provider.ErrDenied)
}
