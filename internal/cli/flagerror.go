package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// flagError adds to pflag's error what the user may have meant.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok { // without the value, which may be a secret
		err = fmt.Errorf("--%s: %w", bad.GetFlag().Name, bad.Unwrap())
	}
	if empty, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		name, _ := pflag.UnquoteUsage(empty.GetFlag())
		err = provider.Usage("--%s has no value", empty.GetFlag().Name)
		return provider.Hint(err, "pass --%s %s", empty.GetFlag().Name, strings.ToUpper(name))
	}
	wrong, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	err = provider.WithClass(provider.ErrUsage, err)
	if !ok {
		return provider.Hint(err, "run: %s --help", cmd.CommandPath())
	}
	if hint := flagHint(cmd, wrong); hint != "" {
		return provider.Hint(err, "%s", hint)
	}
	return provider.Hint(err, "to see the flags, run: %s --help", cmd.CommandPath())
}

// flagHint says what a flag that cmd does not have was probably meant to be, or "".
func flagHint(cmd *cobra.Command, wrong string) string {
	switch wrong {
	case "version":
		return "run: credctl version"
	case "token":
		return "tokens cannot be passed as arguments, because other users can read them; pass --token-file, or set a variable"
	case "format":
		return "pass -o FORMAT, such as -o json"
	case "verbose":
		return "pass --debug"
	}
	if hint := vendorFirst(cmd); hint != "" {
		return hint
	}
	switch wrong {
	case "secret-file", "show-secret", "to":
		if cmd.Name() == "deliver" {
			return nameAVendor(cmd)
		}
		return fmt.Sprintf("leave out --%s, because this command creates no secret", wrong)
	case "id":
		return "pass the ID as an argument"
	case "name":
		if of := cmd.Parent(); cmd.Name() == "list" && of.GroupID == syntax.VendorGroup {
			return "to list by name, run: credctl list --vendor " + of.Name() + " --name NAME"
		}
		if of := cmd.Parent(); of != nil && of.Name() == "rotation" {
			return "pass the ID; to see the IDs, run: credctl rotation list"
		}
		if name := cmd.CommandPath(); name == "credctl rotate" || name == "credctl deliver" {
			return "name the vendor, too: --name selects one of its credentials"
		}
	}
	if slices.Contains(output.Formats(), wrong) {
		return "pass -o " + wrong
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	near := provider.Closest(wrong, known)
	if i := slices.IndexFunc(known, func(name string) bool { return len(name) > 2 && strings.HasPrefix(wrong, name) }); near == "" && i >= 0 {
		near = known[i] // --organization is --org
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean --%s?", near)
}

// vendorFirst is the hint for a verb of vendors that has no vendor, or has it behind, or "".
func vendorFirst(cmd *cobra.Command) string {
	root, args := cmd.Root(), cmd.Flags().Args()
	if cmd.Parent() == root && len(args) > 0 { // a command that is about all vendors
		if c, _, err := root.Find(args[:1]); err != nil || c.GroupID != syntax.VendorGroup {
			return ""
		}
		args = append([]string{cmd.Name()}, args...)
	} else if cmd != root || len(args) == 0 {
		return ""
	}
	return syntax.AtVendor(root, args)
}

// nameAVendor is the hint for a deliver without a vendor, or with one of which it delivers no
// secrets.
func nameAVendor(cmd *cobra.Command) string {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	given := append(cmd.Flags().Args(), "")[0]
	for _, c := range cmd.Root().Commands() {
		if c.GroupID == syntax.VendorGroup && c.Name() == given {
			return fmt.Sprintf("name one of these vendors after deliver: %s; the secrets of %s cannot be delivered again", strings.Join(names, ", "), given)
		}
	}
	return "name the vendor after deliver"
}
