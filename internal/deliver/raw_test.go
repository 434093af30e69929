package deliver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestWhatAFileMayReplace is about what file: destroys, and about what of it may
// be sent to the vendor as the old secret.
func TestWhatAFileMayReplace(t *testing.T) {
	const printed = "issued by credctl"
	const publicKey = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
	stratum := provider.SingleSecret("STRATUM_API_KEY").Starting("sk_")
	other := provider.SingleSecret("OTHER")
	word := strings.Repeat("aB3/", 10)
	for _, c := range []struct {
		name, content string
		shape         provider.Shape
		replaces, old bool
	}{
		{"nothing", "", stratum, true, false},
		{"blank lines", "\n\n", stratum, true, false},
		{"a key", "sk_live_abc-DEF_1\n", stratum, true, true},
		{"a key without a newline", "sk_live_abc", stratum, true, true},
		{"two keys", "sk_live_abc\nsk_live_def\n", stratum, false, false},
		{"a GitHub token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a\n", stratum, false, false},
		{"an S3 secret where a key belongs", word + "\n", stratum, false, false},
		{"a dotenv file", "PASSWORD=only-copy\nSTRATUM_API_KEY=sk_x\n", stratum, false, false},
		{"what credctl issued", printed + "\n", stratum, true, true},
		{"a key, and empty lines", "sk_live_abc\n\n\n", stratum, true, true},
		{"an S3 secret", word + "\n", provider.KeyPair(), true, true},
		{"an S3 secret with padding", word[:38] + "==\n", provider.KeyPair(), true, true},
		{"16 characters", word[:16], provider.KeyPair(), true, true},
		{"15 characters", word[:15], provider.KeyPair(), false, false},
		{"128 characters", strings.Repeat("a", 128), provider.KeyPair(), true, true},
		{"129 characters", strings.Repeat("a", 129), provider.KeyPair(), false, false},
		{"a GitHub token where a pair belongs", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", provider.KeyPair(), false, false},
		{"a fine-grained one", "github_pat_11ABCDEFG0abcdefghijkl", provider.KeyPair(), false, false},
		{"a Stratum key where a pair belongs", "sk_live_0123456789abcdef", provider.KeyPair(), false, false},
		{"an AWS access key ID", "AKIAIOSFODNN7EXAMPLE", provider.KeyPair(), false, false},
		{"a Google API key", "AIzaSyDaGmWKa4JsXZHjGw7ISLn3namBGewQe", provider.KeyPair(), false, false},
		{"two words", word + " " + word, provider.KeyPair(), false, false},
		{"a private key", "-----BEGIN PRIVATE KEY-----\nabc\n", provider.KeyPair(), false, false},
		{"anything, for a kind without a form", "sk_live_abc\n", other, false, false},
		{"what was issued, for a kind without a form", printed, other, true, true},
		{"a public key, for a kind that issues those", publicKey, provider.Shape{}, true, false},
		{"an SSH key, for a kind that issues public keys", "ssh-rsa AAAAB3Nza user@host\n", provider.Shape{}, true, false},
		{"several SSH keys", "ssh-rsa AAAAB3Nza a\nssh-rsa AAAAB3Nzb b\n", provider.Shape{}, false, false},
		{"a public key and more", publicKey + "PASSWORD=only-copy\n", provider.Shape{}, false, false},
		{"more and a public key", "PASSWORD=only-copy\n" + publicKey, provider.Shape{}, false, false},
		{"a private key, for a kind that issues public keys", strings.ReplaceAll(publicKey, "PUBLIC", "PRIVATE"), provider.Shape{}, false, false},
		{"a public key where a key belongs", publicKey, stratum, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Shape: c.shape, Issued: func(secret provider.Secret) (bool, error) { return secret.Reveal() == printed, nil }}
			path := existing(t, c.content)
			d, err := Parse("file:"+path, o)
			require.NoError(t, err)
			_, secret, err := d.Current(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.old, !secret.IsZero(), "whether it is an old secret")
			for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), pair("", "new"))} {
				if c.replaces {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, provider.ErrRefused)
				assert.Contains(t, provider.HintOf(err), "?replace=1")
				assert.Equal(t, c.content, read(t, path))
			}
			if c.replaces {
				require.NoError(t, d.Write(t.Context(), pair("", "new")), "what it holds already is written again")
				return
			}
			all := parse(t, "file:"+path+"?replace=1", o)
			require.NoError(t, all.Check(t.Context()))
			_, secret, err = all.Current(t.Context())
			require.NoError(t, err)
			assert.True(t, secret.IsZero(), "it is replaced, and never sent")
			require.NoError(t, all.Write(t.Context(), pair("", "new")))
			assert.Equal(t, "new\n", read(t, path))
		})
	}
}

// Nor is that of a variable.
func TestAVariableOfAnotherServiceIsNotTheOldSecret(t *testing.T) {
	o := Options{Shape: provider.SingleSecret("STRATUM_API_KEY").Starting("sk_")}
	for value, want := range map[string]string{"sk_live_abc": "sk_live_abc", "ghp_16C7e42F292c6912E7710c838347Ae178B4a": ""} {
		_, secret, err := parse(t, "dotenv:"+existing(t, "TOKEN="+value+"\n")+"?name=TOKEN", o).Current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, secret.Reveal(), value)
	}
}
