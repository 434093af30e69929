package seal

import (
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A key that was passed to another identity makes the same prints. One that is not whole is
// none: with an empty part, anybody could make them.
func TestAKeyThatWasPassedOn(t *testing.T) {
	from, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	to, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	passed, err := New(from).Pass(to)
	require.NoError(t, err)
	k, err := Restore(to, passed)
	require.NoError(t, err)
	secret := provider.NewSecret("s3cret")
	assert.Equal(t, New(from).Print(secret), k.Print(secret))
	assert.Equal(t, New(from).Link("index", "", []byte("x")), k.Link("index", "", []byte("x")))
	k, err = Restore(to, "")
	require.NoError(t, err)
	assert.Equal(t, New(to).Print(secret), k.Print(secret), "none was passed on")

	for name, parts := range map[string]map[string]string{
		"one is missing":   {printsName: "aa"},
		"the other":        {chainName: "aa"},
		"one is empty":     {printsName: "aa", chainName: ""},
		"one is no number": {printsName: "aa", chainName: "x"},
	} {
		secrets := map[string]provider.Secret{}
		for part, text := range parts {
			secrets[part] = provider.NewSecret(text)
		}
		sealed, _, err := New(to).Seal(secrets)
		require.NoError(t, err)
		_, err = Restore(to, sealed)
		require.ErrorIs(t, err, ErrUnreadable, name)
	}
}
