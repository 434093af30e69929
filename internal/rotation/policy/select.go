package policy

import (
	"context"
	"path"
	"strings"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/run"
)

// selected returns the credentials that an entry is about, each as the one of its
// chain that lives.
func selected(ctx context.Context, r Entry, index journal.Index, service provider.Service) ([]item, error) {
	if r.Select == nil {
		it := item{Entry: r}
		it.ID = index.Current(r.Ref()).ID
		return []item{it}, nil
	}
	all, err := run.List(ctx, service)
	if err != nil {
		return nil, err
	}
	var items []item
	taken := map[journal.Ref]bool{}
	for _, c := range all {
		if !c.Live() || !r.Select.matches(c) {
			continue
		}
		it := item{Entry: r}
		it.ID = c.ID
		root := index.Root(it.Ref())
		if taken[root] {
			continue // it is the successor of another one, which has not gone yet
		}
		taken[root] = true
		it.ID = index.Current(root).ID
		if it.To, err = expandNames(r.To, c.Name); err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

func (s Selection) matches(c provider.Credential) bool {
	named := true
	if s.Name != "" {
		named, _ = path.Match(strings.ReplaceAll(s.Name, "/", "\x00"), strings.ReplaceAll(c.Name, "/", "\x00"))
	}
	return named && (s.Status == "" || s.Status == c.Status)
}

// placeholder stands for the name of a selected credential in its destinations.
const placeholder = "{name}"

// expandNames puts the name of a credential into destinations.
func expandNames(to []string, name string) ([]string, error) {
	out := make([]string, len(to))
	for i, t := range to {
		if strings.Contains(t, placeholder) && !partOf(t, name) {
			return nil, provider.Usage("the name %q cannot be a part of the destination %s", name, t)
		}
		out[i] = strings.ReplaceAll(t, placeholder, name)
	}
	return out, nil
}

// partOf reports whether a name, which whoever may name credentials has chosen,
// can stand in a destination: as a part of a path, or as a word in a command line.
func partOf(to, name string) bool {
	if strings.HasPrefix(to, "exec:") {
		const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:+"
		return name != "" && strings.Trim(name, plain+"-") == "" && strings.Contains(plain, name[:1])
	}
	return name != "" && !strings.ContainsAny(name, "/\\?@\x00\n") && !strings.HasPrefix(name, ".")
}
