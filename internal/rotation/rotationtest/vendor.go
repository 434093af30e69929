// Package rotationtest is a vendor, destinations and an engine in memory, for tests
// of rotations.
package rotationtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Vendor is one in memory, with faults.
type Vendor struct {
	Now      func() time.Time
	All      []*Held // the newest first
	N        int
	Calls    []string                        // what changed something, and was sent
	Reads    map[string]int                  // by verb: what changes nothing, and was sent
	Faults   map[string][]Fault              // by verb, one for each call
	Wait     time.Duration                   // until a new secret works
	Drift    func(*provider.Credential)      // what the vendor does not carry over
	VerifyAs func(provider.Credential) error // instead
}

// A Held credential is one that the vendor has, or had.
type Held struct {
	provider.Credential

	Secret     string
	Before     string // a secret that was replaced in place
	Died       time.Time
	WorksFrom  time.Time
	Foreign    bool
	StillWorks bool // its secret goes on working when it was deleted
}

// A Fault is what happens to one call.
type Fault struct {
	Committed bool // it was carried out all the same
	Err       error
	Silent    bool // a success without a secret
	Nameless  bool // a success without an ID
	Keyless   bool // one without an access key ID
	Idle      bool // a success, though nothing was done
}

var (
	ErrLost    = provider.WithClass(provider.ErrUnknown, errors.New("POST /keys: no answer: connection reset"))
	ErrDown    = provider.WithClass(provider.ErrUnavailable, errors.New("503 service unavailable"))
	ErrLimit   = provider.WithClass(provider.ErrConflict, errors.New("422 quota_exceeded"))
	ErrNoRight = provider.WithClass(provider.ErrDenied, errors.New("403 forbidden"))
)

func (v *Vendor) fault(verb string) Fault {
	q := v.Faults[verb]
	if len(q) == 0 {
		return Fault{}
	}
	v.Faults[verb] = q[1:]
	return q[0]
}

func (v *Vendor) Find(id string) *Held {
	for _, h := range v.All {
		if h.ID == id && h.Died.IsZero() {
			return h
		}
	}
	return nil
}

func (v *Vendor) Add(like provider.Credential) *Held {
	v.N++
	h := &Held{Credential: like, Secret: fmt.Sprintf("s3cret-%d$", v.N), WorksFrom: v.Now().Add(v.Wait)}
	h.ID, h.Key, h.Created, h.Provider, h.Kind = fmt.Sprintf("id-%d", v.N), fmt.Sprintf("AKIA%d", v.N), v.Now(), "acme", "key"
	v.All = append([]*Held{h}, v.All...)
	return h
}

func (h *Held) answer() provider.Credential {
	c := h.Credential
	c.Secret = provider.NewSecret(h.Secret)
	return c
}

// The services differ in what they can do.
type (
	Base      struct{ *Vendor }
	Replacer  struct{ Base }
	Mender    struct{ Replacer }
	Rotator   struct{ Base }
	Both      struct{ Replacer }
	Generator struct{ Replacer }
	Blind     struct{ *Vendor }
)

func (v Base) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		v.Reads["list"]++
		if f := v.fault("list"); f.Err != nil {
			yield(provider.Credential{}, f.Err)
			return
		}
		for _, h := range v.All {
			if h.Died.IsZero() && !yield(h.Credential, nil) {
				return
			}
		}
	}
}

func (v Base) Get(_ context.Context, id string) (provider.Credential, error) {
	v.Reads["get"]++
	if f := v.fault("get"); f.Err != nil {
		return provider.Credential{}, f.Err
	}
	if h := v.Find(id); h != nil {
		return h.Credential, nil
	}
	return provider.Credential{}, provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
}

func (v Base) Delete(_ context.Context, id string) error {
	v.Calls = append(v.Calls, "delete "+id)
	f := v.fault("delete")
	if f.Err != nil && !f.Committed || f.Idle {
		return f.Err
	}
	h := v.Find(id)
	if h == nil {
		return provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	}
	h.Died = v.Now()
	return f.Err
}

func (v Base) Verify(_ context.Context, c provider.Credential) error {
	if f := v.fault("verify"); f.Err != nil {
		return f.Err
	}
	if v.VerifyAs != nil {
		return v.VerifyAs(c)
	}
	return v.Works(c.Key, c.Secret.Reveal())
}

// Works is what the vendor says to a request that is signed so.
func (v *Vendor) Works(key, secret string) error {
	for _, h := range v.All {
		if h.Key == key && h.Secret == secret {
			switch {
			case !h.Died.IsZero() && !h.StillWorks:
				return provider.WithClass(provider.ErrDenied, errors.New("401 revoked"))
			case v.Now().Before(h.WorksFrom):
				return provider.WithClass(provider.ErrPending, errors.New("403 InvalidAccessKeyId"))
			}
			return nil
		}
	}
	return provider.WithClass(provider.ErrDenied, errors.New("403 SignatureDoesNotMatch"))
}

func (v Replacer) Replace(_ context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	v.Calls = append(v.Calls, "create")
	f := v.fault("create")
	if f.Err != nil && !f.Committed {
		return provider.Credential{}, f.Err
	}
	if n := in.Value("name"); n != nil && n.IsSet() {
		old.Name = n.String()
	}
	h := v.Add(old)
	if v.Drift != nil {
		v.Drift(&h.Credential)
	}
	if f.Err != nil {
		return provider.Credential{}, f.Err
	}
	c := h.answer()
	if f.Silent {
		c.Secret = provider.Secret{}
	}
	if f.Nameless {
		c.ID = ""
	}
	if f.Keyless {
		c.Key = ""
		return c, provider.WithClass(provider.ErrPartial, errors.New("its details could not be read"))
	}
	return c, nil
}

func (v Mender) RepairRights(_ context.Context, id string, old provider.Credential) (provider.Credential, error) {
	v.Calls = append(v.Calls, "mend "+id)
	if f := v.fault("mend"); f.Err != nil {
		return provider.Credential{}, f.Err
	}
	h := v.Find(id)
	h.Name, h.Scopes = old.Name, old.Scopes
	return h.Credential, nil
}

func (v Rotator) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return v.rotate(id)
}

func (v Both) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return v.rotate(id)
}

func (v *Vendor) rotate(id string) (provider.Credential, error) {
	v.Calls = append(v.Calls, "rotate "+id)
	f := v.fault("rotate")
	if f.Err != nil && !f.Committed {
		return provider.Credential{}, f.Err
	}
	old := v.Find(id)
	if old == nil {
		return provider.Credential{}, provider.WithClass(provider.ErrNotFound, errors.New("404 revoked"))
	}
	h := v.Add(old.Credential)
	old.Died = v.Now()
	if v.Drift != nil {
		v.Drift(&h.Credential)
	}
	if f.Err != nil {
		return provider.Credential{}, f.Err
	}
	c := h.answer()
	if f.Silent {
		c.Secret = provider.Secret{}
	}
	return c, nil
}

func (v Generator) Generate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.Calls = append(v.Calls, "generate "+id)
	f := v.fault("generate")
	c := provider.Credential{ID: id} // it is known, whatever happens
	if f.Err != nil && !f.Committed {
		return c, f.Err
	}
	h := v.Find(id)
	if h == nil {
		return c, provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	}
	v.N++
	h.Before, h.Secret = h.Secret, fmt.Sprintf("s3cret-%d$", v.N)
	if f.Err != nil {
		return c, f.Err
	}
	return h.answer(), nil
}

// A blind service can neither be listed with what it makes, nor verify it.
func (v Blind) Get(_ context.Context, id string) (provider.Credential, error) {
	return Base(v).Get(context.Background(), id)
}

func (v Blind) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.Calls = append(v.Calls, "rotate "+id)
	return provider.Credential{ID: id}, v.fault("rotate").Err
}

// A Box is a destination in memory.
type Box struct {
	Name        string
	Key, Secret string
	Faults      map[string][]error // by method
	Writes      int
}

func (b *Box) fault(method string) error {
	q := b.Faults[method]
	if len(q) == 0 {
		return nil
	}
	b.Faults[method] = q[1:]
	return q[0]
}

func (b *Box) String() string              { return b.Name }
func (b *Box) Spec() string                { return b.Name }
func (b *Box) Check(context.Context) error { return b.fault("check") }

func (b *Box) Write(_ context.Context, c provider.Credential) error {
	if err := b.fault("write"); err != nil {
		return err
	}
	b.Writes++
	b.Key, b.Secret = c.Key, c.Secret.Reveal()
	return nil
}

func (b *Box) ReadBack(_ context.Context, c provider.Credential) error {
	if err := b.fault("readback"); err != nil {
		return err
	}
	if b.Key != c.Key || b.Secret != c.Secret.Reveal() {
		return errors.New("it holds something else")
	}
	return nil
}

func (b *Box) Current(context.Context) (string, provider.Secret, error) {
	return b.Key, provider.NewSecret(b.Secret), nil
}

// A House is a vendor, an engine, and two destinations that hold the old secret.
type House struct {
	*rotation.Engine

	T       *testing.T
	Dir     string
	V       *Vendor
	Service provider.Service
	Old     *Held
	Boxes   map[string]*Box
	Said    []string
	Clock   time.Duration // that has passed beyond the real one
}

// New is a house with a service of this sort.
func New(t *testing.T, service func(Base) provider.Service) *House {
	t.Helper()
	h := &House{T: t, Dir: filepath.Join(t.TempDir(), "credctl"), Boxes: map[string]*Box{}}
	now := func() time.Time { return time.Now().Add(h.Clock) }
	h.V = &Vendor{Now: now, Reads: map[string]int{}, Faults: map[string][]Fault{}}
	h.Service = service(Base{h.V})
	h.Old = h.V.Add(provider.Credential{Name: "web", Scopes: []string{"read", "write"}, Region: "uk", Status: "active"})
	stranger := h.V.Add(provider.Credential{Name: "web", Status: "active"})
	stranger.Foreign = true
	for _, name := range []string{"box:a", "box:b"} {
		h.Boxes[name] = &Box{Name: name, Key: h.Old.Key, Secret: h.Old.Secret, Faults: map[string][]error{}}
	}
	h.Restart()
	return h
}

// Restart is a new process.
func (h *House) Restart() {
	h.T.Helper()
	store, err := journal.Open(h.Dir)
	require.NoError(h.T, err)
	h.Engine = &rotation.Engine{
		Journal: store, Now: h.V.Now,
		Open: func(_ context.Context, _ rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
			if !token.IsZero() {
				h.V.Calls = append(h.V.Calls, "as "+h.Owner(token.Reveal()))
			}
			return h.Service, provider.Input{}, nil
		},
		Destination: func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
			if b, ok := h.Boxes[spec]; ok {
				return b, nil
			}
			return nil, provider.Usage("the destination %q is unknown", spec)
		},
		Report: func(e rotation.Notice) { h.Said = append(h.Said, e.Text) },
	}
}

func (h *House) Owner(secret string) string {
	for _, c := range h.V.All {
		if c.Secret == secret {
			return c.ID
		}
	}
	return "nobody"
}

func (h *House) Request() rotation.Request {
	return rotation.Request{
		Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: h.Old.ID}, Service: h.Service,
		Options: rotation.Options{To: []string{"box:a", "box:b"}},
	}
}

// Living returns the IDs of what lives, without what others made.
func (h *House) Living() []string {
	var ids []string
	for _, c := range h.V.All {
		if c.Died.IsZero() && !c.Foreign {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Count returns how many of the calls begin so.
func (h *House) Count(prefix string) int {
	n := 0
	for _, c := range h.V.Calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// Invariant is INV. In place, the destinations cannot hold it.
func (h *House) Invariant(inPlace bool) error {
	for _, b := range h.Boxes {
		if err := h.V.Works(b.Key, b.Secret); err != nil && !inPlace {
			return fmt.Errorf("(a) %s holds what does not work: %w", b.Name, err)
		}
	}
	for _, c := range h.V.All {
		if c.Foreign && !c.Died.IsZero() {
			return fmt.Errorf("somebody else's %s was deleted", c.ID)
		}
		if c.Foreign || c == h.Old || !c.Died.IsZero() || h.Accounted(c) {
			continue
		}
		return fmt.Errorf("(b) %s lives, and nobody knows", c.ID)
	}
	return nil
}

// Accounted reports whether a credential is delivered, or in the journal: itself,
// or as a request whose answer is not there.
func (h *House) Accounted(c *Held) bool {
	for _, b := range h.Boxes {
		if b.Secret == c.Secret {
			return true
		}
	}
	index, err := h.Journal.Index()
	require.NoError(h.T, err)
	for _, op := range index.Unfinished() {
		r, err := oplog.Fold(op)
		require.NoError(h.T, err)
		if r.Asked && !slices.Contains(r.Snapshot, c.ID) || op.NewID() == c.ID || r.Orphan == c.ID || r.Found == c.ID {
			return true
		}
	}
	return false
}
