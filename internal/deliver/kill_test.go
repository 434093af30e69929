//go:build unix

package deliver

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// child is the environment variable that makes this test binary write to a
// destination until it is killed.
const child = "CREDCTL_DELIVER_CHILD"

func TestMain(m *testing.M) {
	spec := os.Getenv(child)
	if spec == "" {
		os.Exit(m.Run())
	}
	if err := rewrite(spec); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func rewrite(spec string) error {
	d, err := Parse(spec, Options{LockDir: os.Getenv("LOCKS"), Shape: provider.KeyPair()})
	for i := 0; err == nil; i++ {
		fmt.Print(".")
		err = d.Write(context.Background(), pair("AKIA", strings.Repeat(string(rune('a'+i%26)), 5000)))
	}
	return err
}

// TestKilledWriter kills a process at arbitrary moments of its writing: the file
// is always one version, with all else in it, and the next run is not locked out.
func TestKilledWriter(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	locks := filepath.Join(t.TempDir(), "locks")
	for _, form := range []string{"dotenv:%", "aws:web@%"} {
		path := existing(t, "# head\n") // a comment in both formats
		spec := strings.ReplaceAll(form, "%", path)
		d := parse(t, spec, Options{LockDir: locks})
		require.NoError(t, d.Write(t.Context(), pair("AKIA", strings.Repeat("0", 5000))))
		seen := map[string]bool{}
		for i := range 30 {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), child+"="+spec, "LOCKS="+locks)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			_, err = io.ReadFull(out, make([]byte, 2+i%4)) // it is at work, and has written i%4+1 times
			require.NoError(t, err)
			time.Sleep(time.Duration(i*173) * time.Microsecond)
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait() // it was killed

			key, secret, err := d.Current(t.Context())
			require.NoError(t, err)
			require.Equal(t, "AKIA", key)
			got := secret.Reveal()
			require.Len(t, got, 5000)
			require.Equal(t, strings.Repeat(got[:1], 5000), got)
			require.True(t, strings.HasPrefix(read(t, path), "# head\n"))
			require.NoError(t, d.Check(t.Context()))
			seen[got[:1]] = true
		}
		require.Greater(t, len(seen), 1, "the children did write")
	}
}
