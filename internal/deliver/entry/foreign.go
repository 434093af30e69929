package entry

import (
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/recognize"
	"github.com/credctl/credctl/internal/provider"
)

// foreign reports whether a secret is one of another service, which must not be sent to
// the vendor: it lacks the mark of its kind, and credctl did not issue it.
func foreign(secret provider.Secret, o deliver.Options) bool {
	text := secret.Reveal()
	if o.Shape.Prefix() == "" || text == "" || recognize.Like(o.Shape, text) {
		return false
	}
	issued := false
	if o.Issued != nil {
		issued, _ = o.Issued(secret) // what is not known to be ours is not
	}
	return !issued
}
