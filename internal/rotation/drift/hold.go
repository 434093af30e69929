package drift

import (
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// Overwrites reports whether a write to d overwrites the value in place, so that a run that
// is killed can leave parts of the old and the new.
func Overwrites(d deliver.Destination) bool {
	o, ok := d.(interface{ Overwrites() bool })
	return ok && o.Overwrites()
}

// Mixed reports whether d has parts of both credentials, as a write that was killed leaves them.
func Mixed(d deliver.Destination, a, b provider.Credential) bool {
	m, ok := d.(interface {
		Mixed(a, b provider.Credential) bool
	})
	return ok && m.Mixed(a, b)
}

// CanHold reports why none of the destinations can store c, as far as that is known
// before they are written. One that can is enough: a delivery to the others fails, and
// is repeated.
func CanHold(to []string, open func(to string) (deliver.Destination, error), c provider.Credential) error {
	var problems []error
	for _, to := range to {
		d, err := open(to)
		if h, ok := d.(interface {
			CanHold(c provider.Credential) error
		}); err == nil && ok {
			err = h.CanHold(c)
		}
		if err == nil {
			return nil
		}
		problems = append(problems, fmt.Errorf("%s: %w", to, err))
	}
	return errors.Join(problems...)
}
