package rotation_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/postgres"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A fence is a place for a journal that is told before each entry is added, and keeps that
// from happening by an error.
type fence struct {
	journal.Backend

	before func() error
}

func (f *fence) Create(id string, text []byte) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.Backend.Create(id, text)
}

func (f *fence) Append(id string, a backend.Addition) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.Backend.Append(id, a)
}

// A change is a command that sends requests which change something. It calls begin before,
// when what it needs is there.
type change struct {
	service func(rotationtest.Base) provider.Service
	send    func(h *house, begin func()) error
}

// A creator is a service that creates credentials.
type creator struct{ rotationtest.Base }

func (c creator) Create(context.Context, provider.Input) (provider.Credential, error) {
	c.Calls = append(c.Calls, "create")
	made := c.Add(provider.Credential{Name: "new"})
	issued := made.Credential
	issued.Secret = provider.NewSecret(made.Secret)
	return issued, nil
}

func changes() map[string]change {
	rotate := func(inPlace bool, grace time.Duration) func(h *house, begin func()) error {
		return func(h *house, begin func()) error {
			begin()
			q := h.Request()
			q.Verify, q.InPlace, q.Grace = "none", inPlace, grace
			_, err := h.Rotate(h.T.Context(), q)
			return err
		}
	}
	after := func(send func(h *house) error) func(h *house, begin func()) error {
		return func(h *house, begin func()) error {
			require.NoError(h.T, rotate(false, time.Hour)(h, func() {}))
			h.Clock += 2 * time.Hour
			begin()
			return send(h)
		}
	}
	return map[string]change{
		"replace":  {rotationtest.AsMender, rotate(false, 0)},
		"rotate":   {rotationtest.AsRotator, rotate(true, 0)},
		"generate": {rotationtest.AsGenerator, rotate(true, 0)},
		"create": {func(b rotationtest.Base) provider.Service { return creator{b} }, func(h *house, begin func()) error {
			begin()
			_, err := h.Create(h.T.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Options: rotation.Options{To: []string{"box:a"}, Verify: "none"},
			})
			return err
		}},
		"retire": {rotationtest.AsReplacer, after(func(h *house) error {
			_, err := h.Resume(h.T.Context(), h.Old.ID, rotation.ResumeOptions{})
			return err
		})},
		"abort": {rotationtest.AsReplacer, after(func(h *house) error {
			_, err := h.Abort(h.T.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
			return err
		})},
	}
}

// A request that changes something is never sent when the entry that announces it could not
// be added, wherever the journal is.
func TestNothingIsSentThatTheJournalDoesNotHave(t *testing.T) {
	t.Parallel()
	here := t.TempDir()
	database := pgtest.Shared(t).Database(t)
	place := identity.File(filepath.Join(here, "age.txt"))
	connect := func(ctx context.Context) (*pgconn.PgConn, error) {
		return pgconn.Connect(ctx, database.URL(pgtest.Owner))
	}
	initialize(t, connect, place)
	for where, x := range map[string]struct {
		open   func(t *testing.T, h *house) *journal.Store
		refuse func() error
		is     error
		once   bool // the next entry can be added
	}{
		"the disk is full": {
			open: func(t *testing.T, h *house) *journal.Store {
				s, err := folder.Open(h.Dir)
				require.NoError(t, err)
				return s
			},
			refuse: func() error { return errFull }, is: errFull,
		},
		"another process has continued": {
			open: func(t *testing.T, h *house) *journal.Store {
				s, err := folder.Open(h.Dir)
				require.NoError(t, err)
				return s
			},
			refuse: func() error { return provider.WithClass(provider.ErrLocked, backend.ErrConflict) }, is: provider.ErrLocked,
		},
		"the database does not answer once": {
			open: func(t *testing.T, h *house) *journal.Store {
				s, err := folder.Open(h.Dir)
				require.NoError(t, err)
				return s
			},
			refuse: func() error { return provider.WithClass(provider.ErrUnavailable, errFull) }, is: provider.ErrUnavailable, once: true,
		},
		"another host has taken the lock": {
			open: func(t *testing.T, _ *house) *journal.Store {
				database.SQL(t, "TRUNCATE credctl.operation, credctl.entry, credctl.record, credctl.seen, credctl.event, credctl.lease")
				s, err := postgres.Open(t.Context(), postgres.Options{Connect: connect, Where: "here", Identity: place, Lease: time.Minute})
				require.NoError(t, err)
				return s
			},
			refuse: func() error {
				database.SQL(t, "UPDATE credctl.lease SET epoch = epoch + 1")
				return nil // the database refuses it
			},
			is: provider.ErrLocked,
		},
	} {
		for name, c := range changes() {
			t.Run(name+" when "+where, func(t *testing.T) {
				sends := false
				for n := 1; ; n++ {
					h := newHouse(t, c.service)
					writes, begun := 0, false
					var sent []string
					h.Journal = journal.New(&fence{x.open(t, h).Backend(), func() error {
						if !begun {
							return nil
						}
						if writes++; writes < n {
							return nil
						}
						switch {
						case writes == n:
							sent = h.changes()
						case x.once:
							return nil
						}
						return x.refuse()
					}})
					before := 0
					err := c.send(h, func() { begun, before = true, len(h.changes()) })
					if writes < n {
						require.NoError(t, err)
						assert.True(t, sends)
						return
					}
					require.ErrorIs(t, err, x.is)
					got := h.changes()
					if name == "replace" && !errors.Is(x.is, provider.ErrLocked) && len(got) == len(sent)+1 { // what the journal cannot have is revoked
						assert.Equal(t, "delete "+h.V.All[0].ID, got[len(sent)])
						got = got[:len(sent)]
					}
					assert.Equal(t, sent, got, "entry %d was refused", n)
					sends = sends || len(sent) > before
				}
			})
		}
	}
}

// changes returns the requests that changed something.
func (h *house) changes() []string {
	return slices.DeleteFunc(slices.Clone(h.V.Calls), func(c string) bool { return strings.HasPrefix(c, "as ") })
}

var errFull = errors.New("no space left on device")

func initialize(t *testing.T, connect func(context.Context) (*pgconn.PgConn, error), place identity.Place) {
	t.Helper()
	conn, err := connect(t.Context())
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, _, err = schema.Migrate(t.Context(), conn)
	require.NoError(t, err)
	recipient, canary, err := postgres.NewCanary(t.Context(), place)
	require.NoError(t, err)
	_, err = schema.Found(t.Context(), conn, schema.State{Store: "here", Recipient: recipient, Canary: canary})
	require.NoError(t, err)
}
