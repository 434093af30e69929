package provider_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

var (
	text    = provider.String("text", "a `text`")
	color   = provider.OneOf("color", "a `color`", "red", "green")
	tags    = provider.Strings("tag", "`tags`")
	on      = provider.Bool("on", "on")
	number  = provider.Int("number", "a `number`", 1, 9)
	pairs   = provider.Pairs("set", "`key=value`")
	secret  = provider.SecretFile("secret-file", "a `file`")
	secrets = provider.SecretFiles("set-file", "`key=file`")
)

func TestParams(t *testing.T) {
	for _, x := range []struct {
		param provider.AnyParam
		given []string
		get   func(provider.Input) any
		want  any
		shown string
		kind  string
	}{
		{text, []string{"a", ""}, func(in provider.Input) any { return text.Get(in) }, "", "", "string"},
		{color, []string{"red"}, func(in provider.Input) any { return color.Get(in) }, "red", "red", "string"},
		{tags, []string{"a,b", "c"}, func(in provider.Input) any { return tags.Get(in) }, []string{"a", "b", "c"}, "a,b,c", "string"},
		{on, []string{"true"}, func(in provider.Input) any { return on.Get(in) }, true, "true", "bool"},
		{number, []string{"9"}, func(in provider.Input) any { return number.Get(in) }, 9, "9", "int"},
		{pairs, []string{"a=b=c", "d="}, func(in provider.Input) any { return pairs.Get(in) }, map[string]string{"a": "b=c", "d": ""}, "map[a:b=c d:]", "map[string]string"},
		{secret, []string{plain}, func(in provider.Input) any { return secret.Get(in).Reveal() }, plain, provider.Redacted, "provider.Secret"},
		{secrets, []string{"k=" + plain}, func(in provider.Input) any { return secrets.Get(in)["k"].Reveal() }, plain, "map[k:[redacted]]", "map[string]provider.Secret"},
	} {
		name := x.param.Info().Name
		in := provider.NewInput(x.param)
		v := in.Value(name)
		assert.False(t, v.IsSet(), name)
		assert.Empty(t, v.String(), name)
		assert.Equal(t, x.kind, v.Type(), name)
		for _, s := range x.given {
			require.NoError(t, v.Set(s), name)
		}
		assert.True(t, v.IsSet(), name)
		assert.Equal(t, x.shown, v.String(), name)
		assert.Equal(t, x.want, x.get(in), name)
		assert.Zero(t, x.get(provider.NewInput(x.param)), "%s: one input knows nothing of another", name)
	}
	assert.Nil(t, provider.NewInput(text).Value("other"))
}

func TestParamsRefuse(t *testing.T) {
	for _, x := range []struct {
		param provider.AnyParam
		given []string
		says  string
	}{
		{color, []string{"blue"}, `unknown value "blue" (valid: red, green)`},
		{on, []string{"maybe"}, "maybe"},
		{number, []string{"0"}, "from 1 to 9"},
		{number, []string{"10"}, "from 1 to 9"},
		{number, []string{"many"}, "from 1 to 9"},
		{pairs, []string{"a"}, "KEY=VALUE"},
		{pairs, []string{"=a"}, "KEY=VALUE"},
		{pairs, []string{"a=1", "a=2"}, "a is given twice"},
		{secrets, []string{plain}, "KEY=VALUE"},
		{secrets, []string{"a=" + plain, "a=" + plain}, "a is given twice"},
		{text.Check(func(string) error { return errors.New("never") }), []string{"a"}, "never"},
	} {
		v := provider.NewInput(x.param).Value(x.param.Info().Name)
		var err error
		for _, s := range x.given {
			err = v.Set(s)
		}
		require.ErrorContains(t, err, x.says)
		assert.NotContains(t, err.Error(), plain, "a value may be a secret that was typed in the wrong place")
		if len(x.given) == 1 {
			assert.False(t, v.IsSet(), "what is refused is not given")
		}
	}
}

func TestGivenTellsUnsetFromEmpty(t *testing.T) {
	in := provider.NewInput(text, on)
	assert.Nil(t, text.Ptr(in))
	require.NoError(t, in.Value("text").Set(""))
	require.NotNil(t, text.Ptr(in))
	assert.Empty(t, *text.Ptr(in))
	_, given := on.Lookup(in)
	assert.False(t, given)
	_, given = text.Lookup(provider.Input{})
	assert.False(t, given, "the zero Input has nothing given")
	assert.PanicsWithValue(t, `provider: parameter "number" is not declared for this verb`, func() { number.Get(in) })
	assert.Panics(t, func() { provider.String("on", "").Get(in) }, "the same name, but of another type")
}

func TestParamIsAValue(t *testing.T) {
	needed := text.Required().FromEnv("A", "B")
	assert.Equal(t, provider.ParamInfo{Name: "text", Usage: "a `text`"}, text.Info(), "its copies do not change it")
	assert.True(t, needed.Info().Required)
	assert.Equal(t, []string{"A", "B"}, needed.Info().Env)
	in := provider.NewInput(needed)
	require.NoError(t, in.Value("text").Set("x"))
	assert.Equal(t, "x", text.Get(in), "one is read back with the other")
	assert.Equal(t, provider.File, secret.Info().From)
	assert.Equal(t, provider.KeyedFile, secrets.Info().From)
	assert.Equal(t, []string{"red", "green"}, color.Info().Values)
}
