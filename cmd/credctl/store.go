package main

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
	"github.com/credctl/credctl/internal/visible"
)

// Stored are the secret settings of one vendor in one profile, by their names,
// as `credctl auth login` keeps them: in the keyring of the operating system,
// or in a file where there is none.
type stored struct {
	Secrets map[string]string `json:"secrets"`
	At      time.Time         `json:"stored"` // when
}

// Where something is stored.
const (
	inKeyring   = "keyring"
	inTokenFile = "token file"
)

// keyringUser is the name under which the keyring has what is stored.
func keyringUser(vendor, profile string) string { return cmp.Or(profile, "default") + "/" + vendor }

// tokenPath is the file that stands in for a keyring, or "" where there is no home for it.
func (a *app) tokenPath(vendor, profile string) string {
	dir, err := a.configDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "tokens", url.PathEscape(cmp.Or(profile, "default"))+"."+vendor)
}

// recall returns what was stored, and where. Nothing stored is no error.
func (a *app) recall(vendor, profile string) (s stored, where string, err error) {
	text, err := fsafe.ReadPrivate(a.tokenPath(vendor, profile))
	where = inTokenFile
	if errors.Is(err, fs.ErrNotExist) {
		var entry string
		entry, err = a.keyring.Get(keyringUser(vendor, profile))
		text, where = []byte(entry), inKeyring
	}
	if errors.Is(err, errNoEntry) {
		return s, "", nil
	}
	if err == nil && json.Unmarshal(text, &s) != nil { // its error would quote what it read
		err = fmt.Errorf("what the %s holds for %s was not written by credctl", where, vendor)
	}
	if err != nil {
		return s, "", err
	}
	return s, where, nil
}

// store keeps secrets in the keyring or, where that fails and the user agrees, in a file.
func (a *app) store(ctx context.Context, vendor, profile string, secrets map[string]string) (where string, err error) {
	path := a.tokenPath(vendor, profile)
	err = a.restore(vendor, profile, secrets, inKeyring)
	if err == nil {
		return "the keyring", remove(path) // an older file would be found first
	}
	if _, herr := a.configDir(); herr != nil {
		return "", fmt.Errorf("there is no keyring (%s), and no place for a file: %w", visible.OneLine(err.Error()), herr)
	}
	if err := a.confirm(ctx, fmt.Sprintf("There is no keyring (%s). Store it in %s, which only you can read?", visible.OneLine(err.Error()), path)); err != nil {
		return "", err
	}
	if err := fsafe.Dir(filepath.Dir(path)); err != nil {
		return "", err
	}
	return path, a.restore(vendor, profile, secrets, inTokenFile)
}

// restore replaces what is stored there.
func (a *app) restore(vendor, profile string, secrets map[string]string, where string) error {
	text, err := json.Marshal(stored{secrets, time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if where == inTokenFile {
		return fsafe.WriteFile(a.tokenPath(vendor, profile), append(text, '\n'), fsafe.Options{})
	}
	return a.keyring.Set(keyringUser(vendor, profile), string(text))
}

// forget removes what was stored, wherever it is, and reports whether there was
// anything.
func (a *app) forget(vendor, profile string) (there bool, err error) {
	there, kerr := a.found(vendor, profile, a.keyring.Delete)
	if err := remove(a.tokenPath(vendor, profile)); err != nil {
		return there, fmt.Errorf("the stored token for %s could not be removed: %w", vendor, errors.Join(kerr, err))
	}
	if kerr != nil {
		but := ""
		if there {
			but = ", but its token file is"
		}
		return there, fmt.Errorf("what the keyring may hold for %s is not removed%s: %w", vendor, but, kerr)
	}
	return there, nil
}

// keeps reports whether there is anything that forget would remove.
func (a *app) keeps(vendor, profile string) (there bool, err error) {
	there, err = a.found(vendor, profile, func(user string) error {
		_, err := a.keyring.Get(user)
		return err
	})
	if err != nil {
		err = fmt.Errorf("whether there is a stored token for %s is not known: %w", vendor, err)
	}
	return there, err
}

// found reports whether there is a token file, or an entry of the keyring, which
// entry asks for.
func (a *app) found(vendor, profile string, entry func(user string) error) (there bool, err error) {
	if _, err := os.Lstat(a.tokenPath(vendor, profile)); err == nil {
		there = true
	}
	switch err = entry(keyringUser(vendor, profile)); {
	case err == nil:
		there = true
	case errors.Is(err, errNoEntry), there && !errors.Is(err, provider.ErrUnavailable): // a file is what there is without a keyring; one that did not answer may hold a token
		err = nil
	}
	return there, err
}

// remove removes a file, which need not be there.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) { //nolint:gosec // G703: the user says where the configuration is
		return err
	}
	return nil
}

// fromStore finds, in what `credctl auth login` stored, the secrets that nothing
// else gives.
func (a *app) fromStore(vendor, profile string, hidden []*setting) error {
	if len(hidden) == 0 {
		return nil
	}
	s, where, err := a.recall(vendor, profile)
	for _, h := range hidden {
		if text := s.Secrets[h.Name]; text != "" {
			h.Source, h.from, h.read = where, fromStore, literally(text)
			if h.info.MaxTTL > 0 && !s.At.IsZero() {
				h.dies = s.At.Add(h.info.MaxTTL)
			}
		}
	}
	return err
}
