package rotation

import "github.com/credctl/credctl/internal/provider"

// A Kind is what must be known of a kind of credential to check a policy without a
// request.
type Kind struct {
	Name     string
	Settings []provider.AnyParam // by which an account of its vendor is reached
	Params   []provider.AnyParam // of the verb rotate

	// Methods is [provider.Kind.Methods]. It may be nil.
	Methods provider.Service

	// GetsByListing is [provider.Kind.GetsByListing].
	GetsByListing bool
}
