package policyfile

import (
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
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
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
    params: {new-name: web}
    profile: prod
    accept_drift: true
    proof: value
    overlap: true
    self: false
    not_self: true
  - name: ci
    provider: stratum
    select: {name: "ci-*", status: active}
    optional: true
    max_age: 1y2w
    to: ["file:/etc/keys/{name}"]
    hook: systemctl reload ci
    in_place: true
`

func TestParsePolicy(t *testing.T) {
	p, err := Parse((&rotation.Engine{}), "rotations.yaml", []byte(whole1))
	require.NoError(t, err)
	assert.Equal(t, 3, p.MaxChanges)
	require.Len(t, p.Rotations, 2)
	r := p.Rotations[0]
	assert.Equal(t, rotation.Subject{Provider: "katapult", Kind: "access-key", ID: "0123", Profile: "prod", Settings: map[string]string{"org": "acme"}, Params: map[string]string{"new-name": "web"}}, r.Subject)
	assert.Equal(t, rotation.Options{
		To: []string{"aws:web@/etc/web/credentials", "losant:575e/cred"}, Hook: rotation.Hook{Args: []string{"systemctl", "reload", "web"}, Stdin: true},
		Verify: "none", VerifyTimeout: 10 * time.Minute, Grace: 24 * time.Hour, AcceptDrift: true, Overlap: true, NotSelf: true, Proof: "value",
	}, r.Options)
	assert.Equal(t, 30*24*time.Hour, r.MaxAge)
	assert.Equal(t, &Selection{Name: "ci-*", Status: "active"}, p.Rotations[1].Select)
	assert.Equal(t, "systemctl reload ci", p.Rotations[1].Hook.Line)
	assert.Equal(t, (365+14)*24*time.Hour, p.Rotations[1].MaxAge)
}

func TestParsePolicyFindsAllMistakes(t *testing.T) {
	e := &rotation.Engine{
		Kind: func(p, _ string) (rotation.Kind, error) {
			if p != "acme" {
				return rotation.Kind{}, fmt.Errorf("unknown vendor %q", p)
			}
			return rotation.Kind{Name: "key", Settings: []provider.AnyParam{provider.String("org", ""), provider.String("s3-endpoint", "")}, Params: []provider.AnyParam{provider.String("name", ""), provider.Int("limit", "", 1, 9)}}, nil
		},
		Env: rotation.Env{Destination: func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
			if !strings.Contains(spec, ":") {
				return nil, errors.New("the destination has no scheme")
			}
			return &rotationtest.Box{Name: strings.Replace(spec, ":./", ":", 1)}, nil
		}},
	}
	_, err := Parse(e, "first.yaml", []byte(`max_changes: 0
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
`))
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, want := range []string{
		`first.yaml:1:14: max_changes must be a whole number of at least 1`,
		`first.yaml:2:1: unknown key "rotatons"; did you mean rotations?`,
		`first.yaml:7:5: unknown key "max_agee"; did you mean max_age?`,
		`first.yaml:8:14: "30 days": a duration is`,
		`first.yaml:10:11: the name "a" is taken by the entry in line 4`,
		`first.yaml:11:15: unknown vendor "nobody"`,
		`first.yaml:10:5: set either id or select`,
		`first.yaml:13:23: unknown key "nam"; did you mean name?`,
		`first.yaml:15:12: grace must be shorter than max_age`,
		`first.yaml:16:10: "file:/x" is also written by the entry in line 4`,
		`first.yaml:17:15: expected true or false`,
		`first.yaml:18:13: verify must be auto`,
	} {
		assert.Contains(t, err.Error(), want)
	}
	_, err = Parse(e, "r.yaml", []byte(`rotations:
  - name: a
    provider: acme
    id: x
    max_age: 30d
    to: [file:/x]
    optional: true
    proof: perhaps
    verify: 'exec: '
  - name: b
    provider: acme
    id: y
    max_age: 30d
    to: [file:.//x]
    settings: {orgg: acme, org: acme, s3_endpoint: x, org: b}
    params: {nam: x, limit: 10}
  - name: c
    provider: acme
    id: x
    max_age: 30d
    to: [file:/z]
    in_place: true
    grace: 1d
  - provider: acme
    select: {name: "["}
    id: [1]
    max_age: 30d
    to: [nowhere]
    hook: []
    hook: x
    [a]: b
`))
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, want := range []string{
		`r.yaml:7:15: optional is for entries with select`,
		`r.yaml:8:12: proof must be value or stamp`,
		`r.yaml:9:13: verify must be auto, none or exec:COMMAND`,
		`r.yaml:14:10: "file:.//x" is also written by the entry in line 2 (as "file:/x")`,
		`r.yaml:15:16: unknown key "orgg"; did you mean org?`,
		`r.yaml:15:39: unknown key "s3_endpoint"; did you mean s3-endpoint?`,
		`r.yaml:15:55: org is given twice`,
		`r.yaml:16:14: unknown key "nam"; did you mean name?`,
		`r.yaml:16:29: limit: "10" is not a whole number from 1 to 9`,
		`r.yaml:19:9: x is rotated by the entry in line 2`,
		`r.yaml:23:12: grace has no effect here`,
		`r.yaml:24:5: name is required`,
		`r.yaml:25:20: "[" is not a valid pattern`,
		`r.yaml:26:9: expected a text`,
		`r.yaml:28:10: the destination has no scheme`,
		`r.yaml:29:11: hook is empty: name a program`,
		`r.yaml:30:5: hook is given twice`,
		`r.yaml:31:5: expected a name`,
	} {
		assert.Contains(t, err.Error(), want)
	}
	_, err = Parse(e, "r.yaml", []byte("rotations: []\n---\nrotations: []\n"))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, err.Error(), "r.yaml:2:1: a second document begins here")
	_, err = Parse(e, "r.yaml", []byte("rotations:\n  - name: [x\n    provider: acme\n"))
	require.ErrorContains(t, err, "r.yaml:3:13: did not find expected ',' or ']'")
	for _, text := range []string{"", "[]", "a: [", "rotations: {}", "rotations: [1]", "&a [*a]"} {
		_, err := Parse(e, "r.yaml", []byte(text))
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.Contains(t, err.Error(), "r.yaml")
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(whole1)
	f.Add("rotations: [{name: *x}]")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = Parse((&rotation.Engine{}), "r.yaml", []byte(text))
	})
}

func TestTheSchemaKnowsWhatTheParserKnows(t *testing.T) {
	file := filepath.Join("..", "..", "..", "..", "docs", "schema", "rotations.schema.json")
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
		_, err := Parse((&rotation.Engine{}), "r.yaml", []byte(bad))
		require.Error(t, err, bad)
	}
	_, err = os.Stat(file)
	require.NoError(t, err)
}
