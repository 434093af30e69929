//go:build unix

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// guardWalks returns the states in which a deletion is refused.
func guardWalks(ci subject) map[string]walk {
	losant := func(id string) subject { return subject{vendor: "losant", id: id, inPlace: true} }
	remove := func(s *scene, more ...string) []string {
		s.seeds = nil
		return append([]string{s.subjects[0].vendor, "delete", s.subjects[0].id, "--yes"}, more...)
	}
	return map[string]walk{
		"to delete what was delivered": {status: 5, lost: true, begin: func(s *scene) []string {
			first(s, 0, s.rotate()...)
			s.seeds = nil
			return []string{"katapult", "delete", s.made("katapult")[0].ID, "--yes"}
		}},
		"to delete what was used lately": {of: ci, status: 5, lost: true, begin: func(s *scene) []string {
			s.uses(stratumCI)
			return remove(s, "--not-self", stratumCI)
		}},
		"to delete what is in use": {of: losant(losantArchive), status: 5, lost: true, begin: func(s *scene) []string { return remove(s) }},
		"to delete what may be in use": {of: losant(losantHTTP), status: 5, lost: true, begin: func(s *scene) []string {
			s.fault("losant:linked:403:1")
			return remove(s)
		}},
		"to delete the own key": {of: ci, status: 5, lost: true, fix: func(s *scene) {
			if _, err := os.Stat(filepath.Join(s.dir, "role")); err != nil {
				s.role("administrators", "read", "write", "admin")
				touch(s, "role")
			}
		}, begin: func(s *scene) []string { s.admin(); return remove(s) }},
		"to delete what may be the own key": {of: ci, o: sandbox.Options{StratumStamps: "never"}, status: 5, lost: true, begin: func(s *scene) []string {
			s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
			return remove(s)
		}},
		"to delete many": {o: sandbox.Options{Count: 10}, status: 5, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			ids := strings.Fields(first(s, 0, "katapult", "list", "-o", "name").stdout)
			return append([]string{"katapult", "delete", "--yes"}, ids[:6]...)
		}},
	}
}

// lostStateWalks returns the states in which another state folder knows of a rotation.
func lostStateWalks(medianova subject) map[string]walk {
	unfinished := func(of subject, status int) walk {
		return walk{of: of, o: sandbox.Options{MedianovaSecret: "data.secret_key"}, status: status, begin: func(s *scene) []string {
			s.setenv("CREDCTL_FAILPOINT", "issued.noted:1")
			_ = s.run(s.rotate()...)
			s.setenv("CREDCTL_FAILPOINT", "")
			require.NoError(s, os.Rename(s.state(), s.state()+".other"))
			return s.rotate()
		}, fix: func(s *scene) { // the other run ends
			if status == 75 {
				_ = os.RemoveAll(s.state())
				require.NoError(s, os.Rename(s.state()+".other", s.state()))
				first(s, 0, s.rotate()...)
			}
		}}
	}
	lost := func(status int, more ...string) walk {
		return walk{status: status, begin: func(s *scene) []string {
			first(s, 0, s.rotate(more...)...)
			require.NoError(s, os.RemoveAll(s.state()))
			return s.rotate(more...)
		}}
	}
	gone := lost(4)
	gone.lost = true // it is delivered elsewhere
	return map[string]walk{
		"another run has not finished":       unfinished(subject{}, 75),
		"another run will not finish":        unfinished(medianova, 5),
		"the state folder was lost":          lost(5, "--grace", "1h"),
		"and the old credential was deleted": gone,
		"to deliver what is being rotated": {status: 2, fix: ready, begin: func(s *scene) []string {
			first(s, 75, s.rotate("--verify", "exec:test -e ready", "--verify-timeout", "100ms")...)
			return append([]string{"deliver", "katapult", katapultWeb}, s.to(0)...)
		}},
		"to deliver another secret": {status: 2, fix: ready, begin: func(s *scene) []string {
			first(s, 8, "katapult", "create", "--name", "made", "--to", "exec:test -e ready")
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "wrong"), []byte("wrong"), 0o600))
			return []string{"deliver", "katapult", s.made("katapult")[0].ID, "--to", "json:made", "--secret-file", "wrong"}
		}},
		"to rotate what is not wholly created": {status: 5, fix: ready, begin: func(s *scene) []string {
			first(s, 8, "katapult", "create", "--name", "made", "--to", "exec:test -e ready")
			return []string{"katapult", "rotate", s.made("katapult")[0].ID, "--to", "json:made"}
		}},
		"a destination would be left out": {status: 5, given: map[string]string{"--to": "aws:web@aws"}, begin: func(s *scene) []string {
			first(s, 0, s.rotate()...)
			return []string{"katapult", "rotate", s.made("katapult")[0].ID, "--to", "json:other"}
		}},
		"a destination is of another": {status: 5, begin: func(s *scene) []string {
			first(s, 0, s.rotate()...)
			return append([]string{"katapult", "create", "--name", "made"}, s.to(0)...)
		}},
		"to deliver an unknown secret": {status: 2, lost: true, begin: func(s *scene) []string {
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "made"), []byte(s.credential("katapult", katapultBackup).Secret), 0o600))
			return []string{"deliver", "katapult", katapultBackup, "--to", "json:out"}
		}},
	}
}

// vendorWalks returns the states in which vendors refuse or lose a request.
func vendorWalks(ci, inPlace, medianova subject, overlap []string) map[string]walk {
	clear := func(s *scene) { s.ClearFaults() }
	faulty := func(status int, of subject, fault string, args ...string) walk {
		return walk{of: of, status: status, fix: clear, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "given"), []byte("given"), 0o600))
			s.fault(fault)
			return args
		}}
	}
	web := subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}}
	http1 := subject{vendor: "losant", id: losantHTTP, inPlace: true}
	limited := func(s *scene) string {
		id := s.create("--rate-limit-max", "70")
		s.subjects = nil
		s.add(subject{vendor: "stratum", id: id, places: []string{"file:" + s.dir + "/key"}})
		return id
	}
	panel := func(fault string, status int) walk {
		w := faulty(status, medianova, fault, "medianova", "create", "--name", "made", "--bucket", "assets", "--to", "json:made")
		w.stdin = func(s *scene) string { return s.made("medianova")[0].Secret }
		return w
	}
	return map[string]walk{
		"medianova create is lost":   panel("medianova:create:cut-after:1", 9),
		"medianova tells no details": panel("medianova:get:400:1", 8),
		"medianova answers garbage":  panel("medianova:create:garbage:1", 9),
		"medianova names no ID": {of: medianova, status: 9, stdin: panel("", 9).stdin, begin: func(s *scene) []string {
			var once sync.Once
			s.through("medianova", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				got := httptest.NewRecorder()
				next.ServeHTTP(got, r)
				body := got.Body.Bytes()
				if isPost(r, "/credentials") {
					once.Do(func() { body = []byte(`{"status": true, "data": {}}`); s.fault("medianova:list:400:1") })
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(got.Code)
				_, _ = w.Write(body)
			})
			return []string{"medianova", "create", "--name", "made", "--bucket", "assets", "--to", "json:made"}
		}},
		"stratum does not assign": {of: ci, status: 8, lost: true, begin: func(s *scene) []string {
			s.role("administrators", "read", "write")
			s.fault("stratum:assign:400:1")
			return []string{"stratum", "create", "--name", "made", "--role", "administrators", "--to", "file:made"}
		}},
		"medianova is not logged in to": {of: medianova, status: 8, begin: func(s *scene) []string {
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "token"), []byte(sandbox.MedianovaToken), 0o600))
			for name, value := range map[string]string{"MEDIANOVA_TOKEN": "", "MEDIANOVA_API_KEY": sandbox.MedianovaAPIKey, "MEDIANOVA_API_SECRET": sandbox.MedianovaAPISecret} {
				s.setenv(name, value)
			}
			return s.rotate("--dry-run")
		}},
		"an own key without a role": {of: ci, status: 5, begin: func(s *scene) []string {
			s.admin()
			s.seeds = nil
			return []string{"stratum", "rotate", s.subjects[0].id, "--to", "file:" + s.dir + "/new", "--self"}
		}},
		"a key that administers": {of: ci, status: 7, begin: func(s *scene) []string {
			s.promote(stratumCI)
			return s.rotate(overlap...)
		}},
		"katapult does not generate": faulty(8, web, "katapult:generate:400", "katapult", "create", "--name", "made", "--to", "file:made"),
		"katapult provisions": {of: web, o: sandbox.Options{ProvisionDelay: 5 * time.Second}, status: 8, lost: true, begin: func(s *scene) []string {
			s.seeds = nil
			id := answer(s, first(s, 0, "katapult", "create", "--name", "made", "--no-generate", "-o", "json"))["id"].(string)
			return []string{"katapult", "generate", id, "--to", "file:made", "--timeout", "1s"}
		}},
		"katapult generate is lost":    faulty(9, web, "katapult:generate:cut-after:1", "katapult", "generate", katapultWeb, "--yes", "--to", "file:made"),
		"losant create is lost":        faulty(9, http1, "losant:create:cut-after:1", "losant", "create", "--name", "made", "--type", "http", "--set", "uriMatch=https://a.example/*", "--set", "authMethod=header", "--set-file", "secretValue=given"),
		"losant update is lost":        faulty(9, http1, "losant:update:cut-after:1", "losant", "update", losantHTTP, "--description", "x"),
		"losant update cannot be read": faulty(8, http1, "losant:get:400:1+9", "losant", "update", losantHTTP, "--description", "x"),
		"stratum create is lost":       faulty(9, ci, "stratum:create:cut-after:1", "stratum", "create", "--name", "made", "--to", "file:made"),
		"a type that losant generates not": {of: http1, status: 2, lost: true, begin: func(s *scene) []string {
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "made"), []byte("given"), 0o600))
			return []string{"losant", "generate", losantHTTP}
		}},
		"a name that losant has": {of: http1, status: 6, begin: func(s *scene) []string {
			name := s.credential("losant", losantHTTP).Name
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "given"), []byte("given"), 0o600))
			return []string{"losant", "create", "--name", name, "--type", "http", "--set", "uriMatch=https://a.example/*", "--set", "authMethod=header", "--set-file", "secretValue=given"}
		}},
		"medianova has no such key": {of: medianova, status: 4, begin: func(*scene) []string {
			return []string{"medianova", "delete", "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5ff", "--yes"}
		}},
		"stratum is not there": {of: ci, status: 75, begin: func(s *scene) []string {
			s.setenv("CREDCTL_STRATUM_BASE_URL", "http://127.0.0.1:1") // a port that no test gets
			return []string{"stratum", "list"}
		}},
		"a limit in place":      {of: ci, status: 2, lost: true, begin: func(s *scene) []string { return s.rotate("--yes", "--not-self", stratumCI, "--rate-limit-max", "5") }},
		"a limit that would go": {of: ci, status: 7, begin: func(s *scene) []string { id := limited(s); return s.rotate("--yes", "--not-self", id) }},
		"an expiry that would go": {of: ci, status: 7, begin: func(s *scene) []string {
			require.True(s, s.Expire(stratumCI, time.Now().Add(time.Hour)))
			return s.rotate(overlap...)
		}},
		"a role that is taken": {of: ci, status: 6, begin: func(s *scene) []string {
			s.role("readers", "read")
			return []string{"stratum", "role", "create", "readers", "--scopes", "read"}
		}},
		"a role that is not there": {of: ci, status: 4, begin: func(s *scene) []string { return s.rotate(append(overlap, "--role", "readers")...) }},
		"a tenant that is not there": {of: ci, status: 4, begin: func(*scene) []string {
			return []string{"stratum", "list", "--tenant", "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4aff"}
		}},
		"a tenant of others": {of: ci, status: 3, begin: func(s *scene) []string {
			s.admin()
			return []string{"stratum", "list", "--tenant", "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4a02"}
		}},
		"a key without a server": {of: ci, status: 2, begin: func(s *scene) []string {
			s.setenv("STRATUM_BASE_URL", "")
			s.setenv("CREDCTL_STRATUM_BASE_URL", "")
			s.setenv("STRATUM_API_KEY", strings.Replace(sandbox.StratumOperatorKey, "sk_test_", "sk_live_", 1))
			return []string{"stratum", "list"}
		}, fix: func(s *scene) { s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey) }},
		"a name that is too long": {of: ci, status: 2, lost: true, begin: func(s *scene) []string {
			return s.rotate("--yes", "--not-self", stratumCI, "--new-name", strings.Repeat("x", 256))
		}},
		"katapult names no endpoint": {status: 7, begin: func(s *scene) []string {
			s.through("katapult", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				got := httptest.NewRecorder()
				next.ServeHTTP(got, r)
				body := bytes.ReplaceAll(got.Body.Bytes(), []byte(strings.TrimPrefix(s.URL("s3"), "http://")), []byte("http://10.77.0.1"))
				w.Header().Set("Content-Type", got.Header().Get("Content-Type"))
				w.WriteHeader(got.Code)
				_, _ = w.Write(body)
			})
			return s.rotate()
		}},
	}
}
