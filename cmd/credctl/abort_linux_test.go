package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestAnAbortNamesWhatItDeletes: a person agrees to the deletion of a credential, and
// reads which one was deleted at which vendor.
func TestAnAbortNamesWhatItDeletes(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, "COLUMNS=400")
	for begin, c := range map[string]struct{ question, answer string }{
		"katapult create --name w3 --region uk-lon-1 --to exec:false": {
			"Abort the creation of NEW (w3) in organization acme? credctl deletes NEW. [y/N] ",
			"katapult: Deleted NEW: aborted by the user",
		},
		"medianova rotate 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1 --to file:key": { // Medianova does not return the secret
			"Abort the rotation of 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1 in organization 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e500? credctl restores the old secret at the destinations and deletes NEW. [y/N] ",
			"medianova: Deleted NEW: aborted by the user",
		},
	} {
		t.Run(begin, func(t *testing.T) {
			args := strings.Fields(begin)
			got := credctl(t, env, "", args...)
			require.NotEqual(t, 0, got.status)
			var made string
			for _, op := range answerList(t, credctl(t, env, "", "rotation", "list", "-o", "json")) {
				if op["provider"] == args[0] {
					made, _ = op["new_id"].(string)
				}
			}
			require.NotEmpty(t, made, got.stderr)
			abort := []string{"rotation", "abort", made}
			assert.Contains(t, credctl(t, env, "", append(abort, "--force", "--dry-run")...).stdout, args[0]+" "+map[bool]string{true: made, false: args[2]}[args[1] == "create"])
			if args[1] == "create" { // nobody can ask a command what it did with the secret
				require.Equal(t, 5, credctl(t, env, "", append(abort, "--yes")...).status)
				abort = append(abort, "--force")
			}
			p := sit(t, env, abort...)
			p.sees(strings.ReplaceAll(c.question, "NEW", made))
			p.types("y\n")
			status, screen := p.status()
			require.Equal(t, 0, status, screen)
			assert.Contains(t, screen, strings.ReplaceAll(c.answer, "NEW", made))
			assert.NotContains(t, screen, "Resuming")
			assert.Equal(t, 4, credctl(t, env, "", args[0], "get", made).status)
		})
	}
}
