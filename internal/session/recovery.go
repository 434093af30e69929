package session

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

// save writes an answer that could not be decoded to a file that only the user can
// read, and returns its path.
func (s *Session) save(op string, body []byte) (string, error) {
	state, err := s.config.Env.StateDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(state, "recovery")
	for _, d := range []string{state, dir} { // as the kubelet left them, say: what is saved here is nowhere else
		opened, err := fsafe.Own(d)
		if err != nil {
			return "", err
		}
		if opened {
			noteClosed(s.streams, d)
		}
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

// SaveCredential writes a credential whose secret could not be delivered to a file
// that only the user can read, and returns its path.
func (s *Session) SaveCredential(c provider.Credential) (string, error) {
	var body bytes.Buffer
	format, err := output.Parse("json", "", nil)
	if err == nil {
		err = output.Printer{W: &body, Format: format, Reveal: true}.One(c)
	}
	if err != nil {
		return "", err
	}
	return s.save("credential-"+c.ID, body.Bytes())
}
