package entrytest

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// Run holds the destinations that fresh returns, each with a fake of its own,
// against the contract of [deliver.Destination].
func Run(t *testing.T, fresh func(t *testing.T) Place) {
	for name, test := range map[string]func(*testing.T, Place){
		"check changes nothing":  checks,
		"write and read back":    writes,
		"another writer":         meddled,
		"a lost answer":          lost,
		"no permission to write": readOnly,
		"no permission":          denied,
		"the place is gone":      gone,
		"hostile values":         values,
		"wrong specs":            wrong,
		"found again":            foundAgain,
		"nothing but its own":    ownToken,
		"an answer that is none": garbage,
	} {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

func checks(t *testing.T, p Place) {
	before := p.Holds()
	d := p.Open(t)
	if p.Server != nil {
		assert.Empty(t, p.Server.Requests(), "parsing opens nothing")
	}
	require.NoError(t, d.Check(t.Context()))
	assert.Equal(t, before, p.Holds())
	if p.Server != nil {
		assert.Empty(t, Changes(p.Server.Requests()))
	}
}

func writes(t *testing.T, p Place) {
	others := p.Holds()
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	require.Error(t, d.ReadBack(t.Context(), Pair(first)), "nothing was written yet")
	for _, secret := range []string{first, first, second, first} {
		require.NoError(t, d.Write(t.Context(), Pair(secret)))
		require.NoError(t, d.ReadBack(t.Context(), Pair(secret)))
		require.NoError(t, d.ReadBack(t.Context(), Pair(secret)), "and once more")
		p.holds(t, Pair(secret), others)
	}
	if err := d.ReadBack(t.Context(), Pair(second)); p.Sealed {
		require.ErrorIs(t, err, deliver.ErrNoReadBack)
	} else {
		require.ErrorIs(t, err, provider.ErrVerify)
	}
	require.Error(t, d.Write(t.Context(), Pair("")))

	again := p.Open(t)
	_, secret, err := again.Current(t.Context())
	require.NoError(t, err)
	stamp := p.stamp(t, again)
	if p.Sealed {
		assert.True(t, secret.IsZero())
		require.ErrorIs(t, again.ReadBack(t.Context(), Pair(first)), deliver.ErrNoReadBack)
		assert.Equal(t, deliver.ByStamp, again.Proof())
		return
	}
	assert.Equal(t, first, secret.Reveal())
	require.NoError(t, again.ReadBack(t.Context(), Pair(first)))
	assert.Equal(t, deliver.ByValue, again.Proof())
	if p.Server != nil {
		p.Server.Requests()
		require.NoError(t, again.Write(t.Context(), Pair(first)))
		assert.Empty(t, Changes(p.Server.Requests()), "what holds the values already is not written again")
	}
	require.NoError(t, again.Write(t.Context(), Pair(second)))
	if stamp != "" {
		assert.NotEqual(t, stamp, p.stamp(t, again))
	}
}

func meddled(t *testing.T, p Place) {
	if p.Server == nil {
		t.Skip("another program cannot come in between")
	}
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	var others map[string]string
	p.Server.Before(func() {
		p.Meddle()
		others = p.Holds()
	})
	require.NoError(t, d.Write(t.Context(), Pair(first)))
	p.holds(t, Pair(first), others)
	require.NoError(t, d.ReadBack(t.Context(), Pair(first)))
}

func lost(t *testing.T, p Place) {
	if p.Server == nil {
		t.Skip("no connection to cut")
	}
	others := p.Holds()
	d := p.Open(t)
	p.Server.Lose(1)
	require.NoError(t, d.Write(t.Context(), Pair(first)))
	require.NoError(t, d.ReadBack(t.Context(), Pair(first)))
	p.holds(t, Pair(first), others)
}

func readOnly(t *testing.T, p Place) {
	if p.DenyWrite == nil {
		t.Skip("reading and writing is one permission")
	}
	before := p.Holds()
	p.DenyWrite()
	d := p.Open(t)
	err := d.Check(t.Context())
	if !p.LateCheck {
		p.says(t, d, err)
		require.ErrorIs(t, err, provider.ErrDenied)
		assert.NotEmpty(t, provider.HintOf(err))
	}
	err = d.Write(t.Context(), Pair(first))
	p.says(t, d, err)
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.NotEmpty(t, provider.HintOf(err))
	assert.Equal(t, before, p.Holds())
}

func denied(t *testing.T, p Place) {
	if p.DenyAll == nil {
		t.Skip("there is no permission")
	}
	p.DenyAll()
	d := p.Open(t)
	for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), Pair(first))} {
		p.says(t, d, err)
		require.ErrorIs(t, err, provider.ErrDenied)
		assert.NotEmpty(t, provider.HintOf(err), err)
	}
}

func gone(t *testing.T, p Place) {
	if p.Remove == nil {
		t.Skip("there is no place")
	}
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), Pair(first)))
	require.NoError(t, d.ReadBack(t.Context(), Pair(first)))
	p.Remove()
	if err := d.ReadBack(t.Context(), Pair(first)); !errors.Is(err, provider.ErrNotFound) {
		require.ErrorIs(t, err, provider.ErrVerify)
	}
	d = p.Open(t)
	if p.Creates {
		require.NoError(t, d.Check(t.Context()))
		require.NoError(t, d.Write(t.Context(), Pair(second)))
		require.NoError(t, d.ReadBack(t.Context(), Pair(second)))
		return
	}
	for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), Pair(second))} {
		p.says(t, d, err)
		assert.NotEmpty(t, provider.HintOf(err), err)
	}
}

func values(t *testing.T, p Place) {
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), Pair(first)))
	for _, secret := range hostile() {
		others := p.Holds()
		err := d.Write(t.Context(), Pair(secret))
		if err != nil {
			require.ErrorIs(t, err, provider.ErrUsage, secret)
			assert.Equal(t, others, p.Holds(), secret)
			assert.NotContains(t, err.Error(), secret)
			continue
		}
		require.NoError(t, d.ReadBack(t.Context(), Pair(secret)), secret)
		p.holds(t, Pair(secret), others)
		// Nor may a value of before be in the way of the next one.
		if strings.HasPrefix(secret, "{") && !p.Sealed && p.Scheme.Name != "" && p.Holds()[p.Name] != "" {
			require.ErrorIs(t, d.Write(t.Context(), Pair(first)), provider.ErrRefused)
			return
		}
	}
}

func wrong(t *testing.T, p Place) {
	scheme, _, _ := strings.Cut(p.Spec, ":")
	separator := "?"
	if strings.Contains(p.Spec, "?") {
		separator = "&"
	}
	specs := append(p.Wrong, scheme+":")
	if scheme != "exec" {
		specs = append(specs, p.Spec+"\n")
	}
	if p.Scheme.Name != "" {
		specs = append(specs, p.Spec+separator+"unknown=1", p.Spec+separator+"field=other", p.Spec+separator+"as=yaml")
	}
	for _, spec := range specs {
		_, err := p.parse(spec)
		require.ErrorIs(t, err, provider.ErrUsage, spec)
	}
	if p.Scheme.Name == "" {
		return // one of package deliver
	}
	o := p.Options
	o.Shape, o.Schemes = provider.Shape{}, []deliver.Scheme{p.Scheme}
	_, err := deliver.Parse(p.Spec, o)
	require.ErrorIs(t, err, provider.ErrUsage, "a kind without a secret")
	assert.NotEmpty(t, p.Scheme.Title)
	assert.NotEmpty(t, p.Scheme.Place)
	for _, param := range p.Scheme.Params {
		assert.NotEmpty(t, param.Usage, param.Name)
	}
}

func foundAgain(t *testing.T, p Place) {
	d := p.Open(t)
	again, err := p.parse(d.Spec())
	require.NoError(t, err)
	assert.Equal(t, d.Spec(), again.Spec())
	assert.Equal(t, deliver.PlaceOf(d), deliver.PlaceOf(again))
	require.NoError(t, again.Check(t.Context()))
}

// ownToken demands that a server which only the destination names gets no token
// of the environment.
func ownToken(t *testing.T, p Place) {
	takes := func(name string) bool {
		for _, param := range p.Scheme.Params {
			if param.Name == name {
				return true
			}
		}
		return false
	}
	if !takes("url") || p.Secrets == nil {
		t.Skip("there is one server")
	}
	stranger := Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, values := range r.Header {
			for _, secret := range p.Secrets {
				assert.NotContains(t, strings.Join(values, " "), secret)
			}
		}
		panic(http.ErrAbortHandler)
	}), nil)
	separator := "?"
	if strings.Contains(p.Spec, "?") {
		separator = "&"
	}
	d, err := p.parse(p.Spec + separator + "url=" + stranger.URL)
	require.NoError(t, err)
	require.Error(t, d.Check(t.Context()))
}

// garbage is what a proxy on the way may answer.
func garbage(t *testing.T, p Place) {
	if p.Server == nil {
		t.Skip("no connection")
	}
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	for _, body := range []string{"<html>" + first, "", "{}", "[]"} {
		p.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(body))
		})
		p.says(t, d, d.Check(t.Context()))
		p.says(t, d, d.Write(t.Context(), Pair(first)))
		p.says(t, d, d.ReadBack(t.Context(), Pair(first)))
	}
}
