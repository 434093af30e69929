package exit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestAnErrorIsAboutWhereItArose, whatever else is said of it later.
func TestAnErrorIsAboutWhereItArose(t *testing.T) {
	plain := provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("no")), "ask again")
	inner := About{ID: "two"}.Wrap(plain)
	err := About{Provider: "p", Verb: "delete", ID: "one"}.Wrap(fmt.Errorf("again: %w", errors.Join(errors.New("first"), inner)))
	about := AboutOf(err)
	assert.Equal(t, About{Provider: "p", Verb: "delete", ID: "two"}, about)
	assert.Equal(t, "again: first\nno", err.Error())
	assert.Equal(t, "p delete two: ", about.Prefix())
	assert.Equal(t, Object{Code: "refused", Exit: 5, Provider: "p", Verb: "delete", ID: "two", Message: err.Error(), Hint: "ask again"}, about.Object(err))

	require.NoError(t, About{ID: "two"}.Wrap(nil))
	assert.Equal(t, About{}, AboutOf(plain))
	assert.Empty(t, About{}.Prefix())

	inGroup := AboutOf(About{Group: "auth", Verb: "login"}.Wrap(About{Provider: "p"}.Wrap(plain)))
	assert.Equal(t, "auth login p: ", inGroup.Prefix(), "the words of the command, in its order")
}

// TestTextOfWhatEndedARun: the words of Go's own errors are for programmers.
func TestTextOfWhatEndedARun(t *testing.T) {
	assert.Equal(t, "list: the run was interrupted", Text(fmt.Errorf("list: %w", context.Canceled)))
	assert.Equal(t, "list: the run took longer than --timeout", About{}.Object(fmt.Errorf("list: %w", context.DeadlineExceeded)).Message)
	_, err := os.Lstat("/nope/x")
	assert.Equal(t, "file:/nope/x: /nope/x does not exist", Text(fmt.Errorf("file:/nope/x: %w", err)))
	_, err = os.ReadDir("about.go")
	require.Error(t, err)
	assert.NotContains(t, Text(err), "open ")
	assert.Equal(t, "disk full", Text(errors.New("disk full")))
}
