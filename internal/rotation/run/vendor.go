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
func Snapshot(ctx context.Context, service provider.Service, old provider.Credential) ([]string, error) {
	all, err := ListPeers(ctx, service, old)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, nil
}

// Gone reports whether err says that what should be deleted is not there.
func Gone(err error) bool {
	return errors.Is(err, provider.ErrNotFound) || errors.Is(err, provider.ErrGone)
}

// SameAccount makes sure, where a deletion did not find what it should delete, that
// this is the account where the rotation began: one of these credentials, or what
// came after them, must be there. At another account all are missing, and exist
// where they are.
func SameAccount(ctx context.Context, r *Run, service provider.Service, ids ...string) error {
	later, err := successors(r)
	if err != nil {
		return err
	}
	for _, id := range append(ids, later...) {
		if id == "" {
			continue
		}
		if _, err := Get(ctx, service, id); !Gone(err) {
			return err
		}
	}
	return provider.Hint(provider.Reclassify(provider.ErrUsage, fmt.Errorf("this is not where the rotation began, or all of its credentials are gone: the vendor knows neither %s nor %s with this token", r.Op.Subject.ID, r.Op.New.ID)),
		"give the token of that account; credctl rotation abort %s --force forgets the rotation", r.Op.ID)
}

// successors returns what has taken the place of the new credential, as far as it was
// rotated since: the last of the chain, and what is about to follow that.
func successors(r *Run) (ids []string, err error) {
	index, err := r.Journal.Index()
	if err != nil || r.Op.New.ID == "" {
		return nil, err
	}
	last := index.Current(r.Op.Subject.Ref().With(r.Op.New.ID))
	if last.ID != r.Op.New.ID {
		ids = append(ids, last.ID)
	}
	for _, o := range index.Of(last).Unfinished() {
		if o.Ref() == last && o.NewID() != "" && o.NewID() != last.ID {
			ids = append(ids, o.NewID())
		}
	}
	return ids, nil
}

// Newer returns the operation that rotates the new credential, or has, if there is one.
func Newer(r *Run) (*journal.Operation, error) {
	if r.Op.New.ID == "" || r.Op.New.ID == r.Op.Subject.ID {
		return nil, nil //nolint:nilnil // there is none
	}
	index, err := r.Journal.Index()
	if err != nil {
		return nil, err
	}
	for _, o := range index {
		if o.Ref() == r.Op.Subject.Ref().With(r.Op.New.ID) && len(o.Entries) > 0 && o.Last().Step != journal.Aborted {
			return o, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// Abort revokes the new credential, and ends the operation. The old one stays.
func Abort(ctx context.Context, r *Run, why string) error {
	if r.Op.Aborting == "" {
		if err := r.Append(oplog.StepAborting, oplog.Event{Error: why}); err != nil {
			return err
		}
	}
	if r.Op.Issued {
		r.Hit("abort.sending")
		err := r.Service.(provider.Deleter).Delete(ctx, r.Op.New.ID)
		r.Hit("abort.answered")
		if Gone(err) {
			if err := SameAccount(ctx, r, r.Service, r.Op.Subject.ID); err != nil {
				return err
			}
		}
		if err != nil && !Gone(err) {
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s; and the new one, %s, could not be revoked: %w", why, r.Op.New.ID, err)),
				"credctl rotation resume %s tries it again", r.Op.ID)
		}
		r.Changed = true
	}
	return r.End(journal.Aborted, oplog.Event{Error: why})
}
