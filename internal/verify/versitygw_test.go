package verify_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

// TestS3AtARealServer tries the check on versitygw, an S3 server that checks signatures.
func TestS3AtARealServer(t *testing.T) {
	const key, secret = "AKIAVERSITYROOT", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	endpoint := versitygw(t, key, secret)
	conn := provider.Conn{HTTP: &http.Client{}}
	right := provider.Credential{Key: key, Secret: provider.NewSecret(secret), Endpoint: endpoint}
	require.NoError(t, verify.Wait(t.Context(), func(ctx context.Context) error {
		return verify.S3(ctx, conn, right)
	}, verify.Options{Timeout: time.Minute}))

	wrong := right
	wrong.Secret = provider.NewSecret(secret + "x")
	err := verify.S3(t.Context(), conn, wrong)
	require.ErrorIs(t, err, provider.ErrPending)
	require.ErrorContains(t, err, "SignatureDoesNotMatch")

	stranger := right
	stranger.Key = "AKIANOBODY"
	err = verify.S3(t.Context(), conn, stranger)
	require.ErrorIs(t, err, provider.ErrPending)
	require.ErrorContains(t, err, "InvalidAccessKeyId")
}

// versitygw starts the server, and returns where it is.
func versitygw(t *testing.T, key, secret string) string {
	t.Helper()
	binary, err := exec.LookPath(filepath.Join("..", "..", "bin", "versitygw"))
	if err != nil {
		t.Skip("no S3 server to test with: run `make bin/versitygw` first, as CI does")
	}
	dir := t.TempDir()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	data, users := filepath.Join(dir, "data"), filepath.Join(dir, "users")
	require.NoError(t, os.Mkdir(data, 0o700))
	require.NoError(t, os.Mkdir(users, 0o700)) // without a place for users an unknown key is no S3 error
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, binary, "--access", key, "--secret", secret, "--port", addr, "--iam-dir", users, "posix", data)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		stop()
		_ = server.Wait() // it was killed
	})
	return "http://" + addr
}
