//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// through puts a proxy before a vendor, in which around does what happens meanwhile.
func (s *scene) through(vendor string, around func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	s.Helper()
	target, err := url.Parse(s.URL(vendor))
	require.NoError(s, err)
	next := httputil.NewSingleHostReverseProxy(target)
	v := serve(s, func(w http.ResponseWriter, r *http.Request) { around(w, r, next) })
	s.setenv("CREDCTL_"+strings.ToUpper(vendor)+"_BASE_URL", v.URL)
}

// breaksState returns what makes the state folder unusable, and mendState gives it back.
func breaksState(s *scene) func() {
	state := s.state()
	return func() {
		require.NoError(s, os.Rename(state, state+".away"))
		require.NoError(s, os.WriteFile(state, nil, 0o600))
	}
}

func mendState(s *scene) {
	if i, err := os.Stat(s.state()); err == nil && !i.IsDir() {
		require.NoError(s, os.Remove(s.state()))
		require.NoError(s, os.Rename(s.state()+".away", s.state()))
	}
}

// isPost reports whether a request creates something at a path that ends so.
func isPost(r *http.Request, path string) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, path)
}

// uses sends a request that a key of Stratum signs.
func (s *scene) uses(id string) {
	r, err := http.NewRequest(http.MethodGet, s.URL("stratum")+"/api/v1/tenants", nil)
	require.NoError(s, err)
	r.Header.Set("X-API-Key", s.credential("stratum", id).Secret)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	require.NoError(s, resp.Body.Close())
}

// creationWalks returns the states of creations, and of what else happens while a command runs.
func creationWalks(ci, inPlace, medianova subject, overlap []string) map[string]walk {
	create := func(s *scene, more ...string) []string {
		return append([]string{"katapult", "create", "--name", "made", "--to", "json:" + s.dir + "/made.json"}, more...)
	}
	operation := func(s *scene) string { return s.operations()[0].ID }
	stranger := func(s *scene, name string) {
		s.post("/api/v1/api-keys", map[string]any{"name": name, "tenant_id": valueOf(s.env, "STRATUM_TENANT_ID")})
	}
	return map[string]walk{
		"a create without an answer": {status: 9, begin: func(s *scene) []string { s.fault("katapult:create:cut-after:1"); return create(s) }},
		"a create in another account": {of: ci, status: 2, begin: func(s *scene) []string {
			s.admin()
			s.seeds = nil
			args := []string{"stratum", "create", "--name", "made", "--to", "exec:test -e ready"}
			first(s, 8, args...)
			s.setenv("STRATUM_API_KEY", s.globex())
			return args
		}},
		"in place, and another host may have done so since": {of: subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}, inPlace: true}, status: 9, begin: func(s *scene) []string {
			s.setenv("CREDCTL_FAILPOINT", "issue.sending")
			_ = s.run(s.rotate("--in-place", "--yes")...)
			s.setenv("CREDCTL_FAILPOINT", "")
			return []string{"rotation", "resume", operation(s)}
		}},
		"the token was changed, and nothing tells whose it is": {of: ci, o: sandbox.Options{StratumStamps: "never"}, status: 5, begin: func(s *scene) []string {
			s.admin()
			s.seeds = nil
			first(s, 0, "stratum", "rotate", stratumCI, "--overlap", "--grace", "1h", "--to", "file:"+s.dir+"/new")
			s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
			return []string{"rotation", "resume", stratumCI, "--grace", "0"}
		}},
		"a create that may be another's": {of: ci, status: 9, begin: func(s *scene) []string {
			args := []string{"stratum", "create", "--name", "made", "--to", "file:" + s.dir + "/made"}
			s.setenv("CREDCTL_FAILPOINT", "create.answered:1")
			_ = s.run(args...)
			s.setenv("CREDCTL_FAILPOINT", "")
			stranger(s, "made")
			return args
		}},
		"an abort of a create that failed": {status: 8, begin: func(s *scene) []string {
			first(s, 8, create(s, "--to", "exec:test -e ready")...)
			require.NoError(s, os.Remove(filepath.Join(s.dir, "made.json")))
			s.fault("katapult:delete:400:1")
			return []string{"rotation", "abort", operation(s), "--yes", "--force"}
		}},
		"an abort of a create that was delivered": {status: 5, fix: ready, begin: func(s *scene) []string {
			first(s, 8, create(s, "--to", "exec:test -e ready")...)
			return []string{"rotation", "abort", operation(s), "--yes"}
		}},
		"a create whose secret is in a panel": {of: medianova, status: 8, begin: func(s *scene) []string {
			return []string{"medianova", "create", "--name", "made", "--bucket", "assets", "--to", "json:" + s.dir + "/made"}
		}, stdin: func(s *scene) string { return s.made("medianova")[0].Secret }},
		"a create without its secret": {of: ci, status: 8, begin: func(s *scene) []string {
			s.fault("stratum:create:no-secret:1")
			first(s, 8, "stratum", "create", "--name", "made", "--to", "file:"+s.dir+"/made")
			return []string{"rotation", "resume", operation(s)}
		}, stdin: func(s *scene) string { return s.made("stratum")[0].Secret }},
		"a create that was not shown": {of: ci, status: 8, begin: func(s *scene) []string {
			s.setenv("CREDCTL_FAILPOINT", "create.showing:1")
			_ = s.run("stratum", "create", "--name", "made", "-o", "json")
			s.setenv("CREDCTL_FAILPOINT", "")
			return []string{"rotation", "resume", operation(s), "-o", "name"}
		}},
		"a create that cannot be kept": {of: ci, status: 8, begin: func(s *scene) []string {
			var once sync.Once
			breakState := breaksState(s)
			s.through("stratum", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if isPost(r, "/api-keys") {
					once.Do(breakState)
				}
				next.ServeHTTP(w, r)
			})
			return []string{"stratum", "create", "--name", "made", "-o", "json"}
		}, printed: func(s *scene, args []string) outcome {
			p := s.command("", args...)
			p.Stdout = brokenPipe(s)
			_ = p.Run()
			return p.outcome()
		}, fix: mendState},
		"a replacement that can neither be recorded nor revoked": {of: ci, status: 8, fix: mendState, begin: func(s *scene) []string {
			var once sync.Once
			breakState := breaksState(s)
			s.through("stratum", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if isPost(r, "/api-keys") {
					once.Do(func() { breakState(); s.fault("stratum:delete:403:1") })
				}
				next.ServeHTTP(w, r)
			})
			return s.rotate(overlap...)
		}},
		"a secret in place that is nowhere": {of: inPlace, status: 8, lost: true, begin: func(s *scene) []string {
			var once sync.Once
			breakState := breaksState(s)
			s.through("stratum", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if isPost(r, "/rotate") {
					once.Do(func() { breakState(); require.NoError(s, os.Rename(s.dir+"/keys", s.dir+"/keys.away")) })
				}
				next.ServeHTTP(w, r)
			})
			require.NoError(s, os.Mkdir(s.dir+"/keys", 0o700))
			return []string{"stratum", "rotate", stratumCI, "--to", "file:" + s.dir + "/keys/key", "--yes", "--not-self", stratumCI}
		}, fix: func(s *scene) {
			mendState(s)
			_ = os.Rename(s.dir+"/keys.away", s.dir+"/keys")
		}},
		"a deletion that the vendor only says": {status: 8, begin: func(s *scene) []string {
			var once sync.Once
			s.through("katapult", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				said := false
				if r.Method == http.MethodDelete {
					once.Do(func() { said = true })
				}
				if said {
					_, _ = w.Write([]byte(`{}`))
					return
				}
				next.ServeHTTP(w, r)
			})
			return s.rotate()
		}},
		"the old key was given more meanwhile": {of: ci, status: 7, begin: func(s *scene) []string {
			var once sync.Once
			s.through("stratum", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				next.ServeHTTP(w, r)
				if isPost(r, "/api-keys") {
					once.Do(func() { s.promote(stratumCI) })
				}
			})
			return s.rotate(overlap...)
		}},
		"the audit log says that it signs": {of: ci, o: sandbox.Options{StratumStamps: "never", StratumCarryOver: true}, status: 5, begin: func(s *scene) []string {
			s.admin()
			s.seeds = nil
			require.NoError(s, os.RemoveAll(s.state()))
			own := s.subjects[0].id
			return []string{"stratum", "rotate", own, "--not-self", own, "--overlap", "--to", "file:" + s.dir + "/new"}
		}},
		"another process continued without a lock": {status: 75, begin: func(s *scene) []string {
			return s.rotate("--hook", "if mkdir began; then while ! test -e ready; do sleep 0.05; done; fi")
		}, printed: func(s *scene, args []string) outcome {
			p := s.command("", args...)
			require.NoError(s, p.Start())
			require.Eventually(s, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 20*time.Second, 20*time.Millisecond)
			require.NoError(s, os.RemoveAll(filepath.Join(s.state(), "locks")))
			first(s, 0, args...)
			ready(s)
			_ = p.Wait()
			return p.outcome()
		}},
		"a server that may record use late": {of: ci, status: 75, begin: func(s *scene) []string {
			s.setenv("STRATUM_API_KEY", "")
			s.setenv("STRATUM_BEARER_TOKEN", sandbox.StratumBearer) // of which no use is recorded
			s.setenv("CREDCTL_FAILPOINT", "issue.answered:1")
			_ = s.run(s.rotate("--overlap")...)
			s.setenv("CREDCTL_FAILPOINT", "")
			return s.rotate("--overlap")
		}, fix: func(s *scene) { s.uses(stratumBackup) }}, // what the wait is for
		"several wait": {status: 75, fix: ready, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			return s.policy(fmt.Sprintf("rotations:\n- {name: web, provider: katapult, id: %s, max_age: 1d, to: ['exec:cat >>got'], verify: 'exec:test -e ready', verify_timeout: 1s}\n- {name: backup, provider: katapult, id: %s, max_age: 1d, to: ['exec:cat >>got'], verify: 'exec:test -e ready', verify_timeout: 1s}\n", katapultWeb, katapultBackup), "--force")
		}},
		"a policy that matches nothing": {status: 4, begin: func(s *scene) []string {
			return s.policy(fmt.Sprintf("rotations:\n- {name: web, provider: katapult, select: {name: 'nothing-*'}, max_age: 1d, to: ['file:%s/{name}']}\n", s.dir))
		}},
		"a policy in which too much is due": {status: 5, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			return s.policy(fmt.Sprintf("max_changes: 1\nrotations:\n- {name: web, provider: katapult, id: %s, max_age: 1d, to: ['file:%s/web']}\n- {name: backup, provider: katapult, id: %s, max_age: 1d, to: ['file:%[2]s/backup']}\n", katapultWeb, s.dir, katapultBackup))
		}},
		"no endpoint to verify with": {of: medianova, o: sandbox.Options{MedianovaSecret: "data.secret_key"}, status: 2, begin: func(s *scene) []string {
			s.given = map[string]string{"VALUE": s.URL("s3")}
			s.setenv("MEDIANOVA_S3_ENDPOINT", "")
			s.setenv("CREDCTL_MEDIANOVA_S3_ENDPOINT", "")
			return s.rotate()
		}},
	}
}
