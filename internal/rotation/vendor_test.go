package rotation

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
)

// A vendor is one in memory, with faults.
type vendor struct {
	now    func() time.Time
	all    []*held // the newest first
	n      int
	calls  []string                        // what changed something, and was sent
	faults map[string][]fault              // by verb, one for each call
	wait   time.Duration                   // until a new secret works
	drift  func(*provider.Credential)      // what the vendor does not carry over
	verify func(provider.Credential) error // instead
}

type held struct {
	provider.Credential

	secret  string
	before  string // a secret that was replaced in place
	died    time.Time
	works   time.Time
	foreign bool
	undying bool // its secret goes on working when it was deleted
}

// A fault is what happens to one call.
type fault struct {
	committed bool // it was carried out all the same
	err       error
	silent    bool // a success without a secret
	nameless  bool // a success without an ID
	keyless   bool // one without an access key ID
	idle      bool // a success, though nothing was done
}

var (
	errLost    = provider.WithClass(provider.ErrUnknown, errors.New("POST /keys: no answer: connection reset"))
	errDown    = provider.WithClass(provider.ErrUnavailable, errors.New("503 service unavailable"))
	errLimit   = provider.WithClass(provider.ErrConflict, errors.New("422 quota_exceeded"))
	errNoRight = provider.WithClass(provider.ErrDenied, errors.New("403 forbidden"))
)

func (v *vendor) fault(verb string) fault {
	q := v.faults[verb]
	if len(q) == 0 {
		return fault{}
	}
	v.faults[verb] = q[1:]
	return q[0]
}

func (v *vendor) find(id string) *held {
	for _, h := range v.all {
		if h.ID == id && h.died.IsZero() {
			return h
		}
	}
	return nil
}

func (v *vendor) add(like provider.Credential) *held {
	v.n++
	h := &held{Credential: like, secret: fmt.Sprintf("s3cret-%d$", v.n), works: v.now().Add(v.wait)}
	h.ID, h.Key, h.Created, h.Provider, h.Kind = fmt.Sprintf("id-%d", v.n), fmt.Sprintf("AKIA%d", v.n), v.now(), "acme", "key"
	v.all = append([]*held{h}, v.all...)
	return h
}

func (h *held) answer() provider.Credential {
	c := h.Credential
	c.Secret = provider.NewSecret(h.secret)
	return c
}

// The services differ in what they can do.
type (
	base      struct{ *vendor }
	replacer  struct{ base }
	mender    struct{ replacer }
	rotator   struct{ base }
	both      struct{ replacer }
	generator struct{ replacer }
	blind     struct{ *vendor }
)

func (v base) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		if f := v.fault("list"); f.err != nil {
			yield(provider.Credential{}, f.err)
			return
		}
		for _, h := range v.all {
			if h.died.IsZero() && !yield(h.Credential, nil) {
				return
			}
		}
	}
}

func (v base) Get(_ context.Context, id string) (provider.Credential, error) {
	if f := v.fault("get"); f.err != nil {
		return provider.Credential{}, f.err
	}
	if h := v.find(id); h != nil {
		return h.Credential, nil
	}
	return provider.Credential{}, provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
}

func (v base) Delete(_ context.Context, id string) error {
	v.calls = append(v.calls, "delete "+id)
	f := v.fault("delete")
	if f.err != nil && !f.committed || f.idle {
		return f.err
	}
	h := v.find(id)
	if h == nil {
		return provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	}
	h.died = v.now()
	return f.err
}

func (v base) Verify(_ context.Context, c provider.Credential) error {
	if f := v.fault("verify"); f.err != nil {
		return f.err
	}
	if v.verify != nil {
		return v.verify(c)
	}
	return v.works(c.Key, c.Secret.Reveal())
}

// works is what the vendor says to a request that is signed so.
func (v *vendor) works(key, secret string) error {
	for _, h := range v.all {
		if h.Key == key && h.secret == secret {
			switch {
			case !h.died.IsZero() && !h.undying:
				return provider.WithClass(provider.ErrDenied, errors.New("401 revoked"))
			case v.now().Before(h.works):
				return provider.WithClass(provider.ErrPending, errors.New("403 InvalidAccessKeyId"))
			}
			return nil
		}
	}
	return provider.WithClass(provider.ErrDenied, errors.New("403 SignatureDoesNotMatch"))
}

func (v replacer) Replace(_ context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	v.calls = append(v.calls, "create")
	f := v.fault("create")
	if f.err != nil && !f.committed {
		return provider.Credential{}, f.err
	}
	if n := in.Value("name"); n != nil && n.IsSet() {
		old.Name = n.String()
	}
	h := v.add(old)
	if v.drift != nil {
		v.drift(&h.Credential)
	}
	if f.err != nil {
		return provider.Credential{}, f.err
	}
	c := h.answer()
	if f.silent {
		c.Secret = provider.Secret{}
	}
	if f.nameless {
		c.ID = ""
	}
	if f.keyless {
		c.Key = ""
		return c, provider.WithClass(provider.ErrPartial, errors.New("its details could not be read"))
	}
	return c, nil
}

func (v mender) RepairRights(_ context.Context, id string, old provider.Credential) (provider.Credential, error) {
	v.calls = append(v.calls, "mend "+id)
	if f := v.fault("mend"); f.err != nil {
		return provider.Credential{}, f.err
	}
	h := v.find(id)
	h.Name, h.Scopes = old.Name, old.Scopes
	return h.Credential, nil
}

func (v rotator) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return v.rotate(id)
}

func (v both) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return v.rotate(id)
}

func (v *vendor) rotate(id string) (provider.Credential, error) {
	v.calls = append(v.calls, "rotate "+id)
	f := v.fault("rotate")
	if f.err != nil && !f.committed {
		return provider.Credential{}, f.err
	}
	old := v.find(id)
	if old == nil {
		return provider.Credential{}, provider.WithClass(provider.ErrNotFound, errors.New("404 revoked"))
	}
	h := v.add(old.Credential)
	old.died = v.now()
	if v.drift != nil {
		v.drift(&h.Credential)
	}
	if f.err != nil {
		return provider.Credential{}, f.err
	}
	c := h.answer()
	if f.silent {
		c.Secret = provider.Secret{}
	}
	return c, nil
}

func (v generator) Generate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.calls = append(v.calls, "generate "+id)
	f := v.fault("generate")
	c := provider.Credential{ID: id} // it is known, whatever happens
	if f.err != nil && !f.committed {
		return c, f.err
	}
	h := v.find(id)
	if h == nil {
		return c, provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	}
	v.n++
	h.before, h.secret = h.secret, fmt.Sprintf("s3cret-%d$", v.n)
	if f.err != nil {
		return c, f.err
	}
	return h.answer(), nil
}

// A blind service can neither be listed with what it makes, nor verify it.
func (v blind) Get(_ context.Context, id string) (provider.Credential, error) {
	return base(v).Get(context.Background(), id)
}

func (v blind) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.calls = append(v.calls, "rotate "+id)
	return provider.Credential{ID: id}, v.fault("rotate").err
}

// A box is a destination in memory.
type box struct {
	name        string
	v           *vendor
	key, secret string
	faults      map[string][]error // by method
	writes      int
}

func (b *box) fault(method string) error {
	q := b.faults[method]
	if len(q) == 0 {
		return nil
	}
	b.faults[method] = q[1:]
	return q[0]
}

func (b *box) String() string              { return b.name }
func (b *box) Spec() string                { return b.name }
func (b *box) Check(context.Context) error { return b.fault("check") }

func (b *box) Write(_ context.Context, c provider.Credential) error {
	if err := b.fault("write"); err != nil {
		return err
	}
	b.writes++
	b.key, b.secret = c.Key, c.Secret.Reveal()
	return nil
}

func (b *box) ReadBack(_ context.Context, c provider.Credential) error {
	if err := b.fault("readback"); err != nil {
		return err
	}
	if b.key != c.Key || b.secret != c.Secret.Reveal() {
		return errors.New("it holds something else")
	}
	return nil
}

func (b *box) Current(context.Context) (string, provider.Secret, error) {
	return b.key, provider.NewSecret(b.secret), nil
}

// A house is a vendor, an engine, and two destinations that hold the old secret.
type house struct {
	*Engine

	t       *testing.T
	dir     string
	v       *vendor
	service provider.Service
	old     *held
	boxes   map[string]*box
	said    []string
	clock   time.Duration // that has passed beyond the real one
}

func newHouse(t *testing.T, service func(base) provider.Service) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "credctl"), boxes: map[string]*box{}}
	now := func() time.Time { return time.Now().Add(h.clock) }
	h.v = &vendor{now: now, faults: map[string][]fault{}}
	h.service = service(base{h.v})
	h.old = h.v.add(provider.Credential{Name: "web", Scopes: []string{"read", "write"}, Region: "uk", Status: "active"})
	stranger := h.v.add(provider.Credential{Name: "web", Status: "active"})
	stranger.foreign = true
	for _, name := range []string{"box:a", "box:b"} {
		h.boxes[name] = &box{name: name, v: h.v, key: h.old.Key, secret: h.old.secret, faults: map[string][]error{}}
	}
	h.restart()
	return h
}

// restart is a new process.
func (h *house) restart() {
	h.t.Helper()
	store, err := journal.Open(h.dir)
	require.NoError(h.t, err)
	h.Engine = &Engine{
		Journal: store, Now: h.v.now,
		Open: func(_ context.Context, _ Subject, token provider.Secret) (provider.Service, provider.Input, error) {
			if !token.IsZero() {
				h.v.calls = append(h.v.calls, "as "+h.owner(token.Reveal()))
			}
			return h.service, provider.Input{}, nil
		},
		Destination: func(spec string, _ Subject, _ bool) (deliver.Destination, error) {
			if b, ok := h.boxes[spec]; ok {
				return b, nil
			}
			return nil, provider.Usage("the destination %q is unknown", spec)
		},
		Report: func(e Event) { h.said = append(h.said, e.Text) },
	}
}

func (h *house) owner(secret string) string {
	for _, c := range h.v.all {
		if c.secret == secret {
			return c.ID
		}
	}
	return "nobody"
}

func (h *house) request() Request {
	return Request{
		Subject: Subject{Provider: "acme", Kind: "key", ID: h.old.ID}, Service: h.service,
		Options: Options{To: []string{"box:a", "box:b"}},
	}
}

// living returns the IDs of what lives, without what others made.
func (h *house) living() []string {
	var ids []string
	for _, c := range h.v.all {
		if c.died.IsZero() && !c.foreign {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// count returns how many of the calls begin so.
func (h *house) count(prefix string) int {
	n := 0
	for _, c := range h.v.calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// invariant is INV. In place, the destinations cannot hold it.
func (h *house) invariant(inPlace bool) error {
	for _, b := range h.boxes {
		if err := h.v.works(b.key, b.secret); err != nil && !inPlace {
			return fmt.Errorf("(a) %s holds what does not work: %w", b.name, err)
		}
	}
	for _, c := range h.v.all {
		if c.foreign && !c.died.IsZero() {
			return fmt.Errorf("somebody else's %s was deleted", c.ID)
		}
		if c.foreign || c == h.old || !c.died.IsZero() || h.accounted(c) {
			continue
		}
		return fmt.Errorf("(b) %s lives, and nobody knows", c.ID)
	}
	return nil
}

// accounted reports whether a credential is delivered, or in the journal: itself,
// or as a request whose answer is not there.
func (h *house) accounted(c *held) bool {
	for _, b := range h.boxes {
		if b.secret == c.secret {
			return true
		}
	}
	index, err := h.Journal.Index()
	require.NoError(h.t, err)
	for _, op := range index.Unfinished() {
		r, err := fold(op)
		require.NoError(h.t, err)
		if r.asked && !slices.Contains(r.snapshot, c.ID) || op.NewID() == c.ID || r.stray == c.ID || r.found == c.ID {
			return true
		}
	}
	return false
}
