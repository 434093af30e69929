package verbs

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/glob"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/survey"
)

const aboutListAll = `List credentials of all vendors that have a token, in one profile or several. When a
vendor cannot be listed, or answers nothing for 30 seconds after the longest wait for
its rate limit (--max-wait), the others are listed in full and the exit status is 8. A
vendor that has settings and no token is named in a note.

Rows are in the order of vendors and profiles. With -o jsonl and -o csv, they are printed
as they come, unless --sort is given. Credentials for which the vendor does not tell
what --older-than, --unused or --expiring asks for are left out.`

// listOptions are the flags of `credctl list`.
type listOptions struct {
	profiles []string
	every    bool // profile
	vendors  []string
	filter   survey.Filter
	sort     string
	limit    int
}

// ListAll is `credctl list`: every vendor that is configured, at once.
func ListAll(run *invocation.Invocation) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List credentials of all configured vendors", Long: aboutListAll, Args: syntax.Exact(),
		Example: `# List all credentials
credctl list

# List credentials of all profiles older than 90 days, the oldest first
credctl list --all-profiles --older-than 90d --sort created

# Print when each credential was last used, as CSV
credctl list -o csv --columns provider,id,name,last_used`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			return exit.About{Verb: "list"}.Wrap(listAll(ctx, run, o))
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.profiles, "profile", nil, "`name` of a profile in the configuration; repeatable")
	f.BoolVar(&o.every, "all-profiles", false, "list the accounts of every profile")
	f.StringSliceVar(&o.vendors, "vendor", nil, "list only these `vendors`")
	addFilter(f, &o.filter)
	f.StringVar(&o.sort, "sort", "", "sort by this `field`, unknown values last")
	f.IntVar(&o.limit, "limit", 0, "list at most this `number` of credentials")
	syntax.Offer(cmd, "profile", func(string) []string {
		names, _ := run.Config.Profiles() // none of a file that cannot be read
		return names
	})
	syntax.Offer(cmd, "vendor", func(string) []string { return slices.Clone(run.Config.Vendors.Names()) })
	syntax.Offer(cmd, "sort", func(string) []string { return survey.Fields() })
	return cmd
}

// addFilter adds the flags that select credentials.
func addFilter(f *pflag.FlagSet, to *survey.Filter) {
	f.StringSliceVar(&to.Status, "status", nil, "list only credentials of this `status`")
	f.StringVar(&to.Name, "name", "", "list only names that match this `pattern`, such as 'ci-*'")
	f.Var(syntax.Days{D: &to.OlderThan}, "older-than", "list only credentials created before this `duration`")
	f.Var(syntax.Days{D: &to.Unused}, "unused", "list only credentials unused for this `duration`")
	f.Var(syntax.Days{D: &to.Expiring}, "expiring", "list only credentials that expire within this `duration`")
}

// check finds what is wrong with the flags before any request.
func (o *listOptions) check(run *invocation.Invocation) error {
	if err := run.Results.NotIssued("list"); err != nil {
		return err
	}
	switch {
	case o.every && len(o.profiles) > 0:
		return provider.Usage("--profile and --all-profiles cannot be combined")
	case o.limit < 0:
		return provider.Usage("--limit cannot be negative")
	}
	if err := glob.Check(o.filter.Name); err != nil {
		return provider.Hint(provider.Usage("--name %q is not a pattern", o.filter.Name), "use * for any text, such as --name 'ci-*'")
	}
	return survey.CheckField(o.sort)
}

// scope returns which accounts are listed. One profile is that of the run.
func (o *listOptions) scope(run *invocation.Invocation) (scope survey.Scope, err error) {
	scope.Vendors = o.vendors
	switch {
	case o.every:
		scope.Profiles, err = survey.Profiles(run.Config)
	case len(o.profiles) == 1:
		run.Config.Flags.Profile = o.profiles[0]
	default:
		scope.Profiles = o.profiles
	}
	return scope, err
}

func listAll(ctx context.Context, run *invocation.Invocation, o listOptions) error {
	if err := o.check(run); err != nil {
		return err
	}
	scope, err := o.scope(run)
	if err != nil {
		return err
	}
	accounts, err := survey.Find(ctx, run.Config, run.Session, scope)
	if err != nil {
		return err
	}
	run.NotListed(accounts.LeftOut)
	o.filter.Now = time.Now()
	all := survey.New(ctx, accounts.Sources, run.Session.LongestWait())
	p := run.Results.Printer()
	p.First = []string{"provider"}
	if len(scope.Profiles) > 0 {
		p.First = append(p.First, "profile")
	}
	err = p.List(survey.First(o.limit, survey.Sorted(o.sort, o.filter.Of(o.rows(run, all)))))
	for _, note := range o.filter.Notes() {
		run.Streams.Remark("note: %s", note)
	}
	if err != nil && !errors.Is(err, provider.ErrPartial) { // which is among those that failed
		return err
	}
	return survey.Error("list", append(accounts.Failed, all.Failed()...))
}

// rows returns the listing in the order that the format asks for.
func (o *listOptions) rows(run *invocation.Invocation, all *survey.Survey) iter.Seq2[provider.Credential, error] {
	if o.sort == "" && (run.Results.Output == "jsonl" || run.Results.Output == "csv") {
		return all.AsTheyCome()
	}
	return all.InOrder()
}
