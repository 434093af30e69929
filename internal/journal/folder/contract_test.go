package folder_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/journaltest"
)

func TestContract(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Place {
		dir := t.TempDir()
		return journaltest.Place{Open: func(t *testing.T) *journal.Store {
			s, err := folder.Open(dir)
			require.NoError(t, err)
			return s
		}}
	})
}
