package losant

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
)

func TestContract(t *testing.T) {
	providertest.Run(t, Provider(), map[string]providertest.Samples{kind: {
		ID:       credID,
		Settings: map[string]string{"token-file": "token-of-credctl", "application": appID},
		Inputs: map[provider.Verb]map[string]string{
			provider.Create: {"name": "archive", "type": "snowflake", "set": "host=h", "config-file": `{"username":"u"}`, "set-file": "privateKey=sesame"},
			provider.Update: {"set": "username=w"},
			provider.Rotate: {},
		},
		Answers: healthy,
	}})
}

// healthy is an application with one snowflake credential, which every PATCH changes.
func healthy() http.Handler {
	now := cred("snowflake", snowShown)
	mux := http.NewServeMux()
	answer := func(pattern string, status int, of func(body string) string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, of(string(body)))
		})
	}
	answer("GET "+root, 200, func(string) string { return `{"items":[` + now + `],"count":1,"totalCount":1}` })
	answer("GET "+one, 200, func(string) string { return now })
	answer("POST "+root, 201, func(string) string { return now })
	answer("DELETE "+one, 200, func(string) string { return `{"success":true}` })
	answer("PATCH "+one, 200, func(body string) string {
		now = moved("snowflake", strings.Replace(snowShown, `"u"`, `"w"`, 1))
		if strings.Contains(body, "generatePrivateKey") {
			now = moved("snowflake", snowNew)
		}
		return now
	})
	return mux
}
