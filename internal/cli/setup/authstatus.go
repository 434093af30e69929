package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
)

// status is `credctl auth status`.
func status(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [VENDOR]", Short: "Show authentication status",
		ValidArgs: run.Config.Vendors.Names(), Args: syntax.AtMostOne("VENDOR"),
		Example: `# Check the tokens of all vendors
credctl auth status

# Check one token, as JSON
credctl auth status katapult -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			if len(args) == 0 {
				return showStates(ctx, run, run.Config.Vendors(), false)
			}
			p, err := run.Config.Vendors.Find(args[0])
			if err != nil {
				return err
			}
			return exit.About{Group: "auth", Provider: p.Name, Verb: "status"}.Wrap(showStates(ctx, run, []provider.Provider{p}, true))
		},
	}
	return syntax.WithColumns(cmd, statusColumns())
}

// An authState is what `credctl auth status` says of a vendor in a profile.
type authState struct {
	Vendor     string    `json:"provider"`
	Profile    string    `json:"profile,omitempty"`
	Configured bool      `json:"configured"`
	Source     string    `json:"source,omitempty"`
	Valid      *bool     `json:"valid,omitempty"`  // it does what credctl needs; absent: not known
	Expires    time.Time `json:"expires,omitzero"` // or earlier
	Error      string    `json:"error,omitempty"`
	Hint       string    `json:"hint,omitempty"`

	vendor provider.Provider
	none   bool // there is no token
	err    error
}

func statusColumns() []string {
	return []string{"provider", "profile", "source", "valid", "expires", "error"}
}

// showStates asks every vendor that is configured, or the one that is named, in
// every profile, or the one that is named. It is an error when one that was asked
// for does not work.
func showStates(ctx context.Context, run *invocation.Invocation, vendors []provider.Provider, named bool) error {
	profiles, err := profilesOf(run.Config)
	if err != nil {
		return err
	}
	states := make([]authState, 0, len(vendors)*len(profiles))
	for _, p := range vendors {
		for _, profile := range profiles {
			states = append(states, authState{Vendor: p.Name, Profile: profile, vendor: p})
		}
	}
	var group errgroup.Group
	group.SetLimit(8)
	for i := range states {
		group.Go(func() error {
			states[i].fill(ctx, run)
			return nil
		})
	}
	_ = group.Wait() // the errors are in the states
	rows := make([][]string, len(states))
	for i, s := range states {
		rows[i] = s.row()
	}
	if !named && !slices.ContainsFunc(states, func(s authState) bool { return !s.none }) {
		run.OnTerminal("To store a token, run: credctl auth login")
	}
	return errors.Join(run.Results.Keeping("provider", "profile", "valid", "error").Results(statusColumns(), rows, states), badStates(states, named, len(profiles) > 1))
}

// profilesOf returns the names of the profiles that count.
func profilesOf(c *config.Config) ([]string, error) {
	inForce, err := c.Profile(nil)
	if err != nil {
		return nil, err
	}
	profiles, err := c.Profiles()
	switch {
	case err != nil:
		return nil, err
	case inForce.Source == "flag" || inForce.Source == "CREDCTL_PROFILE":
		profiles = []string{inForce.Name}
	case inForce.Name == "": // what counts without one is a state of its own
		profiles = append([]string{""}, profiles...)
	}
	return profiles, nil
}

// badStates is the error of those that do not work. What is not configured is bad
// when a vendor is named, and no profile configures it. That a token is refused
// counts for more than that a vendor is down.
func badStates(states []authState, named, profiles bool) error {
	missed := named && !slices.ContainsFunc(states, func(s authState) bool { return s.Configured })
	var refused, failed []error
	for _, s := range states {
		err := s.err
		if profiles {
			err = fmt.Errorf("profile %q: %w", s.Profile, err)
		}
		if !named {
			err = fmt.Errorf("%s: %w", s.Vendor, err)
		}
		switch {
		case s.err == nil || !s.Configured && !missed:
		case errors.Is(s.err, provider.ErrDenied):
			refused = append(refused, err)
		default:
			failed = append(failed, err)
		}
	}
	if len(refused) > 0 {
		return errors.Join(refused...)
	}
	return errors.Join(failed...)
}

// fill finds out what is to be said.
func (s *authState) fill(ctx context.Context, run *invocation.Invocation) {
	account := config.Account{Vendor: s.vendor, Profile: &s.Profile, Given: provider.NewInput(s.vendor.Settings...)}
	found, err := run.Config.Resolve(ctx, account)
	s.Source, s.Expires = found.Auth()
	s.Configured = s.Source != ""
	s.none = !s.Configured && !found.TokenUnknown()
	if err == nil {
		_, err = tryToken(ctx, run.Session, account)
	}
	s.err = err
	if err == nil {
		s.Valid = new(true)
		return
	}
	s.Error, s.Hint = exit.Text(err), provider.HintOf(err)
	if s.Configured && errors.Is(err, provider.ErrDenied) {
		s.Valid = new(false)
	}
}

func (s authState) row() []string {
	valid, failed := "unknown", s.Error
	switch {
	case s.Valid != nil:
		valid = results.YesNo(*s.Valid)
	case s.none:
		valid, failed = "no token", ""
	}
	return []string{s.Vendor, s.Profile, s.Source, valid, results.Time(s.Expires), failed}
}
