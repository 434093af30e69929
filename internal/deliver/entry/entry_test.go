package entry

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// A memory is a store in memory, in which things can happen before a Put.
type memory struct {
	values  Values
	version int
	sealed  bool
	before  []error // of the next Puts; nil: they are carried out
	puts    int
}

func (m *memory) Get(context.Context) (Entry, error) {
	e := Entry{Exists: true, Values: m.values, Version: strings.Repeat("v", m.version), Sealed: m.sealed}
	if m.sealed {
		e.Values = nil
	}
	return e, nil
}

func (*memory) Check(context.Context, Entry, []string) error { return nil }

func (m *memory) Put(_ context.Context, _ Entry, values Values) error {
	m.puts++
	if len(m.before) > 0 {
		err := m.before[0]
		m.before = m.before[1:]
		if err != nil {
			return err
		}
	}
	m.version++
	now := Values{}
	for _, v := range []Values{m.values, values} {
		maps.Copy(now, v)
	}
	m.values = now
	return nil
}

func scheme(m *memory, several bool, settings ...deliver.Setting) deliver.Scheme {
	return Scheme(deliver.Scheme{Name: "mem", Proof: deliver.ByValue, Params: Params(several), Settings: settings}, func(t Target) (deliver.Destination, error) {
		c, err := t.Content(several)
		if err != nil {
			return nil, err
		}
		return t.Destination(t.Spec(t.Place, map[string]string{"extra": "a b", "none": ""}), t.Place, c, func(context.Context) (Store, error) { return m, nil }), nil
	})
}

func open(t *testing.T, m *memory, several bool, spec string, shape provider.Shape) deliver.Destination {
	t.Helper()
	d, err := deliver.Parse(spec, deliver.Options{Shape: shape, Schemes: []deliver.Scheme{scheme(m, several)}, LockDir: filepath.Join(t.TempDir(), "locks")})
	require.NoError(t, err)
	return d
}

var (
	both = provider.Credential{Key: "AKIA", Endpoint: "https://s3.example.com", Secret: provider.NewSecret("s3cret")}
	lost = provider.WithClass(provider.ErrUnknown, errors.New("the answer was lost"))
)

func TestContent(t *testing.T) {
	single := provider.SingleSecret("STRATUM_API_KEY")
	for _, c := range []struct {
		spec    string
		several bool
		shape   provider.Shape
		want    map[string]string
	}{
		{"mem:x", true, provider.KeyPair(), map[string]string{"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_ENDPOINT_URL": "https://s3.example.com"}},
		{"mem:x?prefix=S3_", true, provider.KeyPair(), map[string]string{"S3_ACCESS_KEY_ID": "AKIA", "S3_SECRET_ACCESS_KEY": "s3cret", "S3_ENDPOINT_URL": "https://s3.example.com"}},
		{"mem:x", true, single, map[string]string{"STRATUM_API_KEY": "s3cret"}},
		{"mem:x?key=K", true, provider.KeyPair(), map[string]string{"K": "s3cret"}},
		{"mem:x?key=K&field=key", true, provider.KeyPair(), map[string]string{"K": "AKIA"}},
		{"mem:x?key=K&as=json", true, single, map[string]string{"K": `{"STRATUM_API_KEY":"s3cret"}`}},
		{"mem:x?as=json&prefix=S3_", false, provider.KeyPair(), map[string]string{"": `{"S3_ACCESS_KEY_ID":"AKIA","S3_ENDPOINT_URL":"https://s3.example.com","S3_SECRET_ACCESS_KEY":"s3cret"}`}},
		{"mem:x", false, provider.KeyPair(), map[string]string{"": "s3cret"}},
		{"mem:x?field=secret", false, single, map[string]string{"": "s3cret"}},
	} {
		m := &memory{}
		d := open(t, m, c.several, c.spec, c.shape)
		require.NoError(t, d.Write(t.Context(), both), c.spec)
		got := map[string]string{}
		for name, value := range m.values {
			got[name] = value.Reveal()
		}
		assert.Equal(t, c.want, got, c.spec)
		require.NoError(t, d.ReadBack(t.Context(), both))
	}
	d := open(t, &memory{}, true, "mem:x?key=K&as=json", provider.KeyPair())
	require.ErrorIs(t, d.Write(t.Context(), provider.Credential{Secret: both.Secret}), provider.ErrUsage, "half a pair is of no use")
	require.ErrorIs(t, d.Write(t.Context(), provider.Credential{Key: "AKIA", Secret: provider.NewSecret("\xff")}), provider.ErrUsage)
	assert.Equal(t, "mem:x?key=K&as=json&extra=a+b", d.Spec())
}

// TestHalves: two values of one pair are warned of, wherever they are.
func TestHalves(t *testing.T) {
	m := &memory{}
	half := func(options string) deliver.Destination {
		return open(t, m, true, "mem:x?"+options, provider.KeyPair())
	}
	key, secret, whole := half("key=A&field=key"), half("key=B"), half("key=C&as=json")
	assert.Equal(t, []deliver.Destination{key, secret}, halves([]deliver.Destination{key, whole, secret}))
	assert.Empty(t, halves([]deliver.Destination{secret, whole}))
	assert.Contains(t, SplitPair([]deliver.Destination{key, secret}), "to mem:x?key=A&field=key and mem:x?key=B: a program that reads in between")
	assert.Empty(t, SplitPair([]deliver.Destination{whole}))
	single := open(t, m, true, "mem:x?key=B", provider.SingleSecret("X"))
	assert.Empty(t, halves([]deliver.Destination{key, single}))
}

func TestPlaces(t *testing.T) {
	place := func(spec string) deliver.Place {
		return deliver.PlaceOf(open(t, &memory{}, true, spec, provider.KeyPair()))
	}
	assert.True(t, place("mem:x").Clashes(place("mem:x?key=AWS_ACCESS_KEY_ID")))
	assert.False(t, place("mem:x").Clashes(place("mem:x?key=K")))
	assert.False(t, place("mem:x").Clashes(place("mem:y")))
}

func TestWritesUntilItHolds(t *testing.T) {
	for name, c := range map[string]struct {
		before []error
		sealed bool
		puts   int
		want   error
	}{
		"once":             {nil, false, 1, nil},
		"changed":          {[]error{ErrChanged, ErrChanged}, false, 3, nil},
		"lost":             {[]error{lost}, false, 2, nil},
		"lost, and sealed": {[]error{lost}, true, 2, nil},
		"refused":          {[]error{provider.ErrDenied}, false, 1, provider.ErrDenied},
		"without an end":   {[]error{ErrChanged, ErrChanged, ErrChanged, ErrChanged}, false, tries, ErrChanged},
	} {
		m := &memory{before: c.before, sealed: c.sealed}
		err := open(t, m, true, "mem:x", provider.KeyPair()).Write(t.Context(), both)
		assert.Equal(t, c.puts, m.puts, name)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
			continue
		}
		require.NoError(t, err, name)
	}
}

func TestSettings(t *testing.T) {
	var got Target
	s := Scheme(deliver.Scheme{Name: "mem", Settings: []deliver.Setting{
		{Name: "mem.token", Env: []string{"A_TOKEN", "B_TOKEN"}, Secret: true}, {Name: "mem.host", Env: []string{"HOST"}},
	}}, func(t Target) (deliver.Destination, error) {
		got = t
		return nil, nil
	})
	o := deliver.Options{
		Schemes: []deliver.Scheme{s}, Env: []string{"A_TOKEN=", "B_TOKEN=b", "VENDOR_TOKEN=v", "PATH=/bin"}, Hide: []string{"VENDOR_TOKEN", "B_TOKEN"},
		Settings: map[string]string{"mem.token": "profile", "mem.host": "example.com"},
	}
	_, err := s.New("mem:x", "x", o)
	require.NoError(t, err)
	value, from := got.Setting("mem.token")
	assert.Equal(t, "b B_TOKEN", value+" "+from)
	value, from = got.Setting("mem.host")
	assert.Equal(t, "example.com destinations.mem.host", value+" "+from)
	err = got.NoToken("Memory", ", or log in", "mem.token")
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Equal(t, "no Memory token found (checked A_TOKEN, B_TOKEN)", err.Error())
	assert.Equal(t, "set A_TOKEN, or log in", provider.HintOf(err))
	assert.Contains(t, got.Environ(), "B_TOKEN=b", "for the programs of servers")
	assert.NotContains(t, got.Environ(), "VENDOR_TOKEN=v")
}

// A secret of the profile is for the server that the profile names.
func TestSecretsOfTheProfileAreForItsServer(t *testing.T) {
	var got Target
	s := Scheme(deliver.Scheme{Name: "mem", Settings: []deliver.Setting{
		{Name: "mem.url", Env: []string{"URL"}, Server: true, Default: "https://mem.example.com/api"},
		{Name: "mem.host", Env: []string{"HOST", "OTHER_HOST"}, Server: true, Default: "mem.example.com"},
		{Name: "mem.token", Env: []string{"TOKEN"}, Secret: true},
		{Name: "mem.role", Env: []string{"ROLE"}, Own: true},
		{Name: "mem.folder", Env: []string{"FOLDER"}},
	}}, func(t Target) (deliver.Destination, error) {
		got = t
		return nil, nil
	})
	for name, c := range map[string]struct{ env, profile, want string }{
		"the profile's":              {"", "host=a token=p", "p"},
		"the same":                   {"HOST=a", "host=a token=p", "p"},
		"another":                    {"HOST=b", "host=a token=p", ""},
		"another variable":           {"HOST= OTHER_HOST=b", "host=a token=p", ""},
		"what takes precedence":      {"URL=b", "host=a token=p", ""},
		"what does not":              {"HOST=b", "url=a token=p", "p"},
		"the usual server":           {"", "token=p", "p"},
		"another than the usual":     {"HOST=b", "token=p", ""},
		"the usual one, by its host": {"HOST=mem.example.com", "token=p", "p"},
		"the usual one, by its URL":  {"URL=https://MEM.example.com/api/", "token=p", "p"},
		"without TLS":                {"HOST=http://mem.example.com", "token=p", ""},
		"another spelling":           {"HOST=https://A/", "host=a token=p", "p"},
		"a token of the environment": {"HOST=b TOKEN=e", "host=a token=p", "e"},
	} {
		settings := map[string]string{"mem.role": "p", "mem.folder": "p"}
		for kv := range strings.FieldsSeq(c.profile) {
			k, v, _ := strings.Cut(kv, "=")
			settings["mem."+k] = v
		}
		_, err := s.New("mem:x", "x", deliver.Options{Env: strings.Fields(c.env), Settings: settings})
		require.NoError(t, err)
		token := got.Secret("mem.token")
		assert.Equal(t, c.want, token.Reveal(), name)
		role, _ := got.Setting("mem.role")
		assert.Equal(t, map[bool]string{true: "p"}[c.want == "p"], role, name)
		folder, _ := got.Setting("mem.folder")
		assert.Equal(t, "p", folder, name)
		if c.want == "" {
			require.ErrorContains(t, got.NoToken("Memory", "", "mem.token"), "no Memory token found (checked TOKEN; the token of the profile is for another server)")
		}
	}
	_, err := s.New("mem:x", "x", deliver.Options{Env: []string{"HOST=a"}, Settings: map[string]string{"mem.host": "b", "mem.url": "c", "mem.token": "t"}})
	require.NoError(t, err)
	assert.Subset(t, got.Environ(), []string{"HOST=a", "URL=c", "TOKEN=t"}, "for the programs of the server")
}

func TestSessions(t *testing.T) {
	s, opened, closed := &Sessions{}, 0, 0
	share := func(name string, fails error) (int, error) {
		return Share(s, name, func() (int, func(context.Context) error, error) {
			opened++
			return opened, func(context.Context) error { closed++; return nil }, fails
		})
	}
	_, err := share("a", lost)
	require.ErrorIs(t, err, lost)
	for range 2 {
		got, err := share("a", nil)
		require.NoError(t, err)
		assert.Equal(t, 2, got, "a failure is not kept, a success is")
	}
	_, err = share("b", nil)
	require.NoError(t, err)
	require.NoError(t, s.Close(t.Context()))
	assert.Equal(t, 2, closed)
	assert.Len(t, Fingerprint(both.Secret), 64)
	assert.NotEqual(t, Fingerprint(provider.NewSecret("ab"), provider.NewSecret("c")), Fingerprint(provider.NewSecret("a"), provider.NewSecret("bc")))
}

// TestObjectKeepsTheRest: whatever members of others are, they stay as they were.
func TestObjectKeepsTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		others := rapid.MapOf(rapid.String(), rapid.OneOf(rapid.Float64().AsAny(), rapid.String().AsAny(), rapid.SliceOf(rapid.Int()).AsAny(), rapid.Bool().AsAny())).Draw(t, "others")
		text, err := json.Marshal(others)
		require.NoError(t, err)
		name, value := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "value")
		object, ok := ParseObject(provider.NewSecret(string(text)))
		require.True(t, ok)
		got, ok := ParseObject(object.With(Values{name: provider.NewSecret(value)}).Text())
		require.True(t, ok)
		require.Equal(t, value, got.Values()[name].Reveal())
		delete(got, name)
		delete(object, name)
		require.Len(t, got, len(object))
		for name, member := range object {
			require.Equal(t, member.Reveal(), got[name].Reveal())
		}
	})
	for _, text := range []string{"", "null", "[]", `"x"`, "{", "1", `{"a":1}x`} {
		_, ok := ParseObject(provider.NewSecret(text))
		assert.False(t, ok, text)
	}
}

// A key pair without an endpoint is used at Amazon by whatever reads it, unless the
// entry says where S3 is.
func TestAPairWithoutAnEndpointIsNotStored(t *testing.T) {
	unknown := deliver.Options{Shape: provider.KeyPair()}
	unknown.Shape.NoEndpoint = "pass --s3-endpoint URL"
	c := provider.Credential{ID: "2", Key: "AKIA", Secret: provider.NewSecret("canary")}
	endpoint := Values{"AWS_ENDPOINT_URL": provider.NewSecret("https://s3.example.net")}
	for name, x := range map[string]struct {
		spec    string
		values  Values
		refused bool
	}{
		"variables":                  {"mem:a", nil, true},
		"variables with an endpoint": {"mem:a", endpoint, false},
		"an object":                  {"mem:a?key=all&as=json", nil, true},
		"an object with an endpoint": {"mem:a?key=all&as=json", Values{"all": ObjectOf(endpoint).Text()}, false},
		"one half":                   {"mem:a?key=secret&field=secret", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range []deliver.Options{unknown, {Shape: provider.KeyPair()}} {
				m := &memory{values: x.values}
				o.Schemes = []deliver.Scheme{scheme(m, true)}
				d, err := deliver.Parse(x.spec, o)
				require.NoError(t, err)
				checked, written := d.Check(t.Context()), d.Write(t.Context(), c)
				if !x.refused {
					require.NoError(t, checked)
					require.NoError(t, written)
					continue
				}
				if o.Shape != provider.KeyPair() {
					require.ErrorIs(t, checked, provider.ErrUsage)
				}
				require.ErrorIs(t, written, provider.ErrUsage)
				assert.Zero(t, m.puts)
			}
		})
	}
}
