package awssm

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A service is the Secrets Manager of a region.
type service struct {
	region, url string
	custom      bool // it is not AWS's own address
	ours        bool // the environment names it
}

// locate returns the service that t, or else the environment, names.
func locate(t entry.Target) (service, error) {
	s := service{region: t.Params["region"], ours: true}
	if m := arn().FindStringSubmatch(t.Place); m != nil {
		if s.region != "" && s.region != m[1] {
			return s, t.Usage("the ARN is of the region %s, not %s", m[1], s.region)
		}
		s.region = m[1]
	}
	if s.region == "" {
		s.region, _ = t.Setting("aws-sm.region")
	}
	if s.region == "" {
		s.region = section(t, "config", "AWS_CONFIG_FILE", profile(t))["region"]
	}
	if s.region != "" && !region().MatchString(s.region) {
		return s, t.Usage("%q is not a valid AWS region", s.region)
	}
	own := "https://secretsmanager." + s.region + ".amazonaws.com"
	if strings.HasPrefix(s.region, "cn-") {
		own += ".cn"
	}
	s.url = own
	if named, from := t.Setting("aws-sm.url"); named != "" {
		address, err := entry.Address(named, "", from)
		if err != nil {
			return s, err
		}
		s.url = address
	}
	if given, ok := t.Params["url"]; ok {
		address, err := entry.Address(given, "", "url")
		if err != nil {
			return s, err
		}
		s.ours = s.url == address
		s.url = address
	}
	s.custom = s.url != own
	return s, nil
}

func profile(t entry.Target) string {
	if p, _ := t.Setting("aws-sm.profile"); p != "" {
		return p
	}
	return "default"
}

// session names all that a connection depends on.
func (s service) session(t entry.Target) string {
	return "aws-sm " + s.region + " " + s.url + " " + profile(t) + " " +
		entry.Fingerprint(t.Secret("aws-sm.access_key_id"), t.Secret("aws-sm.secret_access_key"), t.Secret("aws-sm.session_token"))
}

// A key signs requests.
type key struct {
	ID, Secret, Session provider.Secret
}

func (s service) connect(ctx context.Context, t entry.Target) (*rest.Client, error) {
	if s.region == "" {
		return nil, provider.Hint(provider.Usage("no AWS region is set"), "set AWS_REGION, or add region= to the destination")
	}
	if !s.ours {
		return nil, provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("no AWS credentials found for %s: those in the environment are for another address", s.url)),
			"set AWS_ENDPOINT_URL_SECRETS_MANAGER=%s", s.url)
	}
	k, err := find(ctx, t)
	if err != nil {
		return nil, err
	}
	return t.Client(s.url, nil, rest.Dialect{Failure: failure, NotYet: notYet, Auth: func(ctx context.Context, r *http.Request) error {
		return k.sign(ctx, r, s.region, time.Now())
	}})
}

// find returns the key of the environment, of the profile, or what the aws program
// gets for it from a login.
func find(ctx context.Context, t entry.Target) (key, error) {
	k := key{t.Secret("aws-sm.access_key_id"), t.Secret("aws-sm.secret_access_key"), t.Secret("aws-sm.session_token")}
	if k.complete() {
		return k, nil
	}
	file := section(t, "credentials", "AWS_SHARED_CREDENTIALS_FILE", profile(t))
	k = key{provider.NewSecret(file["aws_access_key_id"]), provider.NewSecret(file["aws_secret_access_key"]), provider.NewSecret(file["aws_session_token"])}
	if k.complete() {
		return k, nil
	}
	if k, err := exported(ctx, t); err == nil && k.complete() {
		return k, nil
	}
	return key{}, t.NoToken("AWS", " and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; with a login: aws sso login", "aws-sm.access_key_id", "aws-sm.secret_access_key", "aws-sm.profile")
}

func (k key) complete() bool { return !k.ID.IsZero() && !k.Secret.IsZero() }

// exported asks the aws program, which knows logins, roles and instances.
func exported(ctx context.Context, t entry.Target) (key, error) {
	program, err := exec.LookPath("aws")
	if err != nil {
		return key{}, err
	}
	var out bytes.Buffer
	err = command.Program{
		Args: []string{program, "configure", "export-credentials", "--format", "process", "--profile", profile(t)},
		Env:  t.Environ(), Stdout: &out, Limit: time.Minute,
	}.Run(ctx)
	if err != nil {
		return key{}, err
	}
	var said struct {
		ID      provider.Secret `json:"AccessKeyId"`
		Secret  provider.Secret `json:"SecretAccessKey"`
		Session provider.Secret `json:"SessionToken"`
	}
	if vendorjson.Read(out.Bytes(), &said) != nil {
		return key{}, errors.New("the aws program printed no credentials")
	}
	return key(said), nil
}

// section returns a profile of one of the AWS files, or nothing.
func section(t entry.Target, name, variable, profile string) map[string]string {
	path, _ := t.LookupEnv(variable)
	if path == "" && t.Home != nil {
		if home, err := t.Home(); err == nil {
			path = filepath.Join(home, ".aws", name)
		}
	}
	b, err := os.ReadFile(path) //nolint:gosec // G304: the user's own file
	if path == "" || err != nil {
		return nil
	}
	found, inside := map[string]string{}, false
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			title := strings.TrimSpace(strings.Trim(line, "[]"))
			inside = title == profile || title == "profile "+profile
			continue
		}
		if k, v, ok := strings.Cut(line, "="); ok && inside && !strings.HasPrefix(line, "#") {
			found[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return found
}

// sign adds what authenticates r: AWS Signature Version 4.
func (k key) sign(ctx context.Context, r *http.Request, region string, now time.Time) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(ctx, aws.Credentials{AccessKeyID: k.ID.Reveal(), SecretAccessKey: k.Secret.Reveal(), SessionToken: k.Session.Reveal()},
		r, hex.EncodeToString(sum[:]), "secretsmanager", region, now)
}
