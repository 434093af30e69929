package kubernetes

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

const largest = 1 << 20 // bytes of a Secret in all

// A secret is one Secret.
type secret struct {
	client          *rest.Client
	namespace, name string
	create, force   bool
	server          string // of the cluster

	object object // of the last Get
}

type object struct {
	Metadata struct {
		Version     string            `json:"resourceVersion"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		Owners      []struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"ownerReferences"`
	} `json:"metadata"`
	Immutable bool                       `json:"immutable"`
	Data      map[string]provider.Secret `json:"data"`
}

// Within returns the cluster: the context names it on this machine alone.
func (s *secret) Within() string { return "cluster " + strings.TrimRight(s.server, "/") }

func (s *secret) collection() string { return "/api/v1/namespaces/" + s.namespace + "/secrets" }

func (s *secret) Get(ctx context.Context) (entry.Entry, error) {
	var err error
	s.object, err = rest.Do[object](ctx, s.client, rest.Request{Method: http.MethodGet, Path: s.collection() + "/" + s.name})
	if errors.Is(err, provider.ErrNotFound) && s.create {
		return entry.Entry{}, nil
	}
	if err != nil {
		return entry.Entry{}, s.advise(err)
	}
	if s.object.Metadata.Version == "" {
		return entry.Entry{}, errors.New("the answer is not a Secret")
	}
	values := entry.Values{}
	for key, encoded := range s.object.Data {
		value, err := base64.StdEncoding.DecodeString(encoded.Reveal())
		if err != nil {
			return entry.Entry{}, fmt.Errorf("the value of %s is not base64", key)
		}
		values[key] = provider.NewSecret(string(value))
	}
	return entry.Entry{Exists: true, Values: values, Version: s.object.Metadata.Version}, nil
}

// Check lets the server try the change without storing it: it looks at permissions,
// admission and immutability.
func (s *secret) Check(ctx context.Context, e entry.Entry, names []string) error {
	if err := s.writable(e); err != nil {
		return err
	}
	values := entry.Values{}
	for _, name := range names {
		values[name] = provider.NewSecret("dry run")
	}
	return s.write(ctx, e, values, true)
}

func (s *secret) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	if err := values.Fits(largest, "Kubernetes"); err != nil {
		return err
	}
	if err := s.writable(e); err != nil {
		return err
	}
	return s.write(ctx, e, values, false)
}

// writable refuses a Secret that cannot be changed, or that a controller would
// change back.
func (s *secret) writable(e entry.Entry) error {
	if !e.Exists {
		return nil
	}
	if s.object.Immutable {
		return provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("the Secret is immutable")), "choose another Secret; running pods do not see a Secret that was created again under the same name")
	}
	if owner := s.object.owner(); owner != "" && !s.force {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("the Secret is managed by %s, which would overwrite the value", owner)),
			"deliver to the place from which %s takes the value, or add force_managed=1", owner)
	}
	return nil
}

// owner returns what manages the Secret, or "".
func (o object) owner() string {
	for _, owner := range o.Metadata.Owners {
		return owner.Kind + " " + owner.Name
	}
	for _, mark := range []struct {
		of         map[string]string
		key, value string // "" is any
		owner      string
	}{
		{o.Metadata.Labels, "reconcile.external-secrets.io/managed", "", "External Secrets"},
		{o.Metadata.Annotations, "reconcile.external-secrets.io/data-hash", "", "External Secrets"},
		{o.Metadata.Annotations, "sealedsecrets.bitnami.com/managed", "", "Sealed Secrets"},
		{o.Metadata.Annotations, "argocd.argoproj.io/tracking-id", "", "Argo CD"},
		{o.Metadata.Labels, "argocd.argoproj.io/instance", "", "Argo CD"},
		{o.Metadata.Annotations, "meta.helm.sh/release-name", "", "Helm"},
		{o.Metadata.Labels, "app.kubernetes.io/managed-by", "Helm", "Helm"},
		{o.Metadata.Labels, "kustomize.toolkit.fluxcd.io/name", "", "Flux"},
		{o.Metadata.Labels, "helm.toolkit.fluxcd.io/name", "", "Flux"},
	} {
		if value, ok := mark.of[mark.key]; ok && (mark.value == "" || mark.value == value) {
			return mark.owner
		}
	}
	return ""
}

// write changes the values alone with a merge patch, if the Secret is still the one
// of the last Get. Server-side apply would conflict with other owners of the fields.
func (s *secret) write(ctx context.Context, e entry.Entry, values entry.Values, dryRun bool) error {
	data := map[string]any{}
	for name, value := range values {
		data[name] = provider.NewSecret(base64.StdEncoding.EncodeToString([]byte(value.Reveal())))
	}
	r := rest.Request{
		Method: http.MethodPatch, Path: s.collection() + "/" + s.name, Query: url.Values{"fieldManager": {"credctl"}}, ReadOnly: dryRun,
		Header: http.Header{"Content-Type": {"application/merge-patch+json"}},
		Body:   map[string]any{"metadata": map[string]any{"resourceVersion": e.Version}, "data": data},
	}
	if !e.Exists {
		r.Method, r.Path, r.Header = http.MethodPost, s.collection(), nil
		r.Body = map[string]any{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": map[string]any{"name": s.name}, "data": data}
	}
	if dryRun {
		r.Query.Set("dryRun", "All")
	}
	_, err := rest.Do[struct{}](ctx, s.client, r)
	return s.advise(err)
}

// failure reads a Status.
func failure(status int, body []byte) rest.Failure {
	var said struct {
		Message string `json:"message"`
		Reason  string `json:"reason"`
	}
	_ = vendorjson.Read(body, &said) // what cannot be read says nothing
	f := rest.Failure{Code: said.Reason, Message: said.Message}
	switch {
	case status == http.StatusConflict:
		f.Class = entry.ErrChanged
	case status == http.StatusUnprocessableEntity && strings.Contains(said.Message, "immutable"):
		f.Class = provider.ErrRefused
	}
	return f
}

// advise says what a refusal asks for.
func (s *secret) advise(err error) error {
	answer, answered := errors.AsType[*provider.Error](err)
	switch {
	case !answered || provider.HintOf(err) != "":
		return err
	case answer.Status == http.StatusNotFound:
		return provider.Hint(err, "check the namespace and the context, or add create=1 to create the Secret")
	case answer.Status == http.StatusUnauthorized:
		return provider.Hint(err, "log in to the cluster again")
	case answer.Status == http.StatusForbidden:
		verbs := "get,patch --resource-name=" + s.name
		if s.create {
			verbs = "get,patch,create"
		}
		return provider.Hint(err, "allow it: kubectl create role credctl -n %s --resource=secrets --verb=%s", s.namespace, verbs)
	case errors.Is(err, provider.ErrRefused):
		return provider.Hint(err, "choose another Secret")
	}
	return err
}
