// Package lines has files of lines that several processes add to.
package lines

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// A File is a file of lines of JSON.
type File struct {
	Path string

	// Lock keeps other processes from adding lines.
	Lock func() (release func(), err error)

	// Own closes the file to other users again, if there is one. It may be nil.
	Own func(path string) error
}

// Where is the path.
func (f File) Where() string { return f.Path }

// Check reports whether lines can be added, or the file be made.
func (f File) Check() error {
	release, err := f.lock()
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Lstat(f.Path); errors.Is(err, fs.ErrNotExist) {
		return f.advised(fsafe.CheckNew(f.Path))
	}
	file, err := f.open()
	if err == nil {
		err = file.Close()
	}
	return err
}

// lock keeps other processes from adding lines.
func (f File) lock() (release func(), err error) {
	release, err = f.Lock()
	return release, f.advised(err)
}

// open opens the file, which the caller has locked, and makes it if it is not there.
func (f File) open() (*os.File, error) {
	if f.Own != nil { // logrotate makes it with a mode of its own
		if err := f.Own(f.Path); err != nil {
			return nil, f.advised(err)
		}
	}
	file, err := fsafe.OpenAppend(f.Path)
	return file, f.advised(err)
}

// advised adds to an error what lets lines be added again, where it has no advice.
func (f File) advised(err error) error {
	path := quote.Word(f.Path)
	switch dir := quote.Word(filepath.Dir(f.Path)); {
	case err == nil || provider.HintOf(err) != "":
		return err
	case errors.Is(err, provider.ErrRefused):
		return provider.Hint(err, "move %s away, then run the same command again", path)
	case errors.Is(err, fs.ErrPermission) && runtime.GOOS == "windows":
		return provider.Hint(err, "let the user who runs credctl write to %s", dir)
	case errors.Is(err, fs.ErrPermission):
		return provider.Hint(err, "give the folder to the user who runs credctl: sudo chown -R \"$(id -u)\" %s && chmod -R u+rwX %[1]s", dir)
	}
	return err
}

// Append adds whole lines, which are durable when it returns.
func (f File) Append(lines []byte) error {
	return f.extend(func(*os.File, int64) ([]byte, error) { return lines, nil })
}

// Extend adds the line that next makes of the tail of the file, which begins at the last
// line for which begins is true, or at the first. Nobody adds a line in between.
func (f File) Extend(begins func(line []byte) bool, next func(tail []byte) (line []byte, err error)) error {
	return f.extend(func(file *os.File, size int64) ([]byte, error) {
		tail, err := tailOf(file, size, begins)
		if err != nil {
			return nil, err
		}
		return next(tail)
	})
}

// tailOf returns the end of a file of this size, from the last line for which begins is
// true. It reads little more than that.
func tailOf(r io.ReaderAt, size int64, begins func(line []byte) bool) ([]byte, error) {
	for window := int64(8 << 10); ; window *= 2 {
		from := max(0, size-window)
		b := make([]byte, size-from)
		if _, err := io.ReadFull(io.NewSectionReader(r, from, size-from), b); err != nil {
			return nil, err
		}
		for end := len(b); end > 0; {
			begin := bytes.LastIndexByte(b[:end-1], '\n') + 1
			if begin == 0 && from > 0 { // the line may begin before the window
				break
			}
			if begins(bytes.TrimSuffix(b[begin:end], []byte("\n"))) {
				return b[begin:], nil
			}
			end = begin
		}
		if from == 0 {
			return b, nil
		}
	}
}

// extend adds the lines that next makes of the file, which has this size.
func (f File) extend(next func(file *os.File, size int64) (lines []byte, err error)) (err error) {
	release, err := f.lock()
	if err != nil {
		return err
	}
	defer release()
	file, err := f.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	lines, err := next(file, size)
	if err != nil {
		return err
	}
	if size > 0 {
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a run that was killed left half a line
			lines = append([]byte("\n"), lines...)
		}
	}
	return fsafe.Append(file, lines)
}

// Each gives each line to read, without its line break. The last one may have none: a
// run that was killed left it.
func (f File) Each(read func(line []byte)) error {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text := bufio.NewReader(file)
	for err == nil {
		var line []byte
		if line, err = text.ReadBytes('\n'); len(line) > 0 {
			read(bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, file.Close())
}
