package audits

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/audit/sarif"
	"github.com/credctl/credctl/internal/provider"
)

// locate finds the files in which SARIF locates results: a result without a place in
// the repository makes GitHub refuse all.
func locate(o options, f files) (all map[string]sarif.File, fallback string, err error) {
	all = map[string]sarif.File{}
	for _, x := range []struct {
		path string
		text []byte
	}{{o.policy, f.policyText}, {o.inventory, f.text}} {
		if x.path == "" {
			continue
		}
		uri, err := inRepository(x.path)
		if err != nil {
			return nil, "", err
		}
		all[x.path], fallback = sarif.File{URI: uri, Text: x.text}, x.path
	}
	if fallback == "" {
		return nil, "", provider.Hint(provider.Usage("-o sarif needs a file of the repository in which findings are located"),
			"pass --inventory or --policy; to write an inventory: credctl audit --init-inventory > inventory.yaml")
	}
	return all, fallback, nil
}

// inRepository returns the path of a file from the root of its repository, or else from
// the current folder, as a URI.
func inRepository(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	if err != nil {
		return "", err
	}
	root, err := os.Getwd()
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return "", err
	}
	for dir := filepath.Dir(full); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			root = dir
			break
		}
	}
	rel, err := filepath.Rel(root, full)
	if err != nil || !filepath.IsLocal(rel) {
		return "", provider.Hint(provider.Usage("%s is not in a git repository, and not below the current folder", path), "keep it in the repository, or change to its folder")
	}
	segments := strings.Split(filepath.ToSlash(rel), "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.ReplaceAll(strings.Join(segments, "/"), ":", "%3A"), nil
}
