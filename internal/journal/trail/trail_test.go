package trail

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/lines"
)

// fileIn returns the trail of a folder, as another process has it.
func fileIn(t *testing.T, dir string) lines.File {
	t.Helper()
	return lines.File{Path: filepath.Join(dir, "audit.jsonl"), Lock: func() (func(), error) {
		return fsafe.Lock(t.Context(), filepath.Join(dir, "lock"), 10*time.Second)
	}}
}

// written returns a trail of n events and its lines.
func written(t *testing.T, n int) (f lines.File, text []string) {
	t.Helper()
	f = fileIn(t, t.TempDir())
	for i := range n {
		require.NoError(t, Add(f, Event{Verb: "delete", ID: strconv.Itoa(i), Result: "deleted"}))
	}
	return f, linesOf(t, f)
}

func linesOf(t *testing.T, f lines.File) []string {
	t.Helper()
	b, err := os.ReadFile(f.Path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func verified(t *testing.T, text ...string) Report {
	t.Helper()
	f := fileIn(t, t.TempDir())
	require.NoError(t, os.WriteFile(f.Path, []byte(strings.Join(text, "\n")+"\n"), 0o600))
	r, err := Verify(f)
	require.NoError(t, err)
	assert.Equal(t, f.Path, r.Path)
	r.Path = ""
	return r
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// Each line has the hash that `sha256sum` prints of the line before it.
func TestEachLineHasTheHashOfTheOneBefore(t *testing.T) {
	_, text := written(t, 3)
	for i, line := range text {
		var e Event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		want := sum("")
		if i > 0 {
			want = sum(text[i-1])
		}
		assert.Equal(t, want, e.Prev)
		assert.NotEmpty(t, e.Who)
		assert.NotEmpty(t, e.Host)
	}
	r := verified(t, text...)
	assert.Equal(t, Report{Lines: 3, Hashed: 3, Breaks: []Break{}, Last: sum(text[2])}, r)
}

// Whatever is done to the lines between the first and the last shows.
func TestVerifySaysWhereTheChainBreaks(t *testing.T) {
	_, text := written(t, 5)
	other, _ := written(t, 1)
	unhashed := `{"time":"2026-01-02T03:04:05Z","who":"eve","host":"h","verb":"delete","result":"deleted","exit":0}`
	for name, c := range map[string]struct {
		lines []string
		want  []Break
	}{
		"a line was changed":           {[]string{text[0], strings.Replace(text[1], "deleted", "created", 1), text[2]}, []Break{{3, "line 2 was changed, or lines after it were added or removed"}}},
		"a line was removed":           {[]string{text[0], text[1], text[3], text[4]}, []Break{{3, "line 2 was changed, or lines after it were added or removed"}}},
		"the first line was removed":   {text[1:], []Break{{1, "lines before it were removed"}}},
		"lines were exchanged":         {[]string{text[0], text[2], text[1]}, []Break{{2, "line 1 was changed, or lines after it were added or removed"}, {3, "line 2 was changed, or lines after it were added or removed"}}},
		"a line without hash":          {[]string{text[0], unhashed, text[1]}, []Break{{2, "it has no hash: credctl did not write it"}, {3, "line 1 was changed, or lines after it were added or removed"}}},
		"a line without hash, at last": {[]string{text[0], unhashed}, []Break{{2, "it has no hash: credctl did not write it"}}},
		"another trail follows":        {append(text[:2:2], linesOf(t, other)[0]), []Break{{3, "a new trail begins here"}}},
		"a line became unreadable":     {[]string{text[0], text[1][:30], text[2]}, []Break{{3, "line 1 was changed, or lines after it were added or removed"}}},
		"nothing was done":             {text, []Break{}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, verified(t, c.lines...).Breaks) })
	}
}

// A trail that was written before lines had hashes is taken over: the first new line
// has the hash of all of it.
func TestAnOldTrailIsTakenOver(t *testing.T) {
	old := []string{
		`{"time":"2026-01-02T03:04:05Z","who":"root","host":"h","verb":"rotate","result":"done","exit":0}`,
		`{"time":"2026-01-02T03:04:06Z","who":"root","host":"h","verb":"rotate","id":"` + strings.Repeat("x", 20_000) + `","result":"done","exit":0}`,
	}
	f := fileIn(t, t.TempDir())
	require.NoError(t, os.WriteFile(f.Path, []byte(strings.Join(old, "\n")+"\n"), 0o600))
	for range 2 {
		require.NoError(t, Add(f, Event{Verb: "rotate", Result: "done"}))
	}
	text := linesOf(t, f)
	r := verified(t, text...)
	assert.Empty(t, r.Breaks)
	assert.Equal(t, []int{4, 2}, []int{r.Lines, r.Hashed})
	assert.Contains(t, text[2], `"prev":"`+sum(strings.Join(old, "\n"))+`"`)
	events, err := Events(f)
	require.NoError(t, err)
	assert.Len(t, events, 4)

	text[0] = strings.Replace(text[0], "root", "eve", 1)
	assert.Equal(t, []Break{{3, "lines 1 to 2 were changed, added or removed"}}, verified(t, text...).Breaks)
}

// A line that a killed run did not write to the end breaks nothing, and is in the next
// line's hash.
func TestAPartialLineBreaksNothing(t *testing.T) {
	for _, rest := range []string{`{"time":"2026-`, `{"time":"2026-` + strings.Repeat("x", 30_000), `{"time":"2026-` + "\n", "\n"} {
		f, _ := written(t, 2)
		file, err := os.OpenFile(f.Path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteString(rest)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		require.NoError(t, Add(f, Event{Verb: "update", Result: "updated"}))
		text := linesOf(t, f)
		r := verified(t, text...)
		assert.Empty(t, r.Breaks)
		assert.Equal(t, []int{3}, r.Partial)
		text[2] += "x"
		assert.Len(t, verified(t, text...).Breaks, 1)
		text[2] = ""
		text[1] = strings.Replace(text[1], "deleted", "created", 1)
		assert.Len(t, verified(t, text...).Breaks, 1)
	}
}

// The chain is whole after several processes added to it at once.
func TestSeveralProcessesAddAtOnce(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			f := fileIn(t, dir)
			for range 10 {
				assert.NoError(t, Add(f, Event{Verb: "delete", Result: "deleted"}))
			}
		})
	}
	group.Wait()
	r := verified(t, linesOf(t, fileIn(t, dir))...)
	assert.Empty(t, r.Breaks)
	assert.Equal(t, 80, r.Hashed)
}
