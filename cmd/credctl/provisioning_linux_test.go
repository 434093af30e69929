package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestAnInterruptEndsTheWaitForProvisioning: the first one, because no request is under
// way, and the journal has the new key.
func TestAnInterruptEndsTheWaitForProvisioning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		hint string
	}{
		"create": {[]string{"create", "--name", "ci", "--to", "dotenv:key.env"}, "hint: to continue, run the same command again"},
		"rotate": {[]string{"rotate", katapultWeb, "--to", "dotenv:key.env"}, "hint: to continue:\r\ncredctl rotation resume "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, env := inSandbox(t, sandbox.Options{ProvisionDelay: time.Hour})
			p := sit(t, env, append([]string{"katapult"}, c.args...)...)
			p.sees("Waiting until Katapult has provisioned objkey_")
			p.types("\x03")
			status, screen := p.status()
			assert.Equal(t, 130, status, screen)
			assert.Contains(t, screen, "Katapult had not provisioned it when the run was interrupted")
			assert.Contains(t, screen, c.hint)
			assert.NotContains(t, screen, "context canceled")
			assert.NotContains(t, screen, "422")
			assert.Equal(t, 1, sent(s, "katapult", "create"))
			list := answerList(t, credctl(t, env, "", "rotation", "list", "-o", "json"))
			require.Len(t, list, 1)
			id, ok := list[0]["new_id"].(string)
			require.True(t, ok)
			assert.True(t, strings.HasPrefix(id, "objkey_"), id)
		})
	}
}
