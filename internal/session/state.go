package session

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/postgres"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/journal/spool"
)

// A State is where the state of rotations is.
type State struct {
	config.State

	session *Session
}

// StateOf returns where a session has the state of rotations.
func StateOf(s *Session) (State, error) {
	if _, err := s.config.Sandbox(); err != nil {
		return State{}, err
	}
	state, err := config.StateOf(s.config)
	return State{state, s}, err
}

// Journal returns the journal of rotations, which is opened once.
func (s *Session) Journal() (*journal.Store, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.journal != nil {
		return s.journal, nil
	}
	state, err := StateOf(s)
	if err != nil {
		return nil, err
	}
	store, err := state.Open()
	if err != nil {
		return nil, err
	}
	store.Invoker = cmp.Or(s.config.Env["SUDO_USER"], s.config.Env["DOAS_USER"])
	s.journal = store
	return store, nil
}

// Database returns how to connect to the database.
func (s State) Database() (*dsn.DSN, error) {
	home, err := s.session.config.Env.Home()
	if err != nil {
		return nil, err
	}
	source := s.Source
	if source == "configuration" {
		source = "state in the configuration"
	}
	return dsn.Parse(s.URL, source, home)
}

// Where names the state for people, without a password.
func (s State) Where() (string, error) {
	if s.URL == "" {
		return "dir:" + s.Dir, nil
	}
	db, err := s.Database()
	if err != nil {
		return "", err
	}
	return db.Where(), nil
}

// Identity returns where the identity is that encrypts the state, and whether that is in
// the folder of this machine.
func (s State) Identity() (place identity.Place, own bool, err error) {
	elsewhere, err := identityOf(s.session)
	if elsewhere == nil {
		return identity.File(OwnIdentity(s.Dir)), true, err
	}
	return *elsewhere, false, err
}

// Open returns the journal. Commands share that of [Session.Journal].
func (s State) Open() (*journal.Store, error) {
	if s.URL == "" {
		return s.Folder(s.Dir, false)
	}
	place, _, err := s.Identity()
	if err != nil {
		return nil, err
	}
	return s.OpenWith(place)
}

// OpenWith returns the journal with the identity at a place.
func (s State) OpenWith(place identity.Place) (*journal.Store, error) {
	streams := s.session.streams
	if s.URL == "" {
		return folder.OpenWith(s.Dir, folder.Options{Identity: &place, Closed: func(path string) { noteClosed(streams, path) }})
	}
	db, err := s.Database()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), streams.Timeout)
	defer cancel()
	return postgres.Open(ctx, postgres.Options{
		Connect: db.Connect, Where: db.Where(), Identity: place, Lease: s.Lease,
		Spool: &spool.Folder{Dir: filepath.Join(s.Dir, "spool"), Note: func(note string) { streams.Remark("credctl: note: %s", note) }, Save: s.session.SaveCredential},
	})
}

// Folder returns the journal in a folder; with moved, also one that has moved from there.
func (s State) Folder(dir string, moved bool) (*journal.Store, error) {
	place, err := identityOf(s.session)
	if err != nil {
		return nil, err
	}
	if own := identity.File(OwnIdentity(dir)); moved && exists(own.Name) {
		place = &own
	}
	return folder.OpenWith(dir, folder.Options{Identity: place, Moved: moved, Closed: func(path string) { noteClosed(s.session.streams, path) }})
}

// OwnIdentity is where a folder has the identity by default.
func OwnIdentity(dir string) string { return filepath.Join(dir, "identity", "age.txt") }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
