package setup

import (
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// logout is `credctl auth logout`.
func logout(run *invocation.Invocation) *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "logout VENDOR", Short: "Remove a stored token", Args: syntax.Exact("VENDOR"), ValidArgs: run.Config.Vendors.Names(),
		Example: `# Remove the token of the profile that is in use
credctl auth logout katapult

# Show whether a token would be removed
credctl auth logout katapult --dry-run`,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := run.Config.Vendors.Find(args[0])
			if err != nil {
				return err
			}
			return exit.About{Group: "auth", Provider: p.Name, Verb: "logout"}.Wrap(deleteTokens(run, p, dry))
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show what would be removed, change nothing")
	return keyValue(cmd, run.Results, logoutHeads())
}

func logoutHeads() []string {
	return []string{"provider", "profile", "removed", "dry_run", "would_remove"}
}

// deleteTokens removes the stored token of a vendor, or says whether it would.
func deleteTokens(run *invocation.Invocation, p provider.Provider, dry bool) error {
	profile, err := run.Config.Profile(nil)
	if err != nil {
		return err
	}
	carryOut := func(vendor, profile string) (bool, error) { return forgetToken(run, vendor, profile) }
	said := "Removed the stored token for %s"
	if dry {
		carryOut, said = run.Config.Store.Exists, "Would remove the stored token for %s"
	}
	there, err := carryOut(p.Name, profile.Name)
	if err != nil {
		return err
	}
	if !there {
		said = "No token is stored for %s"
	}
	if !run.Config.Store.HasKeyring() {
		of := ""
		if profile.Name != "" {
			of = " --profile " + quote.Word(profile.Name)
		}
		run.Streams.Remark("note: no system keyring is available in this session. If a %s token is in the keyring of a desktop session, remove it there: credctl auth logout %[1]s%s", p.Name, of)
	}
	var isDry, would any = "", ""
	if dry {
		isDry, would = true, there
	}
	return run.Results.Answer(logoutHeads(), run.Streams.Remarking(said, p.Name), p.Name, profile.Name, there && !dry, isDry, would)
}

// forgetToken removes a stored token, and adds that to the audit trail.
func forgetToken(run *invocation.Invocation, vendor, profile string) (existed bool, err error) {
	trail, err := run.Trail()
	if err != nil {
		return false, err
	}
	existed, err = run.Config.Store.Delete(vendor, profile)
	if existed || err != nil {
		err = trail.Add(journal.Event{Verb: "logout", Provider: vendor, Profile: profile, Result: "removed"}, err)
	}
	return existed, err
}
