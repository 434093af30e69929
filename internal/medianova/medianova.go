// Package medianova manages the credentials of Medianova Stook, an S3 object
// storage.
//
// The API is described at
// https://clients.medianova.com/api-documentation/object-storage-stook/credentials.
// What that leaves open is read in every form that its siblings have.
package medianova

import (
	"net/url"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/verify"
)

const (
	vendor = "medianova"
	kind   = "credential"
)

var (
	organization = provider.String("org", "`UUID` of the organization").FromEnv("MEDIANOVA_ORG").Check(provider.CheckUUID("an organization", "")).Required()
	token        = provider.Token.FromEnv("MEDIANOVA_TOKEN").MaxTTL(4 * time.Hour)
	apiKey       = provider.SecretFile("api-key-file", "read the API key that logs in, where there is no token, from this `file`").FromEnv("MEDIANOVA_API_KEY").MaxTTL(30 * 24 * time.Hour)
	apiSecret    = provider.SecretFile("api-secret-file", "read the secret that belongs to the API key from this `file`").FromEnv("MEDIANOVA_API_SECRET").MaxTTL(30 * 24 * time.Hour)
	s3Endpoint   = provider.String("s3-endpoint", "`URL` of your S3 endpoint, as the panel shows it").FromEnv("MEDIANOVA_S3_ENDPOINT").Check(checkEndpoint)

	buckets   = provider.Strings("bucket", "`NAME, NAME@REGION or UUID` of a bucket that it may use; may be repeated").Check(checkBuckets)
	readOnly  = provider.Bool("read-only", "it may list and read, and nothing else")
	subfolder = provider.String("subfolder", "restrict it to this `folder` of the buckets")
)

var checkID = provider.CheckUUID("a Stook credential", ", such as 0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3; `credctl medianova list` shows them")

// Provider describes Medianova.
func Provider() provider.Provider {
	return provider.Provider{
		Name:     vendor,
		Title:    "Medianova Stook object storage",
		BaseURL:  "https://cloud.medianova.com",
		Prefix:   doubled,
		BaseEnv:  []string{"MEDIANOVA_BASE_URL"},
		Settings: []provider.AnyParam{organization, token, apiKey, apiSecret, s3Endpoint},
		Kinds: []provider.Kind{provider.NewKind(provider.Kind{
			Name:  kind,
			Title: "Stook credentials",
			Params: map[provider.Verb][]provider.AnyParam{
				provider.Create: {provider.Name.Required(), buckets.Required(), readOnly, subfolder},
				provider.Update: {provider.NewName, buckets, readOnly, subfolder},
				provider.Rotate: {provider.NewName},
			},
			Issues: []provider.Verb{provider.Create, provider.Rotate},
			Shape:  provider.KeyPair(),
			Unsupported: map[provider.Verb]string{
				provider.Generate: "Medianova makes no new secret for the same credential; use `credctl medianova rotate`, which creates another one like it",
			},
			Effects: map[provider.Verb]string{
				provider.Delete: "whatever uses its key pair loses access to the buckets",
				provider.Rotate: "the old key pair loses access to the buckets once the new one is in place",
			},
			Help: map[provider.Verb]string{
				provider.Create: "By Medianova's documents the answer holds no secret: the panel shows it. When a secret does come back, it is used.",
				provider.Update: "What is not named stays as it is. The update replaces the whole credential, and is compared afterwards. An empty --subfolder lifts the restriction.",
			},
			CheckID:  checkID,
			Examples: examples(),
		}, open)},
	}
}

// service is the open kind.
type service struct {
	api      *api
	conn     provider.Conn
	endpoint string // "": not known
}

// What it can do beside its verbs, which nothing else would miss.
var (
	_ provider.Replacer        = (*service)(nil)
	_ provider.RightsRepairer  = (*service)(nil)
	_ provider.Verifier        = (*service)(nil)
	_ provider.ImpactExplainer = (*service)(nil)
	_ provider.SecretHinter    = (*service)(nil)
	_ provider.ValueLister     = (*service)(nil)
)

func open(c provider.Conn) (*service, error) {
	org := organization.Get(c.Settings)
	if org == "" {
		return nil, provider.Usage("every request names an organization: give --org, or set CREDCTL_MEDIANOVA_ORG or MEDIANOVA_ORG")
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, provider.Usage("the base URL is not one")
	}
	prefix := strings.TrimRight(u.EscapedPath(), "/")
	u.Path, u.RawPath = "", ""
	origin := c
	origin.BaseURL = u.String()
	s := &session{path: loginPath(prefix), key: apiKey.Get(c.Settings), secret: apiSecret.Get(c.Settings), token: token.Get(c.Settings)}
	if s.login, err = rest.New(origin, rest.Dialect{Failure: wire.Failure}); err != nil {
		return nil, err
	}
	client, err := rest.New(origin, rest.Dialect{Auth: s.authenticate, Renew: s.renew, Failure: wire.Failure})
	if err != nil {
		return nil, err
	}
	return &service{
		api:      &api{client: client, below: "/stook/" + url.PathEscape(org), prefix: prefix},
		conn:     c,
		endpoint: verify.Endpoint(s3Endpoint.Get(c.Settings)),
	}, nil
}
