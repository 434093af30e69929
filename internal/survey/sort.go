package survey

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// fields are those that a listing can be sorted by.
func fields() map[string]func(a, b *provider.Credential) int {
	text := func(of func(*provider.Credential) string) func(a, b *provider.Credential) int {
		return func(a, b *provider.Credential) int {
			return cmp.Or(last(of(a) == "", of(b) == ""), cmp.Compare(of(a), of(b)))
		}
	}
	at := func(of func(*provider.Credential) time.Time) func(a, b *provider.Credential) int {
		return func(a, b *provider.Credential) int {
			return cmp.Or(last(of(a).IsZero(), of(b).IsZero()), of(a).Compare(of(b)))
		}
	}
	return map[string]func(a, b *provider.Credential) int{
		"provider":  text(func(c *provider.Credential) string { return c.Provider }),
		"profile":   text(func(c *provider.Credential) string { return c.Profile }),
		"kind":      text(func(c *provider.Credential) string { return c.Kind }),
		"id":        text(func(c *provider.Credential) string { return c.ID }),
		"name":      text(func(c *provider.Credential) string { return c.Name }),
		"status":    text(func(c *provider.Credential) string { return c.Status }),
		"created":   at(func(c *provider.Credential) time.Time { return c.Created }),
		"updated":   at(func(c *provider.Credential) time.Time { return c.Updated }),
		"expires":   at(func(c *provider.Credential) time.Time { return c.Expires }),
		"last_used": at(func(c *provider.Credential) time.Time { return c.LastUsed }),
	}
}

// last sorts what is unknown after what is known.
func last(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Fields returns the names of the fields that a listing can be sorted by.
func Fields() []string {
	return []string{"provider", "profile", "kind", "id", "name", "status", "created", "updated", "expires", "last_used"}
}

// CheckField refuses a field that a listing cannot be sorted by.
func CheckField(field string) error {
	if field == "" || slices.Contains(Fields(), field) {
		return nil
	}
	err := provider.Usage("cannot sort by %q (valid: %s)", field, strings.Join(Fields(), ", "))
	if near := provider.Closest(field, Fields()); near != "" {
		return provider.Hint(err, "did you mean %s?", near)
	}
	return err
}

// Sorted returns a listing sorted by a field, what is unknown last; "" leaves it as it
// is. Credentials that have the same value stay in their order. It keeps all of the
// listing in memory.
func Sorted(field string, seq iter.Seq2[provider.Credential, error]) iter.Seq2[provider.Credential, error] {
	compare := fields()[field]
	if compare == nil {
		return seq
	}
	return func(yield func(provider.Credential, error) bool) {
		var all []provider.Credential
		var failed error
		for c, err := range seq {
			if err != nil {
				failed = err
				break
			}
			all = append(all, c)
		}
		slices.SortStableFunc(all, func(a, b provider.Credential) int { return compare(&a, &b) })
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
		if failed != nil {
			yield(provider.Credential{}, failed)
		}
	}
}
