package signer

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Earlier is a listing that this run has made before. Its zero value is none.
type Earlier struct {
	All   iter.Seq2[provider.Credential, error]
	Began time.Time
	Took  time.Duration
}

// An observation is what looks at a listing told about who signs.
type observation struct {
	mu     sync.Mutex
	made   bool
	signer string          // its ID; "" where that was not told
	moved  map[string]bool // by ID in lower case: those that were used meanwhile
}

// certain returns the ID of the signer where no other credential may be it, or "".
func (o *observation) certain() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id := range o.moved {
		if !strings.EqualFold(id, o.signer) {
			return ""
		}
	}
	return o.signer
}

// amongListed finds out from the vendor's listing which of these credentials signs
// the requests for it, and of which of them that cannot be told.
//
// What cannot sign, such as a revoked credential, is certain, and so is the only one
// that can. Otherwise the time of last use tells, but only that another credential
// is the signer: a server may write that time late, once a minute or never, so that
// a credential which does not move may be the signer anyway.
//
// Which can sign is told by an earlier listing, if there is one; all is then ranged over
// only for the times of last use. The looks are not repeated where o has been made.
func (o *observation) amongListed(ctx context.Context, service provider.Service, earlier Earlier, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := &usage{used: map[string][]time.Time{}}
	c := candidates{wanted: make(map[string]bool, len(ids)), listed: map[string]bool{}}
	for _, id := range ids {
		c.wanted[strings.ToLower(id)] = true
	}
	c.signatory, _ = service.(Signatory)
	if err := c.read(r, earlier, all); err != nil {
		return "", nil, err
	}
	unknown = slices.DeleteFunc(slices.Clone(ids), c.excludes)
	if c.signatory != nil && c.count == 1 {
		o.made, o.signer, o.moved = true, c.last, nil
		return named(ids, c.last), nil, nil
	}
	if len(unknown) == 0 && len(ids) > 0 {
		return "", nil, nil
	}
	if !o.made {
		if err := o.watch(ctx, r, earlier, all); err != nil {
			return "", nil, err
		}
	}
	if o.signer == "" {
		return "", unknown, nil
	}
	self = named(ids, o.signer)
	unknown = slices.DeleteFunc(unknown, func(id string) bool { return id == self || !o.moved[strings.ToLower(id)] })
	return self, unknown, nil
}

// watch looks again. An earlier listing is the first look, unless it leads to nothing:
// other requests may have been sent since.
func (o *observation) watch(ctx context.Context, r *usage, earlier Earlier, all iter.Seq2[provider.Credential, error]) error {
	if earlier.All != nil && len(r.used) == 0 {
		if err := r.observeAgain(ctx, all); err != nil {
			return err
		}
	}
	if err := r.watch(ctx, all); err != nil {
		return err
	}
	if earlier.All != nil && r.signer() == "" && r.anyMoved() {
		if err := r.observeAgain(ctx, all); err != nil {
			return err
		}
		r.dropFirst()
	}
	o.made, o.signer, o.moved = true, r.signer(), map[string]bool{}
	for id := range r.used {
		if r.moved(id) {
			o.moved[id] = true
		}
	}
	return nil
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

// read takes the candidates, and the first look, from an earlier listing, or else lists.
func (c *candidates) read(r *usage, earlier Earlier, all iter.Seq2[provider.Credential, error]) error {
	if earlier.All == nil {
		return r.observe(all, c.add)
	}
	for cred, err := range earlier.All {
		if err != nil {
			return err
		}
		c.add(cred)
		r.add(cred)
	}
	r.asked, r.took = append(r.asked, earlier.Began), append(r.took, earlier.Took)
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
