package call

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// completionLimit bounds what a shell waits for.
const completionLimit = 3 * time.Second

// A Completer finds what a shell offers for a command line.
type Completer struct {
	Call *Call

	claimed bool // standard input, which is the shell's
}

// complete makes a shell offer the values of cmd's flags and, if it takes IDs,
// the IDs of the vendor's listing with their names, and the names.
func (c *Call) complete(cmd *cobra.Command, ids bool) {
	shell := &Completer{Call: c}
	for _, p := range c.Kind.Params[c.Verb] {
		i := p.Info()
		switch {
		case i.From != provider.Plain:
		case i.Complete != nil:
			syntax.Offer(cmd, i.Name, func(text string) []string { return i.Complete(c.In, text) })
		case len(i.Values) > 0:
			syntax.Offer(cmd, i.Name, func(string) []string { return i.Values })
		default:
			syntax.Offer(cmd, i.Name, func(text string) []string { return shell.Values(cmd.Context(), i.Name, text) })
		}
	}
	if !ids {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
		return
	}
	syntax.Offer(cmd, nameFlag, func(text string) []string {
		return shell.offers(cmd.Context(), func(cred provider.Credential) (string, string) { return cred.Name, cred.ID }, nil, text)
	})
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, text string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !strings.Contains(cmd.Use, "...") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return shell.offers(cmd.Context(), func(cred provider.Credential) (string, string) { return cred.ID, cred.Name }, args, text), cobra.ShellCompDirectiveNoFileComp
	}
}

// Values returns what a shell offers for a parameter or a setting: the values that
// the vendor has, or else those of its credentials.
func (c *Completer) Values(ctx context.Context, name, text string) (offers []string) {
	ctx, cancel := completionContext(ctx)
	defer cancel()
	if svc, ok := c.open(ctx).(provider.ValueLister); ok {
		values, err := svc.ListValues(ctx, name)
		if err != nil || values != nil {
			return beginning(values, text)
		}
	}
	if name != regionSetting {
		return nil
	}
	return c.offers(ctx, func(cred provider.Credential) (string, string) { return cred.Region, "" }, nil, text)
}

// regionSetting is the setting whose values are those of [provider.Credential.Region].
const regionSetting = "region"

func beginning(values []string, text string) []string {
	given := strings.Split(text, ",")
	before := strings.TrimSuffix(text, given[len(given)-1])
	var offers []string
	for _, v := range values {
		if strings.HasPrefix(v, given[len(given)-1]) && !slices.Contains(given, v) && !isMessage(v) {
			offers = append(offers, before+visible.Text(v))
		}
	}
	return offers
}

// offers returns what a shell offers of the vendor's listing: of each credential a
// value that begins with text and is not among those given, and what it is.
func (c *Completer) offers(ctx context.Context, of func(provider.Credential) (value, about string), given []string, text string) (offers []string) {
	ctx, cancel := completionContext(ctx)
	defer cancel()
	svc, ok := c.open(ctx).(provider.Lister)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for cred, err := range svc.List(ctx, provider.Input{}) {
		if err != nil {
			return offers
		}
		value, about := of(cred)
		if value == "" || isMessage(value) || seen[value] || !strings.HasPrefix(value, text) || slices.Contains(given, value) {
			continue
		}
		seen[value] = true
		offers = append(offers, strings.TrimSuffix(visible.Text(value)+"\t"+visible.Text(about), "\t"))
	}
	return offers
}

// isMessage reports whether a shell would show this value of a vendor as a message of
// credctl: cobra marks those so.
func isMessage(value string) bool { return strings.HasPrefix(value, "_activeHelp_") }

func completionContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithTimeout(ctx, completionLimit)
}

// open opens the kind without a question or an error; nil: it cannot.
func (c *Completer) open(ctx context.Context) provider.Service {
	run := c.Call.Run
	run.Streams.Timeout = min(run.Streams.Timeout, completionLimit)
	if !c.claimed {
		if _, err := run.Streams.Claim("completion"); err != nil || run.Flags.Read() != nil {
			return nil
		}
		c.claimed = true
	}
	svc, err := c.Call.open(ctx)
	if err != nil {
		return nil
	}
	return svc
}
