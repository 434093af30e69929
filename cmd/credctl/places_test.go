//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// eachKind runs f for each kind of destination.
func eachKind(t *testing.T, f func(*testing.T, destinationKind)) {
	t.Helper()
	for _, o := range destinationKinds() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			f(t, o)
		})
	}
}

// quiet checks that no token of a destination is in what a run said, or in the state.
func (p *placed) quiet(s *scene, texts ...string) {
	s.Helper()
	err := filepath.WalkDir(s.state(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		texts = append(texts, string(b))
		return err
	})
	require.NoError(s, err)
	for _, text := range texts {
		assert.Empty(s, leaked(text, p.tokens), text)
	}
}

// TestEachDestination plans, rotates, shows and checks with each sort of destination, delivers
// again what another program has changed there, and creates. The tokens of a server get
// nowhere else.
func TestEachDestination(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		s, p := o.in(t, sandbox.Options{})
		sub, others := s.subjects[0], p.others()
		_, was := p.get()
		holds := func(c sandbox.Credential) {
			t.Helper()
			key, secret := p.get()
			assert.Equal(t, c.Secret, secret)
			if !o.single {
				assert.Equal(t, c.AccessKey, key)
			}
			assert.Equal(t, others, p.others(), "what is not ours stays")
		}
		proof, reads, shown := "value", ", and read it back", ": value read back (20"
		if o.stamp {
			proof, reads, shown = "stamp", ", which cannot be read back", ": value accepted; it cannot be read back (20"
		}

		plan := s.run(s.rotate(o.flags("--dry-run", "-o", "json")...)...)
		require.Zero(t, plan.status, plan.stderr)
		assert.Contains(t, plan.stdout, reads)
		_, secret := p.get()
		assert.Equal(t, was, secret)
		assert.Empty(t, p.requests())
		assert.Empty(t, s.changing(sub.vendor))

		look := strings.ReplaceAll(spy, "%s", s.dir)
		got := s.run(s.rotate(o.flags("-o", "json", "--hook", look)...)...)
		require.Zero(t, got.status, got.stderr)
		s.silent(got)
		seen, err := os.ReadFile(filepath.Join(s.dir, "seen"))
		require.NoError(t, err)
		p.quiet(s, got.stdout, got.stderr, string(seen))
		made := s.made(sub.vendor)[0]
		holds(made)
		delivery := field(t, answer(t, got), "destinations").([]any)[0].(map[string]any)
		assert.Equal(t, []any{"delivered", proof}, []any{delivery["state"], delivery["proof"]})
		assert.Regexp(t, "^20[-0-9]+T[0-9:]+Z$", delivery["proved_at"])
		to, _ := delivery["to"].(string)
		assert.Contains(t, s.run("rotation", "show", made.ID).stdout, "  "+to+shown)

		drift := func(status int) any {
			t.Helper()
			checked := s.printed(status, "rotation-check", "rotation", "check", made.ID)
			return field(t, checked, "destinations").([]any)[0].(map[string]any)["drift"]
		}
		if p.unstamped {
			assert.Nil(t, drift(0))
			return
		}
		assert.Equal(t, false, drift(0))
		p.set("AKIAOFANOTHER", "sk_"+strings.Repeat("theirs", 8))
		assert.Equal(t, true, drift(8))

		again := s.command(made.Secret+"\n", "deliver", sub.vendor, made.ID, "--to", to, "--secret-file", "-", "-o", "json")
		require.NoError(t, again.Run(), again.stderr.String())
		holds(made)
		s.silent(again.outcome())
		assert.Equal(t, false, drift(0))

		if proof == "value" { // what it holds is not overwritten
			refused := s.run(sub.vendor, "create", "--name", "another", "--to", p.spec)
			assert.Equal(t, 5, refused.status, refused.stderr)
			holds(made)
		}
		p.set("AKIAOFANOTHER", "sk_"+strings.Repeat("theirs", 8))
		got = s.run(sub.vendor, "create", "--name", "another", "--to", p.spec)
		require.Zero(t, got.status, got.stderr)
		s.silent(got)
		i := slices.IndexFunc(s.made(sub.vendor), func(c sandbox.Credential) bool { return c.Name == "another" })
		holds(s.made(sub.vendor)[i])
	})
}

// halves returns the destination of each half of a pair at p.
func (p *placed) halves() (key, secret string) {
	place, options, _ := strings.Cut(strings.TrimSuffix(p.spec, "?as=json"), "?")
	switch scheme, _, _ := strings.Cut(place, ":"); scheme {
	case "vault", "k8s", "aws-sm":
		return place + "?key=ID&field=key", place + "?key=SECRET&field=secret"
	case "gitlab", "gitlab-group":
		options += "&create=1"
	}
	if options != "" {
		options = "&" + strings.TrimPrefix(options, "&")
	}
	return place + "_ID?field=key" + options, place + "?field=secret" + options
}

// A destination that has one half of the pair has not changed: neither half is compared with
// the other.
func TestEachDestinationCanHaveOneHalfOfAPair(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		if o.name == "file in place" {
			t.Skip("it takes no pair")
		}
		s := newScene(t, sandbox.Options{})
		p := o.place(s)
		s.env = append(s.env, p.env...)
		p.set("AKIAOFANOTHER", "sk_"+strings.Repeat("theirs", 8))
		key, secret := p.halves()
		got := s.run("katapult", "rotate", katapultWeb, "--to", key, "--to", secret)
		require.Zero(t, got.status, got.stderr)
		checked := s.printed(0, "rotation-check", "rotation", "check", s.made("katapult")[0].ID)
		for i, d := range field(t, checked, "destinations").([]any) {
			if drift, told := d.(map[string]any)["drift"]; told || !p.unstamped || i == 0 {
				assert.Equal(t, false, drift, d)
			}
		}
	})
}

// breaking is what verifies the new secret, and first runs a command, once.
func (s *scene) breaking(command string) string {
	return "exec:test -e " + s.dir + "/once || { cd " + s.dir + " && touch once && " + command + "; }"
}

// Each sort of destination fails when the new secret is delivered: exit 8, the old credential
// is kept, and the same command delivers the same secret (F2, F7).
func TestF7EachDestinationFailsAndIsRetried(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		s, p := o.in(t, sandbox.Options{})
		vendor, others := s.subjects[0].vendor, p.others()
		_, was := p.get()
		breaks, repairs := "touch broken", "rm broken"
		if p.door == nil && p.env == nil {
			breaks, repairs = "mv mounted away && mkdir mounted", "rmdir mounted && mv away mounted"
		}
		got := s.run(s.rotate(o.flags("--verify", s.breaking(breaks), "--max-wait", "100ms", "-o", "json")...)...)
		e := failed(t, got)
		assert.Equal(t, 8, e.Exit, got.stderr)
		assert.NotEmpty(t, e.Hint)
		s.silent(got)
		p.quiet(s, got.stdout, got.stderr)
		require.NoError(t, exec.Command("sh", "-c", "cd "+s.dir+" && "+repairs).Run())
		_, secret := p.get()
		assert.Equal(t, was, secret)
		s.kept()
		s.invariant("it failed")
		made := s.made(vendor)[0]

		got = s.run(s.rotate(o.flags()...)...)
		require.Zero(t, got.status, got.stderr)
		_, secret = p.get()
		assert.Equal(t, made.Secret, secret)
		assert.Equal(t, others, p.others())
		assert.Equal(t, 1, s.count(vendor, "create"))
		s.ended()
	})
}

// Whatever another program writes to a destination in the grace period, or a hook in the same
// run, is found before the old credential is deleted; also where only the time of the last
// change can be read (F2).
func TestF2EachDestinationIsReadAgainBeforeTheOldOneIsDeleted(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		s, p := o.in(t, sandbox.Options{})
		require.Zero(t, s.run(s.rotate(o.flags("--grace", "1s")...)...).status)
		p.set("AKIAOFANOTHER", "sk_"+strings.Repeat("theirs", 8))
		time.Sleep(1100 * time.Millisecond)
		got := s.run("rotation", "resume", "--all", "-o", "json")
		if p.unstamped {
			assert.Zero(t, got.status, got.stderr)
			assert.Contains(t, got.stderr, " was not read again before "+s.subjects[0].id+" is deleted: credctl cannot tell whether another program changed it after delivery")
			return
		}
		e := failed(t, got)
		assert.Equal(t, 8, e.Exit, got.stderr)
		assert.Contains(t, e.Message, "does not hold the new secret any more")
		assert.True(t, s.credential(s.subjects[0].vendor, s.subjects[0].id).Live)
		got = s.run(strings.Fields(strings.ReplaceAll(regexp.MustCompile(`credctl (rotation resume .*); or keep`).FindStringSubmatch(e.Hint)[1], "'", ""))...)
		require.Zero(t, got.status, got.stderr)
		_, secret := p.get()
		assert.Equal(t, s.made(s.subjects[0].vendor)[0].Secret, secret)
		s.ended()
	})
	t.Run("a hook", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		got := s.run(s.rotate("--hook", "echo '{}' >"+s.dir+"/key.json", "-o", "json")...)
		assert.Equal(t, 8, failed(t, got).Exit, got.stderr)
		assert.True(t, s.credential("katapult", katapultWeb).Live)
	})
}

// A destination that does not answer has not lost what it holds.
func TestADestinationThatDoesNotAnswerIsNotSaidToHoldSomethingElse(t *testing.T) {
	t.Parallel()
	o := destinationKinds()[slices.IndexFunc(destinationKinds(), func(o destinationKind) bool { return o.name == "vault" })]
	s, _ := o.in(t, sandbox.Options{})
	require.Zero(t, s.run(s.rotate("--grace", "1s")...).status)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "broken"), nil, 0o600))
	time.Sleep(1100 * time.Millisecond)
	e := failed(t, s.run("rotation", "resume", "--all", "--max-wait", "100ms", "-o", "json"))
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "did not delete "+katapultWeb+": could not read back vault:secret/apps/web")
	assert.Contains(t, e.Hint, "credctl rotation resume ")
	assert.True(t, s.credential("katapult", katapultWeb).Live)
	require.NoError(t, os.Remove(filepath.Join(s.dir, "broken")))
	require.Zero(t, s.run("rotation", "resume", "--all").status)
	s.ended()
}

// Nor has a file that the file system does not let credctl read.
func TestAFileThatCannotBeReadIsNotSaidToHoldSomethingElse(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	require.Zero(t, s.run(s.rotate("--grace", "1s")...).status)
	file := filepath.Join(s.dir, "key.json")
	require.NoError(t, os.Rename(file, file+".away"))
	require.NoError(t, os.Symlink(file, file)) // not even root can read it
	got := s.run("rotation", "check", s.made("katapult")[0].ID, "-o", "json")
	assert.NotZero(t, got.status)
	assert.NotContains(t, got.stdout, `"drift":true`)
	assert.Contains(t, got.stderr, "could not check ")
	time.Sleep(1100 * time.Millisecond)
	e := failed(t, s.run("rotation", "resume", "--all", "-o", "json"))
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "did not delete "+katapultWeb+": could not read back ")
	assert.True(t, s.credential("katapult", katapultWeb).Live)
}

// Each setting of a destination can be in a profile, and no token of it is in the environment
// of a command. A variable takes precedence.
func TestEachDestinationCanBeSetUpInAProfile(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		s, p := o.in(t, sandbox.Options{})
		if p.profile == nil {
			t.Skip("it has no settings")
		}
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(p.profile)) {
			place, setting, _ := strings.Cut(name, ".")
			fmt.Fprintf(&b, "%s: {%s: %q}, ", place, setting, p.profile[name])
		}
		text := regexp.MustCompile(`\}, ([a-z0-9-]+): \{`).ReplaceAllString(b.String(), ", ")
		config := filepath.Join(valueOf(s.env, "XDG_CONFIG_HOME"), "credctl")
		require.NoError(t, os.MkdirAll(config, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(config, "config.yaml"), []byte("profiles: {prod: {destinations: {"+text+"}}}\n"), 0o600))
		for _, kv := range p.env {
			if name, _, _ := strings.Cut(kv, "="); name != "PATH" {
				s.env = slices.DeleteFunc(s.env, func(have string) bool { return have == kv })
			}
		}
		look := strings.ReplaceAll(spy, "%s", s.dir)
		got := s.run(s.rotate(o.flags("--profile", "prod", "--hook", look, "--to", "exec:"+look, "--verify", "exec:"+look)...)...)
		require.Zero(t, got.status, got.stderr)
		_, secret := p.get()
		assert.Equal(t, s.made(s.subjects[0].vendor)[0].Secret, secret)
		seen, err := os.ReadFile(filepath.Join(s.dir, "seen"))
		require.NoError(t, err)
		p.quiet(s, got.stdout, got.stderr, string(seen))
		require.Zero(t, s.run("rotation", "check", "--all", "--profile", "prod").status)
	})
}

// What a destination cannot prove is refused where a policy demands it, and keeps the old
// credential for a day where nothing else proves that the replacement works.
func TestProofOfEachDestination(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		s, p := o.in(t, sandbox.Options{})
		sub := s.subjects[0]
		policy := filepath.Join(s.dir, "rotations.yaml")
		write := func(proof string) {
			overlap := ""
			if o.single {
				overlap = ", overlap: true"
			}
			text := fmt.Sprintf("rotations: [{name: web, provider: %s, id: %s, max_age: 30d, verify: none, proof: %s, to: [%q]%s}]\n", sub.vendor, sub.id, proof, p.spec, overlap)
			require.NoError(t, os.WriteFile(policy, []byte(text), 0o600))
		}
		write("value")
		got := s.run("rotate", "-f", policy, "-o", "json")
		if !o.stamp {
			require.Zero(t, got.status, got.stderr)
			s.ended()
			return
		}
		assert.Equal(t, 2, got.status, got.stderr)
		assert.Contains(t, got.stdout+got.stderr, " cannot be read back, and the policy requires proof: value")
		assert.Empty(t, s.changing(sub.vendor))
		assert.Empty(t, p.requests())

		write("stamp")
		got = s.run("rotate", "-f", policy, "-o", "json")
		require.Zero(t, got.status, got.stderr)
		var all []map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &all))
		assert.Equal(t, "grace", all[0]["state"])
		retires, err := time.Parse(time.RFC3339, fmt.Sprint(all[0]["retires"]))
		require.NoError(t, err)
		assert.Greater(t, time.Until(retires), 24*time.Hour-time.Minute)
		assert.True(t, s.credential(sub.vendor, sub.id).Live)
	})
}

// A later run that gives the verification up keeps the old credential as long.
func TestAVerificationThatIsGivenUpKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	s, p := destinationKinds()[0].in(t, sandbox.Options{})
	require.Equal(t, "github", destinationKinds()[0].name)
	got := s.run(s.rotate("--overlap", "--verify", "exec:false", "--verify-timeout", "100ms")...)
	require.NotZero(t, got.status)
	got = s.run("rotation", "resume", "--all", "--verify", "none", "-o", "json")
	require.Zero(t, got.status, got.stderr)
	assert.Contains(t, got.stdout, `"grace"`)
	assert.True(t, s.credential("stratum", stratumCI).Live)
	_, secret := p.get()
	assert.Equal(t, s.made("stratum")[0].Secret, secret)
}
