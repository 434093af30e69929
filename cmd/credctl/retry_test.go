package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/sandbox"
)

// madeByStratum is a new key as Stratum answers it.
const madeByStratum = `{"id":"` + someUUID + `","name":"ci","plaintext_key":"sk_test_2xMM30"}`

// withFaults starts a sandbox in which these faults are in force.
func withFaults(t *testing.T, o sandbox.Options, faults ...string) (*sandbox.Sandbox, []string) {
	t.Helper()
	for _, text := range faults {
		f, err := sandbox.ParseFault(text)
		require.NoError(t, err)
		o.Faults = append(o.Faults, f)
	}
	return inSandbox(t, o)
}

// sent counts the requests of a verb at a vendor.
func sent(s *sandbox.Sandbox, vendor, verb string) (n int) {
	for _, r := range s.Requests(vendor) {
		if r.Verb == verb {
			n++
		}
	}
	return n
}

// The creates of all vendors.
func creates() map[string][]string {
	return map[string][]string{
		"medianova": {"medianova", "create", "--name", "x", "--bucket", "assets", "-o", "json"},
		"katapult":  {"katapult", "create", "--name", "x", "-o", "json"},
		"losant":    {"losant", "create", "--name", "x", "--type", "sendgrid", "--set-file", "apiKey=-", "-o", "json"},
		"stratum":   {"stratum", "create", "--name", "x", "-o", "json"},
	}
}

// failed reads the error object, which is all that standard error holds.
func failed(t *testing.T, got outcome) exit.Object {
	t.Helper()
	var e struct{ Error exit.Object }
	require.NoError(t, json.Unmarshal([]byte(got.stderr), &e), got.stderr)
	assert.Equal(t, got.status, e.Error.Exit)
	return e.Error
}

func TestAReadIsRepeated(t *testing.T) {
	t.Parallel()
	for _, vendor := range sandboxed() {
		for _, fault := range []string{"503:3", "502:1", "504:1", "cut-before:3"} {
			t.Run(vendor+" "+fault, func(t *testing.T) {
				t.Parallel()
				s, env := withFaults(t, sandbox.Options{}, vendor+":list:"+fault)
				got := credctl(t, env, "", vendor, "list", "-o", "name")
				assert.Equal(t, 0, got.status, got.stderr)
				assert.NotEmpty(t, got.stdout)
				assert.Empty(t, got.stderr)
				times := int(fault[len(fault)-1] - '0')
				assert.Equal(t, times+1, sent(s, vendor, "list"))
			})
		}
		t.Run(vendor+" gives up", func(t *testing.T) {
			t.Parallel()
			s, env := withFaults(t, sandbox.Options{}, vendor+":list:503")
			got := credctl(t, env, "", vendor, "list", "-o", "json")
			e := failed(t, got)
			assert.Equal(t, "unavailable", e.Code)
			assert.Equal(t, 75, e.Exit)
			assert.Equal(t, 503, e.Status)
			assert.Empty(t, got.stdout)
			assert.Equal(t, 4, sent(s, vendor, "list"))
		})
		t.Run(vendor+" 500", func(t *testing.T) {
			t.Parallel()
			s, env := withFaults(t, sandbox.Options{}, vendor+":list:500")
			assert.Equal(t, 75, credctl(t, env, "", vendor, "list").status)
			assert.Equal(t, 1, sent(s, vendor, "list"), "it is no passing trouble")
		})
	}
}

// A delete that was carried out has succeeded, whatever became of its answer.
func TestADeleteWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	ids := map[string]string{
		"medianova": "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1", "katapult": "objkey_sbxBackup0000001",
		"losant": "66a0c0de5eed0000000000c5", "stratum": "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501",
	}
	for vendor, id := range ids {
		for _, fault := range []string{"cut-after:1", "502-after:1", "504-after:1"} {
			t.Run(vendor+" "+fault, func(t *testing.T) {
				t.Parallel()
				s, env := withFaults(t, sandbox.Options{}, vendor+":delete:"+fault)
				got := credctl(t, env, "", vendor, "delete", id, "--yes", "--force", "-o", "json")
				assert.Equal(t, 0, got.status, got.stderr)
				assert.Contains(t, got.stdout, `"gone"`)
				assert.Equal(t, 2, sent(s, vendor, "delete"))
			})
		}
	}
}

func TestACreateIsNeverRepeated(t *testing.T) {
	t.Parallel()
	for vendor, args := range creates() {
		for fault, want := range map[string]int{
			"500": 9, "502": 9, "504": 9, "503": 75, "500-after": 9, "cut-before": 9, "cut-after": 9, "cut-body": 9,
			"html": 9, "truncate": 9, "garbage": 9, "endless": 9, "redirect": 2, "400": 2, "401": 3, "403": 3, "404": 4, "409": 6,
		} {
			t.Run(vendor+" "+fault, func(t *testing.T) {
				t.Parallel()
				s, env := withFaults(t, sandbox.Options{ProvisionDelay: -1}, vendor+":create:"+fault)
				got := credctl(t, env, "SG.canary", args...)
				e := failed(t, got)
				assert.Equal(t, want, got.status, got.stderr)
				assert.Equal(t, 1, sent(s, vendor, "create"))
				assert.Equal(t, vendor, e.Provider)
				assert.Equal(t, "create", e.Verb)
				if want == 9 {
					assert.Equal(t, "unknown", e.Code)
					assert.Contains(t, e.Hint, "credctl "+vendor+" list", "who does not know looks")
				}
				if fault != "truncate" || vendor != "katapult" { // of that one half an answer names the key
					assert.Empty(t, got.stdout)
				}
			})
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func() string{
		"seconds": func() string { return "1" },
		"date":    func() string { return time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		for _, args := range []string{"stratum list", "stratum create --name x -o json"} {
			t.Run(name+" "+args, func(t *testing.T) {
				t.Parallel()
				refused, asks := false, "GET /api/v1/api-keys"
				if strings.Contains(args, "create") {
					asks = "POST /api/v1/api-keys"
				}
				v := serve(t, func(w http.ResponseWriter, r *http.Request) {
					switch {
					case !refused && r.Method+" "+r.URL.Path == asks:
						refused = true
						w.Header().Set("Retry-After", header())
						w.WriteHeader(http.StatusTooManyRequests)
					case r.Method == http.MethodPost:
						reply(w, 201, madeByStratum)
					case strings.Contains(r.URL.Path, "/tenants/"): // it exists, and has no keys
						reply(w, 200, `{"id":"`+someUUID+`"}`)
					default:
						reply(w, 200, "[]")
					}
				})
				begin := time.Now()
				got := credctl(t, v.env, "", strings.Fields(args)...)
				assert.Equal(t, 0, got.status, got.stderr)
				assert.GreaterOrEqual(t, time.Since(begin), 900*time.Millisecond)
				assert.Len(t, v.requests(asks), 2, "a request that was refused for the rate was not carried out")
			})
		}
	}
}

func TestNoWaitIsLongerThanAllowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		for _, after := range []string{"3600", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
			v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", after)
				reply(w, status, `{"error":{"code":"X","message":"later"}}`)
			})
			begin := time.Now()
			got := credctl(t, v.env, "", "stratum", "list", "--max-wait", "1s", "-o", "json")
			assert.Equal(t, 75, failed(t, got).Exit)
			assert.Less(t, time.Since(begin), 10*time.Second)
			assert.Len(t, v.requests(""), 1)
		}
	}
}

// What the vendor has no room for is not sent, and told of each.
func TestNoWaitForTheQuotaIsLongerThanAllowed(t *testing.T) {
	t.Parallel()
	ids := []string{"66a0c0de5eed0000000000c1", "66a0c0de5eed0000000000c2", "66a0c0de5eed0000000000c3"}
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // credctl lists the existing keys before it deletes
			reply(w, 200, `{"items":[{"id":"`+strings.Join(ids, `"},{"id":"`)+`"}],"count":3,"totalCount":3}`)
			return
		}
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", "20")
		reply(w, 200, `{"success":true}`)
	})
	args := append([]string{"losant", "delete", "--yes", "--force", "--parallel", "1", "--max-wait", "1s", "-o", "json"}, ids...)
	begin := time.Now()
	got := credctl(t, v.env, "", args...)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Less(t, time.Since(begin), 10*time.Second)
	assert.Len(t, v.requests("DELETE"), 1)
	var results []result
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &results))
	require.Len(t, results, 3)
	assert.Equal(t, "deleted", results[0].Result)
	for _, r := range results[1:] {
		assert.Equal(t, "failed", r.Result)
		assert.Equal(t, "rate_limited", r.Error.Code)
		assert.Contains(t, r.Error.Message, "not sent: the vendor's rate limit allows no request for ")
		assert.Contains(t, r.Error.Hint, "--max-wait")
	}
}

func TestEveryFormOf429(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, headers, body string }{
		{"stratum list", "Retry-After: 0, X-RateLimit-Remaining: 0, X-RateLimit-Reset: 2026-11-22T04:55:09.930Z", `{"error":{"code":"RATE_LIMITED","message":"Rate limit exceeded. Try again in 3 seconds."}}`},
		{"stratum list", "Retry-After: 0, X-RateLimit-Remaining: 0, X-RateLimit-Reset: 0", `{"error":{"code":"VALIDATION_ERROR","message":"Rate limit exceeded, retry in 5 seconds"}}`},
		{"katapult list", "Retry-After: 0", `{"error":{"code":"rate_limit_reached","description":"d","detail":{"total_permitted":1000}}}`},
		{"katapult list", "Retry-After: 0", `{"code":"rate_limit_reached","description":"d","detail":{"total_permitted":1000}}`},
		{"losant list", "", `{"type":"RateLimited","message":"Over rate limit, request throttled"}`},
		{"medianova list", "Retry-After: 0", `{"message":"Too Many Attempts."}`},
		{"medianova list", "", `<html>Too many requests</html>`},
	} {
		var times int
		v := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/tenants/") { // it exists, and has no keys
				reply(w, 200, `{"id":"`+someUUID+`"}`)
				return
			}
			if times++; times > 1 {
				reply(w, 200, map[string]string{
					"stratum": "[]", "katapult": `{"pagination":{"current_page":1,"total_pages":0,"total":0},"object_storage_access_keys":[]}`,
					"losant": `{"items":[],"count":0,"totalCount":0}`, "medianova": `{"status":true,"data":[]}`,
				}[strings.Fields(c.args)[0]])
				return
			}
			for h := range strings.SplitSeq(c.headers, ", ") {
				if k, value, ok := strings.Cut(h, ": "); ok {
					w.Header().Set(k, value)
				}
			}
			reply(w, 429, c.body)
		})
		got := credctl(t, v.env, "", append(strings.Fields(c.args), "-o", "json")...)
		assert.Equal(t, 0, got.status, "%s: %s", c.body, got.stderr)
		assert.Equal(t, "[]\n", got.stdout)
	}
}

func TestAQuotaIsAConflict(t *testing.T) {
	t.Parallel()
	for vendor, args := range creates() {
		s, env := inSandbox(t, sandbox.Options{Quota: 1, ProvisionDelay: -1})
		got := credctl(t, env, "SG.canary", args...)
		e := failed(t, got)
		assert.Equal(t, 6, e.Exit, "%s: %s", vendor, got.stderr)
		assert.Equal(t, "conflict", e.Code)
		assert.Equal(t, 1, sent(s, vendor, "create"), vendor)
		assert.Zero(t, sent(s, vendor, "delete"))
	}
}

func TestAListingThatFailsHalfWayIsLeftOpen(t *testing.T) {
	t.Parallel()
	for _, vendor := range []string{"katapult", "losant"} {
		for _, fault := range []string{"500:1+", "404:1+", "truncate:1+", "garbage:1+", "html:1+"} {
			for format, begins := range map[string]string{"json": "[\n{", "yaml": "- provider: " + vendor + "\n", "table": ""} {
				_, env := withFaults(t, sandbox.Options{Count: 350}, vendor+":list:"+fault) // the first page arrives
				got := credctl(t, env, "", vendor, "list", "-o", format)
				assert.NotEqual(t, 0, got.status, "%s %s -o %s", vendor, fault, format)
				assert.True(t, strings.HasPrefix(got.stdout, begins), "%s %s -o %s", vendor, fault, format)
				if format == "table" {
					assert.Empty(t, got.stdout, "%s %s", vendor, fault)
					continue
				}
				var list []any
				require.Error(t, yaml.Unmarshal([]byte(got.stdout), &list), "%s %s -o %s: what is not whole must not look whole", vendor, fault, format)
				if format == "json" {
					failed(t, got)
					assert.False(t, json.Valid([]byte(got.stdout)), "%s %s: what is not whole must not look whole", vendor, fault)
				}
			}
		}
	}
}

func TestOneVendorOfAllThatIsDown(t *testing.T) {
	t.Parallel()
	_, env := withFaults(t, sandbox.Options{}, "losant:list:500")
	got := credctl(t, env, "", "list", "-o", "json")
	e := failed(t, got)
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "losant")
	var all []struct{ Provider string }
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all), "the rest is whole")
	seen := map[string]bool{}
	for _, c := range all {
		seen[c.Provider] = true
	}
	assert.Equal(t, map[string]bool{"medianova": true, "katapult": true, "stratum": true}, seen)
}
