//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// twoAccounts returns a scene whose configuration has the profiles a, of the scene's
// own sandbox, and b, of another one; and no other setting. The default is b.
func twoAccounts(t *testing.T) (s *scene, other *sandbox.Sandbox) {
	t.Helper()
	s = newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	other, err := sandbox.Start(sandbox.Options{ProvisionDelay: -1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = other.Close() })
	var text strings.Builder
	text.WriteString("default_profile: b\nprofiles:\n")
	for name, box := range map[string]*sandbox.Sandbox{"a": s.Sandbox, "b": other} {
		fmt.Fprintf(&text, "  %s:\n    katapult: {base_url: %q, org: %s, region: %s, token: %s}\n    losant: {base_url: %q, application: %s, token: %s}\n", name,
			box.URL("katapult"), valueOf(s.env, "KATAPULT_ORGANIZATION"), valueOf(s.env, "CREDCTL_KATAPULT_REGION"), sandbox.KatapultToken,
			box.URL("losant"), valueOf(s.env, "LOSANT_APPLICATION_ID"), sandbox.LosantToken)
	}
	dir := filepath.Join(valueOf(s.env, "XDG_CONFIG_HOME"), "credctl")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text.String()), 0o600))
	s.env = slices.DeleteFunc(s.env, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.Contains(name, "KATAPULT") || strings.Contains(name, "LOSANT")
	})
	return s, other
}

// withEnv runs the program with more of an environment.
func (s *scene) withEnv(more []string, args ...string) outcome {
	s.Helper()
	p := s.command("", args...)
	p.Env = append(p.Env, more...)
	_ = p.Run() // its status tells
	return p.outcome()
}

func TestARotationGoesOnAtTheAccountWhereItBegan(t *testing.T) {
	t.Parallel()
	losant := "losant:66a0c0de5eed000000000001/" + losantArchive
	for name, c := range map[string]struct {
		env  []string
		args []string
	}{
		"by the variable": {[]string{"CREDCTL_PROFILE=a"}, nil},
		"by the flag":     {nil, []string{"--profile", "a"}},
	} {
		for next, again := range map[string][]string{"resumed": {"rotation", "resume", "--all"}, "the same without it": {"katapult", "rotate", katapultWeb, "--to", losant}, "by any policy": {"rotate", "-f", "empty.yaml"}} {
			t.Run(name+", "+next, func(t *testing.T) {
				t.Parallel()
				s, other := twoAccounts(t)
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "empty.yaml"), []byte("rotations: []\n"), 0o600))
				s.fault("katapult:delete:500")
				got := s.withEnv(c.env, append([]string{"katapult", "rotate", katapultWeb, "--to", losant}, c.args...)...)
				require.Equal(t, 8, got.status, got.stderr)
				s.ClearFaults()
				got = s.run(again...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.False(t, s.credential("katapult", katapultWeb).Live)
				require.Len(t, s.made("katapult"), 1)
				_, secret := s.holds(s.subjects[0], losant)
				assert.Equal(t, s.made("katapult")[0].Secret, secret)
				assert.Empty(t, other.Requests("katapult"), "the other account is not asked")
				assert.Empty(t, other.Requests("losant"))
			})
		}
	}
}

// The destination at Losant is in the profile of the rotation too.
func TestALosantDestinationIsInTheProfileOfTheRotation(t *testing.T) {
	t.Parallel()
	losant := "losant:66a0c0de5eed000000000001/" + losantArchive
	for name, first := range map[string][]string{
		"a flag":   {"katapult", "rotate", katapultWeb, "--to", losant, "--profile", "a"},
		"a policy": {"rotate", "-f", "rotations.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, other := twoAccounts(t)
			s.policy(fmt.Sprintf(`rotations: [{name: web, provider: katapult, profile: a, id: %s, max_age: 30d, to: [%q]}]`, katapultWeb, losant))
			s.fault("losant:update:500")
			got := s.run(first...)
			require.Equal(t, 8, got.status, got.stderr)
			s.ClearFaults()
			got = s.run("rotation", "resume", "--all")
			require.Equal(t, 0, got.status, got.stderr)
			_, secret := s.holds(s.subjects[0], losant)
			assert.Equal(t, s.made("katapult")[0].Secret, secret)
			assert.Empty(t, other.Requests("losant"))
			assert.Empty(t, other.Requests("katapult"))
		})
	}
}

// One that began without a profile is not that of a profile which there is later.
func TestARotationThatBeganWithoutAProfile(t *testing.T) {
	t.Parallel()
	s, other := twoAccounts(t)
	none := filepath.Join(s.dir, "none.yaml")
	require.NoError(t, os.WriteFile(none, nil, 0o600))
	s.fault("katapult:delete:500")
	token := "KATAPULT_API_TOKEN=" + sandbox.KatapultToken
	got := s.withEnv([]string{token, "CREDCTL_CONFIG=" + none, "CREDCTL_KATAPULT_BASE_URL=" + s.URL("katapult"), "KATAPULT_ORGANIZATION=acme", "CREDCTL_KATAPULT_REGION=uk-lon-1"}, s.rotate()...)
	require.Equal(t, 8, got.status, got.stderr)
	s.ClearFaults()
	got = s.withEnv([]string{"CREDCTL_PROFILE=b"}, "rotation", "resume", "--all")
	assert.Equal(t, 3, got.status, "the token of b is not for it: %s", got.stderr)
	assert.Contains(t, got.stderr, "no Katapult token found")
	got = s.withEnv([]string{token, "CREDCTL_PROFILE=b"}, "rotation", "resume", "--all")
	require.Equal(t, 0, got.status, got.stderr)
	assert.False(t, s.credential("katapult", katapultWeb).Live)
	assert.Empty(t, other.Requests("katapult"))
}

// A profile that is there no more is said: another account is not taken for it.
func TestARotationWhoseProfileIsGone(t *testing.T) {
	t.Parallel()
	s, other := twoAccounts(t)
	s.fault("katapult:delete:500")
	require.Equal(t, 8, s.run(s.rotate("--profile", "a")...).status)
	s.ClearFaults()
	file := filepath.Join(valueOf(s.env, "XDG_CONFIG_HOME"), "credctl", "config.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "  a:\n", "  c:\n", 1)), 0o600))
	got := s.run("rotation", "resume", "--all", "-o", "json")
	assert.Equal(t, 2, failed(t, got).Exit)
	assert.Contains(t, got.stderr, `no profile \"a\" in `)
	assert.True(t, s.credential("katapult", katapultWeb).Live)
	assert.Empty(t, other.Requests("katapult"))
}
