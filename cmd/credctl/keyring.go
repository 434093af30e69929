package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zalando/go-keyring"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// Stored are the secret settings of one vendor in one profile, by their names,
// as `credctl auth login` keeps them: in the keyring of the operating system,
// or in a file where there is none.
type stored map[string]string

// keyringService is the name under which the keyring knows credctl.
const keyringService = "credctl"

func keyringUser(vendor, profile string) string { return first(profile, "default") + "/" + vendor }

// tokenPath is the file that stands in for a keyring.
func (a *app) tokenPath(vendor, profile string) string {
	return filepath.Join(a.configDir(), "tokens", first(profile, "default")+"."+vendor)
}

// recall returns what was stored, and where it was. Nothing stored is no error,
// and neither is a keyring that does not answer.
func (a *app) recall(vendor, profile string) (s stored, where string) {
	if text, err := fsafe.ReadPrivate(a.tokenPath(vendor, profile)); err == nil && json.Unmarshal(text, &s) == nil {
		return s, inTokenFile
	}
	if a.env["CREDCTL_KEYRING"] == "off" {
		return nil, ""
	}
	text, err := bounded(keyringLimit, func() (string, error) { return keyring.Get(keyringService, keyringUser(vendor, profile)) })
	if err != nil || json.Unmarshal([]byte(text), &s) != nil {
		return nil, ""
	}
	return s, inKeyring
}

// Where something is stored.
const (
	inKeyring   = "keyring"
	inTokenFile = "token file"
)

// store keeps s in the keyring or, where that fails and the user agrees, in a file.
func (a *app) store(vendor, profile string, s stored) (where string, err error) {
	err = errors.New("CREDCTL_KEYRING is off")
	if a.env["CREDCTL_KEYRING"] != "off" {
		err = a.restore(vendor, profile, s, inKeyring)
	}
	path := a.tokenPath(vendor, profile)
	if err == nil {
		_ = os.Remove(path) // an older one would be found first
		return inKeyring, nil
	}
	if err := a.confirm(fmt.Sprintf("There is no keyring (%s). Store it in %s, which only you can read?", visible.Text(err.Error()), path)); err != nil {
		return "", err
	}
	if err := fsafe.Dir(filepath.Dir(path)); err != nil {
		return "", err
	}
	return path, a.restore(vendor, profile, s, inTokenFile)
}

// restore replaces what is stored there.
func (a *app) restore(vendor, profile string, s stored, where string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if where == inTokenFile {
		return fsafe.WriteFile(a.tokenPath(vendor, profile), append(text, '\n'), fsafe.Options{})
	}
	_, err = bounded(keyringLimit, func() (struct{}, error) {
		return struct{}{}, keyring.Set(keyringService, keyringUser(vendor, profile), string(text))
	})
	return err
}

// forget removes what was stored, and reports whether there was anything.
func (a *app) forget(vendor, profile string) (bool, error) {
	s, where := a.recall(vendor, profile)
	if s == nil {
		return false, nil
	}
	if where == inKeyring {
		_, err := bounded(keyringLimit, func() (struct{}, error) {
			return struct{}{}, keyring.Delete(keyringService, keyringUser(vendor, profile))
		})
		return true, err
	}
	err := os.Remove(a.tokenPath(vendor, profile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return true, err
}

// fromKeyring gives in what `credctl auth login` stored for p. It is asked only
// when nothing else gave a token.
func (a *app) fromKeyring(p provider.Provider, profile string, in provider.Input, found []setting) {
	s, where := a.recall(p.Name, profile)
	for _, param := range p.Settings {
		i := param.Info()
		value := s[settingName(i)]
		if i.From != provider.File || value == "" || in.Value(i.Name).Set(value) != nil {
			continue
		}
		for n := range found {
			if found[n].Name == settingName(i) {
				found[n].Source, found[n].Value = where, provider.Redacted
			}
		}
	}
}
