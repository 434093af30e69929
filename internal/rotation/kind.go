package rotation

import "github.com/credctl/credctl/internal/provider"

// A Kind is what must be known of a kind of credential to check a policy without a
// request.
type Kind struct {
	Name     string
	Settings []provider.AnyParam // by which an account of its vendor is reached
	Params   []provider.AnyParam // of the verb rotate

	// InPlace reports that a rotation stops the old secret at once, unless it is
	// told to overlap.
	InPlace bool

	// GetsByListing is [provider.Kind.GetsByListing].
	GetsByListing bool
}
