package lines

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// The tail of a long file is found without reading all of it, however long its lines are.
func TestTail(t *testing.T) {
	long := strings.Repeat("x", 30_000)
	for name, c := range map[string]struct {
		text, want string
		most       int // bytes that are read
	}{
		"nothing":            {"", "", 0},
		"the last line":      {strings.Repeat("-a\n", 20_000), "-a\n", 8 << 10},
		"what follows it":    {strings.Repeat("-a\n", 20_000) + "b\nc", "-a\nb\nc", 8 << 10},
		"a long line":        {strings.Repeat("-a\n", 20_000) + "-" + long + "\n", "-" + long + "\n", 64 << 10},
		"what looks like it": {"-a\nb" + strings.Repeat("-", 30_000) + "\n", "-a\nb" + strings.Repeat("-", 30_000) + "\n", 64 << 10},
		"no line begins it":  {"a\nb\n" + long, "a\nb\n" + long, 64 << 10},
		"the first begins":   {"-a\nb\n" + long, "-a\nb\n" + long, 64 << 10},
		"an empty last line": {"-a\n\n", "-a\n\n", 8 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := &counting{ReaderAt: strings.NewReader(c.text)}
			got, err := tailOf(r, int64(len(c.text)), func(line []byte) bool { return bytes.HasPrefix(line, []byte("-")) })
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
			assert.LessOrEqual(t, r.read, c.most)
		})
	}
}

// counting counts the bytes that are read.
type counting struct {
	io.ReaderAt

	read int
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	c.read += len(b)
	return c.ReaderAt.ReadAt(b, at)
}

// A file that does not exist has no lines.
func TestEachOfNothing(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "none")}
	require.NoError(t, f.Each(func([]byte) { t.Error("there is no line") }))
}

// TestCheckOfAFileThatDoesNotExist: whether it can be made is known before anything is done.
func TestCheckOfAFileThatDoesNotExist(t *testing.T) {
	dir := t.TempDir()
	f := File{Path: filepath.Join(dir, "folder", "audit.jsonl"), Lock: func() (func(), error) { return func() {}, nil }}
	require.ErrorIs(t, f.Check(), fs.ErrNotExist, "there is no folder")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	require.NoError(t, f.Check())
	left, err := os.ReadDir(filepath.Join(dir, "folder"))
	require.NoError(t, err)
	assert.Empty(t, left, "a check leaves nothing")
	if os.Getuid() <= 0 { // root, whom no mode keeps away, or Windows
		return
	}
	require.NoError(t, os.Chmod(filepath.Join(dir, "folder"), 0o500))
	err = f.Check()
	require.ErrorIs(t, err, fs.ErrPermission)
	assert.Contains(t, provider.HintOf(err), "chmod -R u+rwX "+filepath.Join(dir, "folder"))
}

// TestAdvice has the ways in which a file cannot be added to.
func TestAdvice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b")
	path := filepath.Join(dir, "audit.jsonl")
	denied := func() (func(), error) { return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission} }
	unlocked := func() (func(), error) { return func() {}, nil }
	require.NoError(t, os.MkdirAll(path, 0o700))
	owner := `give the folder to the user who runs credctl: sudo chown -R "$(id -u)" '` + dir + `' && chmod -R u+rwX '` + dir + `'`
	if runtime.GOOS == "windows" {
		owner = "let the user who runs credctl write to " + quote.Word(dir)
	}
	for _, c := range []struct {
		f    File
		want string
	}{
		{File{Path: path, Lock: denied}, owner},
		{File{Path: path, Lock: unlocked, Own: func(string) error { _, err := denied(); return err }}, owner},
		{File{Path: path, Lock: unlocked}, "move " + quote.Word(path) + " away, then run the same command again"},
		{File{Path: path, Lock: func() (func(), error) { return nil, provider.Hint(provider.ErrLocked, "wait") }}, "wait"},
		{File{Path: path, Lock: func() (func(), error) { return nil, provider.ErrLocked }}, ""},
	} {
		for _, err := range []error{c.f.Check(), c.f.Append([]byte("{}\n"))} {
			require.Error(t, err)
			assert.Equal(t, c.want, provider.HintOf(err))
		}
	}
}
