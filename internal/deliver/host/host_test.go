package host

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

func single() deliver.Options {
	return deliver.Options{Shape: provider.SingleSecret("X").Starting("sk_")}
}

// at is a destination as a host has it.
func at(t *testing.T, spec, host string) *Local {
	t.Helper()
	d, err := deliver.Parse(spec, single())
	require.NoError(t, err)
	return On(d, Name(host, ""))
}

func secret(text string) provider.Credential {
	return provider.Credential{Secret: provider.NewSecret(text)}
}

func TestAFileOfAnotherName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte("sk_old\n"), 0o600))
	bound := at(t, "file:"+path, "web-1").Within()
	copied := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(copied, []byte("sk_old\n"), 0o600))
	ours := func(ctx context.Context, d deliver.Destination) bool { return d.ReadBack(ctx, secret("sk_new")) == nil }
	fails := func(d *Local) {
		t.Helper()
		d.Bind(bound)
		d.Same = ours
		_, _, err := d.Current(t.Context())
		for what, err := range map[string]error{
			"check": d.Check(t.Context()), "write": d.Write(t.Context(), secret("sk_new")), "read back": d.ReadBack(t.Context(), secret("sk_old")), "current": err,
		} {
			require.ErrorIs(t, err, ErrOther, what)
			require.ErrorIs(t, err, entry.ErrElsewhere, what)
			require.ErrorContains(t, err, "another host, web-1; here, on web-2, ", what)
			assert.Equal(t, "run this on host web-1, or with CREDCTL_HOST=web-1 if this is that host", provider.HintOf(err), what)
		}
		assert.False(t, d.Mixed(secret("sk_new"), secret("sk_old")))
	}
	fails(at(t, "file:"+copied, "web-2"))
	fails(at(t, "file:"+filepath.Join(t.TempDir(), "none"), "web-2"))
	held, err := os.ReadFile(copied)
	require.NoError(t, err)
	assert.Equal(t, "sk_old\n", string(held))

	require.NoError(t, os.WriteFile(copied, []byte("sk_new\n"), 0o600)) // as on a volume that both share
	d := at(t, "file:"+copied, "web-2")
	d.Bind(bound)
	d.Same = ours
	require.NoError(t, d.Write(t.Context(), secret("sk_old")))
	require.NoError(t, d.ReadBack(t.Context(), secret("sk_old")), "it stays proved")

	if fsafe.Identity(path) != "" {
		d = at(t, "file:"+path, "web-2")
		d.Bind(bound)
		require.NoError(t, d.ReadBack(t.Context(), secret("sk_old")), "it is the very same file")
	}
	d = at(t, "file:"+path, "web-1")
	require.NoError(t, os.Remove(path))
	d.Bind(bound)
	require.NoError(t, d.Write(t.Context(), secret("sk_new")), "on its own host it may be gone")
}

// What can be read nowhere is not read on another host either, and is not written there.
func TestACommandOfAnotherName(t *testing.T) {
	ran := filepath.Join(t.TempDir(), "ran")
	parsed, err := deliver.Parse("exec:touch "+ran, single())
	require.NoError(t, err)
	d := On(parsed, Name("web-2", strings.Repeat("2", 32)))
	d.Bind(Name("web-1", strings.Repeat("1", 32)))
	require.ErrorIs(t, d.Check(t.Context()), ErrOther)
	require.ErrorIs(t, d.Write(t.Context(), secret("sk_new")), ErrOther)
	require.NoFileExists(t, ran)
	require.ErrorIs(t, d.ReadBack(t.Context(), secret("sk_new")), deliver.ErrNoReadBack)
	pod := at(t, "exec:touch "+ran, "pod-2") // or a failure in one pod could be repeated in none
	pod.Bind(Name("pod-1", ""))
	require.NoError(t, pod.Check(t.Context()))
	require.NoError(t, pod.Write(t.Context(), secret("sk_new")))
	require.FileExists(t, ran)
	assert.Equal(t, "host pod-2 -", pod.Within())
}

func TestWhichHostsAreTheSame(t *testing.T) {
	one, two := strings.Repeat("1", 32), strings.Repeat("2", 32)
	for name, test := range map[string]struct {
		bound, now string
		other      error
	}{
		"the same":              {Name("a", one), Name("a", one), nil},
		"an ID that is new":     {Name("a", ""), Name("a", one), nil},
		"one name, two IDs":     {Name("a", one), Name("a", two), ErrOtherMachine},
		"a clone, or renamed":   {Name("a", one), Name("b", one), ErrOtherMachine},
		"a container":           {Name("a", ""), Name("b", ""), ErrOther},
		"an ID to be made yet":  {Name("a", "uninitialized"), Name("b", two), ErrOther},
		"a name that is stated": {Name("a", one), This([]string{"CREDCTL_HOST=a"}), nil},
		"or was, before":        {This([]string{"CREDCTL_HOST=a"}), Name("a", two), nil},
		"another one":           {This([]string{"CREDCTL_HOST=a"}), This([]string{"CREDCTL_HOST=b"}), ErrOtherMachine},
		"an earlier version":    {"", Name("b", two), nil},
		"an account of another": {"AWS account 1", Name("b", two), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := deliver.Parse("file:"+filepath.Join(t.TempDir(), "key"), single())
			require.NoError(t, err)
			l := On(d, test.now)
			l.Bind(test.bound)
			_, _, err = l.Current(t.Context())
			if require.ErrorIs(t, err, test.other); test.other == ErrOther { //nolint:errorlint // itself
				require.NotErrorIs(t, err, ErrOtherMachine)
			}
		})
	}
	assert.Empty(t, Name("", one))
	named := func(name string) string { return This([]string{"CREDCTL_HOST=" + name}) }
	assert.Equal(t, "host cron =", named("cron"))
	assert.Equal(t, "host cron-2 =", named("cron 2"))
	assert.Equal(t, This(nil), named(" "))
	assert.NotContains(t, Name("a", one), one, "an ID of a machine is not written anywhere")
}

// A local destination is what it is without its host, for all who ask.
func TestALocalDestinationIsStillWhatItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	d, err := Here(nil)(deliver.Parse("file:"+path+"?inplace=1", single()))
	require.NoError(t, err)
	plain, err := deliver.Parse("file:"+path+"?inplace=1", single())
	require.NoError(t, err)
	assert.Equal(t, deliver.PlaceOf(plain), deliver.PlaceOf(d))
	assert.True(t, d.(*Local).Overwrites())
	require.NoError(t, d.(*Local).CanHold(secret("sk_new")))
	_, err = Here(nil)(deliver.Parse("file:", single()))
	require.ErrorIs(t, err, provider.ErrUsage)
}
