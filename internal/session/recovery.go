package session

import (
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session/recovery"
)

// Recovery returns the folder of the recovery files.
func (s *Session) Recovery() (recovery.Folder, error) {
	state, err := s.config.Env.StateDir()
	return recovery.Folder{State: state, Closed: func(path string) { noteClosed(s.streams, path) }}, err
}

// SaveCredential writes a credential whose secret could not be delivered to a recovery
// file, and returns its path.
func (s *Session) SaveCredential(c provider.Credential) (string, error) {
	f, err := s.Recovery()
	if err != nil {
		return "", err
	}
	return f.SaveCredential(c)
}

// saver returns what writes an answer that could not be decoded to a recovery file, and
// returns its path.
func saver(s *Session) func(op string, body []byte) (string, error) {
	return func(op string, body []byte) (string, error) {
		f, err := s.Recovery()
		if err != nil {
			return "", err
		}
		return f.Save(op, body)
	}
}
