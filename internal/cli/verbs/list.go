package verbs

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
)

// List is `credctl VENDOR list`.
func List(c *call.Call) *cobra.Command {
	return c.Command(call.Spec{
		Short: "List all %ss", Args: syntax.Exact(),
		Do: func(ctx context.Context, svc provider.Service, _ []string) error {
			p := c.Run.Results.Printer()
			p.Shape = c.Kind.Shape
			found := false
			err := p.List(func(yield func(provider.Credential, error) bool) {
				for cred, err := range svc.(provider.Lister).List(ctx, c.In) {
					if found = true; !yield(cred, err) {
						return
					}
				}
			})
			if err == nil && !found {
				call.NoneFound(c)
			}
			return err
		},
	})
}

// ListAll is `credctl list`: every vendor that is configured, at once.
func ListAll(run *invocation.Invocation) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List credentials of all configured vendors",
		Long: `List credentials of all vendors that have a token. When a vendor cannot be
listed, the others are listed in full and the exit status is 8.`,
		Example: `# List all credentials
credctl list

# Print when each credential was last used, as CSV
credctl list -o csv --columns provider,id,name,last_used`,
		Args: syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			return exit.About{Verb: "list"}.Wrap(listAll(ctx, run))
		},
	}
}

func listAll(ctx context.Context, run *invocation.Invocation) error {
	if err := run.Results.NotIssued("list"); err != nil {
		return err
	}
	if _, err := run.Config.Profile(nil); err != nil { // which is wrong for all vendors
		return err
	}
	var sources []source
	var failures []error
	var none error // why a vendor does not count
	for _, p := range run.Config.Vendors() {
		account := config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)}
		found, err := sourcesOf(ctx, run.Session, account)
		switch {
		case err == nil:
			sources = append(sources, found...)
		case errors.Is(err, provider.ErrDenied) && !configured(ctx, run.Config, account):
			none = err
		default:
			failures = append(failures, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	if len(sources) == 0 && len(failures) == 0 {
		return provider.Hint(provider.Usage("no vendor is configured: %w", none), "run `credctl auth login`, or try `credctl sandbox -- credctl list`")
	}
	seq, failed := together(ctx, sources)
	p := run.Results.Printer()
	p.Mixed = true
	if err := p.List(seq); err != nil {
		return err
	}
	failures = append(failures, failed()...)
	if len(failures) > 0 {
		return provider.WithClass(provider.ErrPartial, fmt.Errorf("cannot list every vendor: %w", errors.Join(failures...)))
	}
	return nil
}

// sourcesOf returns what an account lists: every kind of its vendor that can be listed.
func sourcesOf(ctx context.Context, s *session.Session, account config.Account) (found []source, err error) {
	conn, err := s.Connect(ctx, account)
	if err != nil {
		return nil, err
	}
	listings, err := conn.Listings()
	for _, l := range listings {
		found = append(found, source{account.Vendor.Name, l})
	}
	return found, err
}

// configured reports whether there is a source of a token for an account.
func configured(ctx context.Context, c *config.Config, account config.Account) bool {
	s, err := c.Locate(ctx, account)
	return err != nil || s.Configured()
}
