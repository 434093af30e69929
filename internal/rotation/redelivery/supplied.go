package redelivery

import (
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// isOwn refuses a supplied secret that the journal knows as that of another credential, which
// a vendor's answer does not always tell.
func (q Request) isOwn(j *journal.Store) error {
	owner, known, err := j.Owner(q.Secret)
	if err != nil || !known || owner == q.Ref() {
		return err
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("the supplied secret is that of %s, not of %s", owner.ID, q.ID)),
		"pass the secret of %s, or deliver this one as that of %s", q.ID, owner.ID)
}
