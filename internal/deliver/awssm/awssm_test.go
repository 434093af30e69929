package awssm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/provider"
)

const (
	keyID     = "AKIAIOSFODNN7EXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	session   = "IQoJb3JpZ2luX2VjEXAMPLE"
)

// A fake is the Secrets Manager with one secret.
type fake struct {
	mu       sync.Mutex
	versions map[string]string // by ID
	current  string
	previous string
	exists   bool
	bare     bool // the secret is one value
	meta     map[string]any
	deny     string // operations
	throttle int
	signed   key
}

func newFake() *fake {
	return &fake{
		versions: map[string]string{"v0": `{"other":"stays","nested":{"a":[1]}}`}, current: "v0", exists: true, meta: map[string]any{},
		signed: key{provider.NewSecret(keyID), provider.NewSecret(secretKey), provider.NewSecret(session)},
	}
}

func (f *fake) holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	if !f.exists {
		return all
	}
	var object map[string]any
	if f.bare || json.Unmarshal([]byte(f.versions[f.current]), &object) != nil {
		return map[string]string{"": f.versions[f.current]}
	}
	for k, v := range object {
		all[k] = fmt.Sprint(v)
	}
	return all
}

// put is what any program may do.
func (f *fake) put(id, text string) {
	f.versions[id] = text
	if f.current != id {
		f.previous, f.current = f.current, id
	}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	fail := func(kind, message string) { reply(400, map[string]any{"__type": kind, "message": message}) }
	body, _ := io.ReadAll(r.Body)
	if !f.verify(r, body) {
		fail("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
		return
	}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	var in struct{ SecretID, Name, SecretString, ClientRequestToken, VersionID string }
	_ = json.Unmarshal(body, &in)
	switch {
	case f.throttle > 0:
		f.throttle--
		fail("ThrottlingException", "Rate exceeded")
	case strings.Contains(f.deny, operation):
		fail("com.amazonaws.secretsmanager#AccessDeniedException", "User: arn:aws:iam::1:user/ci is not authorized to perform: secretsmanager:"+operation)
	case operation == "CreateSecret" && f.exists:
		fail("ResourceExistsException", "The operation failed because the secret "+in.Name+" already exists.")
	case operation == "CreateSecret":
		f.exists, f.versions, f.current, f.previous = true, map[string]string{}, "", ""
		f.put(in.ClientRequestToken, in.SecretString)
		reply(200, map[string]any{"Name": in.Name, "VersionId": in.ClientRequestToken})
	case !f.exists || in.SecretID != "apps/web":
		fail("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	case f.meta["DeletedDate"] != nil && operation != "DescribeSecret":
		fail("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
	case operation == "GetSecretValue":
		id := in.VersionID
		if id == "" {
			id = f.current
		}
		reply(200, map[string]any{"Name": "apps/web", "VersionId": id, "SecretString": f.versions[id], "VersionStages": []string{"AWSCURRENT"}})
	case operation == "DescribeSecret":
		all := map[string]any{"Name": "apps/web", "VersionIdsToStages": map[string][]string{f.current: {"AWSCURRENT"}, f.previous: {"AWSPREVIOUS"}}}
		maps.Copy(all, f.meta)
		reply(200, all)
	case operation == "PutSecretValue":
		if old, ok := f.versions[in.ClientRequestToken]; ok && old != in.SecretString {
			fail("ResourceExistsException", "A resource with the ID you requested already exists.")
			return
		}
		f.put(in.ClientRequestToken, in.SecretString)
		reply(200, map[string]any{"Name": "apps/web", "VersionId": in.ClientRequestToken})
	}
}

// verify signs the request again, with the headers that were signed.
func (f *fake) verify(r *http.Request, body []byte) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return false
	}
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return false
	}
	_, names, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	names, _, _ = strings.Cut(names, ",")
	for name := range strings.SplitSeq(names, ";") {
		if name != "host" && name != "content-length" {
			again.Header.Set(name, r.Header.Get(name))
		}
	}
	if !strings.Contains(names, "content-length") {
		again.ContentLength = 0 // not every client signs it
	}
	if err := f.signed.sign(r.Context(), again, "eu-west-1", at); err != nil {
		return false
	}
	return strings.Contains(names, "x-amz-target") && again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

func changes(r *http.Request) bool {
	target := r.Header.Get("X-Amz-Target")
	return strings.HasSuffix(target, ".PutSecretValue") || strings.HasSuffix(target, ".CreateSecret")
}

func place(t *testing.T, f *fake, spec string) entrytest.Place {
	s := entrytest.Serve(t, f, changes)
	name := ""
	if strings.Contains(spec, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: spec, Server: s, Secrets: []string{secretKey, session}, Name: name, Creates: true, LateCheck: true,
		Options: deliver.Options{
			Env:     []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + s.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_SESSION_TOKEN=" + session},
			LockDir: filepath.Join(t.TempDir(), "locks"),
		},
		Holds: f.holds,
		Meddle: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			var now map[string]any
			if f.bare {
				return // there is nothing else to change
			}
			_ = json.Unmarshal([]byte(f.versions[f.current]), &now)
			now["theirs"] = "new"
			b, _ := json.Marshal(now)
			f.put("theirs", string(b))
		},
		DenyWrite: func() { f.deny = "PutSecretValue CreateSecret" },
		DenyAll:   func() { f.deny = "GetSecretValue DescribeSecret PutSecretValue CreateSecret" },
		Remove:    func() { f.exists = false },
		Wrong: []string{
			"aws-sm:a b", "aws-sm:arn:aws:secretsmanager:eu-west-1:1:secret:x", "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:x?region=us-east-1",
			"aws-sm:x?region=EU/", "aws-sm:x?as=json", "aws-sm:x?field=key&as=json", "aws-sm:x?key=", "aws-sm:" + strings.Repeat("x", 513),
		},
	}
}

func TestContract(t *testing.T) {
	for _, spec := range []string{"aws-sm:apps/web", "aws-sm:apps/web?key=K", "aws-sm:apps/web?field=secret"} {
		t.Run(spec, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				f := newFake()
				if strings.Contains(spec, "field=") {
					f.versions["v0"], f.bare = "old", true
				}
				return place(t, f, spec)
			})
		})
	}
}

// TestRepeatsAreFree: a lost answer is asked for again, with the same version.
func TestRepeatsAreFree(t *testing.T) {
	f := newFake()
	p := place(t, f, "aws-sm:apps/web")
	p.Server.Lose(2)
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Len(t, f.versions, 2)
	assert.Equal(t, "v0", f.previous)
	assert.Len(t, entrytest.Changes(p.Server.Requests()), 3)

	value := provider.NewSecret("s3cret")
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, f.current)
	assert.NotEqual(t, token("a", "v0", value), token("a", "v1", value))
	assert.NotEqual(t, token("a", "v0", value), token("b", "v0", value))
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		meta  map[string]any
		class error
		says  string
	}{
		"rotated by AWS": {map[string]any{"RotationEnabled": true}, provider.ErrRefused, "AWS rotates the secret itself"},
		"of a service":   {map[string]any{"OwningService": "rds"}, provider.ErrRefused, "managed by rds"},
		"to be deleted":  {map[string]any{"DeletedDate": 1.7e9}, provider.ErrRefused, "marked for deletion"},
	} {
		f := newFake()
		f.meta = c.meta
		err := place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context())
		require.ErrorIs(t, err, c.class, name)
		require.ErrorContains(t, err, c.says)
		assert.NotEmpty(t, provider.HintOf(err))
	}
	f := newFake()
	f.versions["v0"] = "a text"
	require.ErrorIs(t, place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context()), provider.ErrRefused, "an object over a text")
	f.versions["v0"] = `{"a":"b"}`
	require.ErrorIs(t, place(t, f, "aws-sm:apps/web?field=secret").Open(t).Check(t.Context()), provider.ErrRefused, "a text over an object")
	f.signed.Secret = provider.NewSecret("another")
	err := place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "InvalidSignatureException")
}

func TestWhere(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".aws"), 0o700))
	entrytest.File(t, filepath.Join(dir, ".aws", "config"), "[default]\nregion = eu-central-1\n[profile prod]\nregion=cn-north-1\n")
	credentials := entrytest.File(t, filepath.Join(dir, ".aws", "credentials"), "[prod]\naws_access_key_id = AKIAPROD\n# aws_secret_access_key = no\naws_secret_access_key=of-prod\n[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = of-default\n")
	require.NotEmpty(t, credentials)
	const anARN = "arn:aws:secretsmanager:us-east-2:123456789012:secret:web-AbCdEf"
	t.Setenv("PATH", "")
	for name, c := range map[string]struct {
		place     string
		env       []string
		url, spec string
		key       string
	}{
		"the file":     {"web", nil, "https://secretsmanager.eu-central-1.amazonaws.com", "aws-sm:web?region=eu-central-1", "AKIADEFAULT"},
		"a profile":    {"web", []string{"AWS_PROFILE=prod"}, "https://secretsmanager.cn-north-1.amazonaws.com.cn", "aws-sm:web?region=cn-north-1", "AKIAPROD"},
		"a variable":   {"web", []string{"AWS_DEFAULT_REGION=us-west-1", "AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=x"}, "https://secretsmanager.us-west-1.amazonaws.com", "aws-sm:web?region=us-west-1", "AKIAENV"},
		"an ARN":       {anARN, []string{"AWS_REGION=us-west-1"}, "https://secretsmanager.us-east-2.amazonaws.com", "aws-sm:" + anARN, "AKIADEFAULT"},
		"not S3's own": {"web", []string{"AWS_ENDPOINT_URL=http://127.0.0.1:9"}, "https://secretsmanager.eu-central-1.amazonaws.com", "aws-sm:web?region=eu-central-1", "AKIADEFAULT"},
		"an endpoint":  {"web", []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=https://vpce.example.com"}, "https://vpce.example.com", "aws-sm:web?region=eu-central-1&url=https://vpce.example.com", "AKIADEFAULT"},
	} {
		t.Run(name, func(t *testing.T) {
			var target entry.Target
			scheme := entry.Scheme(Scheme(&entry.Sessions{}), func(t entry.Target) (deliver.Destination, error) {
				target = t
				return parse(t, &entry.Sessions{})
			})
			d, err := scheme.New("aws-sm:"+c.place, c.place, deliver.Options{Shape: provider.KeyPair(), Env: c.env, Home: func() (string, error) { return dir, nil }})
			require.NoError(t, err)
			assert.Equal(t, c.spec, d.Spec())
			s, err := locate(target)
			require.NoError(t, err)
			assert.Equal(t, c.url, s.url)
			k, err := find(t.Context(), target)
			require.NoError(t, err)
			assert.Equal(t, c.key, k.ID.Reveal())
		})
	}
	p := place(t, newFake(), "aws-sm:apps/web")
	p.Options.Env = []string{"AWS_REGION=eu-west-1"}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY")
	p.Options.Env = nil
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)

	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "aws"), []byte("#!/bin/sh\n[ \"$5\" = --profile ] && [ \"$6\" = sso ] && echo '{\"Version\":1,\"AccessKeyId\":\""+keyID+"\",\"SecretAccessKey\":\""+secretKey+"\",\"SessionToken\":\""+session+"\"}'\n"), 0o700))
	t.Setenv("PATH", bin)
	p.Options.Env = []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + p.Server.URL, "AWS_REGION=eu-west-1", "AWS_PROFILE=sso"}
	require.NoError(t, p.Open(t).Check(t.Context()), "the aws program")
}

func TestThrottled(t *testing.T) {
	f := newFake()
	f.throttle = 1
	require.NoError(t, place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context()))
}
