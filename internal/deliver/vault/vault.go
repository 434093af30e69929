// Package vault delivers into the key-value store, version 2, of Vault and OpenBao.
//
// https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
package vault

import (
	"context"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Scheme is vault:MOUNT/PATH.
func Scheme(s *entry.Sessions) deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "vault", Place: "MOUNT/PATH", Title: "secret in Vault or OpenBao (KV version 2)", Proof: deliver.ByValue,
		Params: append(entry.Params(true),
			deliver.Param{Name: "mount", Value: "MOUNT", Usage: "mount with a slash in its name; the destination is then only the path"},
			deliver.Param{Name: "destroy_old", Value: "1", Usage: "destroy versions with the old secret once it is revoked"},
			entry.URL(),
		),
		Settings: settings(),
	}, func(t entry.Target) (deliver.Destination, error) { return parse(t, s) })
}

func settings() []deliver.Setting {
	var all []deliver.Setting
	for _, s := range []struct {
		name, usage string
		secret      bool
	}{
		{"addr", "URL of the server", false},
		{"token", "token", true},
		{"namespace", "namespace", false},
		{"cacert", "file with the certificate of the authority", false},
		{"capath", "folder with certificates of authorities", false},
		{"client_cert", "file with the client certificate", false},
		{"client_key", "file with the key of the client certificate", false},
		{"tls_server_name", "name in the server's certificate", false},
		{"skip_verify", "true: accept any certificate", false},
		{"role_id", "role of an AppRole login", false},
		{"secret_id", "secret of an AppRole login", true},
		{"secret_id_file", "file with the secret of an AppRole login", false},
		{"k8s_role", "role of a Kubernetes login", false},
		{"k8s_token_path", "file with the token of the service account", false},
	} {
		name := strings.ToUpper(s.name)
		all = append(all, deliver.Setting{Name: "vault." + s.name, Env: []string{"BAO_" + name, "VAULT_" + name}, Usage: s.usage, Secret: s.secret, Server: s.name == "addr"})
	}
	return all
}

// A secret is one path of a mount.
type secret struct {
	client      *rest.Client
	mount, path string // escaped
	destroyOld  bool

	values entry.Object // of the last Get
}

func parse(t entry.Target, sessions *entry.Sessions) (deliver.Destination, error) {
	content, err := t.Content(true)
	if err != nil {
		return nil, err
	}
	destroy, _, err := t.Flag("destroy_old")
	if err != nil {
		return nil, err
	}
	mount, path := t.Params["mount"], t.Place
	if mount == "" {
		mount, path, _ = strings.Cut(t.Place, "/")
	}
	for _, name := range append(strings.Split(mount, "/"), strings.Split(path, "/")...) {
		if name == "" || name == "." || name == ".." || strings.TrimSpace(name) != name {
			return nil, provider.Hint(t.Usage("expected MOUNT/PATH, such as secret/apps/web"), "pass vault:MOUNT/PATH, without data/")
		}
	}
	server, err := locate(t)
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (entry.Store, error) {
		c, err := server.connect(ctx, t, sessions)
		if err != nil {
			return nil, err
		}
		return &secret{client: c, mount: escape(mount), path: escape(path), destroyOld: destroy}, nil
	}
	return t.Destination(t.Spec(t.Place, map[string]string{"url": server.address}), server.address+" "+server.namespace+" "+mount+"/"+path, content, open), nil
}
