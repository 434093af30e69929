// Package entry is what the destinations have in common that hold named values at
// a server or behind a program: which values of a credential go where, how they
// are set without losing any other, and how it is known that they arrived.
package entry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// A Store is one entry of a server, such as a secret of Vault.
type Store interface {
	// Get returns what the entry holds now. An entry that does not exist is no
	// error where Put creates it.
	Get(ctx context.Context) (Entry, error)

	// Check reports whether values with these names could be put, as far as that
	// can be known, and changes nothing. It follows a Get that returned e.
	Check(ctx context.Context, e Entry, names []string) error

	// Put sets the values and keeps everything else. It follows a Get that
	// returned e, and fails with [ErrChanged] if the entry is no longer that,
	// where the server can tell. Putting the same values twice is harmless.
	Put(ctx context.Context, e Entry, values Values) error
}

// An Accepter is a [Store] of which the entries are [Entry.Sealed]: it reports
// whether the server shows that it took the last Put. It follows a Get.
type Accepter interface {
	Accepted(ctx context.Context, e Entry) error
}

// A Retirer is a [Store] that keeps earlier values: it destroys those with these
// names that differ from the ones that the entry holds now.
type Retirer interface {
	Retire(ctx context.Context, names []string) error
}

// An Entry is what a [Store] holds.
type Entry struct {
	Exists  bool
	Values  Values // what there is, by name; the name is "" at a place that is one value
	Version string // changes when the entry does; "" if the server does not tell
	Sealed  bool   // the server never returns the values
}

// Values are what a destination holds or gets, by name.
type Values map[string]provider.Secret

// Names returns the names in order.
func (v Values) Names() []string { return slices.Sorted(maps.Keys(v)) }

// within returns an error that names a value that e does not hold.
func (v Values) within(e Entry) error {
	for _, name := range v.Names() {
		if got, ok := e.Values[name]; !ok || !got.Equal(v[name]) {
			of := ""
			if name != "" {
				of = " of " + name
			}
			return provider.WithClass(provider.ErrVerify, fmt.Errorf("it does not hold the expected value%s", of))
		}
	}
	return nil
}

// ErrChanged says that somebody else has changed an entry since it was read.
var ErrChanged = provider.WithClass(provider.ErrConflict, errors.New("the entry was changed by another program"))

// ErrHidden says of an entry that is not found that the token may not be allowed to see it.
var ErrHidden = errors.New("not found, or hidden")

// Reading returns err as that of a request which changes nothing: where its answer
// was lost, the outcome is not unknown but unavailable.
func Reading(err error) error {
	if errors.Is(err, provider.ErrUnknown) {
		return provider.WithClass(provider.ErrUnavailable, errors.New(err.Error()))
	}
	return err
}

// Demand refuses a destination whose proof is weaker than the one that is demanded;
// "" demands none.
func Demand(d deliver.Destination, proof deliver.Proof) error {
	if proof != deliver.ByValue || d.Proof() == deliver.ByValue {
		return nil
	}
	return provider.Hint(provider.Usage("%s cannot be read back, and the policy requires proof: value", d),
		"choose a destination that can be read back, or remove proof: value")
}
