package rotation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

const whole1 = `max_changes: 3
rotations:
  - name: web-assets
    provider: katapult
    kind: access-key
    id: 0123
    max_age: 30d
    grace: 24h
    to: ["aws:web@/etc/web/credentials", "losant:575e/cred"]
    hook: ["systemctl", "reload", "web"]
    hook_stdin: true
    verify: none
    verify_timeout: 10m
    settings: {org: acme}
    params: {name: web}
    profile: prod
    accept_drift: true
    overlap: true
    self: false
  - name: ci
    provider: stratum
    select: {name: "ci-*", status: active}
    max_age: 1y2w
    to: ["file:/etc/keys/{name}"]
    hook: systemctl reload ci
    in_place: true
`

func TestParsePolicy(t *testing.T) {
	p, err := (&Engine{}).ParsePolicy("rotations.yaml", []byte(whole1))
	require.NoError(t, err)
	assert.Equal(t, 3, p.MaxChanges)
	require.Len(t, p.Rotations, 2)
	r := p.Rotations[0]
	assert.Equal(t, Subject{Provider: "katapult", Kind: "access-key", ID: "0123", Profile: "prod", Settings: map[string]string{"org": "acme"}, Params: map[string]string{"name": "web"}}, r.Subject)
	assert.Equal(t, Options{
		To: []string{"aws:web@/etc/web/credentials", "losant:575e/cred"}, Hook: Hook{Args: []string{"systemctl", "reload", "web"}, Stdin: true},
		Verify: "none", VerifyTimeout: 10 * time.Minute, Grace: 24 * time.Hour, AcceptDrift: true, Overlap: true,
	}, r.Options)
	assert.Equal(t, 30*24*time.Hour, r.MaxAge)
	assert.Equal(t, &Selection{Name: "ci-*", Status: "active"}, p.Rotations[1].Select)
	assert.Equal(t, "systemctl reload ci", p.Rotations[1].Hook.Line)
	assert.Equal(t, (365+14)*24*time.Hour, p.Rotations[1].MaxAge)
}

func TestParsePolicyFindsAllMistakes(t *testing.T) {
	e := &Engine{
		Kind: func(p, _ string) (string, error) {
			if p != "acme" {
				return "", fmt.Errorf("there is no vendor %q", p)
			}
			return "key", nil
		},
		Destination: func(spec string, _ Subject, _ bool) (deliver.Destination, error) {
			if !strings.Contains(spec, ":") {
				return nil, errors.New("the destination has no scheme")
			}
			return &box{name: strings.Replace(spec, ":./", ":", 1)}, nil
		},
	}
	_, err := e.ParsePolicy("r.yaml", []byte(`max_changes: 0
rotatons: []
rotations:
  - name: a
    provider: acme
    id: x
    max_agee: 30d
    max_age: 30 days
    to: [file:/x]
  - name: a
    provider: nobody
    id: x
    select: {name: y, nam: z}
    max_age: 7d
    grace: 7d
    to: [file:/x]
    in_place: maybe
    verify: perhaps
  - name: b
    provider: acme
    id: y
    max_age: 30d
    to: [file:.//x]
  - name: c
    provider: acme
    id: x
    max_age: 30d
    to: [file:/z]
  - provider: acme
    id: [1]
    max_age: 30d
    to: [nowhere]
    hook: []
    hook: x
`))
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, want := range []string{
		`r.yaml:1:14: max_changes must be`,
		`r.yaml:2:1: "rotatons" is unknown: did you mean rotations?`,
		`r.yaml:7:5: "max_agee" is unknown: did you mean max_age?`,
		`r.yaml:8:14: "30 days": a duration is`,
		`r.yaml:10:5: the name "a" is that of the rotation in line 4 too`,
		`r.yaml:10:5: "file:/x" is written by the rotation in line 4 too`,
		`r.yaml:10:5: there is no vendor "nobody"`,
		`r.yaml:10:5: either id or select`,
		`r.yaml:10:5: grace must be shorter`,
		`r.yaml:13:23: "nam" is unknown: did you mean name?`,
		`r.yaml:17:15: this must be true or false`,
		`r.yaml:10:5: verify is auto`,
		`r.yaml:19:5: "file:.//x" is written by the rotation in line 4 too`,
		`r.yaml:24:5: x is rotated by the rotation in line 4 too`,
		`r.yaml:29:5: name is missing`,
		`r.yaml:30:9: this must be a text`,
		`r.yaml:29:5: the destination has no scheme`,
		`r.yaml:33:11: hook names no program`,
		`r.yaml:34:5: hook is given twice`,
	} {
		assert.Contains(t, err.Error(), want)
	}
	_, err = e.ParsePolicy("r.yaml", []byte("rotations: []\n---\nrotations: []\n"))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, err.Error(), "r.yaml:2:1: a second document begins here")
	for _, text := range []string{"", "[]", "a: [", "rotations: {}", "rotations: [1]", "&a [*a]"} {
		_, err := e.ParsePolicy("r.yaml", []byte(text))
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.Contains(t, err.Error(), "r.yaml")
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(whole1)
	f.Add("rotations: [{name: *x}]")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = (&Engine{}).ParsePolicy("r.yaml", []byte(text))
	})
}

func TestTheSchemaKnowsWhatTheParserKnows(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "schema", "rotations.schema.json")
	schema, err := jsonschema.NewCompiler().Compile(file)
	require.NoError(t, err)
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(whole1, "id: 0123", "id: x")), &v))
	require.NoError(t, schema.Validate(v))
	for _, bad := range []string{
		"rotations: [{name: a, provider: x, id: y, max_age: 30d, to: []}]",
		"rotations: [{name: a, provider: x, max_age: 30d, to: [a]}]",
		"rotations: [{name: a, provider: x, id: y, select: {name: z}, max_age: 30d, to: [a]}]",
		"rotations: [{name: a, provider: x, id: y, max_age: 30 days, to: [a]}]",
		"rotations: [{name: a, provider: x, id: y, max_age: 30d, to: [a], colour: red}]",
		"{}",
	} {
		require.NoError(t, yaml.Unmarshal([]byte(bad), &v))
		require.Error(t, schema.Validate(v), bad)
		_, err := (&Engine{}).ParsePolicy("r.yaml", []byte(bad))
		require.Error(t, err, bad)
	}
	_, err = os.Stat(file)
	require.NoError(t, err)
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 30 * day, "1y": year, "2w": 2 * week, "24h": day, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "1y2w3d4h": year + 2*week + 3*day + 4*time.Hour, "0d": 0,
	} {
		got, err := ParseDuration(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "30", "d", "-3d", "3 d", "3x", "d3", "99999999999999999999d", "9000000y", "292y292y", "1d-2h"} {
		_, err := ParseDuration(text)
		require.Error(t, err, text)
	}
	assert.Equal(t, "7d12h", FormatDuration(7*day+12*time.Hour))
	assert.Equal(t, "0s", FormatDuration(0))
}

func TestF13Self(t *testing.T) {
	signed := func(t *testing.T, service func(base) provider.Service) *house {
		h := newHouse(t, service)
		require.NoError(t, h.Journal.Issued(h.request().Ref(), provider.NewSecret(h.old.secret), time.Now()))
		h.Token = func(context.Context, Subject) (provider.Secret, error) { return provider.NewSecret(h.old.secret), nil }
		return h
	}
	bubble(t, func(t *testing.T) {
		h := signed(t, asBoth)
		_, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Empty(t, h.v.calls)
		q := h.request()
		q.Self = true
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Replace, r.Strategy, "the vendor's own route would kill it first")
		assert.Equal(t, []string{"create", "as " + r.NewID, "as " + r.NewID, "delete " + h.old.ID}, h.v.calls)
	})
	bubble(t, func(t *testing.T) { // the new one may do less
		h := signed(t, asBoth)
		q := h.request()
		q.Self = true
		open := h.Open
		h.Open = func(ctx context.Context, s Subject, token provider.Secret) (provider.Service, provider.Input, error) {
			if !token.IsZero() {
				h.v.faults["list"] = []fault{{err: errNoRight}}
			}
			return open(ctx, s, token)
		}
		_, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Equal(t, []string{h.old.ID}, h.living(), "it is taken back")
		assert.Zero(t, h.boxes["box:a"].writes)
	})
	bubble(t, func(t *testing.T) { // another one is not refused
		h := signed(t, asReplacer)
		h.Token = func(context.Context, Subject) (provider.Secret, error) { return provider.NewSecret("unknown"), nil }
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "cannot be told")
	})
	bubble(t, func(t *testing.T) { // in bulk it goes last
		h := signed(t, asReplacer)
		second := h.v.add(provider.Credential{Name: "second"})
		p := Policy{Rotations: []Rotation{h.entry("web", h.old.ID, 30*day), h.entry("second", second.ID, 30*day)}}
		p.Rotations[0].Self = true
		h.clock = 40 * day
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.NoError(t, err)
		assert.Equal(t, "web", got[0].Name)
		assert.Equal(t, "delete "+second.ID, h.v.calls[1])
		assert.Equal(t, "delete "+h.old.ID, h.v.calls[len(h.v.calls)-1])
	})
}
