package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// A ciStep is a script of a recipe, in the shell that its CI runs it in.
type ciStep struct {
	script string
	shell  []string
	always bool // also after a step that failed
}

// recipes are the scripts of each CI job in docs/recipes.md, but for those that
// install credctl.
func recipes(t *testing.T) (all [][]ciStep) {
	t.Helper()
	d := readDocument(t, "../../docs/recipes.md")
	for _, b := range d.blocks {
		if b.lang != "yaml" {
			continue
		}
		var file struct {
			Jobs map[string]struct {
				Steps []struct{ Run, If, Shell string }
			}
			Upload struct{ Script []string }
		}
		require.NoError(t, yaml.Unmarshal([]byte(strings.Join(d.lines[b.first:b.last], "\n")), &file))
		var steps []ciStep
		for _, job := range file.Jobs {
			for _, s := range job.Steps {
				steps = append(steps, ciStep{s.Run, []string{"bash", "-e"}, s.If == "always()"})
			}
		}
		for _, script := range file.Upload.Script {
			steps = append(steps, ciStep{script, []string{"sh", "-e"}, false})
		}
		var kept []ciStep
		for _, s := range steps {
			if s.script != "" && !strings.HasPrefix(s.script, "go install ") {
				kept = append(kept, s)
			}
		}
		all = append(all, kept)
	}
	return all
}

// Each recipe uses a key of its own, and leaves none behind, also when what uses
// the key fails.
func TestRecipesUseAKeyAndDeleteIt(t *testing.T) {
	t.Parallel()
	needsShell(t)
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash, which the recipes use")
	}
	jobs := recipes(t)
	require.Len(t, jobs, 3)
	for i, steps := range jobs {
		for _, fails := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d fails %t", i, fails), func(t *testing.T) {
				t.Parallel()
				w := newTerminal(t)
				dir := filepath.Join(w.home, "site")
				status := 0
				if fails {
					status = 3
				}
				upload := fmt.Sprintf("#!/bin/sh\nprintf '%%s' \"$AWS_ACCESS_KEY_ID\" >used\ntest -n \"$AWS_SECRET_ACCESS_KEY\"\nexit %d\n", status)
				require.NoError(t, os.WriteFile(filepath.Join(dir, "upload.sh"), []byte(upload), 0o700))
				variables := filepath.Join(w.home, "github-env")
				require.NoError(t, os.WriteFile(variables, nil, 0o600))
				env := append(w.sandbox.Env(), "PATH="+os.Getenv("PATH"), "HOME="+w.home, "CREDCTL_KEYRING=off", "CI=true",
					"GITHUB_RUN_ID=42", "GITHUB_RUN_ATTEMPT=1", "RUNNER_TEMP="+w.home, "GITHUB_ENV="+variables, "CI_JOB_ID=42")

				failed := false
				for _, s := range steps {
					if failed && !s.always {
						continue
					}
					file := filepath.Join(t.TempDir(), "script")
					require.NoError(t, os.WriteFile(file, []byte(s.script), 0o600))
					cmd := exec.CommandContext(t.Context(), s.shell[0], append(s.shell[1:], file)...)
					set, err := os.ReadFile(variables)
					require.NoError(t, err)
					cmd.Dir, cmd.Env = dir, append(env, strings.Split(strings.TrimSpace(string(set)), "\n")...)
					out, err := cmd.CombinedOutput()
					failed = failed || err != nil
					assert.Equal(t, fails && strings.Contains(s.script, "upload.sh"), err != nil, "%s\n%s", s.script, out)
				}
				assert.Equal(t, fails, failed, "the job ends as what uses the key does")
				used, err := os.ReadFile(filepath.Join(dir, "used"))
				require.NoError(t, err)
				assert.NotEmpty(t, used, "the upload had a key")
				list := exec.CommandContext(t.Context(), "credctl", "katapult", "list", "--jq", ".[].name")
				list.Env = env
				names, err := list.Output()
				require.NoError(t, err)
				assert.NotContains(t, string(names), "ci-42")
			})
		}
	}
}
