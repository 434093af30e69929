package term_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/term"
)

// TestNothingForPeopleMovesTheCursor: whatever a vendor, a proxy or a certificate
// wrote, a terminal does not act on it.
func TestNothingForPeopleMovesTheCursor(t *testing.T) {
	const hostile = "key\x1b[2J\x1b]0;title\x07\u202e\r\u009b31m"
	var out bytes.Buffer
	s := term.New(strings.NewReader("no\n"), &bytes.Buffer{}, &out)
	s.ErrTTY, s.InTTY = true, true
	s.Line("error: %s\n  %s", hostile, "second line")
	s.Remark("note: %s", hostile)
	s.Progress()(hostile)
	s.Status(hostile).Set("over: " + hostile)
	_, _ = s.Ask(context.Background(), "Delete "+hostile+"? ")
	said := strings.ReplaceAll(out.String(), "\r\x1b[K", "") // our own, which erases a line
	assert.Equal(t, 6, strings.Count(said, "key?[2J"), said)
	assert.Contains(t, said, "\n  second line\n")
	for _, r := range "\x1b\x07\u202e\r\u009b" {
		assert.NotContains(t, said, string(r))
	}
}
