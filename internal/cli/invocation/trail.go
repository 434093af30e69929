package invocation

import (
	"cmp"
	"errors"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// A Trail adds to the audit trail what came of a verb.
type Trail struct {
	store   *journal.Store
	profile string
}

// Trail opens the audit trail. It fails where nothing can be added to it: nothing may be
// changed then.
func (i *Invocation) Trail() (*Trail, error) {
	profile, err := i.Config.Profile(nil)
	if err != nil {
		return nil, err
	}
	store, err := i.Session.Journal()
	if err == nil {
		err = store.CheckAudit()
	}
	return &Trail{store, profile.Name}, err
}

// Add adds an event that ended with err. It returns err, joined with the error of adding
// it, after which the verb is done nevertheless.
func (t *Trail) Add(e journal.Event, err error) error {
	e.Time, e.Profile = t.store.Now(), cmp.Or(e.Profile, t.profile)
	if err != nil {
		e.Result, e.Exit = exit.Text(err), exit.StatusOf(err)
	}
	if failed := t.store.Audit(e); failed != nil {
		err = errors.Join(err, provider.Reclassify(provider.ErrPartial, failed))
	}
	return err
}
