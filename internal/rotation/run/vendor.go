package run

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Get reads one credential, from the listing where the service has no other way.
func Get(ctx context.Context, service provider.Service, id string) (provider.Credential, error) {
	if g, ok := service.(provider.Getter); ok {
		return g.Get(ctx, id)
	}
	if l, ok := service.(provider.Lister); ok {
		return provider.Find(l.List(ctx, provider.Input{}), id)
	}
	return provider.Credential{ID: id}, nil
}

// Exists reads a credential, and reports whether it is there and not revoked.
func Exists(ctx context.Context, service provider.Service, id string) (c provider.Credential, exists bool, err error) {
	c, err = Get(ctx, service, id)
	if Gone(err) {
		return c, false, nil
	}
	return c, err == nil && !c.Revoked, err
}

// List returns all credentials that the settings select, or an error.
func List(ctx context.Context, service provider.Service) ([]provider.Credential, error) {
	l, ok := service.(provider.Lister)
	if !ok {
		return nil, nil
	}
	return collect(l.List(ctx, provider.Input{}))
}

// ListPeers returns all credentials where the replacement of old appears, whatever
// the settings select, or an error.
func ListPeers(ctx context.Context, service provider.Service, old provider.Credential) ([]provider.Credential, error) {
	return collect(provider.ListScope(ctx, service, old))
}

func collect(credentials iter.Seq2[provider.Credential, error]) (all []provider.Credential, err error) {
	for c, err := range credentials {
		if err != nil {
			return nil, fmt.Errorf("the credentials that there are cannot be listed: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Snapshot returns the ID of every peer of old before something is issued.
func Snapshot(ctx context.Context, service provider.Service, old provider.Credential) (ids []string, err error) {
	all, err := ListPeers(ctx, service, old)
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids, err
}

// Gone reports whether err says that what should be deleted is not there.
func Gone(err error) bool {
	return errors.Is(err, provider.ErrNotFound) || errors.Is(err, provider.ErrGone)
}

// revoke deletes what this operation has made. What is gone already counts as
// deleted. failed says what it means that the vendor did not do it.
func revoke(ctx context.Context, r *Run, at, id string, failed func(error) error) error {
	r.Hit(at + ".sending")
	err := r.Service.(provider.Deleter).Delete(ctx, id)
	r.Hit(at + ".answered")
	if Gone(err) {
		err = SameAccount(ctx, r, r.Service, id)
	} else if err != nil {
		err = failed(err)
	}
	r.Changed = r.Changed || err == nil
	return err
}

// SameAccount makes sure, where a deletion did not find what it should delete, that
// this is the account where the rotation began: the other credential, or what came
// after the new one, must be there. At another account all are missing, and exist
// where they are.
func SameAccount(ctx context.Context, r *Run, service provider.Service, deleted string) error {
	ids := []string{r.Op.Subject.ID, r.Op.New.ID}
	index, err := r.Journal.Index()
	if err != nil {
		return err
	}
	if r.Op.New.ID != "" { // it may have been rotated since, or is about to be
		last := index.Current(r.Op.Subject.Ref().With(r.Op.New.ID))
		if last.ID != r.Op.New.ID {
			ids = append(ids, last.ID)
		}
		for _, o := range index.Of(last).Unfinished() {
			if o.Ref() == last && o.NewID() != last.ID {
				ids = append(ids, o.NewID())
			}
		}
	}
	for _, id := range ids {
		if id == "" || id == deleted {
			continue
		}
		if _, err := Get(ctx, service, id); !Gone(err) {
			return err
		}
	}
	return provider.Hint(provider.Reclassify(provider.ErrUsage, fmt.Errorf("this is not where the rotation began, or all of its credentials are gone: the vendor knows neither %s nor %s with this token", r.Op.Subject.ID, r.Op.New.ID)),
		"give the token of that account; credctl rotation abort %s --force forgets the rotation", r.Op.ID)
}

// Newer returns the ID of the operation that rotates the new credential, or has; ""
// if there is none.
func Newer(r *Run) (string, error) {
	index, err := r.Journal.Index()
	for _, o := range index {
		if r.Op.New.ID != r.Op.Subject.ID && o.Ref() == r.Op.Subject.Ref().With(r.Op.New.ID) && len(o.Entries) > 0 && o.Last().Step != journal.Aborted {
			return o.ID, nil
		}
	}
	return "", err
}

// Abort revokes the new credential, and ends the operation. The old one stays.
func Abort(ctx context.Context, r *Run, why string) error {
	if r.Op.Aborting == "" {
		if err := r.Append(oplog.StepAborting, oplog.Event{Error: why}); err != nil {
			return err
		}
	}
	if r.Op.Issued {
		if err := revoke(ctx, r, "abort", r.Op.New.ID, func(err error) error {
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s; and the new one, %s, could not be revoked: %w", why, r.Op.New.ID, err)),
				"credctl rotation resume %s tries it again", r.Op.ID)
		}); err != nil {
			return err
		}
	}
	return r.End(journal.Aborted, oplog.Event{Error: why})
}
