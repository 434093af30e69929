//go:build !linux

package trust

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOnlyLinuxTells: elsewhere nothing is known of attributes and mount points, and a
// file is replaced without them.
func TestOnlyLinuxTells(t *testing.T) {
	f, err := os.CreateTemp("", "")
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = f.Close(), os.Remove(f.Name()) })
	require.NoError(t, KeepAttributes(f, f))
	spot, err := Locate(f.Name(), Walk{Follow: true})
	require.NoError(t, err)
	defer spot.Folder.Close()
	assert.False(t, spot.Folder.HasList(filepath.Base(f.Name())))
	assert.False(t, spot.Folder.IsMount(filepath.Base(f.Name())))
}
