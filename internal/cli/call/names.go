package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/visible"
)

// nameFlag selects a credential by its name; newNameFlag gives it another.
const (
	nameFlag    = "name"
	newNameFlag = "new-name"
)

// A selection says which credentials a verb is for.
type selection struct {
	name   string // the value of --name
	listed bool   // IDs are read from standard input
}

// check demands IDs, or --name in place of them.
func (s *selection) check(c *Call, named bool, args []string) error {
	renames := c.In.Value(newNameFlag) != nil
	switch {
	case named && len(args) > 0 && renames:
		return provider.Hint(provider.Usage("--name selects a credential, and an ID is given too"), "to change the name, pass --new-name NAME")
	case named && len(args) > 0:
		return provider.Hint(provider.Usage("--name selects a credential, and an ID is given too"), "pass IDs, or --name NAME")
	case named && s.name == "":
		return provider.Hint(provider.Usage("--name is empty"), "pass --name NAME, or an ID")
	case !named && len(args) == 0:
		return provider.Hint(provider.Usage("missing argument: ID"), "pass an ID, - to read IDs from standard input, or --name NAME")
	case slices.ContainsFunc(args, func(arg string) bool { return strings.TrimSpace(arg) == "" }):
		err := provider.Usage("an ID is empty")
		if renames {
			return provider.Hint(err, "check the variable that should hold the ID; to change a name, pass --new-name NAME")
		}
		return provider.Hint(err, "check the variable that should hold the ID, or pass --name NAME")
	}
	return nil
}

// byName returns the ID of the one credential that has the name of --name. Those
// that are revoked or expired count only where no other has it.
func (s *selection) byName(ctx context.Context, svc provider.Service, c *Call, choose Chooser) (string, error) {
	found, err := named(ctx, svc, s.name)
	if err != nil {
		return "", err
	}
	if len(found) > 0 && choose != nil {
		if id, err := choose(ctx, found); id != "" || err != nil {
			return id, err
		}
	}
	switch len(found) {
	case 0:
		err := provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, fmt.Errorf("no %s is named %q", noun(c.Kind), s.name)))
		return "", provider.Hint(err, "to see the names, run: %s", c.Line(provider.List))
	case 1:
		return found[0].ID, nil
	}
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = visible.Text(strings.TrimSpace(f.ID + " " + f.Status))
	}
	return "", provider.Hint(provider.Usage("%d %ss are named %q: %s", len(found), noun(c.Kind), s.name, strings.Join(lines, ", ")), "pass the ID of one of them")
}

// named returns the credentials with this name that may work, or else all of them.
func named(ctx context.Context, svc provider.Service, name string) (found []provider.Credential, err error) {
	for cred, err := range svc.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return nil, err
		}
		if cred.Name == name {
			found = append(found, cred)
		}
	}
	if slices.ContainsFunc(found, provider.Credential.Live) {
		found = slices.DeleteFunc(found, func(c provider.Credential) bool { return !c.Live() })
	}
	return found, nil
}

// hintName adds to the error of an ID that is not there whose name it is, if it is one.
func hintName(ctx context.Context, svc provider.Service, c *Call, ids []string, err error) error {
	if !errors.Is(err, provider.ErrNotFound) || len(ids) != 1 {
		return err
	}
	if found, lerr := named(ctx, svc, ids[0]); lerr == nil && len(found) > 0 {
		return provider.Hint(err, "%s", nameHint(c, ids[0]))
	}
	return err
}

// hintInvalid adds to the error of an argument that cannot be an ID what a person at a
// terminal may have meant: the vendor is asked whether it is a name. A program whose input
// is wrong causes no request.
func hintInvalid(c *Call, cmd *cobra.Command, id string, invalid error) error {
	list := "to see the IDs and names, run: " + c.Line(provider.List)
	if !c.Run.Streams.ErrTTY {
		return provider.AlsoHint(invalid, "%s; to select by name, pass --name NAME", list)
	}
	ctx, cancel := c.Run.Limit(cmd)
	defer cancel()
	svc, err := c.open(ctx)
	if err == nil {
		err = c.checkNeeds()
	}
	var found []provider.Credential
	if err == nil {
		found, err = named(ctx, svc, id)
	}
	switch {
	case err != nil:
		return provider.AlsoHint(invalid, "%s; to select by name, pass --name NAME", list)
	case len(found) == 0:
		return provider.AlsoHint(invalid, "%s", list)
	}
	return provider.AlsoHint(invalid, "%s", nameHint(c, id))
}

func nameHint(c *Call, name string) string {
	return fmt.Sprintf("%q is the name of %s; to select by name, run: %s --name %s", name, article(noun(c.Kind)), c.Line(c.Verb), quote.Word(name))
}
