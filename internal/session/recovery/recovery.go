// Package recovery keeps in files what could be written nowhere else: answers of vendors
// that could not be decoded, and credentials whose secret could not be delivered.
package recovery

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// A Folder holds recovery files, which only the user can read.
type Folder struct {
	State string // the state folder, in which it is

	// Closed is called with the path of a folder that was open to others, and was closed
	// to them again.
	Closed func(path string)
}

func (f Folder) path() string { return filepath.Join(f.State, "recovery") }

// Save writes what a vendor answered to an operation to a file, and returns its path.
func (f Folder) Save(op string, body []byte) (string, error) {
	for _, d := range []string{f.State, f.path()} { // as the kubelet left them, say: what is saved here is nowhere else
		opened, err := fsafe.Own(d)
		if err != nil {
			return "", err
		}
		if opened {
			f.Closed(d)
		}
	}
	name := regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(op, "-")
	for n := 0; ; n++ {
		path := filepath.Join(f.path(), fmt.Sprintf("%s-%.60s-%d", time.Now().UTC().Format("20060102T150405"), name, n))
		file, err := fsafe.Create(path, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(body)
		return path, errors.Join(err, file.Sync(), file.Close(), fsafe.SyncDir(f.path()))
	}
}

// SaveCredential writes a credential whose secret could not be delivered to a file, and
// returns its path.
func (f Folder) SaveCredential(c provider.Credential) (string, error) {
	var body bytes.Buffer
	format, err := output.Parse(output.Formats(), "json", "", nil)
	if err == nil {
		err = output.Printer{W: &body, Format: format, Reveal: true}.One(c)
	}
	if err != nil {
		return "", err
	}
	return f.Save("credential-"+c.ID, body.Bytes())
}
