package kubernetes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// connect returns a client for c.
func (c cluster) connect(ctx context.Context, t entry.Target) (*rest.Client, error) {
	base, err := entry.Address(c.Server, "", "the server of the kubeconfig")
	if err != nil {
		return nil, err
	}
	if c.AuthProvider != nil {
		return nil, provider.Hint(provider.Usage("the kubeconfig has an auth-provider, which Kubernetes has removed"), "configure an exec plugin, such as kubelogin")
	}
	if c.As != "" {
		return nil, provider.Usage("the kubeconfig impersonates %q, which credctl does not support", c.As)
	}
	dialect := rest.Dialect{Failure: failure, Auth: c.auth}
	certificate, err := c.certificate()
	if err != nil {
		return nil, err
	}
	if c.Exec != nil {
		s := &session{plugin: *c.Exec, dir: c.user.dir, target: t}
		issued, err := s.get(ctx)
		if err != nil {
			return nil, err
		}
		if certificate == nil {
			if certificate, err = pair([]byte(issued.Cert), issued.Key); err != nil {
				return nil, err
			}
		}
		dialect.Auth, dialect.Renew = s.auth, s.renew
	}
	transport, err := c.transport(certificate)
	if err != nil {
		return nil, err
	}
	return t.Client(base, transport, dialect)
}

// auth puts the user's own token, or name and password, on a request. A token file
// is read again each time, because it changes.
func (u user) auth(ctx context.Context, r *http.Request) error {
	token := u.Token
	if u.TokenFile != "" {
		b, err := os.ReadFile(inFolder(u.dir, u.TokenFile))
		if err != nil {
			return provider.WithClass(provider.ErrDenied, fmt.Errorf("the token of the kubeconfig: %w", err))
		}
		token = provider.NewSecret(strings.TrimSpace(string(b)))
	}
	switch {
	case !token.IsZero():
		return rest.Bearer(token)(ctx, r)
	case u.Username != "":
		r.SetBasicAuth(u.Username, u.Password.Reveal())
	}
	return nil
}

// certificate returns the client certificate, or nil.
func (u user) certificate() (*tls.Certificate, error) {
	cert, err := content("the client certificate", u.CertData, u.Cert, u.dir)
	if err != nil {
		return nil, err
	}
	key, err := content("the client key", u.KeyData.Reveal(), u.Key, u.dir)
	if err != nil {
		return nil, err
	}
	return pair(cert, provider.NewSecret(string(key)))
}

func pair(cert []byte, key provider.Secret) (*tls.Certificate, error) {
	if len(cert) == 0 {
		return nil, nil
	}
	c, err := tls.X509KeyPair(cert, []byte(key.Reveal()))
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("the client certificate of the kubeconfig: %w", err))
	}
	return &c, nil
}

func (c cluster) transport(certificate *tls.Certificate) (http.RoundTripper, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName, InsecureSkipVerify: c.Insecure} //nolint:gosec // G402: the user's own choice, as for kubectl
	authority, err := content("the certificate authority", c.CAData, c.CA, c.server.dir)
	if err != nil {
		return nil, err
	}
	if authority != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authority) {
			return nil, provider.Usage("the certificate authority of the kubeconfig is not a certificate")
		}
	}
	if certificate != nil {
		config.Certificates = []tls.Certificate{*certificate}
	}
	transport := rest.NewTransport()
	transport.TLSClientConfig = config
	if c.Proxy != "" {
		u, err := url.Parse(c.Proxy)
		if err != nil {
			return nil, provider.Usage("the proxy-url of the kubeconfig is not an address")
		}
		transport.Proxy = http.ProxyURL(u)
	}
	return transport, nil
}
