package results

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/credctl/credctl/internal/provider"
)

// checkFile refuses a format that appends to a file which the environment does
// not name, or which cannot be written.
func (w *Writer) checkFile() error {
	variable := w.Format.File()
	if variable == "" {
		return nil
	}
	if w.env[variable] == "" {
		return provider.Hint(provider.Usage("-o %s writes to the file that $%s names, and %s is not set", w.Output, variable, variable),
			"run it in a step of GitHub Actions, or pass -o env or --secret-file FILE elsewhere")
	}
	if err := w.appendTo(variable, ""); err != nil {
		return provider.WithClass(provider.ErrUsage, err)
	}
	return nil
}

// appendTo adds text, in lines of its own, to the file that a variable of the
// environment names.
func (w *Writer) appendTo(variable, text string) error {
	f, err := os.OpenFile(w.env[variable], os.O_APPEND|os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(appendLines(f, text), f.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot write to the file that $%s names: %w", variable, err)
	}
	return nil
}

func appendLines(f *os.File, text string) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || text == "" {
		return err
	}
	last := []byte{'\n'}
	if size > 0 {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' { // whoever wrote before left a line open
		text = "\n" + text
	}
	_, err = f.WriteString(text)
	return err
}
