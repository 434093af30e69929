package main

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// An image is what the Containerfile makes: a folder, and how the program is run there.
type image struct {
	root string
	env  []string
	uid  uint32
}

// copied returns what the last stage of the Containerfile copies: where to, and from where.
func copied(t *testing.T, text string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^COPY --from=build (?:--\S+ )*(\S+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		files[m[2]] = m[1]
	}
	require.Len(t, files, strings.Count(text, "COPY --from"))
	return files
}

// buildImage does what the Containerfile says, as far as that goes without an engine. Its
// certificates are those of this machine and trusted.
func buildImage(t *testing.T, trusted []byte) image {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "Containerfile"))
	require.NoError(t, err)
	setting := func(name string) []string {
		m := regexp.MustCompile(`(?m)^` + name + ` (.*)$`).FindStringSubmatch(string(text))
		require.NotNil(t, m, name)
		return strings.Fields(m[1])
	}
	uid, err := strconv.ParseUint(strings.Split(setting("USER")[0], ":")[0], 10, 32)
	require.NoError(t, err)
	require.Equal(t, []string{`["credctl"]`}, setting("ENTRYPOINT"))
	i := image{t.TempDir(), setting("ENV"), uint32(uid)}
	require.NoError(t, os.Chmod(i.root, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(i.root), 0o755))
	for to, from := range copied(t, string(text)) {
		place := filepath.Join(i.root, to)
		require.NoError(t, os.MkdirAll(filepath.Dir(place), 0o755))
		inTree, ofTree := strings.CutPrefix(from, "/src/")
		switch {
		case from == "/state":
			require.Contains(t, setting("VOLUME"), to)
			require.NoError(t, os.Mkdir(place, 0o700))
			require.NoError(t, os.Chown(place, int(uid), int(uid)))
		case inTree == "bin/credctl":
			require.Contains(t, string(text), "RUN make build")
			out, err := exec.CommandContext(t.Context(), "make", "-C", filepath.Join("..", ".."), "build", "BIN="+place).CombinedOutput()
			require.NoError(t, err, "%s", out)
		default:
			if ofTree {
				from = filepath.Join("..", "..", inTree)
			}
			content, err := os.ReadFile(from)
			require.NoError(t, err)
			if strings.HasSuffix(to, ".crt") {
				content = slices.Concat(content, []byte("\n"), trusted)
			}
			require.NoError(t, os.WriteFile(place, content, 0o644))
		}
	}
	return i
}

// run runs the program of the image, as its user.
func (i image) run(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/usr/bin/credctl", args...)
	cmd.Dir, cmd.Env = "/", slices.Concat(i.env, env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root, Credential: &syscall.Credential{Uid: i.uid, Gid: i.uid}}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// TestTheImageHasAllThatItNeeds runs what the Containerfile copies with no other file: as
// its user, whom no passwd names, and over TLS with its own certificates.
func TestTheImageHasAllThatItNeeds(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change the root folder")
	}
	s, err := sandbox.Start(sandbox.Options{ProvisionDelay: -1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	target, err := url.Parse(s.URL("katapult"))
	require.NoError(t, err)
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(target))
	cert, path := certificate(t, "katapult.example")
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of whom does not trust it
	front.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	front.StartTLS()
	t.Cleanup(front.Close)
	trusted, err := os.ReadFile(path)
	require.NoError(t, err)
	i := buildImage(t, trusted)
	env := []string{"CREDCTL_KATAPULT_BASE_URL=" + front.URL, "KATAPULT_API_TOKEN=" + sandbox.KatapultToken, "KATAPULT_ORGANIZATION=acme"}

	assert.Contains(t, i.run(t, nil, "version").stdout, "credctl ")
	list := i.run(t, env, "katapult", "list", "-o", "name")
	require.Zero(t, list.status, list.stderr)
	assert.Contains(t, list.stdout, katapultWeb)
	rotated := i.run(t, env, "katapult", "rotate", katapultBackup, "--to", "dotenv:/state/backup.env", "--grace", "0", "-o", "json")
	require.Zero(t, rotated.status, rotated.stderr)
	held, err := os.ReadFile(filepath.Join(i.root, "state", "backup.env"))
	require.NoError(t, err)
	assert.Contains(t, string(held), "AWS_SECRET_ACCESS_KEY=")
	info, err := os.Stat(filepath.Join(i.root, "state", "credctl", "audit.jsonl"))
	require.NoError(t, err, "the journal is on the volume")
	assert.Equal(t, i.uid, info.Sys().(*syscall.Stat_t).Uid) //nolint:forcetypeassert // on Linux it is one

	require.NoError(t, os.WriteFile(filepath.Join(i.root, "etc/ssl/certs/ca-certificates.crt"), nil, 0o644))
	none := i.run(t, env, "katapult", "list")
	assert.Equal(t, 1, none.status, "without its certificates it trusts nobody")
	assert.Contains(t, none.stderr, "certificate")
}
