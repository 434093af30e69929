package entrytest

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// A Place is a destination and the fake behind it.
type Place struct {
	Scheme  deliver.Scheme // zero: one of package deliver
	Spec    string         // of a place that exists
	Options deliver.Options
	Server  *Server // nil: behind a program

	Holds     func() map[string]string // the present content, of ours and of others
	Meddle    func()                   // another program changes a value that is not ours, or writes ours if there is no other
	DenyWrite func()                   // from now on the token may only read; nil: that cannot be told apart
	DenyAll   func()                   // from now on the token may nothing
	Remove    func()                   // what holds the values; nil: that cannot be told
	Creates   bool                     // a missing entry is created

	Name      string   // of the value, where the place holds several and the spec names one
	Sealed    bool     // it never returns values
	LateCheck bool     // what may be written is only found when writing
	Secrets   []string // tokens, which no text may hold

	Wrong []string // specs that are refused when they are parsed
}

// Pair is a credential of two halves.
func Pair(secret string) provider.Credential {
	return provider.Credential{
		Provider: "katapult", Kind: "access-key", ID: "objkey_1", Name: "web", Key: "AKIAEXAMPLE1234",
		Endpoint: "https://s3.example.com", Region: "uk-lon-01", Secret: provider.NewSecret(secret),
	}
}

const first, second = "first/Secret+0123456789=", "second/Secret+9876543210="

// hostile are secrets over which formats stumble, and some of chance.
func hostile() []string {
	chance, runes := rand.New(rand.NewPCG(1, 2)), []rune("aZ09 \t\n'\"`$#!%&*?:;=@~^|\\/<>()[]{}é漢") //nolint:gosec // G404: the same each time
	var all []string
	for range 4 {
		text := make([]rune, 40)
		for i := range text {
			text[i] = runes[chance.IntN(len(runes))]
		}
		all = append(all, string(text))
	}
	return append(all,
		`it's "quoted" $HOME ${X} $(id) #!;`, "two\nlines\r\nand a tab\t", " spaces around ", `back\slash\\`, "é漢🔑\u2028", "null", "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n", "true", "1234567e89", "<&>", `{"a":1}`,
	)
}

func (p Place) parse(spec string) (deliver.Destination, error) {
	o := p.Options
	if o.Shape == (provider.Shape{}) {
		o.Shape = provider.KeyPair()
	}
	o.Schemes = []deliver.Scheme{p.Scheme}
	if o.Conn.HTTP == nil {
		o.Conn.HTTP = &http.Client{}
	}
	o.Conn.MaxWait = cmp.Or(o.Conn.MaxWait, 50*time.Millisecond)
	return deliver.Parse(spec, o)
}

// Open parses the destination.
func (p Place) Open(t require.TestingT) deliver.Destination {
	d, err := p.parse(p.Spec)
	require.NoError(t, err)
	return d
}

// holds demands that c, and all of others, is there.
func (p Place) holds(t *testing.T, c provider.Credential, others map[string]string) {
	t.Helper()
	now := p.Holds()
	want := maps.Clone(others)
	if want == nil {
		want = map[string]string{}
	}
	if _, one := now[p.Name]; one {
		want[p.Name] = c.Secret.Reveal()
	} else {
		want["AWS_ACCESS_KEY_ID"], want["AWS_SECRET_ACCESS_KEY"] = c.Key, c.Secret.Reveal()
		want["AWS_ENDPOINT_URL"], want["AWS_REGION"] = c.Endpoint, c.Region
	}
	assert.Equal(t, want, now)
}

// says demands that an error names the destination, and no secret.
func (p Place) says(t *testing.T, d deliver.Destination, err error) {
	t.Helper()
	require.Error(t, err)
	text := err.Error() + provider.HintOf(err)
	assert.True(t, strings.HasPrefix(err.Error(), d.String()+": "), text)
	for _, secret := range append(p.Secrets, first, second) {
		assert.NotContains(t, text, secret)
	}
}

// stamp returns the stamp of a destination that has one.
func (Place) stamp(t *testing.T, d deliver.Destination) string {
	s, ok := d.(deliver.Stamper)
	if !ok {
		return ""
	}
	stamp, err := s.Stamp(t.Context())
	require.NoError(t, err)
	return stamp
}

// File writes a file of the test's own, and returns its path.
func File(t testing.TB, path, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
