package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless is standard input that nobody writes to and nobody closes.
type endless struct{ release chan struct{} }

func (e endless) Read([]byte) (int, error) { <-e.release; return 0, io.EOF }

// TestNothingWaitsForStandardInputForEver: F17.
func TestNothingWaitsForStandardInputForEver(t *testing.T) {
	env := append(privateVariables(t), "KATAPULT_ORGANIZATION=acme", "LOSANT_APPLICATION_ID="+someHex, "LOSANT_API_TOKEN=t", "CREDCTL_KEYRING=off")
	for _, args := range []string{
		"auth login katapult --yes",
		"katapult list --token-file -",
		"katapult get -",
		"katapult delete - --yes",
		"losant create --name x --type sendgrid --set-file apiKey=-",
		"losant create --name x --type sendgrid --config-file -",
		"medianova list --api-key-file -",
	} {
		synctest.Test(t, func(t *testing.T) {
			start, stdin := time.Now(), endless{make(chan struct{})}
			defer close(stdin.release)
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), append(strings.Fields(args), "--timeout", "5s"), env, stdin, &stdout, &stderr)
			assert.Equal(t, 2, status, args)
			assert.Equal(t, 5*time.Second, time.Since(start), args)
			assert.Contains(t, stderr.String(), "standard input does not end within 5s", args)
		})
	}
}

func TestAKeyringHasNoMoreTimeThanTheCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a := newApp(nil, strings.NewReader(""), io.Discard, io.Discard)
		k, ok := a.keyring.(*patientKeyring)
		require.True(t, ok)
		k.keyringService = silent{release}
		a.global.timeout = time.Second
		_, err := k.Get("a")
		require.ErrorContains(t, err, "the keyring does not answer within 1s")
		_, exit := statusOf(k.Delete("a"))
		assert.Equal(t, 75, exit, "another time it may answer")
	})
}
