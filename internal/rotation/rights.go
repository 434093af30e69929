package rotation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// compare holds the rights of the new credential against those of the old one.
// What an update can mend is mended. Otherwise the new one is revoked, where the
// old one still lives, and the rotation fails.
func (w *work) compare(ctx context.Context) error {
	if w.rights {
		return nil
	}
	old, lives := w.old, true
	if w.read.ID == w.subject.ID {
		old = w.read
	} else if !w.inPlace() {
		c, err := get(ctx, w.service, w.subject.ID)
		if err != nil && !gone(err) {
			return as(provider.ErrPartial, fmt.Errorf("the rights of the old one cannot be read: %w", err))
		}
		if lives = err == nil && !c.Revoked; lives {
			old = c
		}
	}
	old.Name = w.name
	now, err := get(ctx, w.service, w.new.ID)
	if err != nil {
		return as(provider.ErrPartial, fmt.Errorf("the rights of the new one cannot be read: %w", err))
	}
	differ := w.drift(old, now)
	if m, ok := w.service.(provider.RightsRepairer); ok && len(differ) > 0 {
		w.e.hit("mend.sending")
		mended, merr := m.RepairRights(ctx, w.new.ID, old)
		w.e.hit("mend.answered")
		if merr != nil {
			return as(provider.ErrPartial, fmt.Errorf("the rights of the new one could not be mended (%s): %w", strings.Join(differ, "; "), merr))
		}
		w.changed = true
		differ = w.drift(old, mended)
	}
	if len(differ) > 0 && !w.options.AcceptDrift {
		why := fmt.Errorf("the new one has other rights than the old one: %s", strings.Join(differ, "; "))
		if lives {
			return w.refuse(ctx, why)
		}
		w.remark("%s: %v; it is kept, because the old one, %s, is gone", w.new.ID, why, w.subject.ID)
	}
	return w.note(stepRights, note{Drift: differ, New: w.completed(now)})
}

// completed returns the new one with what its issuing did not tell, such as its
// access key ID.
func (w *work) completed(now provider.Credential) *provider.Credential {
	c := w.new
	c.Key, c.Endpoint, c.Region = cmp.Or(c.Key, now.Key), cmp.Or(c.Endpoint, now.Endpoint), cmp.Or(c.Region, now.Region)
	c.Status, c.Scopes = cmp.Or(now.Status, c.Status), now.Scopes
	return bare(c)
}

// refuse ends a rotation whose result is not what it should be.
func (w *work) refuse(ctx context.Context, why error) error {
	if w.inPlace() { // the old one is dead: without the new one there would be none
		if err := w.note(stepRights, note{Drift: []string{why.Error()}}); err != nil {
			return err
		}
		if err := w.finish(ctx); err != nil {
			return err
		}
		return provider.Hint(as(provider.ErrVerify, why), "%s is delivered and stays: the old secret is dead; give it its rights at the vendor", w.new.ID)
	}
	if err := w.abort(ctx, why.Error()); err != nil {
		return err
	}
	return provider.Hint(as(provider.ErrVerify, fmt.Errorf("%w; it was revoked, and the old one was not touched", why)),
		"--accept-drift goes on with what the vendor makes")
}

// drift says in which rights now differs from old.
func (w *work) drift(old, now provider.Credential) []string {
	var differ []string
	add := func(format string, args ...any) { differ = append(differ, fmt.Sprintf(format, args...)) }
	if old.Name != now.Name {
		add("the name is %q, and was %q", now.Name, old.Name)
	}
	if old.Region != "" && old.Region != now.Region {
		add("the region is %q, and was %q", now.Region, old.Region)
	}
	if !w.asksForRights() {
		had, has := set(old.Scopes), set(now.Scopes)
		for _, s := range had {
			if !slices.Contains(has, s) {
				add("it lacks %s", s)
			}
		}
		for _, s := range has {
			if !slices.Contains(had, s) {
				add("it also has %s", s)
			}
		}
	}
	switch {
	case old.Expires.IsZero() && now.Expires.IsZero():
	case now.Expires.IsZero():
		add("it never expires, and the old one does, at %s", old.Expires.UTC().Format(time.RFC3339))
	case old.Expires.IsZero():
		add("it expires, at %s, and the old one never does", now.Expires.UTC().Format(time.RFC3339))
	case now.Expires.Sub(old.Expires).Abs() > time.Minute:
		add("it expires at %s, and the old one at %s", now.Expires.UTC().Format(time.RFC3339), old.Expires.UTC().Format(time.RFC3339))
	}
	return differ
}

// asksForRights reports whether the caller gave parameters that may change what
// the new one may do.
func (w *work) asksForRights() bool {
	for name := range maps.Keys(w.subject.Params) {
		if name != provider.Name.Info().Name {
			return true
		}
	}
	return false
}

func set(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}
