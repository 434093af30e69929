package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// unkept deals with a credential that is in no journal: it is revoked where that
// harms nobody, and goes where it should at once where it does.
func (w *work) unkept(ctx context.Context, c provider.Credential, err error) error {
	w.new, w.issued = c, true
	if w.strategy != Replace {
		return w.rescue(ctx, fmt.Errorf("%s was issued, but could not be written to the journal: %w", c.ID, err))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	derr := w.service.(provider.Deleter).Delete(ctx, c.ID)
	if derr == nil || gone(derr) {
		w.new, w.secret, w.reached = provider.Credential{}, provider.Secret{}, Aborted
		return fmt.Errorf("the journal could not be written, so %s was revoked again: %w", c.ID, err)
	}
	return provider.Hint(as(provider.ErrPartial, fmt.Errorf("%s was issued, but could not be written to the journal (%w), nor revoked: %w", c.ID, err, derr)),
		"revoke %s by hand", c.ID)
}

// rescue takes a secret that is in no journal, and has taken the place of the old
// one, to the destinations; the caller keeps what did not get to all of them.
func (w *work) rescue(ctx context.Context, err error) error {
	if w.secret.IsZero() {
		return as(provider.ErrPartial, err)
	}
	where := []string{}
	problems := []error{err}
	todo := w.undelivered()
	for _, to := range todo {
		if derr := w.deliverOne(ctx, to); derr != nil {
			problems = append(problems, derr)
			continue
		}
		where = append(where, place(to))
	}
	if len(where) < len(todo) && w.e.Keep != nil {
		path, kerr := w.e.Keep(w.credential())
		if problems = append(problems, kerr); kerr == nil {
			where = append(where, path)
		}
	}
	err = as(provider.ErrPartial, errors.Join(problems...))
	if len(where) == 0 {
		return provider.Hint(err, "nobody has its secret: when the journal can be written, run the same command again")
	}
	return provider.Hint(err, "its secret went to %s, and nowhere else", strings.Join(where, ", "))
}
