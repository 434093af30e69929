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

	"github.com/credctl/credctl/internal/medianova/examples"
	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/verify"
)

const (
	vendor = "medianova"
	kind   = "credential"
)

var (
	organization = provider.String("org", "`UUID` of the organization").FromEnv("MEDIANOVA_ORG").Labeled("organization").Check(setting.CheckUUID("organization", "")).Required()
	token        = provider.Token.FromEnv("MEDIANOVA_TOKEN").MaxTTL(4 * time.Hour)
	apiKey       = provider.SecretFile("api-key-file", "`file` with the API key, used without a token").FromEnv("MEDIANOVA_API_KEY").MaxTTL(30 * 24 * time.Hour)
	apiSecret    = provider.SecretFile("api-secret-file", "`file` with the secret of the API key").FromEnv("MEDIANOVA_API_SECRET").MaxTTL(30 * 24 * time.Hour)
	s3Endpoint   = provider.String("s3-endpoint", "`URL` of your S3 endpoint, as the panel shows it").FromEnv("MEDIANOVA_S3_ENDPOINT").Labeled("S3 endpoint").Check(checkEndpoint).Adjustable()

	buckets   = provider.Strings("bucket", "`NAME, NAME@REGION or UUID` of a bucket; repeatable").Check(checkBuckets)
	readOnly  = provider.Bool("read-only", "allow only listing and reading objects")
	subfolder = provider.String("subfolder", "restrict access to this `folder` of the buckets")
)

var checkID = setting.CheckUUID("credential", ", such as 0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3")

// Provider describes Medianova.
func Provider() provider.Provider {
	return provider.Provider{
		Name:     vendor,
		Title:    "Medianova Stook object storage",
		BaseURL:  "https://cloud.medianova.com",
		Prefix:   doubled,
		BaseEnv:  []string{"MEDIANOVA_BASE_URL"},
		Settings: []provider.AnyParam{organization, token, apiKey, apiSecret, s3Endpoint},
		Login:    wire.Login(organization.Info(), accounts),
		Kinds: []provider.Kind{provider.NewKind(provider.Kind{
			Name:  kind,
			Title: "Stook credentials",
			Params: map[provider.Verb][]provider.AnyParam{
				provider.Create: {provider.Name.Required(), buckets.Required(), readOnly, subfolder},
				provider.Update: {provider.NewName, buckets, readOnly, subfolder},
				provider.Rotate: {provider.NewName},
			},
			Issues:   []provider.Verb{provider.Create, provider.Rotate},
			Shape:    provider.KeyPair(),
			Endpoint: s3Endpoint,
			Unsupported: map[provider.Verb]string{
				provider.Generate: "Medianova cannot generate a new secret for a credential; to create a replacement, run: credctl medianova rotate ID",
			},
			Effects: map[provider.Verb]string{
				provider.Delete: "Clients that use it lose access to the buckets",
				provider.Rotate: "the old key pair loses access to the buckets once the new key pair is delivered",
			},
			Help: map[provider.Verb]string{
				provider.Create: "Medianova's documentation says that only its panel shows the secret. If the answer has a secret, credctl uses it.",
				provider.Update: "Only the fields you pass change. Medianova replaces the whole credential, so credctl reads it back and compares it. An empty --subfolder removes the restriction.",
			},
			CheckID:  checkID,
			Examples: examples.All(),
		}, open)},
	}
}

// service is the open kind.
type service struct {
	api      *api
	conn     provider.Conn
	endpoint string // "": not known
}

// What it can do in addition to its verbs, which nothing else would miss.
var (
	_ provider.Replacer        = (*service)(nil)
	_ provider.RightsRepairer  = (*service)(nil)
	_ provider.Verifier        = (*service)(nil)
	_ provider.VerifyChecker   = (*service)(nil)
	_ provider.ImpactExplainer = (*service)(nil)
	_ provider.SecretHinter    = (*service)(nil)
	_ provider.ValueLister     = (*service)(nil)
)

func open(c provider.Conn) (*service, error) {
	org := organization.Get(c.Settings)
	if org == "" {
		return nil, setting.Missing(vendor, organization.Info())
	}
	client, prefix, err := dial(c)
	if err != nil {
		return nil, err
	}
	return &service{
		api:      &api{client: client, below: "/stook/" + url.PathEscape(org), prefix: prefix},
		conn:     c,
		endpoint: verify.Endpoint(s3Endpoint.Get(c.Settings)),
	}, nil
}

// dial returns a client for the origin of c, which authenticates, and the path of
// the API there.
func dial(c provider.Conn) (client *rest.Client, prefix string, err error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, "", provider.Usage("invalid base URL")
	}
	prefix = strings.TrimRight(u.EscapedPath(), "/")
	u.Path, u.RawPath = "", ""
	c.BaseURL = u.String()
	s := &session{path: loginPath(prefix), key: apiKey.Get(c.Settings), secret: apiSecret.Get(c.Settings), token: token.Get(c.Settings)}
	if s.login, err = rest.New(c, rest.Dialect{Failure: wire.Failure}); err != nil {
		return nil, "", err
	}
	client, err = rest.New(c, rest.Dialect{Auth: s.authenticate, Renew: s.renew, Failure: wire.Failure})
	return client, prefix, err
}
