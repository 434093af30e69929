package main

import (
	"strings"

	"github.com/credctl/credctl/internal/sandbox"
)

// atTerminal prints what a command says at a terminal.
func atTerminal(types string) func(s *scene, args []string) outcome {
	return func(s *scene, args []string) outcome {
		screen, status := s.terminal(types, args...)
		return outcome{stderr: strings.ReplaceAll(screen, "\r", ""), status: status}
	}
}

// terminalWalks returns the states in which only a person at a terminal is told what to
// run, and those of a system without a keyring.
func terminalWalks() map[string]walk {
	return map[string]walk{
		"no profiles": {says: lines, given: map[string]string{"NAME": "work"}, printed: atTerminal(""), begin: func(*scene) []string { return []string{"profile", "list"} }},
		"findings":    {says: lines, printed: atTerminal(""), begin: func(*scene) []string { return []string{"audit"} }},
		"no tokens": {says: lines, once: true, printed: atTerminal(""), begin: func(s *scene) []string {
			tokenless(s)
			return []string{"auth", "status"}
		}, edit: func([]string) []string { return []string{"auth", "login", "katapult", "--yes"} }, stdin: katapultToken},
		"no token file": {status: 130, printed: atTerminal(sandbox.KatapultToken + "\nn\n"), given: map[string]string{"--token-file": "token"}, begin: func(s *scene) []string {
			s.unset("CREDCTL_KEYRING")
			s.write("token", sandbox.KatapultToken)
			return []string{"auth", "login", "katapult"}
		}, edit: func([]string) []string { return []string{"katapult", "list", "--token-file", "token"} }},
		"a logout without a keyring": {says: lines, once: true, begin: func(s *scene) []string {
			s.unset("CREDCTL_KEYRING")
			first(s, 0, "profile", "create", "work")
			return []string{"auth", "logout", "katapult", "--profile", "work"}
		}},
		"a profile without a keyring": {says: lines, once: true, begin: func(s *scene) []string {
			s.unset("CREDCTL_KEYRING")
			first(s, 0, "profile", "create", "work")
			return []string{"profile", "delete", "work", "--yes"}
		}},
		"a summary": {says: lines, once: true, printed: atTerminal(""), begin: func(s *scene) []string { return s.rotate("--grace", "1h") }},
		"a login that may not ask": {status: 2, once: true, printed: atTerminal(""), begin: func(s *scene) []string {
			s.write("token", sandbox.KatapultToken)
			return []string{"auth", "login", "katapult", "--no-input"}
		}},
		"a sandbox for no shell": {
			status: 2, once: true, printed: atTerminal(""), begin: func(*scene) []string { return []string{"sandbox", "--detach"} },
			edit: func(args []string) []string { // the shell has it now
				args[2] = strings.Replace(args[2], "&& credctl sandbox --detach;", "&& credctl list;", 1)
				return args
			},
		},
		"a secret for no terminal": {of: subject{vendor: "stratum", id: stratumCI}, status: 8, lost: true, printed: atTerminal(""), begin: func(s *scene) []string {
			s.answering("stratum", `"plaintext_key":"`, `"plaintext_key":"a\u0007`)
			return []string{"stratum", "create", "--name", "made"}
		}},
	}
}
