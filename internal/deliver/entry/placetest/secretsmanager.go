package placetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// What signs the requests that a new [SecretsManager] takes.
const (
	AWSKeyID     = "AKIAIOSFODNN7EXAMPLE"
	AWSSecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	AWSSession   = "IQoJb3JpZ2luX2VjEXAMPLE"
)

// A SecretsManager is the Secrets Manager with one secret.
type SecretsManager struct {
	mu       sync.Mutex
	Versions map[string]string // by ID
	Current  string
	Previous string
	Exists   bool
	Bare     bool // the secret is one value
	Meta     map[string]any
	Deny     string // operations
	Throttle int
	Account  string
	Signed   aws.Credentials
}

// NewSecretsManager returns one with the secret apps/web.
func NewSecretsManager() *SecretsManager {
	return &SecretsManager{
		Versions: map[string]string{"v0": `{"other":"stays","nested":{"a":[1]}}`}, Current: "v0", Exists: true, Meta: map[string]any{}, Account: "111122223333",
		Signed: aws.Credentials{AccessKeyID: AWSKeyID, SecretAccessKey: AWSSecretKey, SessionToken: AWSSession},
	}
}

// Holds returns the present values; of a text the name is "".
func (f *SecretsManager) Holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	if !f.Exists {
		return all
	}
	var object map[string]any
	if f.Bare || json.Unmarshal([]byte(f.Versions[f.Current]), &object) != nil {
		return map[string]string{"": f.Versions[f.Current]}
	}
	for k, v := range object {
		all[k] = fmt.Sprint(v)
	}
	return all
}

// Put is what any program may do.
func (f *SecretsManager) Put(id, text string) {
	f.Versions[id] = text
	if f.Current != id {
		f.Previous, f.Current = f.Current, id
	}
}

func (f *SecretsManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body map[string]any) {
		if status == 200 {
			body["ARN"] = "arn:aws:secretsmanager:eu-west-1:" + f.Account + ":secret:apps/web-AbCdEf"
		}
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
	case f.Throttle > 0:
		f.Throttle--
		fail("ThrottlingException", "Rate exceeded")
	case strings.Contains(f.Deny, operation):
		fail("com.amazonaws.secretsmanager#AccessDeniedException", "User: arn:aws:iam::1:user/ci is not authorized to perform: secretsmanager:"+operation)
	case operation == "CreateSecret" && f.Exists:
		fail("ResourceExistsException", "The operation failed because the secret "+in.Name+" already exists.")
	case operation == "CreateSecret":
		f.Exists, f.Versions, f.Current, f.Previous = true, map[string]string{}, "", ""
		f.Put(in.ClientRequestToken, in.SecretString)
		reply(200, map[string]any{"Name": in.Name, "VersionId": in.ClientRequestToken})
	case !f.Exists || in.SecretID != "apps/web":
		fail("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	case f.Meta["DeletedDate"] != nil && operation != "DescribeSecret":
		fail("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
	case operation == "GetSecretValue":
		id := in.VersionID
		if id == "" {
			id = f.Current
		}
		reply(200, map[string]any{"Name": "apps/web", "VersionId": id, "SecretString": f.Versions[id], "VersionStages": []string{"AWSCURRENT"}})
	case operation == "DescribeSecret":
		all := map[string]any{"Name": "apps/web", "VersionIdsToStages": map[string][]string{f.Current: {"AWSCURRENT"}, f.Previous: {"AWSPREVIOUS"}}}
		maps.Copy(all, f.Meta)
		reply(200, all)
	case operation == "PutSecretValue":
		if old, ok := f.Versions[in.ClientRequestToken]; ok && old != in.SecretString {
			fail("ResourceExistsException", "A resource with the ID you requested already exists.")
			return
		}
		f.Put(in.ClientRequestToken, in.SecretString)
		reply(200, map[string]any{"Name": "apps/web", "VersionId": in.ClientRequestToken})
	}
}

// verify signs the request again, with the headers that were signed.
func (f *SecretsManager) verify(r *http.Request, body []byte) bool {
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
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), f.Signed, again, hex.EncodeToString(sum[:]), "secretsmanager", "eu-west-1", at); err != nil {
		return false
	}
	return strings.Contains(names, "x-amz-target") && again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

// Changes reports whether a request changes something.
func (*SecretsManager) Changes(r *http.Request) bool {
	target := r.Header.Get("X-Amz-Target")
	return strings.HasSuffix(target, ".PutSecretValue") || strings.HasSuffix(target, ".CreateSecret")
}

// Meddle is what another program does in between.
func (f *SecretsManager) Meddle() {
	if !f.Bare { // else there is nothing else to change
		f.Set(map[string]any{"theirs": "new"})
	}
}

// Set sets values as another program does.
func (f *SecretsManager) Set(values map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var now map[string]any
	_ = json.Unmarshal([]byte(f.Versions[f.Current]), &now)
	maps.Copy(now, values)
	b, _ := json.Marshal(now)
	f.Put("of another program "+strconv.Itoa(len(f.Versions)), string(b))
}
