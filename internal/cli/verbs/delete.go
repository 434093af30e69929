package verbs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/guard"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// deleteOptions are the flags of delete.
type deleteOptions struct {
	force, self, ignoreNotFound bool
	notSelf                     []string
}

// Delete is `credctl VENDOR delete`.
func Delete(c *call.Call) *cobra.Command {
	o := &deleteOptions{}
	return c.Command(call.Spec{
		Operands: operands, Short: "Delete (revoke) one or more %ss", Parallel: parallel, Requests: true,
		Flags: func(cmd *cobra.Command) {
			f := cmd.Flags()
			f.BoolVar(&o.force, "force", false, "delete credentials in use, and more than five at once")
			f.BoolVar(&o.self, "self", false, "allow deleting the credential that credctl authenticates with")
			f.StringArrayVar(&o.notSelf, "not-self", nil, "`ID` that credctl does not authenticate with; repeatable")
			f.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "succeed if the credential does not exist")
			syntax.WithColumns(cmd, bulk.ResultColumns())
		},
		Check: func([]string) error { return call.CheckIDs(c.Kind, o.notSelf) },
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			return (&deletion{call: c, options: o, svc: svc}).run(ctx, ids)
		},
		NoneNamed: func(name string, err error) error {
			if !o.ignoreNotFound || c.Run.DryRun != nil {
				return err
			}
			r := newReport(c, true)
			return errors.Join(r.AddNamed(name, bulk.NotFound), r.End())
		},
	})
}

// A deletion is one run of the verb.
type deletion struct {
	call     *call.Call
	options  *deleteOptions
	svc      provider.Service
	trail    *invocation.Trail
	findings *guard.Findings
}

// run deletes credentials, after what guards them and a person have agreed.
func (d *deletion) run(ctx context.Context, ids []string) (err error) {
	c := d.call
	g := guard.Guard{
		Provider: c.Provider, Kind: c.Kind, Settings: c.Settings, Service: d.svc, Streams: c.Run.Streams, Rotate: c.Line(provider.Rotate),
		Force: d.options.force, Self: d.options.self, NotSelf: d.options.notSelf, Engine: c.Run.Session.Engine, Each: c.Runner().Each,
	}
	if d.trail, err = c.Run.Trail(); err != nil {
		return err
	}
	if d.findings, err = g.Check(ctx, ids); err != nil {
		return err
	}
	if left := slices.DeleteFunc(slices.Clone(d.findings.IDs), d.findings.Revoked); len(left) > 0 {
		if err := d.agree(ctx, left); err != nil {
			return err
		}
	}
	return d.all(ctx)
}

func newReport(c *call.Call, single bool) *bulk.Report {
	return &bulk.Report{Writer: c.Run.Results, Streams: c.Run.Streams, Kind: c.Kind.Name, About: c.About(), Single: single}
}

// all deletes what the guards leave. It continues after an error, and says what came of each.
func (d *deletion) all(ctx context.Context) error {
	ids, leftOut := d.findings.IDs, d.findings.LeftOut
	results := make([]string, len(ids))
	done := d.call.Runner().Each(ctx, ids, func(ctx context.Context, i int, id string) (err error) {
		results[i], err = d.one(ctx, id)
		if d.call.Run.DryRun != nil {
			return err
		}
		return d.trail.Add(call.EventOf(d.call, id, results[i]), err)
	})
	pretend := d.call.Run.DryRun != nil
	r := newReport(d.call, len(ids)+len(leftOut) == 1 && !d.call.Several(ids))
	var errs []error
	var unsaid error
	add := func(id, result string, err error) bool {
		if errs = append(errs, err); !pretend {
			unsaid = r.Add(id, result, err)
		}
		return unsaid == nil // otherwise nothing more is begun
	}
	for i, err := range done {
		if !add(ids[i], results[i], err) {
			break
		}
	}
	for _, l := range leftOut {
		if unsaid == nil {
			add(l.ID, "", l.Err)
		}
	}
	const most = 10                                                        // the results tell of each
	errs = append(errs, make([]error, len(ids)+len(leftOut)-len(errs))...) // of those that were not begun
	err := bulk.Failed("deleted", errs, most)
	if !pretend && unsaid == nil {
		unsaid = r.End()
	}
	return errors.Join(err, unsaid)
}

// one deletes a credential, and returns what came of it.
func (d *deletion) one(ctx context.Context, id string) (result string, err error) {
	if err = d.findings.Gone(id); err == nil && d.call.Run.DryRun != nil {
		err = d.findings.Missing(id)
	}
	if err == nil {
		err = d.findings.Settle(ctx, id, d.svc.(provider.Deleter).Delete(ctx, id))
		err = call.Absent(d.call, id, err)
	}
	switch {
	case err == nil:
		return bulk.Deleted, nil
	case errors.Is(err, provider.ErrGone):
		return bulk.Gone, nil
	case !errors.Is(err, provider.ErrNotFound):
		return "", err
	}
	if d.options.ignoreNotFound {
		ignorable, cannot := d.findings.Ignorable(err)
		if cannot != nil {
			return "", cannot
		}
		if ignorable {
			err = nil
		}
	}
	return bulk.NotFound, err
}

// agree asks a person, who has to type the number of many. A dry run tells what it would
// delete.
func (d *deletion) agree(ctx context.Context, ids []string) error {
	c := d.call
	streams, effect := c.Run.Streams, call.Sentence(c.Kind.Effects[provider.Delete])
	if len(ids) > 1 {
		effect = strings.ReplaceAll(effect, "that use it", "that use them")
	}
	switch {
	case c.Run.DryRun != nil:
		for _, id := range ids {
			streams.Remark("would delete %s", call.Described(c, id, d.findings.Name(id)))
		}
		return nil
	case len(ids) <= guard.Max || d.options.force:
		return streams.Confirm(ctx, c.Question("Delete "+d.described(ids), effect))
	}
	answer, err := streams.Ask(ctx, fmt.Sprintf("This deletes %d %s at %s. %s Type the number to proceed: ", len(ids), c.Kind.Title, c.Provider.Name, effect))
	if err == nil && answer != strconv.Itoa(len(ids)) {
		err = term.ErrDeclined
	}
	return err
}

// described names what is deleted.
func (d *deletion) described(ids []string) string {
	if many := fmt.Sprintf("%d %s", len(ids), d.call.Kind.Title); len(ids) > guard.Max {
		return many
	} else if len(ids) > 1 {
		names := make([]string, len(ids))
		for i, id := range ids {
			names[i] = visible.Text(cmp.Or(d.findings.Name(id), id))
		}
		return fmt.Sprintf("%s (%s)", many, strings.Join(names, ", "))
	}
	return call.Described(d.call, ids[0], d.findings.Name(ids[0]))
}
