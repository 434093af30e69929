// Package tokenstore stores the tokens of credctl itself: in the keyring of the
// operating system, or in a file where there is no keyring.
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
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// Stored are the secret settings of one vendor in one profile, by their names, as
// `credctl auth login` stores them.
type Stored struct {
	Secrets map[string]string `json:"secrets"`          // nil: nothing is stored
	IDs     map[string]string `json:"ids,omitempty"`    // of the credentials with these secrets, where they are known
	Origin  string            `json:"origin,omitempty"` // scheme, host and port of the API that they were checked with
	At      time.Time         `json:"stored"`
	Place   string            `json:"-"` // [InKeyring] or [InTokenFile]
}

// The places where something is stored.
const (
	InKeyring   = "keyring"
	InTokenFile = "token file"
)

// A Login is what to store, and for whom.
type Login struct {
	Vendor, Profile string
	Account         string // for the question: "organization acme"; "" if there is none
	Origin          string
	Secrets         map[string]provider.Secret
	IDs             map[string]string // as in [Stored]
}

// A Store stores the tokens of credctl itself.
type Store struct {
	Keyring Keyring

	dir, writable func() (string, error)
	streams       *term.Streams
}

// New returns the store of a run with this environment. dir returns the folder of
// the configuration, writable the same where credctl may write there.
func New(env map[string]string, dir, writable func() (string, error), streams *term.Streams) *Store {
	return &Store{Keyring: newKeyring(env, streams), dir: dir, writable: writable, streams: streams}
}

// tokenFolder is the folder of token files in that of the configuration.
const tokenFolder = "tokens"

// keyringUser returns the name of an entry in the keyring.
func keyringUser(vendor, profile string) string { return cmp.Or(profile, "default") + "/" + vendor }

// Path returns the path of the token file, or "" where there is no folder for it.
func (s *Store) Path(vendor, profile string) string {
	dir, err := s.dir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, tokenFolder, url.PathEscape(cmp.Or(profile, "default"))+"."+vendor)
}

// Load returns what is stored. It is not an error if nothing is.
func (s *Store) Load(vendor, profile string) (Stored, error) {
	text, err := fsafe.ReadPrivate(s.Path(vendor, profile))
	stored := Stored{Place: InTokenFile}
	if errors.Is(err, fs.ErrNotExist) {
		var entry string
		entry, err = s.Keyring.Get(keyringUser(vendor, profile))
		text, stored.Place = []byte(entry), InKeyring
		if errors.Is(err, ErrNoEntry) {
			return Stored{}, nil
		}
		if err != nil {
			return Stored{}, provider.WithClass(ErrKeyring, err)
		}
	}
	if err == nil && json.Unmarshal(text, &stored) != nil { // its error would quote the text
		err = fmt.Errorf("the %s entry for %s was not written by credctl", stored.Place, vendor)
	}
	if err != nil {
		return Stored{}, err
	}
	return stored, nil
}

// Save stores a login in the keyring or, where that fails and the user agrees, in a
// file. It returns where.
func (s *Store) Save(ctx context.Context, l Login) (where string, err error) {
	path, stored := s.Path(l.Vendor, l.Profile), Stored{Secrets: make(map[string]string, len(l.Secrets)), IDs: l.IDs, Origin: l.Origin, Place: InKeyring}
	for name, secret := range l.Secrets {
		stored.Secrets[name] = secret.Reveal()
	}
	err = s.Replace(l.Vendor, l.Profile, stored)
	if err == nil {
		return "the keyring", remove(path) // a file is found before the keyring
	}
	none := "No system keyring is available"
	if !errors.Is(err, ErrNoKeyring) {
		none += " (" + visible.OneLine(err.Error()) + ")"
	}
	dir, err := s.writable()
	if err != nil {
		return "", fmt.Errorf("%s, and credctl cannot write a token file: %w", none, err)
	}
	if !s.streams.Yes && !s.streams.Interactive() {
		return "", provider.Hint(provider.Usage("%s, and storing the token in a file needs confirmation", none), "to store it in %s, readable only by you, pass --yes", path)
	}
	if err := s.streams.Confirm(ctx, fmt.Sprintf("%s. Store the token for %s in %s, readable only by you?", none, l.whose(), path)); err != nil {
		return "", provider.Hint(err, "to use a token without storing it, set %s, or pass --token-file FILE", setting.EnvName(l.Vendor, "token"))
	}
	if err := fsafe.Dir(filepath.Join(dir, tokenFolder)); err != nil {
		return "", err
	}
	stored.Place = InTokenFile
	return path, s.Replace(l.Vendor, l.Profile, stored)
}

// whose names the vendor, the profile and the account.
func (l Login) whose() string {
	whose := l.Vendor + ", profile " + cmp.Or(l.Profile, "default")
	if l.Account != "" {
		whose += ", " + l.Account
	}
	return whose
}

// Replace stores secrets at their place, as of now.
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

// Delete removes what is stored in the keyring and in the token file, and reports
// whether there was anything. Without a keyring it removes the token file: see
// [Store.HasKeyring].
func (s *Store) Delete(vendor, profile string) (existed bool, err error) {
	existed, kerr := s.found(vendor, profile, s.Keyring.Delete)
	if err := remove(s.Path(vendor, profile)); err != nil {
		return existed, fmt.Errorf("could not remove the stored %s token: %w", vendor, errors.Join(kerr, err))
	}
	if kerr != nil {
		what := ""
		if existed {
			what = "removed the token file, but "
		}
		return existed, fmt.Errorf("%scould not remove the %s token from the keyring: %w", what, vendor, kerr)
	}
	return existed, nil
}

// Exists reports whether Delete would remove anything.
func (s *Store) Exists(vendor, profile string) (exists bool, err error) {
	exists, err = s.found(vendor, profile, func(user string) error {
		_, err := s.Keyring.Get(user)
		return err
	})
	if err != nil {
		err = fmt.Errorf("could not find out whether a %s token is stored: %w", vendor, err)
	}
	return exists, err
}

// found reports whether there is a token file or an entry in the keyring. The function
// entry asks the keyring.
func (s *Store) found(vendor, profile string, entry func(user string) error) (found bool, err error) {
	if _, err := os.Lstat(s.Path(vendor, profile)); err == nil {
		found = true
	}
	switch err = entry(keyringUser(vendor, profile)); {
	case err == nil:
		found = true
	case errors.Is(err, ErrNoEntry), errors.Is(err, ErrNoKeyring), found && !errors.Is(err, provider.ErrUnavailable): // a keyring that did not answer may hold a token
		err = nil
	}
	return found, err
}

// HasKeyring reports whether this session can reach a system keyring, or must not use
// one. If not, Delete and Exists know only the token file.
func (s *Store) HasKeyring() bool {
	k, missing := s.Keyring.(noKeyring)
	return !missing || !errors.Is(k.why, ErrNoKeyring)
}

// remove removes a file if it exists.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
