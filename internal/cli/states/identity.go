package states

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/session"
)

// ownFolder makes the folder of an identity in a state folder.
func ownFolder(dir string) error {
	for _, d := range []string{dir, filepath.Dir(session.OwnIdentity(dir))} {
		if _, err := fsafe.Own(d); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	return nil
}

// giveIdentity puts the identity of the state into a folder that takes the state over,
// unless it is in a place of the user's, where runs with that folder find it too.
func giveIdentity(ctx context.Context, s session.State, dir string) error {
	place, own, err := s.Identity()
	if err != nil || !own {
		return err
	}
	to := identity.File(session.OwnIdentity(dir))
	if _, err := os.Lstat(to.Name); err == nil {
		return nil
	}
	text, err := place.Read(ctx)
	if err == nil {
		err = ownFolder(dir)
	}
	if err != nil {
		return err
	}
	return to.Write(text)
}

// replaceIdentity puts the identity in a file in the place of that in the state folder, and
// returns where the one before is kept: a copy of this state elsewhere, and what another
// host has kept, need it. own reports whether it did: elsewhere, the user does.
func replaceIdentity(s session.State, file string) (before string, own bool, err error) {
	place, own, err := s.Identity()
	if err != nil || !own {
		return "", false, err
	}
	text, err := fsafe.ReadPrivate(file)
	if err != nil {
		return "", false, err
	}
	was, err := fsafe.ReadPrivate(place.Name)
	switch {
	case err == nil:
		before = place.Name + ".before-rekey-" + time.Now().UTC().Format("20060102-150405")
		err = fsafe.WriteFile(before, was, fsafe.Options{})
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return "", false, err
	}
	return before, true, fsafe.WriteFile(place.Name, text, fsafe.Options{})
}
