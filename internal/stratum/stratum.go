// Package stratum manages the API keys of a Stratum control plane.
//
// The API is described at https://docs.stratum-hq.org and by the OpenAPI document
// of the project; where the server differs from that document, this package
// follows the server and still reads what the document promises.
package stratum

import (
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/stratum/examples"
	"github.com/credctl/credctl/internal/stratum/onboard"
	"github.com/credctl/credctl/internal/stratum/wire"
)

const (
	vendor = wire.Vendor
	kind   = wire.Kind
)

var (
	tenant = provider.String("tenant", "`UUID` of the tenant that the keys belong to").FromEnv("STRATUM_TENANT_ID").Check(setting.CheckUUID("tenant", ""))
	token  = provider.Token.FromEnv("STRATUM_API_KEY")
	bearer = provider.SecretFile("bearer-token-file", "`file` with a JWT, used if no key is set").FromEnv("STRATUM_BEARER_TOKEN")
)

// checkID keeps from the server what it answers with 500.
var checkID = setting.CheckUUID("API key", ", such as b0d71f2c-e4e6-4c01-98dd-8e4614db1b59")

// Provider describes Stratum.
func Provider() provider.Provider {
	return provider.Provider{
		Name:     vendor,
		Title:    "Stratum tenant context engine",
		BaseURL:  "http://localhost:3000",
		Prefix:   "/api/v1",
		BaseEnv:  []string{"STRATUM_BASE_URL"},
		Settings: []provider.AnyParam{token, bearer, tenant},
		Login:    onboard.Login(tenant.Info(), func(c provider.Conn) (*rest.Client, error) { k, err := open(c); return k.api, err }),

		CheckDefault: onboard.CheckDefault(token),
		Kinds: []provider.Kind{provider.NewKind(provider.Kind{
			Name:  kind,
			Title: "API keys",
			Params: map[provider.Verb][]provider.AnyParam{
				provider.List:   {status, dormant, days},
				provider.Create: {provider.Name, role, rateMax, rateWindow},
				provider.Rotate: {provider.NewName, role, rateMax, rateWindow},
			},
			Needs:         map[provider.Verb][]provider.AnyParam{provider.Create: {tenant}},
			TellsUse:      true,
			GetsByListing: true,
			Issues:        []provider.Verb{provider.Create, provider.Rotate},
			Unsupported: map[provider.Verb]string{
				provider.Update:   "Stratum has no API that changes a key; to replace it with a key of another name, run: credctl stratum rotate ID --new-name NAME",
				provider.Generate: "Stratum cannot generate a new secret for a key; to create a key in its place, run: credctl stratum rotate ID",
			},
			Effects: map[provider.Verb]string{
				provider.Delete: "Clients that use it stop working immediately; this cannot be undone",
				provider.Rotate: "the old secret stops working immediately",
			},
			Help: map[provider.Verb]string{
				provider.List:   "Revoked and expired keys stay in the listing. --status active hides them.\n\n--dormant also lists keys that were created a moment ago. Some servers do not record when a key was used, and then list all keys.",
				provider.Create: "The new key has the scopes read and write in its tenant. Stratum does not show its rate limit later.",
				provider.Rotate: "Stratum revokes the old key and creates a key with a new ID. It has the same name, unless you pass --new-name.",
			},
			CheckID:  checkID,
			Examples: examples.All(),
			Shape:    provider.SingleSecret("STRATUM_API_KEY").Starting("sk_"),
		}, open), roleKind()},
	}
}

// keys is the open kind.
type keys struct {
	*server

	tenant string // "": all
}

// A server is what the kinds ask of a Stratum server.
type server struct {
	api   *rest.Client
	conn  provider.Conn
	token provider.Secret // the API key that signs the requests, if one does

	carries atomic.Int32 // what a rotation carries over, as far as the server has shown it
}

// What it can do in addition to its verbs, which nothing else would miss.
var (
	_ provider.Rotator         = (*keys)(nil)
	_ provider.Replacer        = (*keys)(nil)
	_ provider.Verifier        = (*keys)(nil)
	_ provider.ScopeLister     = (*keys)(nil)
	_ provider.ValueLister     = (*keys)(nil)
	_ provider.ImpactExplainer = (*keys)(nil)
)

func open(c provider.Conn) (*keys, error) {
	api, err := rest.New(c, rest.Dialect{Auth: authenticate(token.Get(c.Settings), bearer.Get(c.Settings)), Failure: wire.Failure, Limit: wire.PerAddress(true)})
	return &keys{&server{api: api, conn: c, token: token.Get(c.Settings)}, strings.ToLower(tenant.Get(c.Settings))}, err
}

const path = "/api-keys"

// one is a request for the key with this ID, or for what is below it.
func one(method, id string, below ...string) rest.Request {
	return rest.Request{Method: method, Path: strings.Join(append([]string{path, url.PathEscape(id)}, below...), "/")}
}
