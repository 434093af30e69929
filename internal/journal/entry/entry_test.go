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
		"secret": false, "rights": false, "verified": false, "delivering": false, "delivered": false, "restoring": false, "restored": false, "missing": false, "hooking": false, "hooked": false,
		"grace": false, "retiring": false, "retired": false, "aborting": false, "done": false, "aborted": false,
		"": false, "of a later version": false,
	} {
		assert.Equal(t, idle, step.Idle(), step)
	}
}

// A last line that cannot be read, or says of no step, counts as never written; one that
// others follow is damage.
func TestLinesThatAreNoEntries(t *testing.T) {
	t.Parallel()
	const intent, issued = `{"seq":1,"time":"2026-11-22T12:00:00Z","step":"intent"}` + "\n", `{"seq":2,"time":"2026-11-22T12:00:00Z","step":"issued"}` + "\n"
	for name, line := range map[string]string{
		"a time that is none": `{"seq":2,"step":"issued","time":"never"}` + "\n",
		"no step":             `{"seq":2,"time":"2026-11-22T12:00:00Z"}` + "\n",
		"half of it":          issued[:len(issued)-3],
		"no end of the line":  issued[:len(issued)-1],
		"no JSON":             "issued\n",
	} {
		var f entry.File
		f.Parse([]byte(intent + line))
		assert.Len(t, f.Entries, 1, name)
		assert.Empty(t, f.Damage, name)
		f = entry.File{}
		f.Parse([]byte(intent + line + "\n" + issued))
		if name != "no end of the line" { // which is then there
			assert.Contains(t, f.Damage, "entry 2 cannot be read", name)
		}
		f = entry.File{}
		f.Parse([]byte(line))
		assert.Contains(t, f.Damage, "entry 1 cannot be read", name)
	}
	var f entry.File
	f.Parse([]byte(intent + issued + "\n\n"))
	assert.Len(t, f.Entries, 2)
	assert.Empty(t, f.Damage)
}
