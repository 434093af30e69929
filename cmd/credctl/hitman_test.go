//go:build unix

package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fingerprint tells whether a file of the scene has changed.
func (s *scene) fingerprint() string {
	sum := sha256.New()
	require.NoError(s, filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, path)
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%d %s", len(text), text)
		return err
	}))
	return string(sum.Sum(nil))
}

// A hitman stands between the program and the vendors, and kills it at a request:
// before the vendor has it, or after, when the vendor has done what it says.
type hitman struct {
	victim *process
	at     int
	after  bool
	around func(vendor http.Handler, w http.ResponseWriter, r *http.Request) // passes the others on; it may be nil
	note   func(r *http.Request)                                             // is called for each, one after another; it may be nil

	mu  sync.Mutex
	log []string // METHOD and path of every request
}

// watch prepares w, with all that it sends going through h: what continues a rotation
// reaches the vendor as whoever began it did.
func (h *hitman) watch(t *testing.T, w way) (*scene, func() *process) {
	t.Helper()
	before := w.setup
	w.setup = func(s *scene) {
		for name, url := range h.doors(t, s) {
			s.setenv(name, url)
		}
		if before != nil {
			before(s)
		}
	}
	return w.scene(t)
}

// serve makes the victim send through h.
func (h *hitman) serve(t *testing.T, s *scene) {
	t.Helper()
	for name, url := range h.doors(t, s) {
		h.victim.Env = append(h.victim.Env, name+"="+url)
	}
}

// doors starts the servers that pass requests on to the vendors, and returns the variables
// that lead there.
func (h *hitman) doors(t *testing.T, s *scene) map[string]string {
	t.Helper()
	lead := map[string]string{}
	for vendor := range creates() {
		name := fmt.Sprintf("CREDCTL_%s_BASE_URL", strings.ToUpper(vendor))
		to, err := url.Parse(valueOf(s.env, name))
		require.NoError(t, err)
		vendors := &httputil.ReverseProxy{
			Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to) },
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // the vendor was cut off, too
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.pass(vendors, w, r) }))
		t.Cleanup(server.Close)
		lead[name] = server.URL
	}
	return lead
}

// run runs the victim. No request passes before there is somebody to kill.
func (h *hitman) run() error {
	h.mu.Lock()
	err := h.victim.Start()
	h.mu.Unlock()
	if err != nil {
		return err
	}
	return h.victim.Wait()
}

func (h *hitman) pass(vendor http.Handler, w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	if h.victim == nil { // what happens before it runs
		h.mu.Unlock()
		vendor.ServeHTTP(w, r)
		return
	}
	h.log = append(h.log, r.Method+" "+r.URL.Path)
	if h.note != nil {
		h.note(r)
	}
	hit := len(h.log) == h.at
	h.mu.Unlock()
	switch {
	case hit:
	case h.around != nil:
		h.around(vendor, w, r)
		return
	default:
		vendor.ServeHTTP(w, r)
		return
	}
	defer func() {
		_ = h.victim.Process.Kill()
		panic(http.ErrAbortHandler)
	}()
	if h.after {
		vendor.ServeHTTP(httptest.NewRecorder(), r)
	}
}
