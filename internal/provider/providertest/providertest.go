// Package providertest is the contract that every adapter keeps. An adapter
// passes it what a healthy vendor answers; each request of each verb is then
// made to fail in every way that a vendor and a network can.
package providertest

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/credctl/credctl/internal/provider"
)

// Samples is what the contract must know of a kind in order to try it.
type Samples struct {
	// ID is of a credential that the healthy vendor has.
	ID string

	// Settings and Inputs are what the caller gives, by the name of the flag. A
	// setting that is a secret must not show anywhere. What is not named is not given.
	Settings map[string]string
	Inputs   map[provider.Verb]map[string]string // Replace takes those of rotate

	// Answers returns a healthy vendor, in its first state. Its paths have the
	// provider's prefix. [vendortest.Routes.Handler] is one that has no state.
	Answers func() http.Handler

	// Except lists the faults for which this vendor needs something else.
	Except []Exception
}

// The verbs that are tried in addition to those of package provider, where a kind has them.
const (
	Replace      provider.Verb = "replace"       // [provider.Replacer]
	RepairRights provider.Verb = "repair-rights" // [provider.RightsRepairer]
)

// The faults that are no status.
const (
	Malformed = 1 // a success that cannot be read
	Lost      = 2 // the connection breaks after the request was sent
)

// An Exception changes what is expected of the faults that it matches.
type Exception struct {
	Verb   provider.Verb // "": any
	Method string        // of the request that meets the fault; "": any
	Path   string        // a suffix of its path; "": any
	Status int           // of the answer, or Malformed, or Lost; 0: any
	Want   error         // the class; nil: whatever the adapter's own tests say
}

// Run checks p, whose kinds are tried with the samples under their names.
func Run(t *testing.T, p provider.Provider, samples map[string]Samples) {
	t.Helper()
	described(t, p)
	for _, k := range p.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			s, ok := samples[k.Name]
			if !ok {
				t.Fatalf("there are no samples for kind %q", k.Name)
			}
			kind(t, p, k, s)
		})
	}
}

func kind(t *testing.T, p provider.Provider, k provider.Kind, s Samples) {
	t.Helper()
	ids(t, k, s)
	for _, v := range append(provider.Verbs(), Replace, RepairRights) {
		c := &trial{p: p, k: k, s: s, v: v}
		if !c.supported(t) {
			continue
		}
		bubble := func(name string, f func(*testing.T)) {
			t.Run(string(v)+"/"+name, func(t *testing.T) { synctest.Test(t, f) }) // waits take no time
		}
		bubble("healthy", c.healthy)
		bubble("parameters", c.parameters)
		bubble("statuses", c.statuses)
		bubble("malformed", c.malformed)
		bubble("lost", c.lost)
		bubble("unreachable", c.unreachable)
		bubble("canceled", c.canceled)
		if v == provider.Create || v == Replace {
			bubble("tracked", c.tracked)
		}
	}
}
