package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/playground"
	"github.com/credctl/credctl/internal/sandbox"
)

// TestScripts runs the program as its users do. Next to testscript's own commands
// there are
//
//	sandbox FLAG...     start a sandbox, with the flags of `credctl sandbox`, and go there
//	status N CMD...     run CMD, which must end with the exit status N
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for k, v := range privateEnv(e.WorkDir) {
				e.Setenv(k, v)
			}
			e.Setenv(scriptSaid, saidIn(e.WorkDir))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": scriptSandbox,
			"status":  scriptStatus,
		},
	})
}

func scriptSandbox(ts *testscript.TestScript, _ bool, args []string) {
	var flags playground.Flags
	fs := pflag.NewFlagSet("sandbox", pflag.ContinueOnError)
	flags.Add(fs)
	ts.Check(fs.Parse(args))
	o, err := flags.Parse()
	ts.Check(err)
	s, err := sandbox.Start(o)
	ts.Check(err)
	ts.Defer(func() {
		defer func() { _ = s.Close() }()
		text, err := os.ReadFile(saidIn(ts.Getenv("WORK")))
		ts.Check(err)
		if shown := leaked(string(text), secretsOf(s)); len(shown) > 0 {
			ts.Fatalf("standard error shows %v", shown)
		}
	})
	for _, kv := range s.Env() {
		k, v, _ := strings.Cut(kv, "=")
		ts.Setenv(k, v)
	}
}

func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N CMD...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // it is returned as it is
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
