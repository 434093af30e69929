package picture

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPictures(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Draw(dir, map[string][]Point{
		FinishedOperations: {{10_000, 20 * time.Millisecond, 18 << 10}, {100, 19 * time.Millisecond, 17 << 10}},
		OpenOperations:     {{99, time.Second, 30 << 10}},
	}))
	require.NoFileExists(t, filepath.Join(dir, "growth-open-rotations.svg"), "one point shows no growth")
	text, err := os.ReadFile(filepath.Join(dir, "growth-finished-rotations.svg"))
	require.NoError(t, err)
	d := xml.NewDecoder(strings.NewReader(string(text)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
	}
	for _, want := range []string{"finished rotations", "CPU time of a run (ms)", "peak memory (MiB)", ">100<", ">10000<", ">19<", ">20<", ">17<", ">18<"} {
		assert.Contains(t, string(text), want)
	}
	assert.NotContains(t, string(text), "NaN")
}
