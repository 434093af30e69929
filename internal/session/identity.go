package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/statesetting"
	"github.com/credctl/credctl/internal/config/tokencommand"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/provider"
)

// The variables that say where the identity of the journal is.
const (
	identityFile    = "CREDCTL_STATE_IDENTITY_FILE"
	identityCommand = "CREDCTL_STATE_IDENTITY_COMMAND"
)

// identityOf returns where the identity of the journal is, or nil for the state folder.
// A variable takes precedence over the configuration.
func identityOf(s *Session) (*identity.Place, error) {
	env := s.config.Env
	path, command := env[identityFile], env[identityCommand]
	switch {
	case path != "" && command != "":
		return nil, provider.Hint(provider.Usage("%s and %s are both set", identityFile, identityCommand), "unset one of them")
	case path != "" && !filepath.IsAbs(path):
		return nil, provider.Hint(provider.Usage("%s is %q, which is not an absolute path", identityFile, path), "set it to the absolute path of the file")
	case path != "":
		place := identity.File(path)
		return &place, nil
	case command != "":
		return &identity.Place{Name: "the output of " + identityCommand, Read: printedBy(s, command)}, nil
	}
	f, err := s.config.Load()
	if err != nil || f.StateIdentity() != statesetting.InKeyring {
		return nil, err
	}
	if env["CREDCTL_KEYRING"] == "off" {
		return nil, provider.Hint(provider.Usage("state_identity in the configuration is keyring, but CREDCTL_KEYRING is off"),
			"unset CREDCTL_KEYRING, or set %s to the absolute path of a file", identityFile)
	}
	return inKeyring(s.config.Store.Keyring), nil
}

// printedBy returns a function that runs a command, once in a session, and returns
// the identity that it prints.
func printedBy(s *Session, command string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.printed != nil {
			return s.printed, nil
		}
		hide := hidden(s)
		variables := slices.DeleteFunc(config.CommandVariables(s.config), func(kv string) bool {
			name, _, _ := strings.Cut(kv, "=")
			return slices.Contains(hide, name)
		})
		text, _, err := tokencommand.Run(ctx, command, "", s.config.Env, variables)
		if err != nil {
			return nil, provider.WithClass(provider.ErrDenied, fmt.Errorf("%s: %w", identityCommand, err))
		}
		s.printed = []byte(text)
		return s.printed, nil
	}
}

// keyringEntry is the identity's name in a keyring, which no login has.
const keyringEntry = "state/identity"

func inKeyring(k tokenstore.Keyring) *identity.Place {
	return &identity.Place{
		Name: "the entry " + keyringEntry + " of the system keyring",
		Read: func(context.Context) ([]byte, error) {
			text, err := k.Get(keyringEntry)
			switch {
			case errors.Is(err, tokenstore.ErrNoEntry):
				err = fs.ErrNotExist
			case errors.Is(err, tokenstore.ErrNoKeyring):
				err = provider.Hint(provider.Usage("no system keyring is available: %s", err),
					"set %s or %s for runs without a session, such as cron jobs", identityFile, identityCommand)
			}
			return []byte(text), err
		},
		Write: func(text []byte) error { return k.Set(keyringEntry, string(text)) },
	}
}
