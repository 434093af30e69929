package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/provider"
)

// begin writes an operation with a secret to the journal of a session, and reads it
// again through another store.
func begin(t *testing.T, s *Session) {
	t.Helper()
	store, err := s.Journal()
	require.NoError(t, err)
	require.NoError(t, store.CheckIdentity())
	o, err := store.Create(journal.Entry{
		Time: time.Now(), Step: "intent", Provider: "acme", Kind: "key", OldID: "A",
		Secrets: map[string]provider.Secret{"new": provider.NewSecret("canary")},
	})
	require.NoError(t, err)
	again, err := s.Journal()
	require.NoError(t, err)
	read, err := again.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Equal(t, "canary", secrets["new"].Reveal())
}

// A store in memory stands for the system keyring.
type store map[string]string

func (k store) Get(name string) (string, error) {
	if text, ok := k[name]; ok {
		return text, nil
	}
	return "", tokenstore.ErrNoEntry
}
func (k store) Set(name, text string) error { k[name] = text; return nil }
func (k store) Delete(name string) error    { delete(k, name); return nil }

// TestTheIdentityIsElsewhere has each place be used, and no copy of the identity be in
// the state folder.
func TestTheIdentityIsElsewhere(t *testing.T) {
	elsewhere := t.TempDir()
	key, err := identity.New()
	require.NoError(t, err)
	printed := filepath.Join(elsewhere, "printed")
	require.NoError(t, os.WriteFile(printed, key, 0o600))
	script := filepath.Join(elsewhere, "print")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho >>"+printed+".ran; echo \"$KATAPULT_API_TOKEN\" >>"+printed+".seen; cat "+printed+"\n"), 0o700))
	for name, c := range map[string]struct {
		file, variable, value string
		keyring               store
		found                 func(t *testing.T) string // the identity, at its place
	}{
		"a new file": {"", identityFile, filepath.Join(elsewhere, "new"), nil, func(t *testing.T) string {
			t.Helper()
			info, err := os.Stat(filepath.Join(elsewhere, "new"))
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode())
			return read(t, filepath.Join(elsewhere, "new"))
		}},
		"a file that age-keygen wrote": {"", identityFile, printed, nil, func(t *testing.T) string { t.Helper(); return string(key) }},
		"a command": {"", identityCommand, script, nil, func(t *testing.T) string {
			t.Helper()
			assert.Len(t, read(t, printed+".ran"), 1, "it runs once")
			assert.Equal(t, "\n", read(t, printed+".seen"), "it gets no token")
			return string(key)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newTest(t, c.file)
			s.config.Env[c.variable], s.config.Env["KATAPULT_API_TOKEN"] = c.value, "not-for-commands"
			begin(t, s)
			isIdentity(t, c.found(t))
			assert.NoFileExists(t, filepath.Join(dir, "credctl", "identity", "age.txt"))
		})
	}
	t.Run("the keyring", func(t *testing.T) {
		s, dir := newTest(t, "state_identity: keyring\n")
		delete(s.config.Env, "CREDCTL_KEYRING")
		k := store{}
		s.config.Store.Keyring = k
		begin(t, s)
		isIdentity(t, k[keyringEntry])
		assert.NoFileExists(t, filepath.Join(dir, "credctl", "identity", "age.txt"))
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func isIdentity(t *testing.T, text string) {
	t.Helper()
	_, err := age.ParseIdentities(strings.NewReader(text))
	require.NoError(t, err)
}

// What is wrong with the place of the identity is said in words, and nothing falls
// back to another place.
func TestAnIdentityThatCannotBeHad(t *testing.T) {
	elsewhere := t.TempDir()
	open := filepath.Join(elsewhere, "open")
	key, err := identity.New()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(open, key, 0o600))
	require.NoError(t, os.Chmod(open, 0o644))
	for name, c := range map[string]struct {
		file     string
		env      map[string]string
		keyring  tokenstore.Keyring
		class    error
		says     string
		hint     string
		hasState bool
	}{
		"both variables":   {"", map[string]string{identityFile: "/a", identityCommand: "b"}, nil, provider.ErrUsage, "are both set", "unset one", false},
		"a relative path":  {"", map[string]string{identityFile: "age.txt"}, nil, provider.ErrUsage, "not an absolute path", "absolute path", false},
		"open to others":   {"", map[string]string{identityFile: open}, nil, provider.ErrRefused, "other users can read", "chmod 600 " + open, false},
		"a lost file":      {"", map[string]string{identityFile: elsewhere + "/lost"}, nil, provider.ErrRefused, elsewhere + "/lost is missing", "restore it from a backup", true},
		"another file":     {"", map[string]string{identityFile: "made"}, nil, provider.ErrRefused, "is not the identity that the journal", "restore that identity", true},
		"a failing one":    {"", map[string]string{identityCommand: "false"}, nil, provider.ErrDenied, identityCommand, "", false},
		"another output":   {"", map[string]string{identityCommand: "echo AGE-SECRET-KEY-1NONSENSE"}, nil, provider.ErrUsage, "does not contain an age identity", "", false},
		"keyring is off":   {"state_identity: keyring\n", nil, nil, provider.ErrUsage, "CREDCTL_KEYRING is off", identityFile, false},
		"no keyring":       {"state_identity: keyring\n", map[string]string{"CREDCTL_KEYRING": ""}, broken{tokenstore.ErrNoKeyring}, provider.ErrUsage, "no system keyring is available", identityCommand, false},
		"a locked keyring": {"state_identity: keyring\n", map[string]string{"CREDCTL_KEYRING": ""}, broken{errors.New("it is locked")}, nil, "it is locked", "", false},
		"a typing error":   {"state_identity: keychain\n", nil, nil, provider.ErrUsage, `unknown value "keychain" of state_identity (valid: keyring)`, identityFile, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newTest(t, "")
			if c.hasState {
				begin(t, s)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, "credctl", "config.yaml"), []byte(c.file), 0o600))
			s, _ = newTestIn(t, dir)
			for k, v := range c.env {
				if v == "made" {
					v = filepath.Join(elsewhere, "made")
					require.NoError(t, os.WriteFile(v, key, 0o600))
				}
				s.config.Env[k] = v
			}
			if c.keyring != nil {
				s.config.Store.Keyring = c.keyring
			}
			store, err := s.Journal()
			if err == nil {
				err = store.CheckIdentity()
			}
			require.Error(t, err)
			if c.class != nil {
				require.ErrorIs(t, err, c.class)
			}
			require.ErrorContains(t, err, c.says)
			assert.NotContains(t, err.Error(), "AGE-SECRET")
			assert.Contains(t, provider.HintOf(err), c.hint)
		})
	}
}

// A broken keyring always fails.
type broken struct{ err error }

func (k broken) Get(string) (string, error) { return "", k.err }
func (k broken) Set(string, string) error   { return k.err }
func (k broken) Delete(string) error        { return k.err }

// A secret that is nowhere else is saved, although its folder was left open to all.
func TestAnOpenRecoveryFolderIsClosed(t *testing.T) {
	s, dir := newTest(t, "")
	var said strings.Builder
	s.streams.Err = &said
	recovery := filepath.Join(dir, "credctl", "recovery")
	require.NoError(t, os.Mkdir(recovery, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(recovery, "before"), nil, 0o600))
	for _, path := range []string{filepath.Join(recovery, "before"), recovery} {
		require.NoError(t, os.Chmod(path, 0o777))
	}
	path, err := s.SaveCredential(provider.Credential{ID: "key_1", Secret: provider.NewSecret("canary")})
	require.NoError(t, err)
	assert.Contains(t, read(t, path), "canary")
	for path, want := range map[string]os.FileMode{recovery: os.ModeDir | 0o700, path: 0o600, filepath.Join(recovery, "before"): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode(), path)
	}
	assert.Equal(t, "credctl: note: closed "+recovery+" to other users again\n", said.String())
}
