package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/visible"
)

// mostRotations is how many unfinished rotations the overview names.
const mostRotations = 5

// overview writes what is configured, which rotations are unfinished and what to do
// next. It reports false where nothing is configured.
func overview(ctx context.Context, run *invocation.Invocation, w io.Writer) (shown bool, err error) {
	configured, profile, err := configuredVendors(ctx, run)
	if err != nil || configured == nil {
		return false, err
	}
	engine, err := run.Session.Engine()
	if err != nil {
		return false, err
	}
	open, err := engine.List(false)
	if err != nil {
		return false, err
	}
	var b strings.Builder
	b.WriteString("Configured vendors")
	if profile != "" {
		fmt.Fprintf(&b, " (profile %s)", visible.Text(profile))
	}
	fmt.Fprintf(&b, ":\n%s\n", strings.Join(configured, "\n"))
	attention := unfinished(&b, open, time.Now())
	b.WriteString("\nNext:\n")
	if attention {
		b.WriteString("  credctl rotation resume --all   continue the unfinished rotations\n")
	}
	b.WriteString("  credctl list                    list the credentials of these vendors\n  credctl help                    show all commands\n")
	_, err = io.WriteString(w, b.String())
	return true, err
}

// configuredVendors returns a line for each vendor that has a token.
func configuredVendors(ctx context.Context, run *invocation.Invocation) (lines []string, profile string, err error) {
	for _, p := range run.Config.Vendors() {
		s, err := run.Config.Locate(ctx, config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
		if err != nil {
			return nil, "", err
		}
		profile = s.Profile.Name
		source, _ := s.Auth()
		if source == "" {
			continue
		}
		plain, err := run.Config.ResolvePlain(ctx, config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
		if err != nil {
			return nil, "", err
		}
		said := []string{"token from " + source}
		for _, param := range p.Settings {
			if i := param.Info(); namesAccount(p, i) && plain.Input.Value(i.Name).IsSet() {
				said = append(said, i.Name+" "+visible.Text(plain.Input.Value(i.Name).String()))
			}
		}
		lines = append(lines, fmt.Sprintf("  %-11s %s", p.Name, strings.Join(said, ", ")))
	}
	return lines, profile, nil
}

// namesAccount reports whether a setting says which account of a vendor is meant: its
// commands need it.
func namesAccount(p provider.Provider, i provider.ParamInfo) bool {
	needed := i.Required
	for _, kind := range p.Kinds {
		for _, params := range kind.Needs {
			needed = needed || slices.ContainsFunc(params, func(p provider.AnyParam) bool { return p.Info().Name == i.Name })
		}
	}
	return needed && i.From == provider.Plain
}

// unfinished writes the rotations that are not finished, and reports whether one of
// them needs attention: it stopped, or its grace period is over.
func unfinished(w io.Writer, open []rotation.Status, now time.Time) (attention bool) {
	if len(open) == 0 {
		return false
	}
	fmt.Fprintf(w, "\nUnfinished rotations: %d\n", len(open))
	for i, s := range open {
		what := "stopped, state " + string(s.State)
		switch {
		case s.Error != "":
			what = "failed: " + s.Error
			attention = true
		case s.Retires.After(now):
			what = "in the grace period until " + s.Retires.Local().Format("2006-01-02 15:04")
		case !s.Retires.IsZero():
			what = "the grace period is over"
			attention = true
		default:
			attention = true
		}
		if i < mostRotations {
			fmt.Fprintf(w, "  %-11s %s %s\n", s.Provider, visible.Text(s.OldID), visible.Text(visible.OneLine(what)))
		}
	}
	if more := len(open) - mostRotations; more > 0 {
		fmt.Fprintf(w, "  and %d more, see \"credctl rotation list\"\n", more)
	}
	return attention
}
