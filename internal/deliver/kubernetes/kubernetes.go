// Package kubernetes delivers into Secrets of Kubernetes.
//
// https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/
package kubernetes

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

// Scheme is k8s:[CONTEXT/]NAMESPACE/NAME.
func Scheme(s *entry.Sessions) deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "k8s", Place: "[CONTEXT/]NAMESPACE/NAME", Title: "Kubernetes Secret", Proof: deliver.ByValue,
		Params: append(entry.Params(true),
			deliver.Param{Name: "create", Value: "1", Usage: "create a missing Secret"},
			deliver.Param{Name: "force_managed", Value: "1", Usage: "write a Secret that a controller manages and may overwrite"},
		),
		Settings: []deliver.Setting{
			{Name: "k8s.kubeconfig", Env: []string{"KUBECONFIG"}, Usage: "kubeconfig files"},
		},
	}, func(t entry.Target) (deliver.Destination, error) { return parse(t, s) })
}

// They are compiled when they are needed.
var (
	label     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`) })
	subdomain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`) })
	keyName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`) })
)

func parse(t entry.Target, sessions *entry.Sessions) (deliver.Destination, error) {
	parts := strings.Split(t.Place, "/")
	if len(parts) < 2 {
		return nil, t.Usage("expected NAMESPACE/NAME or CONTEXT/NAMESPACE/NAME")
	}
	n := len(parts)
	s := secret{namespace: parts[n-2], name: parts[n-1]}
	named := strings.Join(parts[:n-2], "/") // a context may have slashes
	switch {
	case !label().MatchString(s.namespace):
		return nil, t.Usage("invalid namespace %q (at most 63 lower-case letters, digits and -)", s.namespace)
	case !subdomain().MatchString(s.name):
		return nil, t.Usage("invalid Secret name %q (at most 253 lower-case letters, digits, - and .)", s.name)
	case n > 2 && named == "":
		return nil, t.Usage("the context is empty")
	}
	content, err := t.Content(true)
	if err != nil {
		return nil, err
	}
	for _, key := range content.Names() {
		if !keyName().MatchString(key) {
			return nil, t.Usage("invalid key %q of a Secret (letters, digits, -, _ and .)", key)
		}
	}
	if s.create, _, err = t.Flag("create"); err != nil {
		return nil, err
	}
	if s.force, _, err = t.Flag("force_managed"); err != nil {
		return nil, err
	}
	config, trouble := load(t)
	if named == "" {
		named = config.Current
	}
	place := s.namespace + "/" + s.name
	if named != "" {
		place = named + "/" + place
	}
	open := func(ctx context.Context) (entry.Store, error) {
		if trouble != nil {
			return nil, trouble
		}
		c, err := find(t, config, named)
		if err != nil {
			return nil, err
		}
		one := s
		one.server = c.Server
		one.client, err = entry.Share(sessions, "k8s "+named+" "+entry.Fingerprint(t.Secret("k8s.kubeconfig")), func() (*rest.Client, func(context.Context) error, error) {
			client, err := c.connect(ctx, t)
			return client, nil, err
		})
		return &one, err
	}
	if c, err := find(t, config, named); trouble == nil && err == nil {
		t.Server = c.Server
	}
	return t.Destination(t.Spec(place, nil), place, content, open), nil
}

// find returns the cluster that a context names, or the one that this process runs in.
func find(t entry.Target, config kubeconfig, context string) (cluster, error) {
	if context != "" {
		return config.cluster(context)
	}
	if c, ok := inCluster(t, serviceAccount); ok {
		return c, nil
	}
	return cluster{}, provider.Hint(provider.WithClass(provider.ErrDenied, errNoCluster), "set KUBECONFIG, or run: kubectl config use-context CONTEXT")
}
