package rotation_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// keeps has a house save secrets, or fail to: "", "fails" or "works". It returns what was saved.
func keeps(h *house, how string) *provider.Credential {
	var kept provider.Credential
	if how != "" {
		h.Keep = func(c provider.Credential) (string, error) {
			if how == "fails" {
				return "", errors.New("no room")
			}
			kept = c
			return "/saved", nil
		}
	}
	return &kept
}

// A secret that could not be delivered or shown is in the journal, or in a file of its own, and
// the error says which; it is called lost where it is nowhere, and only there.
func TestWhereTheSecretOfACreationIs(t *testing.T) {
	full, unfit := errors.New("full"), provider.WithClass(provider.ErrUsage, errors.New("it cannot hold this"))
	const resume = "to continue, run the same command again (it finds the new key"
	const anew = "delete it with `credctl acme delete id-3`, then run the same command again"
	for name, c := range map[string]struct {
		to    []string
		write error // of box:a
		show  string
		keep  string
		gone  bool // the journal is

		kept, lost bool
		says       string // the error
		hint       string
		unsaid     string // in the hint
	}{
		"not shown":                                           {show: "fails", says: "broken pipe", hint: resume, unsaid: "/saved"},
		"not shown, and saved":                                {show: "fails", keep: "works", kept: true, says: "broken pipe", hint: "its secret is in /saved, which only you can read"},
		"not shown, and not saved":                            {show: "fails", keep: "fails", says: "broken pipe", hint: resume},
		"nobody to show it to":                                {keep: "works", says: "the secret was not shown", hint: "-o json", unsaid: "/saved"},
		"not shown, not in the journal":                       {show: "fails", gone: true, lost: true, says: "broken pipe"},
		"the same, and saved":                                 {show: "fails", gone: true, keep: "works", kept: true, says: "broken pipe", hint: "its secret is in /saved", unsaid: "finds the new key"},
		"the same, and not saved":                             {show: "fails", gone: true, keep: "fails", lost: true, says: "no room"},
		"shown, not in the journal":                           {show: "works", gone: true, keep: "works", says: "was delivered, but that could not be recorded", unsaid: "same command"},
		"not delivered":                                       {to: []string{"box:a"}, write: full, keep: "works", says: "full", hint: resume, unsaid: "/saved"},
		"not delivered, not in the journal":                   {to: []string{"box:a"}, write: full, gone: true, lost: true, says: "full", unsaid: "finds the new key"},
		"the same, saved":                                     {to: []string{"box:a"}, write: full, gone: true, keep: "works", kept: true, says: "full", hint: "its secret is in /saved"},
		"one has it":                                          {to: []string{"box:a", "box:b"}, write: full, says: "full", hint: resume},
		"one has it, not the journal":                         {to: []string{"box:a", "box:b"}, write: full, gone: true, says: "full", hint: anew, unsaid: "finds the new key"},
		"the same, not saved":                                 {to: []string{"box:a", "box:b"}, write: full, gone: true, keep: "fails", says: "no room", hint: anew, unsaid: "finds the new key"},
		"a destination that is unfit":                         {to: []string{"box:a"}, write: unfit, keep: "works", says: "it cannot hold this", hint: "to deliver it elsewhere: credctl rotation resume OP --to DESTINATION"},
		"the same, and it is not a matter of the destination": {to: []string{"box:a"}, write: full, says: "full", hint: resume, unsaid: "elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				kept := keeps(h, c.keep)
				if c.write != nil {
					h.Boxes["box:a"].Faults["write"] = []error{c.write}
				}
				q := creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z", Options: rotation.Options{To: c.to},
				}
				switch c.show {
				case "fails":
					q.Show = func(provider.Credential) error { return errors.New("broken pipe") }
				case "works":
					q.Show = func(provider.Credential) error { return nil }
				}
				h.Probe = func(at string) {
					if at == "create.answered" && c.gone {
						require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "operations")))
					}
				}
				r, err := h.Create(t.Context(), q)
				require.ErrorIs(t, err, provider.ErrPartial)
				require.ErrorContains(t, err, c.says)
				made, hint := h.V.Find(r.NewID), provider.HintOf(err)
				if c.lost {
					require.ErrorContains(t, err, "the secret of "+r.NewID+" is lost")
					assert.Contains(t, hint, "`credctl acme delete "+r.NewID+" --yes`")
				} else {
					assert.NotContains(t, err.Error()+hint, "is lost")
				}
				assert.Contains(t, hint, strings.ReplaceAll(c.hint, "OP", r.Operation))
				if c.unsaid != "" {
					assert.NotContains(t, hint, c.unsaid)
				}
				assert.Equal(t, c.kept, !kept.Secret.IsZero())
				if c.kept {
					assert.Equal(t, []string{made.ID, made.Secret}, []string{kept.ID, kept.Secret.Reveal()})
				}
				if !c.gone && c.keep != "fails" {
					assert.NotContains(t, err.Error(), "no room")
				}
			})
		})
	}
}

// A secret that another run of the same command has not, which has continued, is saved.
func TestTheSecretOfACreationThatAnotherRunHasContinued(t *testing.T) {
	for _, keep := range []string{"", "fails", "works"} {
		t.Run(keep, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				kept := keeps(h, keep)
				h.Probe = func(at string) {
					if at != "create.answered" {
						return
					}
					x, err := h.Journal.Index()
					require.NoError(t, err)
					op, err := h.Journal.Load(x.Unfinished()[0].ID)
					require.NoError(t, err)
					require.NoError(t, op.Append(journal.Entry{Time: h.V.Now(), Step: "failed"}))
				}
				_, err := h.Create(t.Context(), creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z", Options: rotation.Options{To: []string{"box:a"}},
				})
				require.ErrorIs(t, err, provider.ErrLocked)
				assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret, "nothing more was changed")
				switch keep {
				case "works":
					assert.Contains(t, provider.HintOf(err), "its secret is in /saved, which only you can read")
					assert.Equal(t, h.V.All[0].Secret, kept.Secret.Reveal())
				case "fails":
					require.ErrorContains(t, err, "no room")
				default:
					assert.NotContains(t, provider.HintOf(err), "its secret is in")
				}
			})
		})
	}
}
