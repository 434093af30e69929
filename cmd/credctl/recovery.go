package main

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

// stateDir is where credctl keeps what must outlive a run.
func (a *app) stateDir() string { return a.xdg("XDG_STATE_HOME", ".local/state") }

// configDir is where the configuration is.
func (a *app) configDir() string { return a.xdg("XDG_CONFIG_HOME", ".config") }

func (a *app) xdg(variable, below string) string {
	if dir := a.env[variable]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "credctl")
	}
	home := a.env["HOME"]
	if home == "" {
		home, _ = os.UserHomeDir() // without one, the path is relative to here
	}
	return filepath.Join(home, filepath.FromSlash(below), "credctl")
}

// save keeps an answer that could not be read, in a file that only the user can read.
func (a *app) save(op string, body []byte) (string, error) {
	dir := filepath.Join(a.stateDir(), "recovery")
	if err := fsafe.Dir(dir); err != nil {
		return "", err
	}
	name := regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(op, "-")
	for n := 0; ; n++ {
		path := filepath.Join(dir, fmt.Sprintf("%s-%.60s-%d", time.Now().UTC().Format("20060102T150405"), name, n))
		f, err := fsafe.Create(path, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(body)
		return path, errors.Join(err, f.Sync(), f.Close(), fsafe.SyncDir(dir))
	}
}

// keepCredential keeps a credential whose secret could not be written where it should go.
func (a *app) keepCredential(c provider.Credential) (string, error) {
	var body bytes.Buffer
	format, err := output.Parse("json", "", nil)
	if err == nil {
		err = output.Printer{W: &body, Format: format, Reveal: true}.One(c)
	}
	if err != nil {
		return "", err
	}
	return a.save("credential-"+c.ID, body.Bytes())
}
