// Package identity finds the age identity of a state folder, which opens the secrets
// in the journal and keys the chain of its entries.
package identity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// A Place is where an identity is.
type Place struct {
	Name string // for messages

	// Read returns the identity, as a file holds it, or [fs.ErrNotExist].
	Read func(context.Context) ([]byte, error)

	// Write stores a new identity where there is none; nil is that only the user can.
	Write func([]byte) error
}

// File returns the place in a file that only the user can read.
func File(path string) Place {
	return Place{
		Name:  path,
		Read:  func(context.Context) ([]byte, error) { return fsafe.ReadPrivate(path) },
		Write: func(text []byte) error { return fsafe.WriteFile(path, text, fsafe.Options{}) },
	}
}

// A Folder is the state folder that an identity is for.
type Folder struct {
	Dir  string
	Used func() (bool, error) // whether something in it needs the identity that it was written with
}

// Find returns the identity at a place. One is made the first time, but never instead
// of one that is lost. One that the folder was not written with is refused: it opens
// nothing there, and would take every entry for an edited one.
func (f Folder) Find(ctx context.Context, place Place) (*age.X25519Identity, error) {
	text, err := place.Read(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = f.create(place)
	}
	if err != nil {
		return nil, err
	}
	id, err := Parse(place.Name, text)
	if err != nil {
		return nil, err
	}
	return id, f.check(place, id.Recipient().String())
}

// Parse reads the identity that a place of this name has.
func Parse(name string, text []byte) (*age.X25519Identity, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil { // its text may quote the line
		return nil, provider.Usage("%s does not contain an age identity", name)
	}
	id, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, provider.Usage("%s does not contain an X25519 age identity", name)
	}
	return id, nil
}

func (f Folder) create(place Place) ([]byte, error) {
	recipient, err := f.recipient()
	if err != nil {
		return nil, err
	}
	used, err := f.Used()
	switch {
	case err != nil:
		return nil, err
	case used || recipient != "":
		return nil, provider.Hint(refused("%s is missing, and the journal in %s was written with it", place.Name, f.Dir),
			"restore it from a backup; or, if it is lost, move %s away", f.Dir)
	case place.Write == nil:
		return nil, provider.Hint(provider.Usage("%s does not exist", place.Name), "create an identity with: age-keygen")
	}
	text, err := New()
	if err != nil {
		return nil, err
	}
	return text, place.Write(text)
}

func (f Folder) path() string { return filepath.Join(f.Dir, "identity", "recipient") }

// recipient returns the public half of the identity that the folder was written with,
// or "" before there is one.
func (f Folder) recipient() (string, error) {
	recipient, _, err := f.read()
	return recipient, err
}

// Passed returns what Replace has stored, or "".
func (f Folder) Passed() (string, error) {
	_, passed, err := f.read()
	return passed, err
}

// read reads the file of the recipient: its first line is the recipient, and the second
// what was passed to it.
func (f Folder) read() (recipient, passed string, err error) {
	if _, err := fsafe.OwnFile(f.path()); err != nil {
		return "", "", err
	}
	text, err := fsafe.ReadPrivate(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	recipient, passed, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
	return recipient, passed, err
}

// Replace makes another identity that of the folder.
func (f Folder) Replace(id *age.X25519Identity, passed string) error {
	return fsafe.WriteFile(f.path(), []byte(id.Recipient().String()+"\n"+passed+"\n"), fsafe.Options{})
}

// check refuses another recipient than that of the folder, and notes it the first time.
func (f Folder) check(place Place, recipient string) error {
	known, err := f.recipient()
	switch {
	case err != nil || known == recipient:
		return err
	case known != "":
		return provider.Hint(refused("%s is not the identity that the journal in %s was written with", place.Name, f.Dir),
			"restore that identity, or use another state folder (XDG_STATE_HOME)")
	}
	return fsafe.WriteFile(f.path(), []byte(recipient+"\n"), fsafe.Options{})
}

// New returns a new age identity, as a file holds it.
func New() ([]byte, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return []byte("# This opens the secrets in credctl's journal of rotations.\n" + id.String() + "\n"), nil
}

func refused(format string, args ...any) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...))
}
