package entry

import (
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// A Located is a [Store] in an account, or the like, that the destination does not name:
// who credctl is decides which. Within names it for people, as the last request has told:
// [Nowhere] is that the entry was not found, and "" that nothing is known.
type Located interface {
	Within() string
}

// Nowhere is where an entry is that was not found.
const Nowhere = "nowhere"

// A Binder is a destination that can be kept to where it was found. Bound to an account, or
// the like, as [Located] names it, it is neither read nor written in another: its methods fail
// with [ErrElsewhere] there. "" is that it is not bound.
type Binder interface {
	Bind(within string)
}

// ErrElsewhere is that a destination is in another account, or the like, than it is bound to,
// or is not found.
var ErrElsewhere = provider.WithClass(provider.ErrDenied, errors.New("this rotation was started"))

// A Remaker is a [Located] that tells how an entry that was deleted is made again.
type Remaker interface {
	Remaking() string
}

func remaking(s Store) string {
	if r, ok := s.(Remaker); ok {
		return r.Remaking()
	}
	return "create it again"
}

// Stays is the error for what is bound, and is within another account, or the like, now.
// Remaking is what to do where the entry was deleted.
func Stays(now, bound, remaking string) error {
	hint := "use the credentials for " + bound
	switch {
	case bound == "" || now == bound:
		return nil
	case now == "":
		return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("it does not tell whether it is in %s", bound))
	case now == Nowhere:
		return provider.Hint(fmt.Errorf("it is not found now, but %w in %s", ErrElsewhere, bound), "%s; if the secret was deleted there, %s", hint, remaking)
	}
	return provider.Hint(fmt.Errorf("it is in %s now, but %w in %s", now, ErrElsewhere, bound), "%s", hint)
}
