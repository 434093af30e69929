// Package config finds the settings of vendors and stores the tokens that credctl
// itself uses. A setting comes from the first of these places that has it: a flag,
// the variable CREDCTL_<VENDOR>_<SETTING>, the vendor's own variable, the profile,
// the settings for all profiles in the configuration file, and what
// `credctl auth login` stored.
//
// Each place is read once in a run: a command that prints a token runs once,
// however often its setting is resolved.
package config

import (
	"sync"

	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/config/memo"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/config/userfile"
	"github.com/credctl/credctl/internal/config/vendors"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// Env is the environment of a run.
type Env = environment.Env

// Vendors returns the vendors that credctl supports.
type Vendors = vendors.Vendors

// Profile is one profile of the configuration file.
type Profile = userfile.Profile

// A Config is the configuration of one run. It is safe for concurrent use, but for
// the methods that change the file.
type Config struct {
	userfile.ProfileSet

	Store *tokenstore.Store

	texts  memo.Memo[string]
	stored memo.Memo[tokenstore.Stored]
	warned sync.Map // the files of secrets that others can read
}

// New returns the configuration of a run. It reads nothing yet, and describes no vendor.
func New(env Env, supported Vendors, streams *term.Streams) *Config {
	return &Config{
		ProfileSet: userfile.ProfileSet{File: userfile.New(env, supported, streams)},
		Store:      tokenstore.New(env, env.ConfigDir, env.WritableConfigDir, streams),
	}
}

// An Account is how a vendor is reached: which profile applies, and what takes
// precedence over its settings.
type Account struct {
	Vendor  provider.Provider
	Profile *string        // nil: the profile of the run; "": none
	Given   provider.Input // settings that take precedence over all others; never changed
	BaseURL string         // likewise; "": not given
}
