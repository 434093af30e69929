//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// write puts a file into the folder of a scene, in which all commands run.
func (s *scene) write(name, text string) {
	s.Helper()
	require.NoError(s, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

// unset removes variables.
func (s *scene) unset(names ...string) {
	for _, name := range names {
		s.setenv(name, "")
	}
}

// lacking returns a correction of a command line: each of these words is left out once.
func lacking(words ...string) func([]string) []string {
	return func(args []string) []string {
		for _, word := range words {
			if i := slices.Index(args, word); i >= 0 {
				args = slices.Delete(args, i, i+1)
			}
		}
		return args
	}
}

// katapultToken is the standard input of a login.
func katapultToken(*scene) string { return sandbox.KatapultToken }

// lines returns what says something else than the hint of an error: the lines with a command.
func lines(got outcome) string {
	return strings.Join(regexp.MustCompile(`(?m)^.*credctl .*$`).FindAllString(got.stdout+got.stderr, -1), "\n")
}

// tokenless removes the tokens of all vendors.
func tokenless(s *scene) {
	s.unset("MEDIANOVA_TOKEN", "KATAPULT_API_TOKEN", "LOSANT_API_TOKEN", "STRATUM_API_KEY")
}

// setupWalks returns the states of logins, profiles and the configuration.
func setupWalks(ci subject) map[string]walk {
	is := func(status int, args ...string) walk {
		return walk{status: status, begin: func(*scene) []string { return args }}
	}
	config := func(s *scene, text string) {
		require.NoError(s, os.MkdirAll(filepath.Join(s.dir, "config", "credctl"), 0o700))
		s.write(filepath.Join("config", "credctl", "config.yaml"), text)
	}
	login := func(w walk) walk {
		w.stdin, w.given = katapultToken, map[string]string{"VENDOR": "katapult", "--token-file": "token"}
		w.edit = func(args []string) []string { // any vendor will do
			if i := slices.Index(args, "medianova"); i >= 0 {
				args[i] = "katapult"
			}
			return args
		}
		w.begin = func(begin func(*scene) []string) func(*scene) []string {
			return func(s *scene) []string {
				s.write("token", sandbox.KatapultToken)
				return begin(s)
			}
		}(w.begin)
		return w
	}
	ended := func(w walk) walk {
		w.once = true
		return w
	}
	list := func(before func(*scene), more ...string) walk {
		return login(walk{status: 3, begin: func(s *scene) []string {
			before(s)
			return append([]string{"katapult", "list"}, more...)
		}})
	}
	stored := func(s *scene, edit func(text string) string) {
		p := s.command(sandbox.KatapultToken, "auth", "login", "katapult", "--yes")
		require.NoError(s, p.Run(), p.stderr.String())
		tokenless(s)
		found, err := filepath.Glob(filepath.Join(s.dir, "config", "credctl", "tokens", "*"))
		require.NoError(s, err)
		require.NotEmpty(s, found)
		for _, path := range found {
			text, err := os.ReadFile(path)
			require.NoError(s, err)
			require.NoError(s, os.WriteFile(path, []byte(edit(string(text))), 0o600))
		}
	}
	origin := regexp.MustCompile(`http://127[^"\s]*`)
	return map[string]walk{
		"a login to nothing":      ended(login(is(2, "auth", "login"))),
		"a login without a token": ended(login(walk{status: 2, begin: func(*scene) []string { return []string{"auth", "login", "katapult"} }})),
		"a token as an argument": func() walk {
			w := ended(login(is(2, "auth", "login", "katapult", "nonsense")))
			w.edit = func([]string) []string {
				return []string{"auth", "login", "katapult", "--token-file", "token", "--yes"}
			}
			return w
		}(),
		"a token for no file": ended(login(walk{status: 2, begin: func(s *scene) []string {
			s.unset("CREDCTL_KEYRING")
			return []string{"auth", "login", "katapult", "--token-file", "token"}
		}})),
		"a profile that is unknown": is(2, "katapult", "list", "--profile", "nope"),
		"a profile for all that is unknown": {status: 2, once: true, begin: func(s *scene) []string {
			first(s, 0, "profile", "create", "work")
			return []string{"profile", "use", "nope"}
		}},
		"no profile to delete": {status: 2, once: true, begin: func(*scene) []string { return []string{"profile", "delete", "nope"} }},
		"a configuration that exists": {status: 2, once: true, given: map[string]string{"KEY": "katapult.org", "VALUE": "acme", "--config": "other.yaml"}, begin: func(s *scene) []string {
			first(s, 0, "config", "init")
			return []string{"config", "init"}
		}},
		"no token":               list(tokenless),
		"no token for a profile": list(func(s *scene) { first(s, 0, "profile", "create", "work"); tokenless(s) }, "--profile", "work"),
		"a token of no server":   list(func(s *scene) { stored(s, func(text string) string { return origin.ReplaceAllString(text, "") }) }),
		"a token of another server": list(func(s *scene) { // which has two names
			stored(s, func(text string) string { return text })
			s.setenv("CREDCTL_KATAPULT_BASE_URL", strings.Replace(s.URL("katapult"), "127.0.0.1", "localhost", 1))
		}),
		"a token that is refused": func() walk {
			w := list(func(s *scene) { s.setenv("KATAPULT_API_TOKEN", "wrong") })
			w.fix = func(s *scene) { s.unset("KATAPULT_API_TOKEN") } // as the hint says
			return w
		}(),
		"no vendor": login(walk{status: 3, begin: func(s *scene) []string {
			tokenless(s)
			return []string{"list"}
		}}),
		"no vendor of a profile": login(walk{status: 3, begin: func(s *scene) []string {
			first(s, 0, "profile", "create", "work")
			tokenless(s)
			return []string{"list", "--profile", "work"}
		}}),
		"no token to replace": {of: ci, status: 2, stdin: func(*scene) string { return sandbox.StratumOperatorKey }, begin: func(*scene) []string {
			return []string{"stratum", "rotate", stratumCI, "--to", "login:stratum", "--self", "--yes"}
		}},
		"no organization": {status: 2, given: map[string]string{"VALUE": "acme", "--org": "acme"}, begin: func(s *scene) []string {
			s.unset("CREDCTL_KATAPULT_ORG", "KATAPULT_ORGANIZATION")
			return []string{"katapult", "list"}
		}},
		"no organization in a profile": {status: 2, given: map[string]string{"VALUE": "acme", "--org": "acme"}, begin: func(s *scene) []string {
			s.unset("CREDCTL_KATAPULT_ORG", "KATAPULT_ORGANIZATION")
			first(s, 0, "profile", "create", "work")
			return []string{"katapult", "list", "--profile", "work"}
		}},
		"a new profile": login(walk{says: lines, begin: func(s *scene) []string {
			tokenless(s)
			return []string{"profile", "create", "work"}
		}, once: true}),
		"a profile that exists": {status: 2, once: true, begin: func(s *scene) []string {
			first(s, 0, "profile", "create", "work")
			return []string{"profile", "create", "work"}
		}},
		"a setting of no profile":   is(2, "config", "set", "profiles.work.katapult.org", "acme"),
		"a setting that is unknown": is(2, "config", "set", "nonsense.org", "acme"),
		"a token as a setting":      login(walk{status: 2, once: true, begin: func(*scene) []string { return []string{"config", "set", "katapult.token", "x"} }}),
		"a newer configuration": {status: 2, given: map[string]string{"--config": "other.yaml"}, begin: func(s *scene) []string {
			config(s, "version: 99\n")
			s.write("other.yaml", "")
			return []string{"katapult", "list"}
		}},
		"a variable that is not read": {status: 2, given: map[string]string{"--output": "json"}, begin: func(s *scene) []string {
			s.setenv("CREDCTL_OUTPUT", "json")
			return []string{"katapult", "list"}
		}, fix: func(s *scene) {
			s.env = slices.DeleteFunc(s.env, func(v string) bool { return strings.HasPrefix(v, "CREDCTL_OUTPUT=") })
		}},
		"a sandbox that has ended": {status: 75, begin: func(s *scene) []string {
			s.setenv("CREDCTL_SANDBOX", filepath.Join(s.dir, "ended"))
			return []string{"katapult", "list"}
		}},
		"no sandbox to stop":                 is(2, "sandbox", "stop"),
		"a sandbox for a command without --": {status: 2, once: true, begin: func(*scene) []string { return []string{"sandbox", "true"} }},
		"no shell": {status: 2, once: true, begin: func(s *scene) []string {
			s.unset("SHELL")
			return []string{"completion", "install"}
		}},
	}
}

// stateWalks returns the states of what watches over policies, and of state folders.
func stateWalks() map[string]walk {
	policy := func(s *scene, status int, to string) {
		s.write("rotations.yaml", "rotations:\n- {name: web, provider: katapult, id: "+katapultWeb+", max_age: 30d, grace: 1d, to: ['"+to+"']}\n")
		first(s, status, "rotate", "-f", "rotations.yaml")
	}
	there := func(s *scene) string { return "dir:" + filepath.Join(s.dir, "there") }
	moved := func(s *scene) {
		first(s, 0, s.rotate("--grace", "1h")...)
		s.setenv("CREDCTL_STATE", there(s))
		first(s, 0, "state", "import", "--from", s.state())
		s.unset("CREDCTL_STATE")
	}
	return map[string]walk{
		"a policy that failed": {status: 8, fix: ready, begin: func(s *scene) []string {
			policy(s, 8, "exec:test -e ready")
			return []string{"status"}
		}},
		"a rotation that needs attention": {status: 8, once: true, lost: true, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--hook", "exit 3")...)
			return []string{"status"}
		}},
		"a policy that did not run": {status: 75, begin: func(s *scene) []string {
			policy(s, 0, "file:"+s.dir+"/key")
			found, err := filepath.Glob(filepath.Join(s.state(), "runs", "*.json"))
			require.NoError(s, err)
			require.Len(s, found, 1)
			text, err := os.ReadFile(found[0])
			require.NoError(s, err)
			require.NoError(s, os.WriteFile(found[0], regexp.MustCompile(`("last_[a-z]+": ?")\d{4}`).ReplaceAll(text, []byte("${1}2020")), 0o600))
			return []string{"status", "--max-silence", "26h"}
		}},
		"a silence that is no duration": {status: 2, begin: func(s *scene) []string {
			policy(s, 0, "file:"+s.dir+"/key")
			return []string{"status", "--max-silence", "nonsense"}
		}},
		"the overview": {says: lines, once: true, fix: ready, begin: func(s *scene) []string {
			policy(s, 8, "exec:test -e ready")
			return []string{}
		}},
		"a broken trail": {status: 7, once: true, look: 7, says: func(got outcome) string {
			var checks []struct{ Hint string }
			_ = json.Unmarshal([]byte(got.stdout), &checks)
			i := slices.IndexFunc(checks, func(c struct{ Hint string }) bool { return c.Hint != "" })
			return checks[max(i, 0)].Hint
		}, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			path := filepath.Join(s.state(), "audit.jsonl")
			first(s, 0, "katapult", "update", katapultBackup, "--new-name", "x") // the chain has no line after the last
			text, err := os.ReadFile(path)
			require.NoError(s, err)
			require.NoError(s, os.WriteFile(path, []byte(strings.Replace(string(text), katapultWeb, katapultBackup, 1)), 0o600))
			return []string{"state", "check", "-o", "json"}
		}},
		"a check of what is not finished": {of: subject{vendor: "katapult", id: katapultWeb}, status: 8, once: true, fix: ready, begin: func(s *scene) []string {
			first(s, 8, "katapult", "rotate", katapultWeb, "--to", "exec:test -e ready")
			return []string{"rotation", "check", s.made("katapult")[0].ID}
		}},
		"a trail that is a folder": {status: 5, once: true, begin: func(s *scene) []string {
			require.NoError(s, os.MkdirAll(filepath.Join(s.state(), "audit.jsonl"), 0o700))
			return []string{"katapult", "update", katapultBackup, "--new-name", "x"}
		}},
		"a trail in CSV": {status: 2, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			return []string{"audit", "--verify-trail", "-o", "sarif"}
		}},
		"a baseline that is none": {status: 2, begin: func(s *scene) []string {
			s.write("baseline.json", "nonsense")
			return []string{"audit", "--baseline", "baseline.json"}
		}},
		"findings without a file": {status: 2, given: map[string]string{"--inventory": "inventory.yaml"}, begin: func(s *scene) []string {
			s.write("inventory.yaml", first(s, 0, "audit", "--init-inventory").stdout)
			return []string{"audit", "-o", "sarif"}
		}},
		"a state that has moved": {status: 2, lost: true, begin: func(s *scene) []string { moved(s); return s.rotate() }, fix: func(s *scene) { s.setenv("CREDCTL_STATE", there(s)) }},
		"a state that has moved elsewhere": {status: 2, lost: true, once: true, begin: func(s *scene) []string {
			moved(s)
			s.setenv("CREDCTL_STATE", "dir:"+filepath.Join(s.dir, "third"))
			return []string{"state", "import", "--from", s.state()}
		}, fix: func(s *scene) { s.setenv("CREDCTL_STATE", there(s)) }},
		"a folder that is no state": {status: 4, lost: true, once: true, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			s.given = map[string]string{"DIR": s.state()}
			s.setenv("CREDCTL_STATE", there(s))
			return []string{"state", "import", "--from", filepath.Join(s.dir, "nowhere")}
		}},
		"no age to prune": {status: 2, begin: func(*scene) []string { return []string{"rotation", "prune"} }},
	}
}
