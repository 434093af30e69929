package signer

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// amongListed finds out from the vendor's listing which of these credentials signs
// the requests for it, and of which of them that cannot be told.
//
// What cannot sign, such as a revoked credential, is certain, and so is the only one
// that can. Otherwise the time of last use tells, but only that another credential
// is the signer: a server may write that time late, once a minute or never, so that
// a credential which does not move may be the signer anyway.
//
// Which can sign is told by a recent listing, if there is one; all is then ranged over
// only for the times of last use.
func amongListed(ctx context.Context, service provider.Service, recent, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	r := &record{wanted: make(map[string]bool, len(ids)), used: map[string][]time.Time{}}
	for _, id := range ids {
		r.wanted[strings.ToLower(id)] = true
	}
	c := candidates{wanted: r.wanted, listed: map[string]bool{}}
	c.signatory, _ = service.(Signatory)
	if err := c.read(r, recent, all); err != nil {
		return "", nil, err
	}
	unknown = slices.DeleteFunc(slices.Clone(ids), c.excludes)
	if c.signatory != nil && c.count == 1 {
		return named(ids, c.last), nil, nil
	}
	if len(unknown) == 0 {
		return "", nil, nil
	}
	if recent != nil {
		err = r.look(all, func(provider.Credential) {})
	}
	if err == nil {
		err = r.watch(ctx, all)
	}
	if err != nil {
		return "", nil, err
	}
	signer := r.signer()
	if signer == "" {
		return "", unknown, nil
	}
	self = named(ids, signer)
	unknown = slices.DeleteFunc(unknown, func(id string) bool { return id == self || !r.moved(strings.ToLower(id)) })
	return self, unknown, nil
}

// named returns the one of ids that is id in another case, or "".
func named(ids []string, id string) string {
	i := slices.IndexFunc(ids, func(one string) bool { return strings.EqualFold(one, id) })
	if i < 0 {
		return ""
	}
	return ids[i]
}

// candidates are the listed credentials that may sign.
type candidates struct {
	signatory Signatory // nil: the listing says nothing of who signs
	wanted    map[string]bool
	listed    map[string]bool // of those that are wanted: whether it may sign
	count     int             // of all that may sign
	last      string          // one of them
}

// read takes the candidates from a recent listing, or else from the first look.
func (c *candidates) read(r *record, recent, all iter.Seq2[provider.Credential, error]) error {
	if recent == nil {
		return r.look(all, c.add)
	}
	for cred, err := range recent {
		if err != nil {
			return err
		}
		c.add(cred)
	}
	return nil
}

func (c *candidates) add(cred provider.Credential) {
	may := c.signatory == nil || c.signatory.MaySign(cred)
	if may {
		c.count, c.last = c.count+1, cred.ID
	}
	if id := strings.ToLower(cred.ID); c.wanted[id] {
		c.listed[id] = may
	}
}

// excludes reports whether the credential with this ID certainly does not sign.
func (c *candidates) excludes(id string) bool {
	return c.signatory != nil && !c.listed[strings.ToLower(id)]
}

// IsSigner is what is said of the credential that credctl authenticates with.
const IsSigner = "is the key that credctl authenticates with"

// Untold says that something could not be told of these credentials.
func Untold(what string, ids ...string) string {
	const most = 5
	which := strings.Join(ids[:min(most, len(ids))], ", ")
	if len(ids) > most {
		which += fmt.Sprintf(" and %d others", len(ids)-most)
	}
	if len(ids) > 1 {
		which = "one of " + which
	}
	return "Cannot tell whether " + which + " " + what
}

// NotSelf is the hint that names the flag which states of these credentials that
// credctl does not authenticate with them.
func NotSelf(ids ...string) string {
	return "if credctl does not authenticate with it, pass --not-self " + strings.Join(ids, " --not-self ")
}
