package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// stratumMakes answers a create of Stratum, and nothing else.
func stratumMakes(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusCreated, madeByStratum)
}

// kept returns what is in the recovery files of whoever has this environment.
func kept(t *testing.T, env []string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(valueOf(env, "XDG_STATE_HOME"), "credctl", "recovery", "*"))
	require.NoError(t, err)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f)
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		all.Write(b)
	}
	return all.String()
}

// valueOf returns the value of a variable, of which the last counts.
func valueOf(env []string, name string) (value string) {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

func TestASecretSurvivesItsStandardOutput(t *testing.T) {
	outputs := map[string]*os.File{"a broken pipe": brokenPipe(t)}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		defer full.Close()
		outputs["a full disk"] = full
	}
	for name, stdout := range outputs {
		t.Run(name, func(t *testing.T) {
			v := serve(t, stratumMakes)
			p := prepare(t, v.env, "stratum", "create", "--name", "ci", "-o", "json")
			p.Stdout = stdout
			require.Error(t, p.Run())
			assert.Equal(t, 8, p.ProcessState.ExitCode(), p.ProcessState)
			assert.Contains(t, kept(t, v.env), "sk_test_2xMM30")
			assert.Contains(t, p.stderr.String(), someUUID)
			assert.Contains(t, p.stderr.String(), filepath.Join(valueOf(v.env, "XDG_STATE_HOME"), "credctl", "recovery"))
			assert.NotContains(t, p.stderr.String(), "sk_test_2xMM30")
			assert.Len(t, v.requests("POST"), 1)
		})
	}
}

// Where neither the journal nor a file of its own takes a secret, credctl says what to
// delete, and that works as soon as the state can be written again.
func TestASecretThatCannotBeKeptIsLost(t *testing.T) {
	s, env := inSandbox(t, sandbox.Options{})
	vendor, err := url.Parse(s.URL("stratum"))
	require.NoError(t, err)
	state := filepath.Join(valueOf(env, "XDG_STATE_HOME"), "credctl")
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			assert.NoError(t, os.RemoveAll(state))
			assert.NoError(t, os.WriteFile(state, nil, 0o600))
		}
		httputil.NewSingleHostReverseProxy(vendor).ServeHTTP(w, r)
	})
	env = append(env, "CREDCTL_STRATUM_BASE_URL="+v.URL)
	create := func(stdout *os.File) (status int, stderr string) {
		p := prepare(t, env, "stratum", "create", "--name", "lost", "-o", "json")
		p.Stdout = stdout
		require.Error(t, p.Run())
		return p.ProcessState.ExitCode(), p.stderr.String()
	}
	status, stderr := create(brokenPipe(t))
	assert.Equal(t, 8, status, stderr)
	assert.NotContains(t, stderr, "sk_test_")
	assert.Contains(t, stderr, "is lost")
	m := regexp.MustCompile(`delete the key, whose secret is lost, with .credctl (stratum delete [0-9a-f-]{36} --yes)\b`).FindStringSubmatch(stderr)
	require.NotNil(t, m, stderr)
	require.NoError(t, os.Remove(state))
	got := credctl(t, env, "", strings.Fields(m[1])...)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 1, sent(s, "stratum", "delete"))

	shown, err := os.Create(filepath.Join(t.TempDir(), "shown"))
	require.NoError(t, err)
	defer shown.Close()
	status, stderr = create(shown)
	assert.Equal(t, 8, status, stderr)
	assert.NotContains(t, stderr, "is lost", "whoever sees it has it")
	assert.NotContains(t, stderr, "stratum delete")
	b, err := os.ReadFile(shown.Name())
	require.NoError(t, err)
	assert.Contains(t, string(b), "sk_test_")
}

func TestASecretThatIsElsewhereIsNotKeptTwice(t *testing.T) {
	v := serve(t, stratumMakes)
	file := filepath.Join(t.TempDir(), "key")
	p := prepare(t, v.env, "stratum", "create", "--name", "ci", "--secret-file", file)
	p.Stdout = brokenPipe(t)
	require.Error(t, p.Run())
	assert.Equal(t, 8, p.ProcessState.ExitCode(), p.ProcessState)
	assert.Contains(t, p.stderr.String(), someUUID, "who cannot see the result learns the ID all the same")
	assert.Empty(t, kept(t, v.env))
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "sk_test_2xMM30\n", string(b))
}

func TestASecretIsNotIssuedForNobody(t *testing.T) {
	for name, stdout := range map[string]string{"closed": ">&-", "the null device": ">/dev/null"} {
		t.Run(name, func(t *testing.T) {
			v := serve(t, stratumMakes)
			p := prepareShell(t, v.env, `exec credctl stratum create --name ci -o json `+stdout)
			require.Error(t, p.Run())
			assert.Equal(t, 2, p.ProcessState.ExitCode(), p.stderr.String())
			assert.Contains(t, p.stderr.String(), "would be lost")
			assert.Empty(t, v.requests(""))

			p = prepareShell(t, v.env, `exec credctl stratum create --name ci --secret-file key`+strings.Fields(name)[0]+` `+stdout)
			p.Dir = t.TempDir()
			require.NoError(t, p.Run(), p.stderr.String())
		})
	}
}

func TestABrokenPipeIsQuiet(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	p := prepareShell(t, env, `{ credctl katapult list -o json; echo "status $?" >&2; } | true`)
	require.NoError(t, p.Run())
	assert.Equal(t, "status 141\n", p.stderr.String())
}

func TestAFullDiskIsNoMatterOfTheVendor(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	_, env := inSandbox(t, sandbox.Options{})
	for _, args := range []string{"katapult list", "katapult list -o json", "list", "version", "config view"} {
		p := prepareShell(t, env, "exec credctl "+args+" >/dev/full")
		require.Error(t, p.Run(), args)
		assert.Equal(t, 1, p.ProcessState.ExitCode(), args)
		assert.Contains(t, p.stderr.String(), "no space left", args)
	}
}

func TestWhatCannotShowASecretThatGoesElsewhereIsSaidBefore(t *testing.T) {
	for _, format := range []string{"env", "dotenv", "aws", "rclone"} {
		s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
		file := filepath.Join(t.TempDir(), "key")
		got := credctl(t, env, "", "katapult", "create", "--name", "x", "--secret-file", file, "-o", format)
		assert.Equal(t, 2, got.status, "%s: %s", format, got.stderr)
		assert.Contains(t, got.stderr, "--show-secret")
		assert.Empty(t, s.Requests(""), format)
		assert.NoFileExists(t, file)
		got = credctl(t, env, "", "katapult", "create", "--name", "x", "--secret-file", file, "-o", format, "--show-secret")
		assert.Equal(t, 0, got.status, got.stderr)
	}
}

func TestAFormatOfASecretThatDoesNotCome(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "medianova", "create", "--name", "x", "--bucket", "assets", "-o", "env")
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Empty(t, got.stdout)
	assert.Regexp(t, `[0-9a-f]{8}-[0-9a-f-]{27}`, got.stderr, "the ID of what was made")
	assert.Contains(t, got.stderr, "Credentials", "where the panel shows the secret")
}

func TestSeveralAtOnceRemarkAtOnce(t *testing.T) {
	for _, format := range []string{"json", "table"} {
		_, env := inSandbox(t, sandbox.Options{})
		args := []string{"katapult", "delete", "--yes", "--force", "--ignore-not-found", "-o", format}
		for i := range 20 {
			args = append(args, fmt.Sprintf("objkey_none%012d", i))
		}
		before := len(writtenDown(t))
		got := credctl(t, env, "", args...)
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, 20, strings.Count(got.stderr, "Not found: objkey_none"))
		assert.Len(t, debugLines.FindAllString(writtenDown(t)[before:], -1), 21, "whole lines: one listing, and 20 deletes")
	}
}

func TestAWarningAboutTheConfigurationIsGivenOnce(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte("katapult: {token: "+sandbox.KatapultToken+"}\n"), 0o600))
	for _, format := range []string{"name", "json"} {
		got := credctl(t, env, "", "list", "--config", file, "-o", format)
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, 1, strings.Count(got.stderr, ":1 contains a token; use token_file or token_command"), got.stderr)
		assert.NotContains(t, got.stderr, sandbox.KatapultToken)
	}
}

// TestWhatFailsShowsNothing: what is on standard output was done.
func TestWhatFailsShowsNothing(t *testing.T) {
	for _, x := range []struct{ args, fault string }{
		{"katapult generate objkey_sbxBackup0000001 --yes", "katapult:generate:403"},
		{"katapult generate objkey_sbxBackup0000001 --yes", "katapult:generate:500"},
		{"katapult generate objkey_sbxBackup0000001 --yes", "katapult:generate:cut-after"},
		{"losant generate 66a0c0de5eed0000000000c4 --yes", "losant:generate:500"},
		{"losant update 66a0c0de5eed0000000000c1 --description d", "losant:update:400"},
		{"losant update 66a0c0de5eed0000000000c1 --description d", "losant:get:500:1+"},
	} {
		for _, format := range []string{"table", "json", "yaml", "name"} {
			_, env := withFaults(t, sandbox.Options{ProvisionDelay: -1}, x.fault)
			args := append(strings.Fields(x.args), "-o", format)
			if strings.HasPrefix(x.args, "katapult") {
				args = append(args, "--show-secret")
			}
			got := credctl(t, env, "", args...)
			assert.NotZero(t, got.status, "%s: %s", x.args, x.fault)
			assert.Empty(t, got.stdout, "%s: %s -o %s", x.args, x.fault, format)
		}
	}
}

// brokenPipe returns a standard output whose reader has gone.
func brokenPipe(t testing.TB) *os.File {
	t.Helper()
	read, broken, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	t.Cleanup(func() { _ = broken.Close() })
	return broken
}

// A vendor that closes the connection while it is written to breaks a pipe, too.
func TestABrokenPipeOfTheNetworkIsNotQuiet(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	vendor, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = vendor.Close() })
	go func() {
		for {
			conn, err := vendor.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}()
	env = append(env, "CREDCTL_LOSANT_BASE_URL=http://"+vendor.Addr().String())
	config := `{"json":"` + strings.Repeat("x", 900<<10) + `"}`
	for range 10 {
		got := credctl(t, env, config, "losant", "create", "--name", "x", "--type", "newest", "--config-file", "-", "-o", "json")
		require.Equal(t, 9, got.status, "%+v", got)
		assert.NotEmpty(t, failed(t, got).Hint)
	}
}

func TestABrokenPipeHidesNothing(t *testing.T) {
	const two, one = "objkey_sbxBackup0000001 objkey_sbxWebAssets0002", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501"
	const both = one + " 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504"
	for args, want := range map[string]int{
		"katapult delete --yes --force -o jsonl " + two:       8,
		"katapult delete --yes --force -o json " + two:        8,
		"katapult rotate --yes --to exec:true -o json " + two: 8,
		"katapult rotate --yes -o jsonl " + two:               8,
		"auth status":                                         3,
		"stratum delete --yes --force -o json " + one:         141,
		"stratum delete --yes --force -o jsonl " + both:       141,
		"stratum get -o json " + both:                         141,
		"auth status stratum":                                 141,
		"stratum rotate --yes --to exec:true -o json " + both: 141,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			_, env := withFaults(t, sandbox.Options{ProvisionDelay: -1}, "katapult:delete:403", "medianova:list:401")
			p := prepare(t, env, strings.Fields(args)...)
			p.Dir = t.TempDir()
			p.Stdout = brokenPipe(t)
			require.Error(t, p.Run())
			assert.Equal(t, want, p.ProcessState.ExitCode(), p.stderr.String())
			assert.Equal(t, want == 141, p.stderr.Len() == 0, p.stderr.String())
		})
	}
}
