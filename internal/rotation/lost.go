package rotation

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// skew is how far the clocks of a vendor and of this machine may be apart.
const skew = 15 * time.Minute

// list returns all credentials that the settings select. It is whole, or an error.
func list(ctx context.Context, service provider.Service) ([]provider.Credential, error) {
	l, ok := service.(provider.Lister)
	if !ok {
		return nil, nil
	}
	return collect(l.List(ctx, provider.Input{}))
}

// beside returns all credentials where the successor of old appears, whatever the
// settings select. It is whole, or an error.
func beside(ctx context.Context, service provider.Service, old provider.Credential) ([]provider.Credential, error) {
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

// snapshot returns the ID of every credential beside old before something is
// issued. In place nothing new appears.
func (e *Engine) snapshot(ctx context.Context, service provider.Service, old provider.Credential, s Strategy) ([]string, error) {
	if s == Generate {
		return nil, nil
	}
	all, err := beside(ctx, service, old)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, nil
}

// look finds out what became of a request whose answer was lost, and leaves
// nothing of it behind that nobody knows.
func (w *work) look(ctx context.Context) error {
	if w.strategy == Generate { // the same can be asked again: nobody holds the first answer
		return w.note(stepClear, note{How: "a second request replaces what the first one made"})
	}
	if w.stray != "" {
		if err := w.revoke(ctx, w.stray); err != nil {
			return err
		}
	}
	ours, alive, err := w.traces(ctx)
	switch {
	case err != nil:
		return err
	case alive:
		return w.note(stepClear, note{How: "the old one lives"})
	case w.strategy == Rotate:
		return w.note(stepFound, note{ID: ours[0]}, func(e *journal.Entry) { e.NewID = ours[0] })
	case len(ours) == 0:
		return w.note(stepClear, note{How: "nothing new was found"})
	}
	w.say("the answer was lost, and %s is what the request made: it is revoked, because nobody has its secret", ours[0])
	if err := w.note(stepRevoking, note{ID: ours[0]}); err != nil {
		return err
	}
	if err := w.revoke(ctx, ours[0]); err != nil {
		return err
	}
	return w.note(stepClear, note{How: "what was made was revoked"})
}

// traces returns what a request made whose answer was lost: at most one credential,
// and one where the old one has been rotated and so is not alive any more. It is
// [provider.ErrUnknown] where that cannot be told.
func (w *work) traces(ctx context.Context) (ours []string, alive bool, err error) {
	all, err := beside(ctx, w.service, w.old)
	if err != nil {
		return nil, false, as(provider.ErrUnknown, provider.Hint(fmt.Errorf("the answer was lost, and what became of the request is not known: %w", err),
			"run the same command again, or: credctl rotation resume %s", w.op.ID))
	}
	ours, sure, err := w.ours(all)
	switch {
	case err != nil:
		return nil, false, err
	case w.strategy == Rotate && lives(all, cmp.Or(w.found, w.subject.ID)): // what is new is somebody else's
		return nil, true, nil
	case !sure:
		return nil, false, as(provider.ErrUnknown, provider.Hint(fmt.Errorf("the answer was lost, and it cannot be told which of these came of it, if any: %s; nothing was deleted, and the old one was not touched", strings.Join(ours, ", ")),
			"delete those that are not yours to keep, then run the same command again; where all are to stay, first: credctl rotation abort %s --force", w.op.ID))
	case w.strategy == Rotate && len(ours) == 0:
		return nil, false, as(provider.ErrUnknown, provider.Hint(fmt.Errorf("the answer was lost; %s is dead, and what has taken its place was not found", w.subject.ID),
			"look with credctl %s list; then create another with credctl %[1]s create, and end this with credctl rotation abort %s --force", w.subject.Provider, w.op.ID))
	}
	return ours, false, nil
}

// ours returns the new credentials that only the lost request can have made, as
// far as that can be told: they were not there before, no other operation knows
// them, they are called what we would have called them, and nobody uses them. That
// is not sure when there are several, when the vendor says that one was made before
// we asked (by somebody else, unless the clocks differ), or when one has a key
// already, for which we would have had to ask once more.
func (w *work) ours(all []provider.Credential) (ids []string, sure bool, err error) {
	index, err := w.e.Journal.Index()
	if err != nil {
		return nil, false, err
	}
	_, generates := w.service.(provider.Generator)
	keyless := generates && !w.killed && (w.silent || w.issued) // no secret was asked for
	sure = true
	for _, c := range all {
		known := slices.Contains(w.snapshot, c.ID) || slices.Contains(w.strays, c.ID) || c.ID == w.subject.ID || c.ID == w.found || c.Revoked || !c.LastUsed.IsZero() ||
			len(index.Of(w.subject.Ref().With(c.ID))) > 0
		alike := strings.EqualFold(strings.TrimSpace(c.Name), strings.TrimSpace(w.name)) &&
			(c.Region == "" || w.old.Region == "" || c.Region == w.old.Region)
		if !known && alike {
			ids = append(ids, c.ID)
			sure = sure && (c.Created.IsZero() || !c.Created.Before(w.began.Add(-skew))) && (!keyless || c.Key == "")
		}
	}
	return ids, sure && len(ids) < 2, nil
}

// revoke deletes what a lost request made.
func (w *work) revoke(ctx context.Context, id string) error {
	w.e.hit("revoke.sending")
	err := w.service.(provider.Deleter).Delete(ctx, id)
	w.e.hit("revoke.answered")
	if gone(err) {
		if err := w.sameAccount(ctx, w.service, w.subject.ID, w.new.ID); err != nil {
			return err
		}
	}
	if err != nil && !gone(err) {
		return as(provider.ErrPartial, provider.Hint(fmt.Errorf("%s, which a lost request made, could not be revoked: %w", id, err),
			"run the same command again, or: credctl rotation resume %s", w.op.ID))
	}
	w.changed = true
	return w.note(stepRevoked, note{ID: id})
}

// lives reports whether the credential with this ID is there and not dead.
func lives(all []provider.Credential, id string) bool {
	return slices.ContainsFunc(all, func(c provider.Credential) bool { return c.ID == id && !c.Revoked })
}

// get reads one credential.
func get(ctx context.Context, service provider.Service, id string) (provider.Credential, error) {
	if g, ok := service.(provider.Getter); ok {
		return g.Get(ctx, id)
	}
	if l, ok := service.(provider.Lister); ok {
		return provider.Find(l.List(ctx, provider.Input{}), id)
	}
	return provider.Credential{ID: id}, nil
}
