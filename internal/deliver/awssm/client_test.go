package awssm

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
)

// TestTheAWSProgram has the fake asked by another client: it accepts what that
// signs, and both see the same secret.
func TestTheAWSProgram(t *testing.T) {
	program, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws program is not installed")
	}
	p := place(t, placetest.NewSecretsManager(), "aws-sm:apps/web?key=K")
	ask := func(args ...string) string {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, append([]string{"--endpoint-url", p.Server.URL, "--output", "text", "secretsmanager"}, args...)...)
		cmd.Env = append(os.Environ(), p.Options.Env...)
		cmd.Env = append(cmd.Env, "AWS_DEFAULT_REGION=eu-west-1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.JSONEq(t, `{"K":"s3cret","other":"stays","nested":{"a":[1]}}`, ask("get-secret-value", "--secret-id", "apps/web", "--query", "SecretString"))
	ask("put-secret-value", "--secret-id", "apps/web", "--secret-string", `{"K":"theirs"}`)
	require.Error(t, p.Open(t).ReadBack(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, p.Open(t).ReadBack(t.Context(), entrytest.Pair("theirs")))
}
