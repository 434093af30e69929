package verbs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/guard"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// deleteOptions are the flags of delete.
type deleteOptions struct{ force, self bool }

// Delete is `credctl VENDOR delete`.
func Delete(c *call.Call) *cobra.Command {
	o := &deleteOptions{}
	return c.Command(call.Spec{
		Operands: operands, Short: "Delete (revoke) one or more %ss", Parallel: parallel, Requests: true,
		Flags: func(cmd *cobra.Command) {
			cmd.Flags().BoolVar(&o.force, "force", false, "delete also what is in use, was used within a day or was delivered somewhere, and more than five at once")
			cmd.Flags().BoolVar(&o.self, "self", false, "delete also the credential that credctl itself signs with")
			syntax.WithColumns(cmd, bulk.ResultColumns())
		},
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			g := guard.Guard{
				Provider: c.Provider, Kind: c.Kind, Settings: c.Settings, Service: svc, Streams: c.Run.Streams,
				Rotate: c.Line(provider.Rotate), Force: o.force, Self: o.self, Engine: c.Run.Session.Engine, Each: c.Runner().Each,
			}
			if err := g.Check(ctx, ids); err != nil {
				return err
			}
			if err := agreeToDelete(ctx, c, svc, ids, o.force); err != nil {
				return err
			}
			return deleteAll(ctx, c, svc, ids)
		},
	})
}

// deleteAll deletes credentials. It goes on after an error, and says what came of each.
func deleteAll(ctx context.Context, c *call.Call, svc provider.Service, ids []string) error {
	results := make([]string, len(ids))
	done := c.Runner().Each(ctx, ids, func(ctx context.Context, i int, id string) error {
		err := svc.(provider.Deleter).Delete(ctx, id)
		if results[i] = bulk.Deleted; errors.Is(err, provider.ErrGone) {
			results[i], err = bulk.Gone, nil
		}
		return err
	})
	pretend := c.Run.DryRun != nil
	errs := make([]error, len(ids))
	r := &bulk.Report{Writer: c.Run.Results, Streams: c.Run.Streams, Kind: c.Kind.Name, About: c.About(), Single: !c.Several(ids)}
	var unsaid error
	for i, err := range done {
		errs[i] = err
		if pretend {
			continue
		}
		if unsaid = r.Add(ids[i], results[i], err); unsaid != nil {
			break // and nothing more is begun
		}
	}
	const most = 10 // the results tell of each
	err := bulk.Failed("deleted", errs, most)
	if !pretend && unsaid == nil {
		unsaid = r.End()
	}
	return errors.Join(err, unsaid)
}

// agreeToDelete asks a person, who has to type the number of many. A dry run asks nothing.
func agreeToDelete(ctx context.Context, c *call.Call, svc provider.Service, ids []string, force bool) error {
	streams, effect := c.Run.Streams, call.Sentence(c.Kind.Effects[provider.Delete])
	switch {
	case c.Run.DryRun != nil:
		return nil
	case len(ids) <= guard.Max || force:
		return streams.Confirm(ctx, fmt.Sprintf("Delete %s at %s? %s", described(ctx, c, svc, ids), c.Provider.Name, effect))
	}
	answer, err := streams.Ask(ctx, fmt.Sprintf("This deletes %d %s. %s Type the number to go on: ", len(ids), c.Kind.Title, effect))
	if err == nil && answer != strconv.Itoa(len(ids)) {
		err = term.ErrDeclined
	}
	return err
}

// described says what is deleted: of one its name too, which tells a person more than the ID.
func described(ctx context.Context, c *call.Call, svc provider.Service, ids []string) string {
	if len(ids) > 1 {
		return fmt.Sprintf("%d %s", len(ids), c.Kind.Title)
	}
	if !c.Run.Streams.Interactive() || c.Run.Streams.Yes {
		return ids[0]
	}
	cred, err := svc.(provider.Getter).Get(ctx, ids[0])
	if err != nil || cred.Name == "" {
		return ids[0]
	}
	return fmt.Sprintf("%s (%s)", ids[0], visible.Text(cred.Name))
}
