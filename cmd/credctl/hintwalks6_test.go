//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// answering has a proxy before a vendor replace what matches in its answers.
func (s *scene) answering(vendor, pattern, with string) {
	s.Helper()
	s.through(vendor, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		got := httptest.NewRecorder()
		next.ServeHTTP(got, r)
		body := regexp.MustCompile(pattern).ReplaceAll(got.Body.Bytes(), []byte(with))
		w.Header().Set("Content-Type", got.Header().Get("Content-Type"))
		w.WriteHeader(got.Code)
		_, _ = w.Write(body)
	})
}

// verbWalks returns the states of mistakes in the command line of a verb.
func verbWalks() map[string]walk {
	is := func(status int, args ...string) walk {
		return walk{status: status, begin: func(*scene) []string { return args }}
	}
	passes := func(w walk, flag, value string, instead ...string) walk {
		w.given = map[string]string{flag: value}
		if len(instead) > 0 {
			w.edit = func(args []string) []string {
				if slices.Contains(args, flag) {
					return lacking(instead...)(args)
				}
				return args
			}
		}
		return w
	}
	replaces := func(old, with string) func([]string) []string {
		return func(args []string) []string {
			for i := range args {
				if args[i] == old {
					args[i] = with
				}
			}
			return args
		}
	}
	prepared := func(w walk, before func(s *scene)) walk {
		begin := w.begin
		w.begin = func(s *scene) []string { before(s); return begin(s) }
		return w
	}
	edited := func(w walk, edit func([]string) []string) walk {
		w.edit = edit
		return w
	}
	typed := func(name string) walk {
		w := prepared(is(2, "losant", "create", "--name", "made", "--type", name, "--set", "a=b"), func(s *scene) { s.write("config.json", "{}") })
		w.look = 2 // Losant itself tells which types it has
		w.of, w.given, w.edit = subject{vendor: "losant", id: losantHTTP, inPlace: true}, map[string]string{"--config-file": "config.json"}, lacking("--set", "a=b")
		return w
	}
	create := func(more ...string) []string {
		return append([]string{"katapult", "create", "--name", "made"}, more...)
	}
	return map[string]walk{
		"an update whose answer is 500": {
			status: 9, begin: func(s *scene) []string {
				s.fault("katapult:update:500")
				return []string{"katapult", "update", katapultWeb, "--new-name", "web-assets"}
			}, fix: func(s *scene) { s.ClearFaults() },
		},
		"an ID that is none":      passes(is(2, "katapult", "get", "backup"), "--name", "backup", "backup"),
		"an ID and a new name":    passes(is(2, "katapult", "update", katapultBackup, "--name", "x"), "--new-name", "x", "--name", "x"),
		"an ID and a name":        passes(is(2, "katapult", "get", katapultBackup, "--name", "backup"), "--name", "backup", katapultBackup),
		"an empty name":           passes(is(2, "katapult", "get", "--name", ""), "--name", "backup"),
		"no ID":                   passes(is(2, "katapult", "get"), "--name", "backup"),
		"an empty ID":             passes(is(2, "katapult", "get", ""), "--name", "backup", ""),
		"an empty ID to rename":   edited(passes(is(2, "katapult", "update", ""), "--new-name", "x"), replaces("", katapultBackup)),
		"an unknown name":         is(4, "katapult", "get", "--name", "nobody"),
		"columns of a dry run":    is(2, "katapult", "delete", katapultBackup, "--dry-run", "--columns", "id"),
		"a duration that is none": is(2, "katapult", "list", "--timeout", "nonsense"),
		"a flag without a value":  passes(is(2, "katapult", "list", "--timeout"), "--timeout", "10s"),
		"an unknown flag":         is(2, "katapult", "list", "--zzzzzz"),
		"a flag for a secret":     is(2, "katapult", "list", "--secret-file", "x"),
		"a flag for a version":    is(2, "katapult", "list", "--version"),
		"a flag for a token":      passes(prepared(is(2, "katapult", "list", "--token", "x"), func(s *scene) { s.write("token", sandbox.KatapultToken) }), "--token-file", "token", "--token", "x"),
		"a flag for a format":     edited(passes(is(2, "katapult", "list", "--format", "json"), "FORMAT", "json"), lacking("--format", "json")),
		"a format as a flag":      edited(is(2, "katapult", "list", "--json"), lacking("--json")),
		"a flag for more":         edited(is(2, "katapult", "list", "--verbose"), lacking("--verbose")),
		"a flag for a name":       passes(is(2, "katapult", "list", "--name", "backup"), "NAME", "backup"),
		"a flag that was meant":   edited(passes(is(2, "katapult", "list", "--organization", "acme"), "--org", "acme"), lacking("--organization")),
		"a missing argument":      is(2, "profile", "create"),
		"a missing flag": {status: 2, lost: true, given: map[string]string{"--name": "made"}, begin: func(*scene) []string {
			return []string{"katapult", "create", "-o", "json"}
		}},
		"an unknown command": is(2, "katapult", "zzzzzz"),
		"a verb without a vendor": {status: 2, lost: true, given: map[string]string{"VENDOR": "katapult"}, begin: func(s *scene) []string {
			s.seeds = nil
			return []string{"delete", "backup"}
		}},
		"a verb before its vendor": is(2, "get", "katapult", katapultBackup),
		"a verb and an ID":         is(2, "get", katapultBackup),
		"no policy": {status: 2, lost: true, given: map[string]string{"VENDOR": "katapult", "ID": katapultBackup}, begin: func(s *scene) []string {
			s.seeds = nil
			return []string{"rotate"}
		}},
		"no pattern":        passes(is(2, "list", "--name", "[ci"), "--name", "ci-*"),
		"nothing to update": is(2, "katapult", "update", katapultBackup),
		"a key and no secret": passes(prepared(is(2, "deliver", "katapult", katapultBackup, "--to", "file:made", "--key", "x"), func(s *scene) {
			s.write("secret", s.credential("katapult", katapultBackup).Secret)
		}), "--secret-file", "secret", "--key", "x"),
		"not ready yet": {o: sandbox.Options{ProvisionDelay: 3 * time.Second}, status: 75, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			id := answer(s, first(s, 0, "katapult", "create", "--name", "made", "--no-generate", "-o", "json"))["id"].(string)
			return []string{"katapult", "wait", id, "--timeout", "5s"}
		}},
		"a type that is misspelled": typed("htttp"),
		"a type that is unknown":    typed("newer"),
		"not set up yet": {status: 75, fix: ready, begin: func(s *scene) []string {
			s.through("katapult", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				got := httptest.NewRecorder()
				next.ServeHTTP(got, r)
				body := got.Body.Bytes()
				if _, err := os.Stat(filepath.Join(s.dir, "ready")); err != nil {
					body = bytes.ReplaceAll(body, []byte(`"configured"`), []byte(`"pending"`))
				}
				w.Header().Set("Content-Type", got.Header().Get("Content-Type"))
				_, _ = w.Write(body)
			})
			return []string{"katapult", "wait", katapultBackup, "--timeout", "5s"}
		}},
		"a rate limit": {status: 75, given: map[string]string{"--max-wait": "10s"}, fix: func(s *scene) { s.ClearFaults() }, begin: func(s *scene) []string {
			s.fault("katapult:get:429::40")
			return []string{"katapult", "get", katapultBackup, "--max-wait", "100ms"}
		}},
		"a new key that does not work": {status: 75, lost: true, begin: func(s *scene) []string {
			s.fault("s3:buckets:503")
			return create("--wait", "--timeout", "3s", "--to", "json:made")
		}},
		"a name for what may exist": func() walk {
			w := passes(is(2, "stratum", "create", "--if-not-exists", "--to", "json:made"), "--name", "new")
			w.of, w.lost = subject{vendor: "stratum", id: stratumCI}, true
			return w
		}(),
		"what exists as variables": {status: 2, lost: true, given: map[string]string{"--to": "dotenv:made"}, begin: func(*scene) []string {
			return create("--if-not-exists", "-o", "env")
		}},
		"a secret to standard output": {status: 2, lost: true, begin: func(*scene) []string { return create("--secret-file", "-") }},
		"a secret into nothing": {status: 2, lost: true, given: map[string]string{"--secret-file": "secret"}, begin: func(*scene) []string {
			return create("-o", "json")
		}, printed: func(s *scene, args []string) outcome {
			p := s.command("", args...)
			p.Stdout = nil // the null device
			_ = p.Run()
			return p.outcome()
		}},
		"a secret in a table": passes(is(2, create()...), "--secret-file", "secret"),
		"a secret through jq": {status: 2, lost: true, given: map[string]string{"--secret-file": "secret"}, begin: func(*scene) []string {
			return create("--jq", ".id")
		}},
		"a grace of a key in place":      {status: 2, begin: func(s *scene) []string { return s.rotate("--in-place", "--yes", "--grace", "1h") }},
		"variables of what is delivered": {status: 2, lost: true, begin: func(*scene) []string { return create("-o", "env", "--to", "json:made") }},
		"no file of a workflow": {status: 2, lost: true, given: map[string]string{"--secret-file": "secret"}, begin: func(s *scene) []string {
			s.unset("GITHUB_ENV", "GITHUB_OUTPUT")
			return create("-o", "github")
		}},
		"pairs of one secret": {of: subject{vendor: "stratum", id: stratumCI}, status: 2, lost: true, begin: func(*scene) []string {
			return []string{"stratum", "create", "--name", "made", "-o", "aws"}
		}},
		"a secret that no variable can hold": {of: subject{vendor: "stratum", id: stratumCI}, status: 8, lost: true, given: map[string]string{"--secret-file": "secret"}, begin: func(s *scene) []string {
			s.answering("stratum", `"plaintext_key":"[^"]*`, `${0}'\"\\`)
			return []string{"stratum", "create", "--name", "made", "-o", "dotenv"}
		}},
		"a new secret that no destination can hold": {of: subject{vendor: "stratum", id: stratumCI}, status: 8, lost: true, begin: func(s *scene) []string {
			s.answering("stratum", `"plaintext_key":"[^"]*`, `${0}'\"\\`)
			return []string{"stratum", "create", "--name", "made", "--to", "dotenv:env"}
		}},
		"a key without its endpoint": {status: 8, look: 8, lost: true, given: map[string]string{"--to": "exec:cat >got"}, begin: func(s *scene) []string {
			s.seeds = nil
			s.answering("katapult", regexp.QuoteMeta(strings.TrimPrefix(s.URL("s3"), "http://")), "")
			return create("-o", "env")
		}},
		"a whole list": {o: sandbox.Options{Count: 600}, status: 2, given: map[string]string{"--max-memory": "1GiB"}, begin: func(*scene) []string {
			return []string{"katapult", "list", "--jq", "length", "--max-memory", "1KiB"}
		}},
		"a supplied secret that cannot be tried": {of: subject{vendor: "medianova", id: medianovaWeb, places: []string{"dotenv:%s/env"}}, status: 75, fix: func(s *scene) { s.ClearFaults() }, begin: func(s *scene) []string {
			first(s, 8, s.rotate()...)
			s.write("secret", s.made("medianova")[0].Secret)
			s.fault("s3:buckets:503")
			return resumeIt(s, "--secret-file", "secret", "--verify-timeout", "1s")
		}, stdin: func(s *scene) string { return s.made("medianova")[0].Secret }},
		"an organization that is not there": {status: 4, given: map[string]string{"--org": "acme"}, begin: func(s *scene) []string {
			s.setenv("CREDCTL_KATAPULT_ORG", "nobody")
			return []string{"katapult", "list"}
		}},
		"a region that is not there": {status: 4, lost: true, given: map[string]string{"--region": "uk-lon-1"}, begin: func(*scene) []string {
			return create("--to", "json:made", "--region", "uk-lon-01")
		}},
		"two runs that were stopped": {of: subject{vendor: "katapult", id: katapultWeb}, status: 130, lost: true, fix: ready, begin: func(s *scene) []string {
			s.seeds = nil
			s.through("katapult", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if isPost(r, "/generate_credentials") {
					f, err := os.CreateTemp(s.dir, "began")
					require.NoError(s, err)
					require.NoError(s, f.Close())
					for _, err := os.Stat(filepath.Join(s.dir, "ready")); err != nil && r.Context().Err() == nil; _, err = os.Stat(filepath.Join(s.dir, "ready")) {
						time.Sleep(20 * time.Millisecond)
					}
				}
				next.ServeHTTP(w, r)
			})
			return []string{"katapult", "rotate", katapultWeb, katapultBackup, "--parallel", "2", "--to", "exec:cat >>got"}
		}, printed: func(s *scene, args []string) outcome {
			p := s.command("", args...)
			require.NoError(s, p.Start())
			ended := make(chan error, 1)
			go func() { ended <- p.Wait() }()
			began := func() int {
				found, _ := filepath.Glob(filepath.Join(s.dir, "began*"))
				return len(found)
			}
			for began() < 2 { // however long that takes on a busy machine
				select {
				case err := <-ended:
					require.Fail(s, "it ended before it was interrupted", "%v: %s", err, p.outcome().stderr)
				case <-time.After(20 * time.Millisecond):
				}
			}
			for { // signals that come together count as one
				_ = p.Process.Signal(os.Interrupt) // it may have ended
				select {
				case <-ended:
					return p.outcome()
				case <-time.After(50 * time.Millisecond):
				}
			}
		}},
		"a rate limit of GitHub": {status: 75, given: map[string]string{"--max-wait": "10s"}, begin: func(s *scene) []string {
			count, stored := 0, false
			v := serve(s, func(w http.ResponseWriter, r *http.Request) {
				count++
				stored = stored || r.Method == http.MethodPut
				switch {
				case count == 1:
					w.Header().Set("Retry-After", "40")
					reply(w, http.StatusForbidden, `{"message": "You have exceeded a secondary rate limit"}`)
				case strings.HasSuffix(r.URL.Path, "/public-key"):
					reply(w, http.StatusOK, `{"key_id": "1", "key": "`+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))+`"}`)
				case r.Method == http.MethodPut:
					reply(w, http.StatusCreated, `{}`)
				case stored:
					reply(w, http.StatusOK, `{"name": "KEY", "created_at": "2026-01-01T00:00:00Z", "updated_at": "`+time.Now().UTC().Format(time.RFC3339)+`"}`)
				default:
					reply(w, http.StatusNotFound, `{"message": "Not Found"}`)
				}
			})
			s.setenv("GITHUB_API_URL", v.URL)
			s.setenv("GH_TOKEN", "token")
			return []string{"stratum", "create", "--name", "made", "--to", "github:acme/web/KEY", "--max-wait", "100ms"}
		}, of: subject{vendor: "stratum", id: stratumCI}, lost: true},
		"several secrets as variables": {status: 2, lost: true, given: map[string]string{"--to": "exec:cat >>got"}, begin: func(s *scene) []string {
			s.seeds = nil
			return []string{"katapult", "rotate", katapultWeb, katapultBackup, "-o", "env"}
		}},
		"several secrets to a file": {status: 2, lost: true, given: map[string]string{"--to": "exec:cat >>got"}, begin: func(s *scene) []string {
			s.seeds = nil
			return []string{"katapult", "rotate", katapultWeb, katapultBackup, "--to", "file:made"}
		}},
		"a policy that names nobody": {status: 8, says: lines, look: 8, once: true, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			s.write("rotations.yaml", strings.ReplaceAll("rotations:\n- {name: web, provider: katapult, id: "+katapultWeb+", max_age: 30d, to: ['file:made']}\n- {name: gone, provider: katapult, id: objkey_0000000000000000, max_age: 30d, to: ['file:other']}\n", "made", filepath.Join(s.dir, "made")))
			return []string{"rotate", "-f", "rotations.yaml"}
		}},
		"a policy that leaves a destination out": {status: 5, once: true, lost: true, begin: func(s *scene) []string {
			first(s, 0, s.rotate()...)
			s.write("rotations.yaml", "rotations:\n- {name: web, provider: katapult, id: "+s.made("katapult")[0].ID+", max_age: 0d, to: ['file:"+filepath.Join(s.dir, "other")+"']}\n")
			return []string{"rotate", "-f", "rotations.yaml", "--force"}
		}},
		"a policy whose secret is supplied": {of: subject{vendor: "losant", id: losantHTTP, inPlace: true}, status: 2, once: true, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			s.write("made", "given")
			s.write("rotations.yaml", "rotations:\n- {name: http, provider: losant, id: "+losantHTTP+", max_age: 1d, to: ['file:"+filepath.Join(s.dir, "other")+"']}\n")
			return []string{"rotate", "-f", "rotations.yaml"}
		}},
		"a policy whose entry fails": {status: 8, says: lines, once: true, lost: true, fix: func(s *scene) { s.ClearFaults() }, begin: func(s *scene) []string {
			s.seeds = nil
			s.fault("katapult:update:400:1")
			s.write("rotations.yaml", strings.ReplaceAll("rotations:\n- {name: web, provider: katapult, id: "+katapultWeb+", max_age: 30d, to: ['file:made']}\n- {name: backup, provider: katapult, id: "+katapultBackup+", max_age: 30d, to: ['file:other']}\n", "made", filepath.Join(s.dir, "made")))
			return []string{"rotate", "-f", "rotations.yaml"}
		}},
		"a rotation in the grace period": {says: lines, once: true, begin: func(s *scene) []string {
			return s.rotate("--grace", "1h")
		}},
		"a finding": {says: func(got outcome) string { return got.stdout }, once: true, begin: func(s *scene) []string {
			grace(s)
			return []string{"audit", "--jq", ".findings[].fix | select(. != null and contains(\"resume\"))"}
		}},
	}
}
