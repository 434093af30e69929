package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
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

// TestAnInterruptEndsTheWaitForAFile: the first one, whatever is read.
func TestAnInterruptEndsTheWaitForAFile(t *testing.T) {
	env := append(privateVariables(t), "KATAPULT_ORGANIZATION=acme", "LOSANT_APPLICATION_ID="+someHex, "LOSANT_API_TOKEN=t", "CREDCTL_KEYRING=off")
	for _, args := range []string{
		"auth login katapult --yes",
		"katapult list --token-file -",
		"katapult delete - --yes",
		"losant create --name x --type sendgrid --set-file apiKey=-",
		"rotation resume x --secret-file -",
		"rotate -f -",
	} {
		synctest.Test(t, func(t *testing.T) {
			stdin := endless{make(chan struct{})}
			defer close(stdin.release)
			ctx, interrupt := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, interrupt)
			var stdout, stderr bytes.Buffer
			start := time.Now()
			assert.Equal(t, 130, run(ctx, strings.Fields(args), env, stdin, &stdout, &stderr), args)
			assert.Equal(t, time.Second+200*time.Millisecond, time.Since(start), args)
			assert.Contains(t, stderr.String(), "interrupted", args)
		})
	}
}
