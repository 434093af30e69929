package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Gone reports whether err says that the vendor does not have the credential.
func Gone(err error) bool {
	return errors.Is(err, provider.ErrNotFound) || errors.Is(err, provider.ErrGone)
}

// errNothingKept says that the vendor does not have a credential that stays in use.
var errNothingKept = errors.New("no other credential is known to work")

// NothingKept reports whether err is that of a deletion that [Remove] refused because
// the credential that should stay in use is not at the vendor.
func NothingKept(err error) bool { return errors.Is(err, errNothingKept) }

// A Removal is the deletion of one credential.
type Removal struct {
	Service provider.Service
	At, ID  string
	Keep    []string     // the credentials that stay in use: the vendor must have one of them
	Intend  func() error // writes down that it is sent; nil: that was done
}

// Remove deletes a credential for good, the only way in which a rotation does so. Just
// before the request it reads the credentials that stay in use, of which the vendor must
// have one that is neither revoked nor expired, and makes sure that nobody else has
// continued the operation. Gone reports that the vendor did not have the credential: as
// it has one of Keep, it is not another account.
func Remove(ctx context.Context, r *Run, d Removal) (gone bool, err error) {
	if err := mustKeep(ctx, d.Service, d.ID, d.Keep); err != nil {
		return false, err
	}
	intend := d.Intend
	if intend == nil {
		intend = r.log.Unchanged
	}
	if err := intend(); err != nil {
		return false, err
	}
	r.Hit(d.At + ".sending")
	err = d.Service.(provider.Deleter).Delete(ctx, d.ID)
	r.Hit(d.At + ".answered")
	if Gone(err) {
		gone = !errors.Is(err, provider.ErrGone) // else a first try has deleted it, whose answer was lost
		var seen bool
		if _, seen, err = Exists(ctx, d.Service, d.ID); seen { // some vendors also answer so where the token may not see it
			err = errors.New("the vendor answers that it does not exist, but still lists it")
		}
	}
	r.Changed = r.Changed || err == nil && !gone
	return gone, err
}

// NotSigner refuses to delete a credential that credctl authenticates with, or may: the
// token may be another one than when the operation began.
func NotSigner(ctx context.Context, r *Run, id string, service provider.Service) error {
	if r.Spare == nil || r.WroteIntent { // this run has made sure of it
		return nil
	}
	return r.Spare(ctx, r.Op, id, service)
}

// mustKeep returns an error unless the vendor has one of these credentials, and it
// can be used.
func mustKeep(ctx context.Context, service provider.Service, id string, keep []string) error {
	why := "none of this rotation's other credentials is at the vendor"
	for _, k := range keep {
		if k == "" || k == id {
			continue
		}
		c, err := Get(ctx, service, k)
		switch {
		case err == nil && c.Live():
			return nil
		case err == nil && c.Revoked:
			why = k + " is revoked"
		case err == nil:
			why = k + " is expired"
		case Gone(err):
			why = k + " is not at the vendor"
		default:
			return provider.Reclassify(provider.ErrPartial, fmt.Errorf("did not delete %s: could not read %s, which stays in use: %w", id, k, err))
		}
	}
	return provider.WithClass(errNothingKept, provider.WithClass(provider.ErrVerify, fmt.Errorf("did not delete %s: %s", id, why)))
}

// revoke deletes what this operation has made. It is said, and recorded in the audit
// trail.
func revoke(ctx context.Context, r *Run, d Removal, why string) error {
	d.Service = r.Service
	gone, err := Remove(ctx, r, d)
	switch {
	case err != nil:
		return err
	case gone:
		r.Remark("%s (%s) does not exist at the vendor: nothing to revoke", d.ID, why)
		return nil
	}
	r.Remark("Deleted %s: %s", d.ID, why)
	return Revoked(r, d.ID, why)
}

// Revoked adds to the audit trail that a credential which the operation made was deleted.
func Revoked(r *Run, id, why string) error {
	s := r.Op.Subject
	return r.Journal.Audit(journal.Event{
		Time: r.Time(), Profile: s.Profile, Provider: s.Provider, Kind: s.Kind, Verb: "revoke", ID: id, Operation: r.Op.ID, Result: why,
	})
}

// Abort revokes the new credential, and what came late of lost requests, and ends the
// operation: by force also where that cannot be looked for. The old credential is kept, and
// must be at the vendor.
func Abort(ctx context.Context, r *Run, why string, force bool) error {
	if r.Op.Issued {
		if err := NotSigner(ctx, r, r.Op.New.ID, r.Service); err != nil {
			return err
		}
	}
	if r.Op.Aborting == "" {
		if err := r.Append(oplog.StepAborting, oplog.Event{Error: why}); err != nil {
			return err
		}
	}
	if r.Op.Issued {
		if err := revoke(ctx, r, Removal{At: "abort", ID: r.Op.New.ID, Keep: []string{r.Op.Subject.ID}}, why); err != nil {
			return notRevoked(r, why, err)
		}
		err := RevokeLate(ctx, r)
		if err != nil && (!force || errors.Is(err, provider.ErrLocked)) {
			return err
		} else if err != nil {
			r.Remark("%v", err)
		}
	}
	return r.End(journal.Aborted, oplog.Event{Error: why})
}

// notRevoked says what it means that the new credential could not be revoked.
func notRevoked(r *Run, why string, err error) error {
	switch {
	case errors.Is(err, provider.ErrLocked):
		return err
	case NothingKept(err):
		return provider.Hint(provider.Reclassify(provider.ErrRefused, fmt.Errorf("%s, but %s was kept: %w", why, r.Op.New.ID, err)),
			"to end the rotation and delete nothing: credctl rotation abort %s --force", r.Op.ID)
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s, but %s could not be revoked: %w", why, r.Op.New.ID, err)),
		"to try again: credctl rotation resume %s", r.Op.ID)
}
