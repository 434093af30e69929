package kubernetes

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// A kubeconfig says how clusters are reached.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
type kubeconfig struct {
	Current  string `yaml:"current-context"`
	Contexts []struct {
		Name    string
		Context struct{ Cluster, User string }
	}
	Clusters []struct {
		Name    string
		Cluster server
	}
	Users []struct {
		Name string
		User user
	}
}

// A server is a cluster of a kubeconfig.
type server struct {
	Server     string
	CA         string `yaml:"certificate-authority"`
	CAData     string `yaml:"certificate-authority-data"`
	ServerName string `yaml:"tls-server-name"`
	Insecure   bool   `yaml:"insecure-skip-tls-verify"`
	Proxy      string `yaml:"proxy-url"`

	dir string // of the file, to which paths are relative
}

// A user is who one is at a cluster.
type user struct {
	Token        provider.Secret
	TokenFile    string          `yaml:"tokenFile"`
	Cert         string          `yaml:"client-certificate"`
	CertData     string          `yaml:"client-certificate-data"`
	Key          string          `yaml:"client-key"`
	KeyData      provider.Secret `yaml:"client-key-data"`
	Username     string
	Password     provider.Secret
	As           string
	AuthProvider any     `yaml:"auth-provider"`
	Exec         *plugin `yaml:"exec"`

	dir string
}

// A cluster is a server, and who credctl is there.
type cluster struct {
	server
	user
}

var errNoCluster = errors.New("no cluster is configured (checked KUBECONFIG, ~/.kube/config, KUBERNETES_SERVICE_HOST)")

// load reads the files of KUBECONFIG, of which the first that has a name wins, or
// else that of the home folder.
func load(t entry.Target) (kubeconfig, error) {
	list, from := t.Setting("k8s.kubeconfig")
	files := filepath.SplitList(list)
	if from == "" && t.Home != nil {
		if home, err := t.Home(); err == nil {
			files = []string{filepath.Join(home, ".kube", "config")}
		}
	}
	var all kubeconfig
	for _, file := range files {
		b, err := os.ReadFile(file) //nolint:gosec // G304: the user names the file
		if errors.Is(err, fs.ErrNotExist) {
			continue // as for kubectl
		}
		var one kubeconfig
		if err == nil {
			err = yaml.Unmarshal(b, &one)
		}
		if err != nil {
			return all, provider.WithClass(provider.ErrUsage, fmt.Errorf("the kubeconfig %s cannot be read: %w", file, err))
		}
		all.merge(one, filepath.Dir(file))
	}
	return all, nil
}

func (k *kubeconfig) merge(other kubeconfig, dir string) {
	if k.Current == "" {
		k.Current = other.Current
	}
	for i := range other.Clusters {
		other.Clusters[i].Cluster.dir = dir
	}
	for i := range other.Users {
		other.Users[i].User.dir = dir
	}
	k.Contexts = append(k.Contexts, other.Contexts...)
	k.Clusters = append(k.Clusters, other.Clusters...)
	k.Users = append(k.Users, other.Users...)
}

// cluster returns what a context names.
func (k *kubeconfig) cluster(name string) (c cluster, err error) {
	for _, context := range k.Contexts {
		if context.Name != name {
			continue
		}
		for _, s := range slices.Backward(k.Clusters) {
			if s.Name == context.Context.Cluster {
				c.server = s.Cluster
			}
		}
		for _, u := range slices.Backward(k.Users) {
			if u.Name == context.Context.User {
				c.user = u.User
			}
		}
		if c.Server == "" {
			return c, provider.Usage("the context %q names a cluster %q, which the kubeconfig does not have", name, context.Context.Cluster)
		}
		return c, nil
	}
	return c, provider.Hint(provider.Usage("the kubeconfig has no context %q", name), "run: kubectl config get-contexts")
}

// serviceAccount is where a pod finds who it is.
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// inCluster returns the cluster that this process runs in, if it does.
func inCluster(t entry.Target, dir string) (cluster, bool) {
	host, _ := t.LookupEnv("KUBERNETES_SERVICE_HOST")
	port, _ := t.LookupEnv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return cluster{}, false
	}
	return cluster{
		server{Server: "https://" + net.JoinHostPort(host, port), CA: filepath.Join(dir, "ca.crt")},
		user{TokenFile: filepath.Join(dir, "token")},
	}, true
}

// content returns the content of a kubeconfig entry that is either in place, as
// base64, or in a file.
func content(what, data, file, dir string) ([]byte, error) {
	if data != "" {
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return nil, provider.Usage("%s of the kubeconfig is not base64", what)
		}
		return b, nil
	}
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(inFolder(dir, file))
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("%s of the kubeconfig: %w", what, err))
	}
	return b, nil
}

// inFolder returns the path of a file that is named relative to a folder.
func inFolder(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}
