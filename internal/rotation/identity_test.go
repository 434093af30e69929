package rotation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A secret that could not be kept would be lost if the run were killed: that is found
// before anything is issued, in a dry run too.
func TestADamagedIdentityIsFoundBefore(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"empty":    func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, nil, 0o600)) },
		"nonsense": func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("x\n"), 0o600)) },
		"a folder": func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
		"lost, after a rotation": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "..", "operations", "20260101-000000-00000000.jsonl"), []byte("{}\n"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				path := filepath.Join(h.Dir, "identity", "age.txt")
				damage(t, path)
				_, planned := h.Plan(t.Context(), h.Request())
				require.Error(t, planned)
				_, err := h.Rotate(t.Context(), h.Request())
				require.EqualError(t, err, planned.Error())
				assert.Empty(t, h.V.Calls)
			})
		})
	}
}
