package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A plugin is a program that issues what a cluster asks for, as those of EKS, GKE
// and AKS do.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
type plugin struct {
	Version string `yaml:"apiVersion"`
	Command string
	Args    []string
	Env     []struct{ Name, Value string }
	Hint    string `yaml:"installHint"`
	Mode    string `yaml:"interactiveMode"`
}

// issued is what a plugin prints.
type issued struct {
	Token provider.Secret `json:"token"`
	Cert  string          `json:"clientCertificateData"`
	Key   provider.Secret `json:"clientKeyData"`
}

// A session holds what a plugin has issued.
type session struct {
	plugin plugin
	dir    string // of the kubeconfig
	target entry.Target

	mu  sync.Mutex
	now *issued // nil: nothing, or it was refused
}

// get returns what the plugin has issued, and runs it if it has not.
func (s *session) get(ctx context.Context) (issued, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		i, err := s.run(ctx)
		if err != nil {
			return issued{}, err
		}
		s.now = &i
	}
	return *s.now, nil
}

func (s *session) auth(ctx context.Context, r *http.Request) error {
	i, err := s.get(ctx)
	if err != nil || i.Token.IsZero() {
		return err
	}
	return rest.Bearer(i.Token)(ctx, r)
}

// renew forgets a token that was refused: it has expired.
func (s *session) renew(refused *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil && rest.HasBearer(refused, s.now.Token) {
		s.now = nil
	}
	return true
}

func (s *session) run(ctx context.Context) (issued, error) {
	p := s.plugin
	if p.Mode == "Always" {
		return issued{}, provider.Usage("the plugin %s of the kubeconfig needs a terminal", p.Command)
	}
	program := p.Command
	if strings.ContainsRune(filepath.ToSlash(program), '/') {
		program = inFolder(s.dir, program)
	}
	info, err := json.Marshal(map[string]any{"apiVersion": p.Version, "kind": "ExecCredential", "spec": map[string]any{"interactive": false}})
	if err != nil {
		return issued{}, err
	}
	env := append(s.target.Environ(), "KUBERNETES_EXEC_INFO="+string(info))
	for _, v := range p.Env {
		env = append(env, v.Name+"="+v.Value)
	}
	var out bytes.Buffer
	if err := (command.Program{Args: append([]string{program}, p.Args...), Env: env, Stdout: &out, Limit: time.Minute}).Run(ctx); err != nil {
		err = provider.WithClass(provider.ErrDenied, fmt.Errorf("the plugin %s of the kubeconfig failed: %w", p.Command, err))
		if hint := strings.TrimSpace(p.Hint); hint != "" {
			return issued{}, provider.Hint(err, "%s", hint)
		}
		return issued{}, provider.Hint(err, "log in with it, and run the command again")
	}
	var said struct {
		Kind   string `json:"kind"`
		Status issued `json:"status"`
	}
	err = vendorjson.Read(out.Bytes(), &said)
	if err == nil && said.Status.Token.IsZero() && said.Status.Cert == "" {
		err = errors.New("no token")
	}
	if err != nil { // which may quote what was printed
		return issued{}, provider.WithClass(provider.ErrDenied, fmt.Errorf("the plugin %s of the kubeconfig printed no ExecCredential with a token or a certificate", p.Command))
	}
	return said.Status, nil
}
