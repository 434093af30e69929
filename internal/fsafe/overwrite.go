package fsafe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe/trust"
)

// reserve keeps space for what will be written into the file that is there, where the
// file system can. Its content and its length stay as they are.
func reserve(s trust.Spot, room int64) error {
	f, err := s.Folder.Open(s.Name, os.O_WRONLY, 0)
	if err != nil {
		return notMade(s.Path(), err)
	}
	return errors.Join(allocate(f, room), f.Close())
}

// overwrite writes data into the file that is there, at once: what is longer than
// data is replaced with empty lines, and cut off after it. When it fails, the file has its old content again, or the
// error says that it does not.
func overwrite(s trust.Spot, data []byte) error {
	f, err := s.Folder.Open(s.Name, os.O_RDWR, 0)
	if err != nil {
		return notMade(s.Path(), err)
	}
	old, err := io.ReadAll(f)
	if err == nil {
		err = allocate(f, int64(len(data)))
	}
	if err != nil {
		return errors.Join(notMade(s.Path(), err), f.Close())
	}
	return errors.Join(replaceContent(f, s.Path(), old, data), f.Close())
}

// An opened file can be read and written.
type opened interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
}

// replaceContent writes data over old, which f has. When it fails, it writes old again.
func replaceContent(f opened, path string, old, data []byte) error {
	blank := bytes.Repeat([]byte("\n"), max(0, len(old)-len(data))) // which a reader ignores, where a kill keeps it from being cut off
	_, err := f.WriteAt(slices.Concat(data, blank), 0)
	failpoint.Hit("file.overwritten")
	if err == nil {
		err = f.Truncate(int64(len(data)))
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return nil
	}
	err = notMade(path, err)
	_, _ = f.WriteAt(old, 0) // whether it helped is read
	_ = f.Truncate(int64(len(old)))
	_ = f.Sync()
	if now, back := io.ReadAll(io.NewSectionReader(f, 0, int64(len(old)+1))); back != nil || !bytes.Equal(now, old) {
		return fmt.Errorf("%w; the old content could not be restored, and the file may contain parts of the old and the new secret", err)
	}
	return err
}

// Mixed reports whether content can be what InPlace leaves of two texts when it is killed
// while it writes one over the other: each byte is that of one of them. Empty lines at the
// end do not count, and none is no text.
func Mixed(content, a, b string) bool {
	content = strings.TrimRight(content, "\r\n")
	for i, c := range []byte(content) {
		if (i >= len(a) || a[i] != c) && (i >= len(b) || b[i] != c) {
			return false
		}
	}
	return content != ""
}
