package rest

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// leak stands for what must not get into an error or the log.
const leak = "sk_live_do_not_show"

var (
	errReset   = errors.New("read tcp: connection reset by peer " + leak)
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
)

// script is a vendor in memory: each request gets the next answer, and the last
// one again and again. What was sent is kept.
type script struct {
	answers []reply

	mu   sync.Mutex
	sent []string
	at   []time.Time
}

// A reply is an answer, or an error in place of one.
type reply struct {
	status int
	body   string
	header http.Header
	err    error
	after  time.Duration
	cut    bool // the connection ends within the body
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = " " + string(b)
	}
	s.mu.Lock()
	s.sent = append(s.sent, r.Method+" "+r.URL.RequestURI()+body)
	s.at = append(s.at, time.Now())
	now := s.answers[min(len(s.sent), len(s.answers))-1]
	s.mu.Unlock()
	if now.after > 0 {
		select {
		case <-time.After(now.after):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if now.err != nil {
		return nil, now.err
	}
	h := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(h, now.header)
	answer := io.Reader(strings.NewReader(now.body))
	if now.cut {
		answer = io.MultiReader(answer, iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return &http.Response{StatusCode: now.status, Header: h, Body: io.NopCloser(answer), Request: r}, nil
}

// speaking returns a client of s with a token, whose dialect change may change.
func (s *script) client(t *testing.T, change ...func(*provider.Conn, *Dialect)) *Client {
	t.Helper()
	conn := provider.Conn{HTTP: &http.Client{Transport: s}, BaseURL: "https://vendor.example/v1", MaxWait: 30 * time.Second}
	d := Dialect{Auth: Bearer(provider.NewSecret("token-1234567")), Failure: says}
	for _, c := range change {
		c(&conn, &d)
	}
	c, err := New(conn, d)
	require.NoError(t, err)
	return c
}

func status(codes ...int) *script {
	s := &script{}
	for _, code := range codes {
		s.answers = append(s.answers, reply{status: code, body: "{}"})
	}
	return s
}

func after(value string) http.Header { return http.Header{"Retry-After": {value}} }
