package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

func (a *app) authStatusCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [VENDOR]", Short: "Say for each vendor and profile whether there is a token, from where, and whether it works",
		ValidArgs: a.config.Vendors.Names(), Args: atMostOne("VENDOR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), a.streams.Timeout)
			defer cancel()
			return a.authStatus(ctx, args)
		},
	}
	return withColumns(cmd, authColumns())
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

	err error
}

func authColumns() []string {
	return []string{"provider", "profile", "source", "valid", "expires", "error"}
}

// authStatus asks every vendor that is configured, or the one that is named, in
// every profile, or the one that is named. It is an error when one that was asked
// for does not work.
func (a *app) authStatus(ctx context.Context, names []string) error {
	asked := a.config.Vendors()
	if len(names) == 1 {
		p, err := a.config.Vendors.Find(names[0])
		if err != nil {
			return err
		}
		asked, a.failed = []provider.Provider{p}, failure{provider: p.Name, verb: "status"}
	}
	inForce, err := a.config.Profile(nil)
	if err != nil {
		return err
	}
	profiles, err := a.config.Profiles()
	switch {
	case err != nil:
		return err
	case inForce.Source == "flag" || inForce.Source == "CREDCTL_PROFILE":
		profiles = []string{inForce.Name}
	case inForce.Name == "": // what counts without one is a state of its own
		profiles = append([]string{""}, profiles...)
	}
	states := make([]authState, 0, len(asked)*len(profiles))
	for _, p := range asked {
		for _, profile := range profiles {
			states = append(states, authState{Vendor: p.Name, Profile: profile})
		}
	}
	var group errgroup.Group
	group.SetLimit(8)
	for i := range states {
		group.Go(func() error {
			a.authOf(ctx, &states[i])
			return nil
		})
	}
	_ = group.Wait() // the errors are in the states
	rows := make([][]string, len(states))
	for i, s := range states {
		rows[i] = s.row()
	}
	return errors.Join(a.printer().Results(authColumns(), rows, states), badStates(states, len(names) == 1, len(profiles) > 1))
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

// authOf fills in what is to be said of a vendor in a profile.
func (a *app) authOf(ctx context.Context, state *authState) {
	p, err := a.config.Vendors.Find(state.Vendor)
	if err != nil {
		state.err = err
		return
	}
	account := config.Account{Vendor: p, Profile: &state.Profile, Given: provider.NewInput(p.Settings...)}
	found, err := a.config.Resolve(ctx, account)
	state.Source, state.Expires = found.Auth()
	state.Configured = state.Source != ""
	if err == nil {
		_, err = a.tryToken(ctx, account)
	}
	state.err = err
	if err == nil {
		state.Valid = new(true)
		return
	}
	state.Error, state.Hint = err.Error(), provider.HintOf(err)
	if state.Configured && errors.Is(err, provider.ErrDenied) {
		state.Valid = new(false)
	}
}

func (s authState) row() []string {
	valid := "unknown"
	if s.Valid != nil {
		valid = map[bool]string{true: "yes", false: "no"}[*s.Valid]
	}
	return []string{s.Vendor, s.Profile, s.Source, valid, timeCell(s.Expires), s.Error}
}
