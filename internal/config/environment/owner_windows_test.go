package environment

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNoFolderIsRefusedForItsOwner(t *testing.T) {
	_, other := otherOwner(os.TempDir())
	assert.False(t, other)
}
