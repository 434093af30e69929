package call

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// hasName reports whether --name is given.
func (c *Call) hasName() bool {
	if c.name != "" {
		return true
	}
	v := c.In.Value(provider.Name.Info().Name)
	return v != nil && v.IsSet()
}

// takeName returns the name to select by, where there is no ID: --name then does
// not set the name of anything.
func (c *Call) takeName() string {
	if v := c.In.Value(provider.Name.Info().Name); v != nil {
		name := v.String()
		v.Clear()
		return name
	}
	return c.name
}

// byName returns the ID of the one credential that has this name.
func (c *Call) byName(ctx context.Context, svc provider.Service, name string) (string, error) {
	var found []provider.Credential
	for cred, err := range svc.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return "", err
		}
		if cred.Name == name && !cred.Revoked {
			found = append(found, cred)
		}
	}
	switch len(found) {
	case 0:
		return "", provider.WithClass(provider.ErrNotFound, fmt.Errorf("there is no %s named %q", c.Kind.Name, name))
	case 1:
		return found[0].ID, nil
	}
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = visible.Text(strings.TrimSpace(f.ID + " " + f.Status))
	}
	return "", provider.Hint(provider.Usage("%d are named %q: %s", len(found), name, strings.Join(lines, ", ")), "name one by its ID")
}

// readIDs returns the IDs among the arguments: - stands for those on standard
// input, a line each. One that is named twice counts once, and so does a UUID in
// another case, which names the same to every vendor, guard, lock and journal.
func readIDs(streams *term.Streams, kind provider.Kind, args []string) ([]string, error) {
	var ids []string
	for _, arg := range args {
		if arg != "-" {
			ids = append(ids, arg)
			continue
		}
		in, err := streams.Claim("IDs")
		if err != nil {
			return nil, provider.WithClass(provider.ErrUsage, err)
		}
		lines := bufio.NewScanner(io.LimitReader(in, 64<<20))
		for lines.Scan() {
			if id := strings.TrimSpace(lines.Text()); id != "" {
				ids = append(ids, id)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, provider.Usage("the IDs on standard input: %w", err)
		}
	}
	for i, id := range ids {
		if provider.IsUUID(id) {
			ids[i] = strings.ToLower(id)
		}
	}
	seen := make(map[string]bool, len(ids))
	ids = slices.DeleteFunc(ids, func(id string) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
	if len(args) > 0 && len(ids) == 0 {
		return nil, provider.Usage("there is no ID on standard input")
	}
	for _, id := range ids {
		if kind.CheckID == nil {
			break
		}
		if err := kind.CheckID(id); err != nil {
			return nil, provider.WithClass(provider.ErrUsage, err)
		}
	}
	return ids, nil
}
