package command

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// said returns what is passed on of text.
func said(t *testing.T, text, secret string) string {
	t.Helper()
	var all tail
	for part := range strings.SplitAfterSeq(text, " ") {
		n, err := all.Write([]byte(part))
		require.NoError(t, err)
		require.Len(t, part, n)
	}
	return all.without(provider.NewSecret(secret))
}

func TestNoSpellingOfTheSecret(t *testing.T) {
	secret := "it's <s3cr3t>/+=\"&\nline two of it"
	quoted, err := json.Marshal(secret)
	require.NoError(t, err)
	for name, form := range map[string]string{
		"as it is": secret, "in a URL": url.QueryEscape(secret), "in a path": url.PathEscape(secret),
		"in JSON": string(quoted), "in JSON without HTML": `"it's <s3cr3t>/+=\"&\nline two of it"`,
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "URL base64": base64.URLEncoding.EncodeToString([]byte(secret)),
		"hex": hex.EncodeToString([]byte(secret)), "a line": "line two of it",
	} {
		got := said(t, "sent "+form+" to it", secret)
		assert.Contains(t, got, "[redacted]", name)
		assert.Contains(t, got, ": sent ", name)
		assert.True(t, strings.HasSuffix(got, " to it"), name)
		for _, part := range []string{"s3cr3t", "line two", "aXQncyA8", "69742773"} {
			assert.NotContains(t, got, part, name)
		}
	}
	assert.Equal(t, ": no secret", said(t, "no secret\n", ""))
	assert.Empty(t, said(t, " \n", "x"))
	assert.Equal(t, ": a[2Jb c", said(t, "a\x1b[2Jb\nc", "x"))
}

func TestMessagesAreBounded(t *testing.T) {
	assert.LessOrEqual(t, len(said(t, strings.Repeat("x 12", 300), "abcdefghij")), 410)
	assert.True(t, strings.HasSuffix(said(t, strings.Repeat("noise ", 10_000)+"the cause", "abcdefghij"), " the cause"), "the end tells why")
}

func TestHalfASecretIsCutOff(t *testing.T) {
	for _, length := range []int{12, 900, 3000} { // what is kept begins inside of a secret
		var all strings.Builder
		for i := 0; all.Len() < length; i++ {
			fmt.Fprintf(&all, "%x", sha256.Sum256([]byte{byte(i)}))
		}
		secret := all.String()[:length]
		got := said(t, strings.Repeat(secret, 10_000/length*7), secret)
		for i := range length - 6 {
			require.NotContains(t, got, secret[i:i+6])
		}
	}
}
