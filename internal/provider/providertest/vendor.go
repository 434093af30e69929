package providertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// vendorHost is where the vendor is.
const vendorHost = "vendor.example"

// A sent request, and the answer to it.
type sent struct {
	method, path string
	host         string
	header       http.Header
	body         string
	answer       string // its body
}

// changes reports whether sending it twice may do more than sending it once.
func (s sent) changes() bool { return s.method == http.MethodPost || s.method == http.MethodPatch }

// vendor is a transport without a network, so that it can live in a bubble of
// synctest. From its after-th request on, those of the same route meet the fault.
type vendor struct {
	healthy http.Handler
	fault   func(*http.Request) (*http.Response, error) // nil: none
	after   int

	mu    sync.Mutex
	log   []sent
	route string // that meets the fault
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := sent{method: r.Method, path: r.URL.Path, host: r.URL.Host, header: r.Header.Clone()}
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		s.body = string(b)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if v.fault != nil && len(v.log) == v.after {
		v.route = s.method + " " + s.path
	}
	if v.route == s.method+" "+s.path {
		v.log = append(v.log, s)
		return v.fault(r)
	}
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(strings.NewReader(s.body))
	in.RequestURI = r.URL.RequestURI()
	w := httptest.NewRecorder()
	v.healthy.ServeHTTP(w, in)
	resp := w.Result()
	s.answer = w.Body.String()
	v.log = append(v.log, s)
	resp.Request = r
	return resp, nil
}

// respond is an answer whose body has a secret, and whose headers lead elsewhere.
func respond(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status,
			Header:     http.Header{"Content-Type": {"application/json"}, "Location": {"https://elsewhere.example/"}},
			Body:       io.NopCloser(strings.NewReader(body)),
			Request:    r,
		}, nil
	}
}
