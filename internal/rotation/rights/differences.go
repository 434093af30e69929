package rights

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Differences returns how the permissions of now differ from those of old.
func Differences(r *run.Run, old, now provider.Credential) []string {
	var differ []string
	add := func(format string, args ...any) { differ = append(differ, fmt.Sprintf(format, args...)) }
	missing := func(some, other []string, text string) {
		for _, s := range some {
			if !slices.Contains(other, s) {
				add(text, s)
			}
		}
	}
	when := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	if old.Name != now.Name {
		add("the name is %q, not %q", now.Name, old.Name)
	}
	if old.Region != "" && old.Region != now.Region {
		add("the region is %q, not %q", now.Region, old.Region)
	}
	if !Asked(r) {
		had, has := set(old.Scopes), set(now.Scopes)
		missing(had, has, "it lacks %s")
		missing(has, had, "it also has %s")
	}
	switch {
	case old.Expires.IsZero() && now.Expires.IsZero():
	case now.Expires.IsZero():
		add("it never expires (the old credential expires at %s)", when(old.Expires))
	case old.Expires.IsZero():
		add("it expires at %s (the old credential never expires)", when(now.Expires))
	case now.Expires.Sub(old.Expires).Abs() > time.Minute:
		add("it expires at %s (the old credential expires at %s)", when(now.Expires), when(old.Expires))
	}
	return differ
}

// Asked reports whether the caller gave parameters that may change the
// permissions of the new credential.
func Asked(r *run.Run) bool {
	params := maps.Clone(r.Op.Subject.Params)
	delete(params, provider.NewName.Info().Name)
	for _, name := range r.Op.Options.Keeps {
		delete(params, name)
	}
	return len(params) > 0
}

func set(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }
