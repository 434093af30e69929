// Package tokenstore stores the tokens of credctl itself: in the keyring of the
// operating system, or in a file where there is none.
package tokenstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// Stored are the secret settings of one vendor in one profile, by their names,
// as `credctl auth login` stores them: in the keyring of the operating system,
// or in a file where there is none.
type Stored struct {
	Secrets map[string]string `json:"secrets"` // nil: nothing is stored
	At      time.Time         `json:"stored"`
	Place   string            `json:"-"` // [InKeyring] or [InTokenFile]
}

// The places where something is stored.
const (
	InKeyring   = "keyring"
	InTokenFile = "token file"
)

// A Store stores the tokens of credctl itself.
type Store struct {
	Keyring Keyring

	dir     func() (string, error)
	streams *term.Streams
}

// New returns the store of a run with this environment. dir returns the folder of
// the configuration.
func New(env map[string]string, dir func() (string, error), streams *term.Streams) *Store {
	return &Store{Keyring: newKeyring(env, streams), dir: dir, streams: streams}
}

// keyringUser is the name under which the keyring has what is stored.
func keyringUser(vendor, profile string) string { return cmp.Or(profile, "default") + "/" + vendor }

// Path returns the path of the file that stands in for a keyring, or "" where there
// is no home for it.
func (s *Store) Path(vendor, profile string) string {
	dir, err := s.dir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "tokens", url.PathEscape(cmp.Or(profile, "default"))+"."+vendor)
}

// Load returns what is stored. That nothing is stored is no error.
func (s *Store) Load(vendor, profile string) (Stored, error) {
	text, err := fsafe.ReadPrivate(s.Path(vendor, profile))
	stored := Stored{Place: InTokenFile}
	if errors.Is(err, fs.ErrNotExist) {
		var entry string
		entry, err = s.Keyring.Get(keyringUser(vendor, profile))
		text, stored.Place = []byte(entry), InKeyring
	}
	if errors.Is(err, ErrNoEntry) {
		return Stored{}, nil
	}
	if err == nil && json.Unmarshal(text, &stored) != nil { // its error would quote what it read
		err = fmt.Errorf("what the %s holds for %s was not written by credctl", stored.Place, vendor)
	}
	if err != nil {
		return Stored{}, err
	}
	return stored, nil
}

// Save stores secrets in the keyring or, where that fails and the user agrees, in
// a file. It returns where.
func (s *Store) Save(ctx context.Context, vendor, profile string, secrets map[string]provider.Secret) (where string, err error) {
	path, plain := s.Path(vendor, profile), make(map[string]string, len(secrets))
	for name, secret := range secrets {
		plain[name] = secret.Reveal()
	}
	err = s.Replace(vendor, profile, Stored{Secrets: plain, Place: InKeyring})
	if err == nil {
		return "the keyring", remove(path) // an older file would be found first
	}
	if _, herr := s.dir(); herr != nil {
		return "", fmt.Errorf("there is no keyring (%s), and no place for a file: %w", visible.OneLine(err.Error()), herr)
	}
	if err := s.streams.Confirm(ctx, fmt.Sprintf("There is no keyring (%s). Store it in %s, which only you can read?", visible.OneLine(err.Error()), path)); err != nil {
		return "", err
	}
	if err := fsafe.Dir(filepath.Dir(path)); err != nil {
		return "", err
	}
	return path, s.Replace(vendor, profile, Stored{Secrets: plain, Place: InTokenFile})
}

// Replace stores what has these secrets at its place, as of now.
func (s *Store) Replace(vendor, profile string, stored Stored) error {
	stored.At = time.Now().UTC().Truncate(time.Second)
	text, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	if stored.Place == InTokenFile {
		return fsafe.WriteFile(s.Path(vendor, profile), append(text, '\n'), fsafe.Options{})
	}
	return s.Keyring.Set(keyringUser(vendor, profile), string(text))
}

// Delete removes what is stored, wherever it is, and reports whether there was
// anything.
func (s *Store) Delete(vendor, profile string) (existed bool, err error) {
	existed, kerr := s.found(vendor, profile, s.Keyring.Delete)
	if err := remove(s.Path(vendor, profile)); err != nil {
		return existed, fmt.Errorf("the stored token for %s could not be removed: %w", vendor, errors.Join(kerr, err))
	}
	if kerr != nil {
		but := ""
		if existed {
			but = ", but its token file is"
		}
		return existed, fmt.Errorf("what the keyring may hold for %s is not removed%s: %w", vendor, but, kerr)
	}
	return existed, nil
}

// Exists reports whether there is anything that Delete would remove.
func (s *Store) Exists(vendor, profile string) (exists bool, err error) {
	exists, err = s.found(vendor, profile, func(user string) error {
		_, err := s.Keyring.Get(user)
		return err
	})
	if err != nil {
		err = fmt.Errorf("whether there is a stored token for %s is not known: %w", vendor, err)
	}
	return exists, err
}

// found reports whether there is a token file, or an entry of the keyring, which
// entry asks for.
func (s *Store) found(vendor, profile string, entry func(user string) error) (found bool, err error) {
	if _, err := os.Lstat(s.Path(vendor, profile)); err == nil {
		found = true
	}
	switch err = entry(keyringUser(vendor, profile)); {
	case err == nil:
		found = true
	case errors.Is(err, ErrNoEntry), found && !errors.Is(err, provider.ErrUnavailable): // a file is what there is without a keyring; one that did not answer may hold a token
		err = nil
	}
	return found, err
}

// remove removes a file, which need not be there.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
