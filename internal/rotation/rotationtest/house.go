package rotationtest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

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
	Local   []string      // the boxes that are on one host
	Host    string        // that the engine runs on
	Machine string        // its ID
}

// New is a house with a service of this sort.
func New(t *testing.T, service func(Base) provider.Service) *House {
	t.Helper()
	h := &House{T: t, Dir: filepath.Join(t.TempDir(), "credctl"), Boxes: map[string]*Box{}}
	now := func() time.Time { return time.Now().Add(h.Clock) }
	h.V = &Vendor{Now: now, Reads: map[string]int{}, Faults: map[string][]Fault{}}
	h.Service = service(Base{h.V})
	h.Old = h.V.Add(provider.Credential{Name: "web", Scopes: []string{"read", "write"}, Endpoint: "https://s3.acme.example", Region: "uk", Status: "active"})
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
	store, err := folder.Open(h.Dir)
	require.NoError(h.T, err)
	h.Engine = &rotation.Engine{Env: rotation.Env{
		Journal: store, Now: h.V.Now,
		Open: func(_ context.Context, _ rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
			if !token.IsZero() {
				h.V.Calls = append(h.V.Calls, "as "+h.Owner(token.Reveal()))
			}
			return h.Service, provider.Input{}, nil
		},
		Destination: func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
			if b, ok := h.Boxes[spec]; ok && slices.Contains(h.Local, spec) {
				return host.On(b, host.Name(h.Host, strings.Repeat(h.Machine, 32))), nil
			} else if ok && b.Sealed {
				return &sealed{Box: b}, nil
			} else if ok {
				return &located{Box: b}, nil
			}
			return nil, provider.Usage("the destination %q is unknown", spec)
		},
		Report: func(e rotation.Notice) { h.Said = append(h.Said, e.Text) },
	}}
}

// Owner returns the ID of the credential with this secret.
func (h *House) Owner(secret string) string {
	for _, c := range h.V.All {
		if c.Secret == secret {
			return c.ID
		}
	}
	return "nobody"
}

// Request asks for the old credential to be rotated, to both boxes.
func (h *House) Request() rotation.Request {
	return rotation.Request{
		Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: h.Old.ID}, Service: h.Service,
		Options: rotation.Options{To: []string{"box:a", "box:b"}}, Stated: true,
	}
}

// Remaining returns the IDs of what was not deleted, without what others made.
func (h *House) Remaining() []string {
	var ids []string
	for _, c := range h.V.All {
		if c.Deleted.IsZero() && !c.Foreign {
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
		if c.Foreign && !c.Deleted.IsZero() {
			return fmt.Errorf("somebody else's %s was deleted", c.ID)
		}
		if c.Foreign || c == h.Old || !c.Deleted.IsZero() || h.Accounted(c) {
			continue
		}
		return fmt.Errorf("(b) %s is valid, and nobody knows", c.ID)
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
