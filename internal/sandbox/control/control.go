// Package control lets other processes find a running sandbox, and end it.
package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
)

// A Handle is how a running sandbox is reached. It is in a file in the folder of
// the sandbox, which only its user can read.
type Handle struct {
	URL     string   `json:"url"`     // where the sandbox answers to those who know it
	Servers []string `json:"servers"` // host:port of each server
}

const fileName = "sandbox.json"

// ErrNotServing means that nothing answers where the sandbox was.
var ErrNotServing = errors.New("no answer from the sandbox")

// NewPath returns a path below which nobody else finds the control of a sandbox.
func NewPath() string { return "/.credctl-sandbox/" + rand.Text() }

// Save writes the handle to the folder of its sandbox.
func (h Handle) Save(dir string) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return fsafe.WriteFile(filepath.Join(dir, fileName), append(text, '\n'), fsafe.Options{})
}

// Find returns the handle of the sandbox with this folder.
func Find(dir string) (Handle, error) {
	if !filepath.IsAbs(dir) {
		return Handle{}, errors.New("it is not an absolute path")
	}
	text, err := fsafe.ReadPrivate(filepath.Join(dir, fileName))
	if err != nil {
		return Handle{}, err
	}
	var h Handle
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&h); err != nil || h.URL == "" {
		return Handle{}, fmt.Errorf("%s is not the file of a sandbox", filepath.Join(dir, fileName))
	}
	return h, nil
}

// Check reports whether the sandbox is running.
func (h Handle) Check() error { return h.send(http.MethodGet) }

// Stop ends the sandbox. When it returns, the folder of the sandbox is removed.
func (h Handle) Stop(dir string) error {
	if err := h.send(http.MethodDelete); err != nil {
		return err
	}
	for range 100 {
		if _, err := os.Stat(filepath.Join(dir, fileName)); errors.Is(err, os.ErrNotExist) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the sandbox does not end")
}

// send sends a request without a proxy: the sandbox is on this machine.
func (h Handle) send(method string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, h.URL, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotServing
	}
	if err != nil {
		return errors.New("no answer from the sandbox")
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode != http.StatusNoContent {
		return errors.New("another program uses the sandbox's ports")
	}
	return nil
}

// Handler answers at path in place of next: to a GET that the sandbox runs, and to a
// DELETE by calling stop.
func Handler(path string, stop func(), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path == "" || r.URL.Path != path {
			next.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		if r.Method == http.MethodDelete {
			stop()
		}
	})
}
