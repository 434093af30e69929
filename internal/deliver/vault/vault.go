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
			deliver.Param{Name: "namespace", Value: "NAMESPACE", Usage: "namespace (default: from the environment)"},
			deliver.Param{Name: "destroy_old", Value: "1", Usage: "destroy versions with the old secret once it is revoked"},
			entry.URL(),
		),
		Settings: settings(),
	}, func(t entry.Target) (deliver.Destination, error) { return parse(t, s) })
}

func settings() []deliver.Setting {
	var all []deliver.Setting
	for _, s := range []deliver.Setting{
		{Name: "addr", Usage: "URL of the server", Server: true},
		{Name: "token", Usage: "token", Secret: true},
		{Name: "namespace", Usage: "namespace"},
		{Name: "cacert", Usage: "file with the certificate of the authority"},
		{Name: "capath", Usage: "folder with certificates of authorities"},
		{Name: "client_cert", Usage: "file with the client certificate", Own: true},
		{Name: "client_key", Usage: "file with the key of the client certificate", Own: true},
		{Name: "tls_server_name", Usage: "name in the server's certificate"},
		{Name: "skip_verify", Usage: "true: accept any certificate", Own: true},
		{Name: "role_id", Usage: "role of an AppRole login", Own: true},
		{Name: "secret_id", Usage: "secret of an AppRole login", Secret: true},
		{Name: "secret_id_file", Usage: "file with the secret of an AppRole login", Own: true},
		{Name: "k8s_role", Usage: "role of a Kubernetes login", Own: true},
		{Name: "k8s_token_path", Usage: "file with the token of the service account", Own: true},
	} {
		name := strings.ToUpper(s.Name)
		s.Name, s.Env = "vault."+s.Name, []string{"BAO_" + name, "VAULT_" + name}
		all = append(all, s)
	}
	return all
}

// A secret is one path of a mount.
type secret struct {
	client      *rest.Client
	mount, path string // escaped
	namespace   string
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
		return &secret{client: c, mount: escape(mount), path: escape(path), namespace: server.namespace, destroyOld: destroy}, nil
	}
	t.Server = server.address
	return t.Destination(t.Spec(t.Place, map[string]string{"url": server.address, "namespace": server.namespace}), server.address+" "+server.namespace+" "+mount+"/"+path, content, open), nil
}
