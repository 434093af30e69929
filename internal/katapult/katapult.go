// Package katapult manages the object storage access keys of Katapult, the cloud
// platform of Krystal.
//
// What is peculiar to Katapult: a new key has no credentials until it has been
// provisioned, and generating them again replaces them; keys get at buckets
// through the buckets' access lists; and paths hold a placeholder where others
// have an ID. See https://docs.katapult.io/docs/api/core/.
package katapult

import (
	"strings"
	"time"

	"github.com/credctl/credctl/internal/katapult/examples"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
)

const (
	vendor = "katapult"
	kind   = "access-key"
)

var (
	token  = provider.Token.FromEnv("KATAPULT_API_TOKEN", "KATAPULT_API_KEY") // its older tools say token, its newer ones key
	org    = provider.String("org", "`ID or subdomain` of the organization").FromEnv("KATAPULT_ORGANIZATION").Labeled("organization")
	region = provider.String("region", "`region` of the object storage, such as uk-lon-1").Check(setting.CheckRegion)

	bucketsRead  = provider.Bool("all-buckets-read", "allow listing all buckets (some S3 clients need it)")
	objectsRead  = provider.Bool("all-objects-read", "allow reading objects in all buckets")
	objectsWrite = provider.Bool("all-objects-write", "allow writing and deleting objects in all buckets")
	noGenerate   = provider.Bool("no-generate", "create the key without a secret")
)

// Provider describes Katapult.
func Provider() provider.Provider {
	return provider.Provider{
		Name:     vendor,
		Title:    "Katapult object storage",
		BaseURL:  "https://api.katapult.io",
		Prefix:   "/core/v1",
		Settings: []provider.AnyParam{token, org, region},
		Login:    loginSteps(),
		Kinds: []provider.Kind{provider.NewKind(provider.Kind{
			Name:  kind,
			Title: "object storage access keys",
			Params: map[provider.Verb][]provider.AnyParam{
				provider.Create: {provider.Name.Required(), bucketsRead, objectsRead, objectsWrite, noGenerate},
				provider.Update: {provider.NewName, bucketsRead, objectsRead, objectsWrite},
				provider.Rotate: {provider.NewName},
			},
			Needs: map[provider.Verb][]provider.AnyParam{
				provider.List:   {org},
				provider.Create: {org, region},
			},
			Issues:   []provider.Verb{provider.Create, provider.Rotate, provider.Generate},
			Effects:  map[provider.Verb]string{provider.Delete: "Clients that use it stop working"},
			Help:     help(),
			CheckID:  checkID,
			Examples: examples.All(),
			Shape:    provider.KeyPair(),
			IssuesNone: func(v provider.Verb, in provider.Input) bool {
				return v == provider.Create && noGenerate.Get(in)
			},
		}, open)},
	}
}

func help() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.List:   "Lists the keys of all regions, or of one region with --region.",
		provider.Create: "Katapult takes up to a minute to provision a new key before it can have a secret. credctl waits up to five minutes.\n\nA new key has no bucket access by default. Grant access to single buckets on the bucket, not on the key.",
		provider.Update: "Only the fields you pass change. The access key ID and the secret stay the same.",
		provider.Rotate: "The new key has the region, the permissions and the name of the old key (or the name that you pass with --new-name). It gets access to the same buckets.",
		provider.Generate: "Generates the first credentials of a new key, or replaces those of an existing key. Assume that the replaced credentials stop working immediately. " +
			"To change the credentials of a key that is in use, use `credctl katapult rotate`.",
	}
}

// keys is the open kind.
type keys struct {
	api  *rest.Client
	conn provider.Conn
}

// What it can do in addition to its verbs, which nothing else would miss.
var (
	_ provider.Replacer        = (*keys)(nil)
	_ provider.RightsRepairer  = (*keys)(nil)
	_ provider.Verifier        = (*keys)(nil)
	_ provider.ScopeLister     = (*keys)(nil)
	_ provider.ImpactExplainer = (*keys)(nil)
)

func open(c provider.Conn) (*keys, error) {
	t := token.Get(c.Settings)
	if t.IsZero() {
		return nil, setting.NoToken(vendor, "", token.Info(), "")
	}
	client, err := rest.New(c, rest.Dialect{
		Auth: rest.Bearer(t), Account: t,
		Failure: readFailure,
		NotYet:  provisioning,
		Limit:   rest.Limit{Window: time.Minute, Requests: 1000},
	})
	if err != nil {
		return nil, err
	}
	return &keys{client, c}, nil
}

// What every ID of an access key begins with, its characters, and their number at most.
const (
	idPrefix  = "objkey_"
	idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	longestID = 128
)

// checkID refuses what cannot be an ID.
func checkID(id string) error {
	rest, is := strings.CutPrefix(id, idPrefix)
	if !is || rest == "" || len(id) > longestID || strings.Trim(id, idLetters) != "" {
		return provider.Usage("%q is not a valid access key ID: it must look like objkey_EKEAMCHzkhba9uak", id)
	}
	return nil
}

// A reference names what a request acts on, in its body.
type reference struct {
	ID        string `json:"id,omitzero"`
	SubDomain string `json:"sub_domain,omitzero"`
}

// organization returns what --org names. Only what lists and creates needs it.
func (k *keys) organization() (reference, error) {
	switch name := org.Get(k.conn.Settings); {
	case name == "":
		return reference{}, setting.Missing(vendor, org.Info())
	case strings.HasPrefix(name, "org_"):
		return reference{ID: name}, nil
	default:
		return reference{SubDomain: name}, nil
	}
}
