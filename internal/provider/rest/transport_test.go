package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// serve returns a client of a real server, over connections as in a real run.
func serve(t *testing.T, h http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	tr := NewTransport()
	t.Cleanup(tr.CloseIdleConnections)
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: tr}, BaseURL: s.URL}, Dialect{Auth: Bearer(provider.NewSecret("token-1234567")), Failure: says})
	require.NoError(t, err)
	return c, s
}

// TestPostIsNeverSentTwice: not by net/http either, which sends a request again
// by itself when a connection that it reuses turns out to be closed.
func TestPostIsNeverSentTwice(t *testing.T) {
	for _, body := range []any{nil, map[string]string{"name": "x"}, strings.Repeat("long ", 100_000)} {
		t.Run(fmt.Sprintf("%.10v", body), func(t *testing.T) {
			var posts atomic.Int32
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					return
				}
				posts.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				conn, _, err := http.NewResponseController(w).Hijack()
				if assert.NoError(t, err) {
					_ = conn.Close() // carried out, but not answered
				}
			})
			for range 20 {
				_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/warm"})
				require.NoError(t, err) // so that there is a connection to reuse
				posts.Store(0)
				_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", Body: body})
				require.ErrorIs(t, err, provider.ErrUnknown)
				require.ErrorContains(t, err, "no answer")
				require.EqualValues(t, 1, posts.Load())
			}
		})
	}
}

// TestClosedIdleConnections: whatever a stale connection does to a POST, it is
// carried out at most once, and never twice.
func TestClosedIdleConnections(t *testing.T) {
	var posts [200]atomic.Int32 // by what was sent: one may arrive when the next is on its way
	c, s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		var i int
		if r.Method == http.MethodPost && json.NewDecoder(r.Body).Decode(&i) == nil {
			posts[i].Add(1)
		}
	})
	done := 0
	for i := range 200 {
		_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/warm"})
		require.NoError(t, err)
		go s.CloseClientConnections() // now, or while the POST is on its way
		_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", Body: i})
		if err == nil {
			done++
			require.EqualValues(t, 1, posts[i].Load())
		} else {
			require.True(t, errors.Is(err, provider.ErrUnknown) || errors.Is(err, errNeverSent), err)
		}
	}
	t.Logf("%d of 200 were answered", done)
	s.Close()
	for i := range posts {
		require.LessOrEqual(t, posts[i].Load(), int32(1))
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s followed a redirect, with %v", r.Method, r.Header)
	}))
	defer elsewhere.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", elsewhere.URL+"/?q="+leak)
				w.Header().Set("Set-Cookie", "session="+leak)
				w.WriteHeader(code)
			})
			_, err := Do[struct{}](t.Context(), c, Request{Method: method, Path: "/x", Body: 1})
			require.ErrorIs(t, err, provider.ErrInvalid)
			require.ErrorContains(t, err, "redirects to 127.0.0.1")
			assert.NotContains(t, err.Error(), leak)
		}
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: NewTransport()}, BaseURL: "http://" + l.Addr().String()}, Dialect{Failure: says})
	require.NoError(t, err)
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", Query: map[string][]string{"q": {leak}}})
	require.ErrorIs(t, err, provider.ErrUnavailable)
	require.NotErrorIs(t, err, provider.ErrUnknown)
	require.ErrorContains(t, err, "POST /x: not sent: could not connect to "+l.Addr().String()+": connection refused")
	assert.NotContains(t, err.Error(), leak)
}

// TestUntrustedCertificate: nothing is sent, and it would only come again.
func TestUntrustedCertificate(t *testing.T) {
	var dialed atomic.Int32
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	s.Config.ErrorLog = nil
	tr := NewTransport()
	dial := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialed.Add(1)
		return dial(ctx, network, addr)
	}
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: tr}, BaseURL: s.URL}, Dialect{Failure: says})
	require.NoError(t, err)
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x"})
	require.ErrorContains(t, err, "not sent: tls: failed to verify certificate")
	require.NotErrorIs(t, err, provider.ErrUnknown)
	assert.EqualValues(t, 1, dialed.Load())
}

func TestHTTP1Alone(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { assert.Equal(t, 1, r.ProtoMajor) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	tr := NewTransport()
	tr.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	defer tr.CloseIdleConnections()
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: tr}, BaseURL: s.URL}, Dialect{Failure: says})
	require.NoError(t, err)
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
	require.NoError(t, err)
}

func TestHostileAnswers(t *testing.T) {
	raw := func(text string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, text) } }
	for name, x := range map[string]struct {
		answer func(io.Writer)
		says   string
	}{
		"no HTTP":          {raw(leak + "\r\n\r\n"), "the answer was not HTTP"},
		"no status":        {raw("HTTP/1.1 " + leak + "\r\n\r\n"), "the answer was not HTTP"},
		"a bad header":     {raw("HTTP/1.1 200 OK\r\n" + leak + "\r\n\r\n"), "the answer was not HTTP"},
		"10,000 headers":   {func(w io.Writer) { headers(w, 10_000) }, "the answer was not HTTP"},
		"less than stated": {raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"" + leak), "the connection was closed"},
		"no end of chunks": {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n"), "the connection was closed"},
		"bad chunks":       {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + leak + "\r\n"), "the answer was not HTTP"},
		"nothing":          {raw(""), "the connection was closed"},
		"no gzip":          {raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 19\r\n\r\n" + leak), "the answer was not HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			var done sync.WaitGroup
			done.Go(func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Read(make([]byte, 4096))
					x.answer(conn)
					_ = conn.Close()
				}
			})
			c, err := New(provider.Conn{HTTP: &http.Client{Transport: NewTransport()}, BaseURL: "http://" + l.Addr().String()}, Dialect{Failure: says})
			require.NoError(t, err)
			_, err = Do[thing](t.Context(), c, Request{Method: http.MethodPost, Path: "/x"})
			require.NoError(t, l.Close())
			done.Wait()
			require.ErrorIs(t, err, provider.ErrUnknown)
			require.ErrorContains(t, err, x.says)
			assert.NotContains(t, err.Error(), leak)
		})
	}
}

func headers(w io.Writer, n int) {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n")
	for i := range n {
		fmt.Fprintf(&b, "X-H-%d: %s%s\r\n", i, leak, leak)
	}
	b.WriteString("Content-Length: 2\r\n\r\n{}")
	_, _ = w.Write(b.Bytes())
}

// TestManyHeaders: as many as fit are no harm.
func TestManyHeaders(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set(fmt.Sprintf("X-H-%d", i), "x")
		}
		_, _ = io.WriteString(w, `{"id":"a"}`)
	})
	got, err := Do[thing](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
	require.NoError(t, err)
	assert.Equal(t, "a", got.ID)
}

// TestGzipBomb: what is bounded is what comes out.
func TestGzipBomb(t *testing.T) {
	zip := func(b []byte) []byte { // what is zipped in parts is one whole
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, _ = z.Write(b)
		_ = z.Close()
		return zipped.Bytes()
	}
	bomb := append(zip([]byte(`["`)), bytes.Repeat(zip(bytes.Repeat([]byte("x"), 1<<20)), 64)...)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"), "a listing is six times shorter")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	_, err := Do[thing](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
	require.ErrorContains(t, err, "is longer than 8 MiB")
	err = Stream(t.Context(), c, Request{Method: http.MethodGet, Path: "/x"}, "", nil, func(string) bool { return true })
	require.ErrorContains(t, err, "is longer than credctl reads")
}

// TestOneTryIsBounded: also when the answer begins, but does not go on.
func TestOneTryIsBounded(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	start := time.Now()
	_, err := Do[thing](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", Timeout: 50 * time.Millisecond})
	require.ErrorIs(t, err, provider.ErrUnknown)
	require.ErrorContains(t, err, "the answer took too long")
	assert.Less(t, time.Since(start), 10*time.Second)
}

// TestConnectionsAreReused, also after a failure whose body nobody needs.
func TestConnectionsAreReused(t *testing.T) {
	var mu sync.Mutex
	from := map[string]bool{}
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.RemoteAddr] = true
		mu.Unlock()
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, `[{"id":"a"}]`)
	})
	for range 10 {
		_, _ = Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/bad"})
		_, _ = Do[[]thing](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
		require.NoError(t, Stream(t.Context(), c, Request{Method: http.MethodGet, Path: "/x"}, "", nil, func(thing) bool { return true }))
	}
	assert.Len(t, from, 1)
}
