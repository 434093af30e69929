package environment

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Check returns an error for variables of other programs that credctl honours, but cannot
// understand: the libraries that read them would ignore them silently.
func (e Env) Check() error {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if value := e[name]; value != "" && !isProxy(value) {
			return provider.Hint(provider.Usage("%s is not the URL of a proxy", name), "set %s to a URL such as http://proxy.example.com:3128, or unset it", name) // it may have a password
		}
	}
	if path := e["SSL_CERT_FILE"]; path != "" {
		if err := checkCertificates(path); err != nil {
			return provider.Hint(provider.WithClass(provider.ErrUsage, fmt.Errorf("SSL_CERT_FILE: %w", err)), "set SSL_CERT_FILE to a file with PEM certificates, or unset it")
		}
	}
	return nil
}

// isProxy reports whether net/http uses this value: a URL, or a host and a port.
func isProxy(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	return err == nil && u.Hostname() != "" && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
}

func checkCertificates(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the user names it
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("%s contains no certificate", path)
	}
	return nil
}
