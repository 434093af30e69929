package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A selection is how a command names the credentials that it works on: by their
// IDs, by IDs on standard input (-), or by a name (--name) that one of them has.
type selection struct {
	name string // of --name, for verbs that have no parameter of that name
}

// named returns the name to select by, if there is no ID: --name then does not
// set the name of anything.
func (c *call) named() string {
	if v := c.in.Value(provider.Name.Info().Name); v != nil {
		name := v.String()
		v.Clear()
		return name
	}
	return c.selection.name
}

// selected returns the IDs that the operands mean. It asks the vendor only for
// those that are named.
func (c *call) selected(ctx context.Context, svc provider.Service, args []string) ([]string, error) {
	if len(args) == 0 {
		return c.byName(ctx, svc, c.named())
	}
	if c.selection.name != "" {
		return nil, provider.Usage("name the credentials by ID or with --name, not both")
	}
	return args, nil
}

// byName returns the ID of the one credential that has this name.
func (c *call) byName(ctx context.Context, svc provider.Service, name string) ([]string, error) {
	var found []provider.Credential
	for cred, err := range svc.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return nil, err
		}
		if cred.Name == name && !cred.Revoked {
			found = append(found, cred)
		}
	}
	switch len(found) {
	case 0:
		return nil, provider.WithClass(provider.ErrNotFound, fmt.Errorf("there is no %s named %q", c.kind.Name, name))
	case 1:
		c.failed.id = found[0].ID
		return []string{found[0].ID}, nil
	}
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = visible.Text(strings.TrimSpace(f.ID + " " + f.Status))
	}
	return nil, provider.Hint(provider.Usage("%d are named %q: %s", len(found), name, strings.Join(lines, ", ")), "name one by its ID")
}

// operands returns the IDs among the arguments: - stands for those on standard
// input, a line each. One that is named twice counts once, and so does a UUID in
// another case, which names the same to every vendor, guard, lock and journal.
func (c *call) operands(args []string) ([]string, error) {
	var ids []string
	for _, arg := range args {
		if arg != "-" {
			ids = append(ids, arg)
			continue
		}
		in, err := c.streams.Claim("IDs")
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
	return ids, c.checkIDs(ids)
}

// needOperand demands an ID or a name, before anything is asked of a vendor.
func (c *call) needOperand(args []string) error {
	if len(args) > 0 || !c.takesIDs() || c.selection.name != "" {
		return nil
	}
	if v := c.in.Value(provider.Name.Info().Name); v != nil && v.IsSet() {
		return nil
	}
	return provider.Usage("it needs an ID, - for IDs on standard input, or --name NAME")
}

// takesIDs reports whether the verb works on what is there already.
func (c *call) takesIDs() bool {
	switch c.verb {
	case provider.Get, provider.Update, provider.Delete, provider.Rotate, provider.Generate:
		return true
	case provider.List, provider.Create:
	}
	return false
}
