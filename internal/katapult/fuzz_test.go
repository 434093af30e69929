package katapult_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/credctl/credctl/internal/provider"
)

// always answers every request alike.
type always struct {
	status int
	body   string
}

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// FuzzAnswers reads any answer as that to each verb: none may panic, and what is
// decoded as a secret may show nowhere.
func FuzzAnswers(f *testing.F) {
	f.Add(200, one(oldKey))
	f.Add(200, one(generated))
	f.Add(200, page(`{"current_page":1,"total_pages":1,"total":1,"per_page":100,"large_set":false}`, "objkey_1"))
	f.Add(200, page(`{"current_page":1,"total_pages":null,"total":null,"large_set":true}`, "objkey_1"))
	f.Add(200, page(`{"current_page":1,"total_pages":99,"total":9900}`, "objkey_1"))
	f.Add(200, bucketOf(`"objkey_old"`, ``))
	f.Add(422, refusal("validation_error", `{"errors":["a","b"],"path":["c"],"scopes":null}`))
	f.Add(403, `{"code":"scope_not_granted","description":null,"detail":{"scopes":["x"]}}`)
	f.Add(500, `{"error":"no"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status == 422 || status == 429 || status > 500 {
			status = 400 // what is asked again takes time, and is read alike
		}
		service := open(t, map[string]string{"org": "acme", "region": "uk-lon-1"}, provider.Conn{HTTP: &http.Client{Transport: always{status, body}}})
		n := 0
		for c, err := range service.(provider.Lister).List(t.Context(), provider.Input{}) {
			shown(t, c, err)
			if n++; n > 1000 {
				break
			}
		}
		c, err := service.(provider.Getter).Get(t.Context(), "objkey_old")
		shown(t, c, err)
		c, err = service.(provider.Generator).Generate(t.Context(), "objkey_old", provider.Input{})
		shown(t, c, err)
		if c.ID != "objkey_old" {
			t.Errorf("the ID is lost")
		}
		c, err = service.(provider.Replacer).Replace(t.Context(), old(), provider.Input{})
		shown(t, c, err)
		_ = service.(provider.Deleter).Delete(t.Context(), "objkey_old")
	})
}

// shown checks that neither a credential nor an error shows its secret.
func shown(t *testing.T, c provider.Credential, err error) {
	t.Helper()
	s := c.Secret.Reveal()
	if len(s) < 16 {
		return // it may be a part of anything
	}
	c.Secret = provider.Secret{} // and what else there is is not to have it either, unless the vendor sent it twice
	if text := fmt.Sprintf("%v", err); strings.Contains(text, s) {
		t.Errorf("the error shows the secret")
	}
	if text := fmt.Sprintf("%+v", c.Details); strings.Count(text, s) > 0 && !strings.Contains(c.Name+c.Key+c.ID+c.Region+c.Status+c.Endpoint+strings.Join(c.Scopes, " "), s) {
		t.Errorf("the details show the secret")
	}
}

// BenchmarkList reads 100,000 keys.
func BenchmarkList(b *testing.B) {
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprintf("objkey_%013d", i)
	}
	full := page(`{"total_pages":1000,"total":100000,"per_page":100,"large_set":false}`, ids...)
	service := open(b, map[string]string{"org": "acme"}, provider.Conn{HTTP: &http.Client{Transport: always{200, full}}})
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range service.(provider.Lister).List(b.Context(), provider.Input{}) {
			if n++; err != nil {
				b.Fatal(err)
			}
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
}
