package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

// A drawer is a kind of a vendor that a test makes up: it lists, changes and deletes what is in it.
type drawer struct {
	kind string
	ids  []string
	err  error
}

func (d *drawer) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for _, id := range d.ids {
			if !yield(provider.Credential{Provider: "twofold", Kind: d.kind, ID: id, Name: id}, nil) {
				return
			}
		}
		if d.err != nil {
			yield(provider.Credential{}, d.err)
		}
	}
}

func (d *drawer) Get(_ context.Context, id string) (provider.Credential, error) {
	return provider.Credential{Provider: "twofold", Kind: d.kind, ID: id}, nil
}

func (d *drawer) Update(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return provider.Credential{ID: id}, nil
}

func (d *drawer) Delete(context.Context, string) error {
	d.ids = nil
	return nil
}

// twofold is a vendor with two kinds.
func twofold(first, second *drawer) config.Vendors {
	kind := func(d *drawer) provider.Kind {
		missing := map[provider.Verb]string{}
		for _, v := range provider.Verbs() {
			missing[v] = "none"
		}
		return provider.NewKind(provider.Kind{Name: d.kind, Title: d.kind + "s", Unsupported: missing}, func(provider.Conn) (*drawer, error) { return d, nil })
	}
	return func() []provider.Provider {
		return []provider.Provider{{
			Name: "twofold", Title: "Twofold", BaseURL: "https://twofold.example",
			Settings: []provider.AnyParam{provider.Token.FromEnv("TWOFOLD_TOKEN")}, Kinds: []provider.Kind{kind(first), kind(second)},
		}}
	}
}

// withVendors runs the program with these vendors alone.
func withVendors(t *testing.T, vendors config.Vendors, args string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	run := cli.New(vendors, noDestinations, privateVariables(t, "TWOFOLD_TOKEN=t"), strings.NewReader("t\n"), &stdout, &stderr)
	status := cli.Execute(t.Context(), run, strings.Fields(args))
	return outcome{stdout.String(), stderr.String(), status}
}

// TestEveryKindOfAVendorCounts: in the list of all vendors, in the check of a
// token, and as commands.
func TestEveryKindOfAVendorCounts(t *testing.T) {
	t.Parallel()
	keys, cards := &drawer{kind: "key", ids: []string{"k1", "k2"}}, &drawer{kind: "card", ids: []string{"c1"}}
	vendors := twofold(keys, cards)
	got := withVendors(t, vendors, "list -o json")
	require.Equal(t, 0, got.status, got.stderr)
	var all []struct{ Kind, ID string }
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all))
	assert.Equal(t, []struct{ Kind, ID string }{{"key", "k1"}, {"key", "k2"}, {"card", "c1"}}, all)

	got = withVendors(t, vendors, "auth login twofold --dry-run")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "(can list keys, can list cards)")
	for _, line := range []string{"twofold list", "twofold get k1", "twofold card list", "twofold card get c1"} {
		got = withVendors(t, vendors, line+" -o name")
		assert.Equal(t, 0, got.status, "%s: %s", line, got.stderr)
		assert.NotEmpty(t, got.stdout, line)
	}
	got = withVendors(t, vendors, "twofold card update c1")
	assert.Contains(t, got.stderr, "credctl: twofold card update c1: no change is requested")
	got = withVendors(t, vendors, "twofold card delete c1 --yes")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Empty(t, cards.ids)
	assert.Len(t, keys.ids, 2)

	cards.err = provider.WithClass(provider.ErrDenied, errors.New("cards are not for you"))
	got = withVendors(t, vendors, "auth status twofold")
	assert.Equal(t, 3, got.status)
	assert.Contains(t, got.stderr, "cards are not for you")
	got = withVendors(t, vendors, "list -o name")
	assert.Equal(t, 8, got.status, "one kind that cannot be listed is not left out in silence")
	assert.Equal(t, "k1\nk2\n", got.stdout)
}
