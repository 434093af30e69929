package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestAMistakeIsNamedWithWhatToDoInstead: what was typed, what is wrong with it, and a
// command that runs as it stands.
func TestAMistakeIsNamedWithWhatToDoInstead(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	for args, want := range map[string]string{
		"stratum update " + stratumCI + " --new-name x": "stratum update " + stratumCI + ": Stratum has no API that changes a key\n" +
			"hint: to replace it with a key of another name, run: credctl stratum rotate ID --new-name NAME",
		"stratum generate " + stratumCI:                             "Stratum cannot generate a new secret for a key\nhint: to create a key in its place, run: credctl stratum rotate ID",
		"medianova generate x":                                      "Medianova cannot generate a new secret for a credential\nhint: to create a replacement, run: credctl medianova rotate ID",
		"list --older-than 3":                                       `--older-than: "3": a duration is a whole number with y, w, d, h, m or s, such as 30d or 12h`,
		"list --older-than CANARY-CANARY-CANARY":                    "--older-than: a duration is a whole number",
		"losant create --name a --type sendgrd --set-file apiKey=x": "--set-file: apiKey: could not read the file at this path: no such file or directory\nhint: pass the path of a file that contains the value, or - for standard input",
		"losant create --name a --type http --set-file CANARY=":     "--set-file: could not read the file at this path: ",
		"losant create --name a --type http --set-file CANARY==":    "--set-file: could not read the file at this path: ",
		"katapult rotate --name backup --in-place --grace 1h --to json:k": "cannot keep the old secret of the Katapult access key for a grace period: rotating it in place stops the secret at once\n" +
			"hint: leave out --in-place, or leave out --grace",
	} {
		got := credctl(t, env, "", strings.Fields(args)...)
		assert.Equal(t, 2, got.status, args)
		assert.Contains(t, got.stderr, want, args)
		assert.NotContains(t, got.stderr, "CANARY", args)
	}
}

// TestAnAuditSaysWhatItWroteAndWhatToDo, and counts nothing that is not there.
func TestAnAuditSaysWhatItWroteAndWhatToDo(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, auditAt)
	path := filepath.Join(t.TempDir(), "audit.html")
	got := credctl(t, env, "", "audit", "--report", path)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, "Wrote "+path+"\n", got.stderr)
	assert.True(t, strings.HasSuffix(got.stdout, " low, 2 notes; 2 of unknown age\n"), got.stdout)

	status, screen := sit(t, append(env, "COLUMNS=80"), "audit").status()
	assert.Equal(t, 0, status, screen)
	assert.Regexp(t, `(?m)^SEVERITY +RULE +MESSAGE +PROVIDER +NAME`, screen)
	assert.Regexp(t, `(?m)^note +CRD012 +age unknown \(first seen on \S+\) +medianova +web-assets`, screen)
	assert.Contains(t, screen, "What each rule means, and what to do: credctl help audit-rules")
}
