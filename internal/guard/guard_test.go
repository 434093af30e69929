package guard

import (
	"bytes"
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/term"
)

// shelf is a service whose credentials are these.
type shelf []provider.Credential

func (s shelf) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for _, c := range s {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (s shelf) Get(_ context.Context, id string) (provider.Credential, error) {
	for _, c := range s {
		if c.ID == id {
			return c, nil
		}
	}
	return provider.Credential{}, provider.ErrNotFound
}

func (s shelf) FindUsage(_ context.Context, c provider.Credential) ([]string, error) {
	if c.Name == "busy" {
		return []string{"a workflow"}, nil
	}
	return nil, nil
}

func TestWhatIsRefused(t *testing.T) {
	dir, all := t.TempDir(), shelf{{ID: "idle"}, {ID: "used", LastUsed: time.Now().Add(-time.Hour)}, {ID: "busy", Name: "busy"}}
	for name, c := range map[string]struct {
		ids        []string
		force      bool
		about, why string // "": it is not refused
		says       string
	}{
		"one that nobody uses":          {ids: []string{"idle"}},
		"one that was used":             {ids: []string{"idle", "used"}, about: "used", why: "was used 1h0m0s ago"},
		"one that something refers to":  {ids: []string{"busy"}, about: "busy", why: `busy (busy) is in use by a workflow`},
		"one that is in no listing":     {ids: []string{"lost"}, says: "Cannot tell whether lost was used within a day: it is not in the listing"},
		"more than a person looks at":   {ids: []string{"1", "2", "3", "4", "5", "6"}, why: "Refusing to delete 6 credentials at once (limit: 5)"},
		"none of them when it is meant": {ids: []string{"1", "2", "3", "4", "busy", "used"}, force: true},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			g := Guard{
				Provider: provider.Provider{Name: "shop"}, Kind: provider.Kind{Name: "key", TellsUse: true}, Service: all, Force: c.force,
				Streams: term.New(nil, &bytes.Buffer{}, &said),
				Engine: func() (*rotation.Engine, error) {
					store, err := folder.Open(dir)
					return &rotation.Engine{Env: rotation.Env{Journal: store}}, err
				},
				Each: func(ctx context.Context, ids []string, do func(context.Context, int, string) error) iter.Seq2[int, error] {
					return func(yield func(int, error) bool) {
						for i, id := range ids {
							if !yield(i, do(ctx, i, id)) {
								return
							}
						}
					}
				},
			}
			_, err := g.Check(t.Context(), c.ids)
			assert.Contains(t, said.String(), c.says)
			if c.why == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, provider.ErrRefused)
			require.ErrorContains(t, err, c.why)
			assert.Equal(t, c.about, exit.AboutOf(err).ID)
			assert.Contains(t, provider.HintOf(err), "--force")
		})
	}
}
