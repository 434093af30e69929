package providertest_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

// TestBrokenIsFound tries the contract on adapters that break it, each in one way.
func TestBrokenIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("each runs in a process of its own")
	}
	for how, says := range map[string]string{
		"drops":      "the issued credential was not recorded",
		"hides":      "the secret that was issued is dropped",
		"repeats":    "must not be repeated",
		"quotes":     "should not contain",
		"undeclared": "is not declared for this verb",
		"anonymous":  "Not equal",
		"careless":   "An error is expected but got nil",
		"stubborn":   `Expected error with "context canceled" in chain`,
		"forgets":    "the answer may be the only copy of a secret",
		"deaf":       "An error is expected but got nil",
		"unclassed":  "Target error should be in err chain",
		"strays":     "is not below the base URL",
		"silent":     "is sent after what was issued could not be recorded",
	} {
		t.Run(how, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRun$")
			cmd.Env = append(os.Environ(), "TOY="+how)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "it passes")
			assert.Contains(t, string(out), says)
		})
	}
}

// broken is how the toy breaks the contract.
var broken = os.Getenv("TOY")

// TestRun tries the contract on an adapter that keeps it.
func TestRun(t *testing.T) {
	providertest.Run(t, toy(), map[string]providertest.Samples{"key": {
		ID:       "k1",
		Settings: map[string]string{"token-file": "toy-token-1234"},
		Inputs: map[provider.Verb]map[string]string{
			provider.Create: {"name": "ci"},
			provider.Update: {"name": "cd"},
		},
		Answers: vendortest.Routes{
			"GET /v1/keys":          `[{"id":"k1","name":"ci"},{"id":"k2","name":"cd"}]`,
			"GET /v1/keys/{id}":     `{"id":"k1","name":"ci"}`,
			"POST /v1/keys":         `201 {"id":"k3","name":"ci","key":"s3cr3t-of-k3"}`,
			"PATCH /v1/keys/{id}":   `{"id":"k1","name":"cd"}`,
			"DELETE /v1/keys/{id}":  "204",
			"POST /v1/keys/{id}/go": `{"id":"k3"}`,
			"DELETE /v2/keys/{id}":  "204",
		}.Handler,
		Except: []providertest.Exception{{Verb: provider.Delete, Status: 410, Want: provider.ErrNotFound}},
	}})
}

var token = provider.SecretFile("token-file", "the token's `file`")

func toy() provider.Provider {
	check := func(id string) error {
		if broken != "careless" && (id == "" || url.PathEscape(id) != id || id == "..") {
			return provider.Usage("no ID")
		}
		return nil
	}
	none := "there is no such API"
	return provider.Provider{
		Name: "toy", Title: "Toy", BaseURL: "https://toy.example", Prefix: "/v1", Settings: []provider.AnyParam{token},
		Kinds: []provider.Kind{provider.NewKind(provider.Kind{
			Name: "key", Title: "keys", CheckID: check,
			Params: map[provider.Verb][]provider.AnyParam{
				provider.Create: {provider.Name}, provider.Update: {provider.Name}, provider.Rotate: {provider.Name},
			},
			Issues:      []provider.Verb{provider.Create, provider.Rotate},
			Shape:       provider.KeyPair(),
			Unsupported: map[provider.Verb]string{provider.Generate: none},
		}, func(c provider.Conn) (*toyKeys, error) {
			if broken == "strays" {
				c.BaseURL = "https://vendor.example/v2"
			}
			client, err := rest.New(c, rest.Dialect{
				Auth: rest.Bearer(token.Get(c.Settings)),
				Failure: func(_ int, body []byte) rest.Failure {
					if broken == "quotes" {
						return rest.Failure{Message: string(body)}
					}
					return rest.Failure{}
				},
			})
			return &toyKeys{client}, err
		})},
	}
}

type toyKeys struct{ c *rest.Client }

type toyKey struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Key  provider.Secret `json:"key"`
}

func (k toyKey) credential() provider.Credential {
	c := provider.Credential{Provider: "toy", Kind: "key", ID: k.ID, Name: k.Name, Secret: k.Key}
	if broken == "anonymous" {
		c.Provider = ""
	}
	return c
}

func (k *toyKeys) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return rest.Map(rest.Pages(ctx, k.c, rest.Paging[toyKey, struct{}]{
		Request: func(int) rest.Request { return rest.Request{Method: http.MethodGet, Path: "/keys"} },
		ID:      func(k toyKey) string { return k.ID },
		More:    func(int, int, struct{}) (int, bool, bool, error) { return 0, false, false, nil },
	}), toyKey.credential)
}

func (k *toyKeys) do(ctx context.Context, r rest.Request) (provider.Credential, error) {
	got, err := rest.Do[toyKey](ctx, k.c, r)
	if err != nil {
		return provider.Credential{}, err
	}
	return got.credential(), nil
}

func (k *toyKeys) Get(ctx context.Context, id string) (provider.Credential, error) {
	if broken == "stubborn" {
		ctx = context.WithoutCancel(ctx)
	}
	return k.do(ctx, rest.Request{Method: http.MethodGet, Path: "/keys/" + id})
}

// Create has a second step, after which what was issued must not be dropped.
func (k *toyKeys) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	r := rest.Request{Method: http.MethodPost, Path: "/keys", Body: map[string]string{"name": provider.Name.Get(in)}, ReturnsSecret: broken != "forgets"}
	c, err := k.do(ctx, r)
	if err != nil && broken == "repeats" {
		c, err = k.do(ctx, r)
	}
	if err != nil {
		return c, err
	}
	if broken != "silent" {
		if err := in.Record(c); err != nil {
			return c, err
		}
	}
	_, err = k.do(ctx, rest.Request{Method: http.MethodPost, Path: "/keys/" + c.ID + "/go"})
	switch {
	case err != nil && broken == "drops":
		return provider.Credential{}, err
	case err != nil && broken == "hides":
		c.Secret = provider.Secret{}
	}
	return c, err
}

// Update reads before it writes.
func (k *toyKeys) Update(ctx context.Context, id string, in provider.Input) (provider.Credential, error) {
	if c, err := k.Get(ctx, id); err != nil {
		if broken == "unclassed" {
			err = errors.New("it failed")
		}
		return c, err
	}
	if broken == "undeclared" {
		_ = token.Get(in)
	}
	return k.do(ctx, rest.Request{Method: http.MethodPatch, Path: "/keys/" + id, Body: map[string]string{"name": provider.Name.Get(in)}})
}

func (k *toyKeys) Replace(ctx context.Context, old provider.Credential, _ provider.Input) (provider.Credential, error) {
	return k.do(ctx, rest.Request{Method: http.MethodPost, Path: "/keys", Body: map[string]string{"name": old.Name}, ReturnsSecret: true})
}

func (k *toyKeys) Delete(ctx context.Context, id string) error {
	_, err := rest.Do[struct{}](ctx, k.c, rest.Request{Method: http.MethodDelete, Path: "/keys/" + id})
	if broken == "deaf" {
		return nil
	}
	return err
}
