package vendortest

import (
	"io"
	"net/http"
)

// Routes is a healthy vendor without state: for each pattern of [http.ServeMux],
// with the provider's prefix, an answer in JSON, after its status if that is not 200:
//
//	"POST /api/v1/api-keys": `201 {"id":"…","plaintext_key":"…"}`,
//	"DELETE /api/v1/api-keys/{id}": "204",
type Routes map[string]string

// Handler returns a handler for r.
func (r Routes) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range r {
		status, body := divided(answer)
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	return mux
}
