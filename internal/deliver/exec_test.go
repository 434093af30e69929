//go:build unix

package deliver

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestExecStores(t *testing.T) {
	dir := t.TempDir()
	o := Options{Env: []string{
		"PATH=" + os.Getenv("PATH"), "DIR=" + dir, "LANG=C", "VAULT_TOKEN=stays", "CREDCTL_PROFILE=stays",
		"CREDCTL_LOSANT_TOKEN=x", "CREDCTL_KEY=x", "KATAPULT_API_TOKEN=x", "KATAPULT_API_KEY=x", "STRATUM_BEARER_TOKEN=x",
	}, Hide: []string{"STRATUM_BEARER_TOKEN"}}
	d := parse(t, `exec:cat > "$DIR/in"; env > "$DIR/env"; echo noise`, o)
	require.NoError(t, d.Check(t.Context()))
	require.NoFileExists(t, filepath.Join(dir, "in"), "Check runs nothing")
	c := pair("AKIA", "s3cret")
	require.ErrorIs(t, d.ReadBack(t.Context(), c), ErrNoReadBack)
	require.NoError(t, d.Write(t.Context(), c))
	require.NoError(t, d.ReadBack(t.Context(), c))
	require.ErrorIs(t, d.ReadBack(t.Context(), pair("AKIA", "other")), ErrNoReadBack)

	assert.JSONEq(t, `{"provider":"katapult","kind":"access-key","id":"objkey_1","name":"web","key":"AKIA",
		"endpoint":"https://s3.example.com","region":"uk-lon-01","secret":"s3cret"}`, read(t, filepath.Join(dir, "in")))
	env := "\n" + read(t, filepath.Join(dir, "env"))
	for _, want := range []string{
		"CREDCTL_PROVIDER=katapult", "CREDCTL_KIND=access-key", "CREDCTL_ID=objkey_1", "CREDCTL_NAME=web", "CREDCTL_KEY=AKIA",
		"CREDCTL_ENDPOINT=https://s3.example.com", "CREDCTL_REGION=uk-lon-01", "VAULT_TOKEN=stays", "CREDCTL_PROFILE=stays",
	} {
		assert.Contains(t, env, "\n"+want+"\n")
	}
	for _, no := range []string{"s3cret", "LOSANT_TOKEN", "KATAPULT", "STRATUM"} {
		assert.NotContains(t, env, no)
	}
}

func TestExecCheck(t *testing.T) {
	o := Options{Env: os.Environ()}
	require.ErrorIs(t, parse(t, "exec:if true; then", o).Check(t.Context()), provider.ErrUsage)
	t.Setenv("PATH", "")
	require.ErrorIs(t, parse(t, "exec:true", o).Check(t.Context()), provider.ErrUsage)
}

func TestExecFailure(t *testing.T) {
	secret := "it's <s3cret>/+="
	for name, form := range map[string]string{
		"plain": secret, "URL": url.QueryEscape(secret), "path": url.PathEscape(secret), "JSON": `it's \u003cs3cret\u003e/+=`,
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "URL base64": base64.URLEncoding.EncodeToString([]byte(secret)),
	} {
		o := Options{Env: append(os.Environ(), "FORM="+form)}
		err := parse(t, `exec:printf 'no\033[1m %s\n' "$FORM" >&2; exit 7`, o).Write(t.Context(), pair("AKIA", secret))
		require.ErrorContains(t, err, "exit status 7: no [1m [redacted]", name)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestMessagesAreBounded(t *testing.T) {
	secret := provider.NewSecret("abcdefghij")
	h := &head{limit: 1000}
	for range 300 {
		_, err := h.Write([]byte("x 12"))
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, len(h.without(secret)), 410)

	h = &head{limit: 10}
	_, err := h.Write([]byte("say abcdefghij"))
	require.NoError(t, err)
	assert.Equal(t, ": say", h.without(secret), "half a secret is cut off too")
	assert.Empty(t, (&head{}).without(secret))
}

// TestCommandIsKilledWithItsGroup has a program start another and wait for it.
func TestCommandIsKilledWithItsGroup(t *testing.T) {
	for name, limit := range map[string]time.Duration{"its time is over": 200 * time.Millisecond, "the caller stops": 0} {
		t.Run(name, func(t *testing.T) {
			pidFile := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stopped := errors.New("stopped")
			if limit == 0 {
				time.AfterFunc(200*time.Millisecond, func() { cancel(stopped) })
			}
			err := Command{Args: Shell(`sleep 100 & echo $! > ` + pidFile + `; wait`), Env: os.Environ(), Limit: limit}.Run(ctx)
			if limit == 0 {
				require.ErrorIs(t, err, stopped)
			} else {
				require.ErrorIs(t, err, provider.ErrUnavailable)
				require.ErrorContains(t, err, "did not end within 200ms")
			}
			pid, err := strconv.Atoi(strings.TrimSpace(read(t, pidFile)))
			require.NoError(t, err)
			assert.Eventually(t, func() bool { return gone(pid) }, 5*time.Second, 5*time.Millisecond)
		})
	}
}

// gone reports whether a process has ended, or waits for nothing but its parent.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}
