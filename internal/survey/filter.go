package survey

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/glob"
	"github.com/credctl/credctl/internal/provider"
)

// A Filter selects credentials. The zero value selects all.
type Filter struct {
	Status    []string      // one of these
	Name      string        // of this pattern
	OlderThan time.Duration // created before that
	Unused    time.Duration // not used for that
	Expiring  time.Duration // expires within that
	Now       time.Time

	// NotTold counts the credentials that were left out because the vendor does not tell
	// when they were created, or last used.
	NotTold struct{ Created, Used int }
}

// Of returns what f selects of a listing.
func (f *Filter) Of(seq iter.Seq2[provider.Credential, error]) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for c, err := range seq {
			if (err != nil || f.selects(&c)) && !yield(c, err) {
				return
			}
		}
	}
}

func (f *Filter) selects(c *provider.Credential) bool {
	if f.Name != "" && !glob.Match(f.Name, c.Name) || len(f.Status) > 0 && !slices.Contains(f.Status, c.Status) {
		return false
	}
	expires := c.Expires.Sub(f.Now)
	if f.Expiring > 0 && (c.Expires.IsZero() || expires < 0 || expires > f.Expiring) {
		return false
	}
	return (f.OlderThan == 0 || f.older(c)) && (f.Unused == 0 || f.unused(c))
}

// older reports whether c is older than asked for. One of unknown age is not.
func (f *Filter) older(c *provider.Credential) bool {
	if c.Created.IsZero() {
		f.NotTold.Created++
		return false
	}
	return f.Now.Sub(c.Created) > f.OlderThan
}

// unused reports whether c was not used for as long as asked for: it existed for all of
// that time. One whose last use is unknown is not.
func (f *Filter) unused(c *provider.Credential) bool {
	switch recorder, ok := c.Details.(audit.UseRecorder); {
	case !c.LastUsed.IsZero():
		return f.Now.Sub(c.LastUsed) > f.Unused && (c.Created.IsZero() || f.Now.Sub(c.Created) > f.Unused)
	case ok && recorder.RecordsUse() && !c.Created.IsZero():
		return f.Now.Sub(c.Created) > f.Unused
	}
	f.NotTold.Used++
	return false
}

// Notes say which credentials were left out because it is not known whether they are
// among those that were asked for.
func (f *Filter) Notes() (notes []string) {
	for _, n := range []struct {
		count     int
		what, why string
	}{{f.NotTold.Created, "--older-than", "when they were created"}, {f.NotTold.Used, "--unused", "when they were last used"}} {
		if n.count > 0 {
			notes = append(notes, fmt.Sprintf("credentials left out by %s: %d (the vendor does not report %s)", n.what, n.count, n.why))
		}
	}
	return notes
}

// First returns the first n of a listing; all of it if n is 0.
func First(n int, seq iter.Seq2[provider.Credential, error]) iter.Seq2[provider.Credential, error] {
	if n == 0 {
		return seq
	}
	return func(yield func(provider.Credential, error) bool) {
		left := n
		for c, err := range seq {
			if left--; !yield(c, err) || left == 0 {
				return
			}
		}
	}
}
