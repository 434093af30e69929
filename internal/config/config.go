// Package config finds the settings of vendors, and keeps the tokens that
// credctl itself uses. A setting comes from the first of these that has it: a flag,
// the variable CREDCTL_<VENDOR>_<SETTING>, the vendor's own variable, the profile,
// what the configuration file says for all profiles, what `credctl auth login` stored.
//
// What a setting is read from is read once in a run, and a command that prints a
// token runs once, however often its setting is resolved.
package config

import (
	"sync"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// A Config is the configuration of one run. It is safe for concurrent use.
type Config struct {
	Flags   Flags
	Env     Env
	Vendors Vendors
	Store   *tokenstore.Store

	streams *term.Streams
	file    func() (*configfile.File, error) // read once
	texts   memo[string]
	stored  memo[tokenstore.Stored]
	warned  sync.Map // the files of secrets that others can read
}

// Flags is what the command line says about the configuration.
type Flags struct {
	Path    string            // of the configuration file
	Profile string            // its name
	Secrets map[string]string // the files that secret settings were read from, by the names of the flags
}

// New returns the configuration of a run. It reads nothing yet, and describes no vendor.
func New(env Env, vendors Vendors, streams *term.Streams) *Config {
	c := &Config{Flags: Flags{Secrets: map[string]string{}}, Env: env, Vendors: vendors, streams: streams}
	c.Store = tokenstore.New(env, env.configDir, streams)
	c.file = sync.OnceValues(c.readFile)
	return c
}

// An Account is a vendor as it is reached: which profile counts, and what wins over
// its settings.
type Account struct {
	Vendor  provider.Provider
	Profile *string        // nil: the profile of the run; "": none
	Given   provider.Input // settings that win over all others; it is not changed
	BaseURL string         // likewise; "": it is not given
}
