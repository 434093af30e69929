package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/credctl/credctl/internal/provider"
)

func (a *app) authStatusCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [VENDOR]", Short: "Say for each vendor and profile whether there is a token, from where, and whether it works",
		ValidArgs: a.vendorNames(), Args: atMostOne("VENDOR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			return a.authStatus(ctx, args)
		},
	}
	return recording(cmd, authColumns())
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
	asked := a.providers()
	if len(names) == 1 {
		p, err := a.vendor(names[0])
		if err != nil {
			return err
		}
		asked, a.failed = []provider.Provider{p}, failure{provider: p.Name, verb: "status"}
	}
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	profiles := slices.Clone(file.profiles)
	switch {
	case file.profileSource == "flag" || file.profileSource == "CREDCTL_PROFILE":
		profiles = []string{file.profile}
	case file.profile == "": // what counts without one is a state of its own
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
			a.in(states[i].Profile).authOf(ctx, &states[i])
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

// authOf fills in what is to be said of a vendor in the profile of a.
func (a *app) authOf(ctx context.Context, state *authState) {
	p, err := a.vendor(state.Vendor)
	if err != nil {
		state.err = err
		return
	}
	in := provider.NewInput(p.Settings...)
	found, err := a.settle(ctx, p, in, "")
	for _, s := range found.all {
		if !s.hidden() || s.from == fromNowhere {
			continue
		}
		if !state.Configured {
			state.Configured, state.Source = true, s.Source
		}
		if secret, ok := provider.SecretOf(in.Value(s.info.Name)); ok {
			state.Expires = soonest(state.Expires, jwtExpiry(secret), s.dies)
		}
	}
	if err == nil {
		err = needSettings(p, in, found.trouble)
	}
	if err == nil {
		_, err = a.tryToken(ctx, p, in, "")
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

// soonest returns the first of times; a zero one is not known.
func soonest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// jwtExpiry reads when a token expires, if it is a JWT that says so. It is not
// verified: that is the vendor's part.
func jwtExpiry(token provider.Secret) time.Time {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		Expires float64 `json:"exp"` // a NumericDate may have a fraction
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > maxUnix {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expires), 0).UTC()
}

// maxUnix is the end of the year 9999, beyond which no time can be written.
const maxUnix = 253402300799
