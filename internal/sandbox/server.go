package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxRequest = 8 << 20
	slowAnswer = 60 * time.Second
)

// call is a request as a vendor sees it.
type call struct {
	*http.Request
	body []byte
	at   time.Time
	by   string // set by the vendor's authentication

	header map[string]string // of the answer, which the answer's own replace
}

// object is the body as a JSON object; false when it is anything else.
func (c *call) object() (map[string]any, bool) {
	var m map[string]any
	err := json.Unmarshal(c.body, &m)
	return m, err == nil && m != nil
}

// answer is what a vendor says.
type answer struct {
	status    int
	body      any // nil is no body, bytes go as they are, the rest as JSON
	header    map[string]string
	id        string // the credential, where the request did not name it
	secret    string // the secret that the body holds
	committed bool   // the vendor's state has changed
}

// route is what a request was recognised as.
type route struct {
	verb   string
	id     string
	handle func(*call) answer
}

// vendor is one API. The host holds its lock while a route's handler runs and
// while its answer is encoded, so handlers and refuse need none; headers and credentials lock for themselves.
type vendor interface {
	sync.Locker
	// route recognises a request, without the lock.
	route(c *call) route
	// refuse is a status in the vendor's own envelope, with its own words where message is empty.
	refuse(status int, message string) answer
	// headers sets what every answer of the vendor carries.
	headers(h http.Header, a answer)
	// credentials is the state, for Sandbox.Credentials.
	credentials() []Credential
}

// host serves one vendor: it does what is common to all of them.
type host struct {
	sandbox *Sandbox
	name    string
	addr    string
	vendor  vendor

	mu     sync.Mutex
	second window
}

// ServeHTTP recognises, records, delays, spoils and answers a request.
func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := h.sandbox
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
		return
	}
	c := &call{Request: r, body: body, at: s.now()}
	rt := h.vendor.route(c)
	line := s.journal.begin(Request{
		Time: c.at, Vendor: h.name, Verb: rt.verb, ID: rt.id, Method: r.Method, Path: r.URL.Path,
		Query: r.URL.RawQuery, Body: string(body[:min(len(body), transcriptBody)]),
	})
	if !wait(r.Context(), s.opts.Latency) {
		return
	}
	fault, struck := s.faults.strike(h.name, rt.verb)
	var a answer
	switch {
	case struck && fault.before():
		a = h.instead(fault)
	case h.limited(c.at):
		a = h.vendor.refuse(http.StatusTooManyRequests, "")
	default:
		a = h.perform(c, rt)
	}
	if struck {
		a = h.spoil(fault, a)
	}
	cut := fault.Kind == CutBefore || fault.Kind == CutAfter
	s.journal.update(line, func(l *Request) {
		l.By, l.Committed = c.by, a.committed
		if a.id != "" {
			l.ID = a.id
		}
		if struck {
			l.Fault = fault.String()
		}
		if !cut && fault.Kind != Slow {
			l.Status = a.status
		}
	})
	s.log.Info("request", "vendor", h.name, "verb", rt.verb, "method", r.Method, "path", r.URL.Path, "status", a.status, "fault", line.Fault)
	if cut {
		panic(http.ErrAbortHandler) // the server's own way to end a connection without an answer
	}
	if fault.Kind == Slow {
		if !wait(r.Context(), slowAnswer) {
			return
		}
		s.journal.update(line, func(l *Request) { l.Status = a.status })
	}
	h.send(w, fault.Kind, a)
}

// perform lets the vendor act, and encodes its answer before anybody else can change what it refers to.
func (h *host) perform(c *call, rt route) answer {
	h.vendor.Lock()
	defer h.vendor.Unlock()
	a := rt.handle(c)
	a.body = encode(a.body)
	if c.header != nil {
		maps.Copy(c.header, a.header)
		a.header = c.header
	}
	return a
}

// send writes an answer, whole or as the fault has it.
func (h *host) send(w http.ResponseWriter, kind string, a answer) {
	h.vendor.headers(w.Header(), a)
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	body := encode(a.body)
	if kind == Endless {
		w.WriteHeader(a.status)
		endless(w, body)
		return
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if kind == CutBody {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // a client that left is no concern of a vendor
}

// limited counts a request against the rate limit.
func (h *host) limited(at time.Time) bool {
	if h.sandbox.opts.RateLimit <= 0 {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.second.takeAligned(at, time.Second) > h.sandbox.opts.RateLimit
}

// wait pauses, and reports whether somebody still wants the answer.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// encode is the bytes of a body. What the vendors send is not escaped for HTML and has no newline at its end.
func encode(body any) []byte {
	switch b := body.(type) {
	case nil:
		return nil
	case []byte:
		return b
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic(err) // the sandbox makes its bodies itself
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// segments splits a path below a prefix; nil when the path is elsewhere.
func segments(path, prefix string) []string {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok || rest == "" || rest[0] != '/' {
		return nil
	}
	return strings.Split(strings.TrimSuffix(rest[1:], "/"), "/")
}

// bearer is the token of an Authorization header; false when there is none of that kind.
func bearer(r *http.Request) (string, bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}
