package vault

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// serviceAccount is where a pod finds its own token.
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// A server is a Vault, and how credctl is known there.
type server struct {
	address, namespace string
	ours               bool // the environment names it: its tokens are for it
}

// setting returns a setting. A variable of OpenBao takes precedence even when it is empty.
func setting(t entry.Target, name string) string {
	if v, set := t.LookupEnv("BAO_" + strings.ToUpper(name)); set {
		return v
	}
	value, _ := t.Setting("vault." + name)
	return value
}

// locate returns the server that t, or else the environment, names.
func locate(t entry.Target) (server, error) {
	namespace, given := t.Params["namespace"]
	if !given {
		namespace = setting(t, "namespace")
	}
	s := server{namespace: strings.Trim(namespace, "/"), ours: true}
	var err error
	if named := setting(t, "addr"); named != "" {
		if s.address, err = entry.Address(named, "", "VAULT_ADDR"); err != nil {
			return s, err
		}
	}
	if given, ok := t.Params["url"]; ok {
		address, err := entry.Address(given, "", "url")
		if err != nil {
			return s, err
		}
		s.ours = s.address == address
		s.address = address
	}
	return s, nil
}

// connect returns a client that is logged in.
func (s server) connect(ctx context.Context, t entry.Target, sessions *entry.Sessions) (*rest.Client, error) {
	if s.address == "" {
		return nil, provider.Hint(provider.Usage("no Vault server is set"), "set VAULT_ADDR or BAO_ADDR, or add url= to the destination")
	}
	if !s.ours {
		return nil, provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("no Vault token found for %s: the token in the environment is for another server", s.address)),
			"set VAULT_ADDR=%s with its VAULT_TOKEN", s.address)
	}
	var all []provider.Secret
	for _, one := range settings() { // each is a part of who credctl is there
		all = append(all, t.Secret(one.Name))
	}
	return entry.Share(sessions, "vault "+s.address+" "+s.namespace+" "+entry.Fingerprint(all...), func() (*rest.Client, func(context.Context) error, error) {
		transport, err := s.transport(t)
		if err != nil {
			return nil, nil, err
		}
		return s.login(ctx, t, transport)
	})
}

// login returns a client with the token of the environment, or with one that a
// login has issued, which the second result revokes.
func (s server) login(ctx context.Context, t entry.Target, transport http.RoundTripper) (*rest.Client, func(context.Context) error, error) {
	as := func(token provider.Secret) (*rest.Client, error) {
		return t.Client(s.address, transport, rest.Dialect{Failure: failure, Auth: func(ctx context.Context, r *http.Request) error {
			r.Header.Set("X-Vault-Request", "true") // an agent demands it
			if s.namespace != "" {
				r.Header.Set("X-Vault-Namespace", s.namespace)
			}
			if token.IsZero() {
				return nil // a login
			}
			return rest.Header("X-Vault-Token", token)(ctx, r)
		}})
	}
	path, body, err := method(t)
	if err != nil {
		return nil, nil, err
	}
	if path == "" {
		token, err := token(t)
		if err != nil {
			return nil, nil, err
		}
		client, err := as(token)
		return client, nil, err
	}
	stranger, err := as(provider.Secret{})
	if err != nil {
		return nil, nil, err
	}
	issued, err := rest.Do[struct {
		Auth struct {
			Token provider.Secret `json:"client_token"`
		} `json:"auth"`
	}](ctx, stranger, rest.Request{Method: http.MethodPost, Path: path, Body: body, ReadOnly: true})
	if err == nil && issued.Auth.Token.IsZero() {
		err = errors.New("the answer to the login has no token")
	}
	if err != nil {
		err = provider.WithClass(provider.ErrDenied, fmt.Errorf("the login at %s failed: %w", s.address, entry.Reading(err)))
		if setting(t, "role_id") != "" && setting(t, "secret_id") == "" && setting(t, "secret_id_file") == "" {
			err = provider.Hint(err, "set VAULT_SECRET_ID or VAULT_SECRET_ID_FILE, unless the role has none")
		}
		return nil, nil, err
	}
	client, err := as(issued.Auth.Token)
	return client, func(ctx context.Context) error {
		_, err := rest.Do[struct{}](ctx, client, rest.Request{Method: http.MethodPost, Path: "/v1/auth/token/revoke-self"})
		return err
	}, err
}

// method returns the request of a login, unless there is a token.
func method(t entry.Target) (path string, body any, err error) {
	role, k8s := setting(t, "role_id"), setting(t, "k8s_role")
	switch {
	case setting(t, "token") != "":
		return "", nil, nil
	case role != "":
		id := provider.NewSecret(setting(t, "secret_id"))
		if file := setting(t, "secret_id_file"); id.IsZero() && file != "" {
			if id, err = fromFile(file); err != nil {
				return "", nil, err
			}
		}
		return "/v1/auth/approle/login", map[string]any{"role_id": role, "secret_id": id}, nil
	case k8s != "":
		file := cmp.Or(setting(t, "k8s_token_path"), serviceAccount)
		jwt, err := fromFile(file)
		if err != nil {
			err = provider.Hint(err, "set VAULT_K8S_TOKEN_PATH to the file with the token of the service account")
		}
		return "/v1/auth/kubernetes/login", map[string]any{"role": k8s, "jwt": jwt}, err
	}
	return "", nil, nil
}

// token returns the token of the environment, or what vault login has stored.
func token(t entry.Target) (provider.Secret, error) {
	if token := setting(t, "token"); token != "" {
		return provider.NewSecret(token), nil
	}
	if t.Home != nil {
		if home, err := t.Home(); err == nil {
			if token, err := fromFile(filepath.Join(home, ".vault-token")); err == nil && !token.IsZero() {
				return token, nil
			}
		}
	}
	return provider.Secret{}, t.NoToken("Vault", ", or run vault login", "vault.token", "vault.role_id", "vault.k8s_role")
}

func fromFile(path string) (provider.Secret, error) {
	b, err := os.ReadFile(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return provider.Secret{}, provider.WithClass(provider.ErrDenied, err)
	}
	return provider.NewSecret(strings.TrimSpace(string(b))), nil
}

// transport returns connections with the certificates that the settings name, or
// nil where there are none.
func (s server) transport(t entry.Target) (http.RoundTripper, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: setting(t, "tls_server_name")}
	skip := setting(t, "skip_verify")
	config.InsecureSkipVerify = skip == "1" || strings.EqualFold(skip, "true") // the user's own choice, as for vault itself
	files, folder := []string{setting(t, "cacert")}, setting(t, "capath")
	if files[0] == "" {
		files = nil
		if folder != "" {
			entries, err := os.ReadDir(folder)
			if err != nil {
				return nil, provider.WithClass(provider.ErrUsage, err)
			}
			for _, e := range entries {
				files = append(files, filepath.Join(folder, e.Name()))
			}
		}
	}
	for _, file := range files {
		pem, err := os.ReadFile(file) //nolint:gosec // G304: the user names the file
		if err != nil {
			return nil, provider.WithClass(provider.ErrUsage, err)
		}
		if config.RootCAs == nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, provider.Usage("%s holds no certificate", file)
		}
	}
	if cert := setting(t, "client_cert"); cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, setting(t, "client_key"))
		if err != nil {
			return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("the client certificate: %w", err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if config.RootCAs == nil && config.Certificates == nil && config.ServerName == "" && !config.InsecureSkipVerify {
		return nil, nil
	}
	transport := rest.NewTransport()
	transport.TLSClientConfig = config
	return transport, nil
}
