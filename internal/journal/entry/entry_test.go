package entry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/journal/entry"
)

// After an idle step, a credential that was issued before is as it was.
func TestIdle(t *testing.T) {
	t.Parallel()
	for step, idle := range map[entry.Step]bool{
		"lost": true, "pending": true, "unknown": true, "failed": true, "options": true,

		"intent": false, "issued": false, "clear": false, "found": false, "revoking": false, "revoked": false,
		"secret": false, "rights": false, "verified": false, "delivering": false, "delivered": false, "restoring": false, "restored": false, "missing": false, "hooked": false,
		"grace": false, "retiring": false, "retired": false, "aborting": false, "done": false, "aborted": false,
		"": false, "of a later version": false,
	} {
		assert.Equal(t, idle, step.Idle(), step)
	}
}
