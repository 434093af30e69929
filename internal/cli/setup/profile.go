package setup

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/results"
)

// Profile is `credctl profile`.
func Profile(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "profile", Short: "Manage profiles of several accounts",
		Long: "A profile has the settings of one account at each vendor. --profile or CREDCTL_PROFILE selects one\nfor a single command, `credctl profile use` for all.",
		Example: `  credctl profile create work
  credctl profile use work`,
	}
	syntax.Group(cmd)
	cmd.AddCommand(profileList(run), profileUse(run), profileCreate(run), profileDelete(run))
	return cmd
}

// A listedProfile is what `credctl profile list` says about a profile.
type listedProfile struct {
	Name    string   `json:"name"`
	Current bool     `json:"current"` // it applies now
	Source  string   `json:"source,omitempty"`
	Vendors []string `json:"vendors,omitempty"` // for which it has settings
}

func profileList(run *invocation.Invocation) *cobra.Command {
	columns := []string{"name", "current", "source", "vendors"}
	return syntax.WithColumns(&cobra.Command{
		Use: "list", Short: "List the profiles", Args: syntax.Exact(),
		Example: "  credctl profile list\n  credctl profile list -o json",
		RunE: func(*cobra.Command, []string) error {
			current, err := run.Config.Profile(nil)
			if err != nil {
				return err
			}
			names, err := run.Config.Profiles()
			if err != nil {
				return err
			}
			all := make([]listedProfile, len(names))
			rows := make([][]string, len(names))
			for i, name := range names {
				all[i] = listedProfile{Name: name, Current: name == current.Name}
				if all[i].Current {
					all[i].Source = current.Source
				}
				if all[i].Vendors, err = run.Config.ProfileVendors(name); err != nil {
					return err
				}
				rows[i] = []string{name, results.YesNo(all[i].Current), all[i].Source, strings.Join(all[i].Vendors, ",")}
			}
			if len(all) == 0 {
				run.OnTerminal("No profiles found. To create one: credctl profile create NAME")
			}
			return run.Results.Printer().Results(columns, rows, all)
		},
	}, columns)
}

func profileUse(run *invocation.Invocation) *cobra.Command {
	heads := []string{"profile", "path"}
	return keyValue(&cobra.Command{
		Use: "use NAME", Short: "Switch to another profile", Args: syntax.Exact("NAME"), ValidArgsFunction: profileNames(run),
		Example: `# Use the profile work from now on
credctl profile use work

# Return to the first profile
credctl profile use default`,
		RunE: func(_ *cobra.Command, args []string) error {
			_, path, err := run.Config.Set("default_profile", args[0])
			if err != nil {
				return err
			}
			if v := run.Config.Env["CREDCTL_PROFILE"]; v != "" && v != args[0] {
				run.Streams.Remark("credctl: warning: CREDCTL_PROFILE=%s takes precedence in this shell", v)
			}
			return run.Results.Answer(heads, run.Streams.Remarking("Switched to profile %s", args[0]), args[0], path)
		},
	}, run.Results, heads)
}

func profileCreate(run *invocation.Invocation) *cobra.Command {
	heads := []string{"profile", "path"}
	return keyValue(&cobra.Command{
		Use: "create NAME", Short: "Create an empty profile", Args: syntax.Exact("NAME"), ValidArgsFunction: cobra.NoFileCompletions,
		Example: `# Create a profile
credctl profile create work

# Create a profile and store its token
credctl profile create client
credctl auth login katapult --profile client --token-file token --yes`,
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := run.Config.CreateProfile(args[0])
			if err != nil {
				return err
			}
			return run.Results.Answer(heads, func() error {
				run.Streams.Remark("Created profile %s in %s", args[0], path)
				run.Streams.Remark("Next: credctl auth login --profile %s", quote.Word(args[0]))
				return nil
			}, args[0], path)
		},
	}, run.Results, heads)
}

func profileDelete(run *invocation.Invocation) *cobra.Command {
	heads := []string{"profile", "removed", "tokens"}
	return keyValue(&cobra.Command{
		Use: "delete NAME", Short: "Delete a profile and its tokens", Args: syntax.Exact("NAME"), ValidArgsFunction: profileNames(run),
		Long: "Removes the profile from the configuration file, and its stored tokens. The tokens stay valid at the\nvendors. A rotation that was started with the profile can no longer be resumed.",
		Example: `# Delete a profile without a question
credctl profile delete work --yes

# Delete a profile, report the number of its tokens as JSON
credctl profile delete client --yes -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			name := args[0]
			if _, err := run.Config.Profile(&name); err != nil {
				return provider.Hint(err, "to see the profiles, run: credctl profile list")
			}
			stored, err := storedTokens(run, name)
			if err != nil {
				return err
			}
			tokens := ""
			if len(stored) > 0 {
				tokens = " and the stored tokens for " + strings.Join(stored, ", ")
			}
			question := fmt.Sprintf("Delete profile %s with its settings%s? Rotations that use it cannot be resumed.", name, tokens)
			if err := run.Streams.Confirm(ctx, question); err != nil {
				return err
			}
			for _, vendor := range stored { // first: a token without a profile could not be found again
				if _, err := forgetToken(run, vendor, name); err != nil {
					return err
				}
			}
			if _, err := run.Config.DeleteProfile(name); err != nil {
				return err
			}
			if !run.Config.Store.HasKeyring() {
				run.Streams.Remark("note: no system keyring is available in this session. If tokens of profile %s are in the keyring of a desktop session, remove them there: credctl profile create %s && credctl profile delete %[2]s --yes", name, quote.Word(name))
			}
			return run.Results.Answer(heads, run.Streams.Remarking("Deleted profile %s%s", name, tokens), name, true, len(stored))
		},
	}, run.Results, heads)
}

// storedTokens returns the vendors for which a token is stored in a profile.
func storedTokens(run *invocation.Invocation, profile string) (vendors []string, err error) {
	var unknown []error
	for _, name := range run.Config.Vendors.Names() {
		exists, err := run.Config.Store.Exists(name, profile)
		if exists {
			vendors = append(vendors, name)
		}
		unknown = append(unknown, err)
	}
	return vendors, errors.Join(unknown...)
}

// profileNames completes the name of a profile.
func profileNames(run *invocation.Invocation) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, _ := run.Config.Profiles() // none of a file that cannot be read
		return slices.SortedFunc(slices.Values(names), cmp.Compare[string]), cobra.ShellCompDirectiveNoFileComp
	}
}
