package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
)

func check(run *invocation.Invocation) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "check [ID... | --all]", Short: "Check that destinations hold their secrets", Args: cobra.ArbitraryArgs,
		Long: `Check whether the destinations of rotations, finished or not, still hold the secrets
that credctl delivered to them. It changes nothing. ID is the ID of a rotation, or of
either credential; credctl checks where the credential now in use was delivered.

A destination that can be read is compared with what was delivered. For one that cannot,
such as a GitHub secret, credctl tells whether it was set again since. Commands cannot
be checked. A destination that a rotation left out, with --force, is checked until it no
longer has a secret that was replaced.

The exit status is 8 if a destination has changed, or could not be read.`,
		Example: `# Check the destinations of one credential
credctl katapult rotate objkey_sbxBackup0000001 --to file:backup.key
credctl rotation check objkey_sbxBackup0000001

# Check those of all credentials, and print what changed as JSON
credctl rotation check --all -o json`,
		ValidArgsFunction: Completer(run),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return provider.Hint(provider.Usage("missing argument: ID, or --all"), "run: credctl rotation list")
			}
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			index, err := engine.Journal.Index()
			if err != nil {
				return err
			}
			c := drift.Checker{Journal: engine.Journal, Index: index, Destination: engine.Destination}
			err = printChecked(ctx, run, c, ids)
			if len(ids) == 1 {
				err = HintName(run, cmd, ids[0], err)
			}
			return exit.About{Group: "rotation", Verb: "check"}.Wrap(err)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "check the destinations of all credentials")
	return syntax.WithColumns(cmd, statusColumns())
}

// printChecked checks the destinations of these IDs, or of all credentials, and prints
// what it found.
func printChecked(ctx context.Context, run *invocation.Invocation, c drift.Checker, ids []string) error {
	ops, err := operations(c, ids)
	if err != nil {
		return err
	}
	if len(ops) == 0 {
		run.OnTerminal("No destinations found")
	}
	var errs []error
	found := make([]rotation.Status, len(ops))
	rows := make([][]string, len(ops))
	for i, op := range ops {
		found[i], err = c.Check(ctx, op)
		errs = append(errs, err)
		rows[i] = statusRow(run.Results, found[i])
		rows[i][slices.Index(statusColumns(), "destinations")] = checkedDestinations(found[i].Destinations)
	}
	err = provider.Reclassify(provider.ErrPartial, errors.Join(errs...))
	return errors.Join(run.Results.Keeping("provider", "id", "name", "destinations").Results(statusColumns(), rows, found), changed(found), err)
}

// operations returns the operations to check, each once.
func operations(c drift.Checker, ids []string) ([]*journal.Operation, error) {
	if len(ids) == 0 {
		return c.All()
	}
	var ops []*journal.Operation
	for _, id := range ids {
		op, err := c.Of(id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(ops, func(o *journal.Operation) bool { return o.ID == op.ID }) {
			ops = append(ops, op)
		}
	}
	return ops, nil
}

// changed is the error of destinations that hold something else now. Its hint is about
// all of them.
func changed(found []rotation.Status) error {
	var all, old []string
	for _, s := range found {
		lost := oplog.Drifted(s)
		for _, d := range s.Destinations {
			switch {
			case !slices.Contains(lost, d.To):
			case d.LeftOut:
				old = append(old, d.To)
			default:
				all = append(all, d.To)
			}
		}
	}
	var said []string
	if all != nil {
		said = append(said, "no longer as delivered: "+strings.Join(all, ", "))
	}
	if old != nil {
		said = append(said, "with a secret that was replaced: "+strings.Join(old, ", "))
	}
	if said == nil {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrPartial, errors.New(strings.Join(said, "; "))), "%s", redelivery.Repair(found...))
}

// checkedDestinations is a cell of a table.
func checkedDestinations(all []rotation.DeliveryState) string {
	cells := make([]string, len(all))
	for i, d := range all {
		state := string(d.State)
		switch {
		case d.State != oplog.Delivered:
		case d.HeldFor != "":
			state = "has the secret of " + d.HeldFor
		case d.LeftOut && d.Drift != nil:
			state = "has a secret that was replaced"
		case d.Drift == nil:
			state = "not checked"
		case *d.Drift:
			state = "changed"
		default:
			state = "unchanged"
		}
		cells[i] = fmt.Sprintf("%s (%s)", d.To, state)
	}
	return strings.Join(cells, ", ")
}
