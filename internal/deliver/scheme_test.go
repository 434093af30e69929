package deliver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestSchemesOfOthersAreFound(t *testing.T) {
	got := ""
	o := Options{Shape: provider.KeyPair(), Schemes: []Scheme{{Name: "vault", New: func(spec, place string, _ Options) (Destination, error) {
		got = spec + " " + place
		return &executed{}, nil
	}}}}
	parse(t, "vault:secret/web?key=K", o)
	assert.Equal(t, "vault:secret/web?key=K secret/web?key=K", got)
	_, err := Parse("valt:x", o)
	require.ErrorContains(t, err, "(valid: file, json, dotenv, aws, s3cfg, exec, vault)")
	assert.Equal(t, "did you mean vault:x?", provider.HintOf(err))
}

func TestEverySchemeSaysWhatItIs(t *testing.T) {
	for _, s := range files() {
		assert.NotEmpty(t, s.Place, s.Name)
		assert.NotEmpty(t, s.Title, s.Name)
		assert.NotEmpty(t, s.Proof, s.Name)
	}
}

// TestInPlaceKeepsTheFile is for a file that is mounted somewhere by itself: who has
// it open, as a mount has, reads the new secret.
func TestInPlaceKeepsTheFile(t *testing.T) {
	path := existing(t, "a much longer secret that was there before\n")
	spec := "file:" + path + "?inplace=1&replace=1"
	assert.Equal(t, spec, parse(t, spec, Options{}).Spec())
	open, err := os.Open(path)
	require.NoError(t, err)
	defer open.Close()
	other := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Link(path, other))

	deliver(t, spec, Options{}, pair("AKIA", "new"))
	assert.Equal(t, "new\n", read(t, path))
	assert.Equal(t, "new\n", read(t, other))
	var through strings.Builder
	_, err = open.WriteTo(&through)
	require.NoError(t, err)
	assert.Equal(t, "new\n", through.String())

	require.ErrorIs(t, parse(t, "file:"+path, Options{}).Check(t.Context()), provider.ErrRefused, "without it, one name would keep the old secret")
	require.NoError(t, os.Chmod(path, 0o644))
	require.ErrorIs(t, parse(t, spec, Options{}).Check(t.Context()), provider.ErrRefused)
	_, err = Parse("file:"+path+"?inplace=2", Options{Shape: provider.KeyPair()})
	require.ErrorIs(t, err, provider.ErrUsage)
}
