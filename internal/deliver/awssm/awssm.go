// Package awssm delivers into AWS Secrets Manager.
//
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/
package awssm

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Scheme is aws-sm:NAME.
func Scheme(s *entry.Sessions) deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "aws-sm", Place: "NAME|ARN", Title: "secret in AWS Secrets Manager", Proof: deliver.ByValue,
		Params: append(entry.Params(true),
			deliver.Param{Name: "region", Value: "REGION", Usage: "region (default: from the environment, or the ARN)"},
			entry.URL(),
		),
		Settings: []deliver.Setting{
			{Name: "aws-sm.access_key_id", Env: []string{"AWS_ACCESS_KEY_ID"}, Usage: "access key ID", Own: true},
			{Name: "aws-sm.secret_access_key", Env: []string{"AWS_SECRET_ACCESS_KEY"}, Usage: "secret access key", Secret: true},
			{Name: "aws-sm.session_token", Env: []string{"AWS_SESSION_TOKEN"}, Usage: "session token", Secret: true},
			{Name: "aws-sm.profile", Env: []string{"AWS_PROFILE"}, Usage: "profile of the AWS files", Own: true},
			{Name: "aws-sm.region", Env: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}, Usage: "region"},
			{Name: "aws-sm.url", Env: []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER"}, Usage: "URL of the service", Server: true, Default: "amazonaws.com"},
		},
	}, func(t entry.Target) (deliver.Destination, error) { return parse(t, s) })
}

// They are compiled when they are needed.
var (
	name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`) })
	arn  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`)
	})
	region = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{1,32}$`) })
)

func parse(t entry.Target, sessions *entry.Sessions) (deliver.Destination, error) {
	if !name().MatchString(t.Place) && !arn().MatchString(t.Place) {
		return nil, provider.Hint(t.Usage("%q is not a valid secret name or ARN", t.Place), "use letters, digits and /_+=.@-")
	}
	_, field := t.Params["field"]
	_, key := t.Params["key"]
	bare := field && !key // the secret is one value, and not an object
	content, err := t.Content(!bare)
	if err != nil {
		return nil, err
	}
	service, err := locate(t)
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (entry.Store, error) {
		client, err := entry.Share(sessions, service.session(t), func() (*rest.Client, func(context.Context) error, error) {
			c, err := service.connect(ctx, t)
			return c, nil, err
		})
		return &secret{client: client, id: t.Place, bare: bare, region: service.region}, err
	}
	resolved := map[string]string{"region": service.region}
	if service.custom {
		resolved["url"] = service.url
	}
	if strings.HasPrefix(t.Place, "arn:") {
		delete(resolved, "region")
	}
	t.Server = service.url
	return t.Destination(t.Spec(t.Place, resolved), service.url+" "+t.Place, content, open), nil
}

// Within returns the account.
func (s *secret) Within() string { return s.within }

// account returns the account that an ARN names in its fifth part.
func account(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return "AWS account " + parts[4]
	}
	return ""
}
