//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
)

// A hint about the vendor's token is for an answer of the vendor, not of a destination.
func TestADestinationThatForbids(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
	}))
	defer vault.Close()
	s.setenv("VAULT_ADDR", vault.URL)
	s.setenv("VAULT_ROLE_ID", "role")
	s.setenv("VAULT_SECRET_ID", "of the role")
	for _, args := range [][]string{
		{"katapult", "create", "--name", "x", "--region", "uk-lon-1", "--to", "vault:secret/web"},
		{"katapult", "generate", katapultBackup, "--yes", "--to", "vault:secret/web"},
		{"katapult", "rotate", katapultBackup, "--to", "vault:secret/web"},
	} {
		got := s.run(args...)
		assert.Equal(t, 3, got.status, got.stderr)
		assert.Contains(t, got.stderr, "permission denied")
		assert.NotContains(t, got.stderr, "object_storage:read", "that is what a token of Katapult needs")
	}
	s.untouched("nothing was issued")
}
