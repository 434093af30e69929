package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A spoilt vendor answers everything in this way.
type spoilt struct {
	name string
	with http.HandlerFunc
	exit int
}

const deep = 100_000

// spoilts are answers that no vendor should give. An endless one ends with its connection.
func spoilts() []spoilt {
	plain := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write([]byte(`[{"id":"`))
	_, _ = z.Write(bytes.Repeat([]byte("a"), 64<<20))
	_ = z.Close()
	return []spoilt{
		{"HTML", plain(200, "text/html", "<!doctype html><title>Sign in</title>"), 1},
		{"nothing", plain(200, "application/json", ""), 1},
		{"a text", plain(200, "application/json", `"yes"`), 1},
		{"a number", plain(200, "application/json", `42`), 1},
		{"nested arrays", plain(200, "application/json", strings.Repeat("[", deep)+strings.Repeat("]", deep)), 1},
		{"nested objects", plain(200, "application/json", strings.Repeat(`{"data":`, deep)+"1"+strings.Repeat("}", deep)), 1},
		{"invalid UTF-8", plain(200, "application/json", "[{\"id\":\"\xff\xfe\"}]"), 1},
		{"wrong types", plain(200, "application/json", `{"data":7,"items":"x","object_storage_access_keys":{"a":1},"pagination":[]}`), 1},
		{"garbage", plain(200, "application/json", "\x1f\x8b\x08\x00"), 1},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.example.com/?token=x", http.StatusFound)
		}, 2},
		{"an endless text", func(w http.ResponseWriter, _ *http.Request) {
			filler := bytes.Repeat([]byte("a"), 64<<10)
			_, err := w.Write([]byte(`[{"id":"`))
			for err == nil {
				_, err = w.Write(filler)
			}
		}, 1},
		{"endless white space", func(w http.ResponseWriter, _ *http.Request) {
			filler := bytes.Repeat([]byte(" \n"), 32<<10)
			_, err := w.Write([]byte(`[`))
			for err == nil {
				_, err = w.Write(filler)
			}
		}, 1},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, 1},
	}
}

// readsOfAll is a request of each sort at each vendor.
func readsOfAll() map[string][]string {
	return map[string][]string{
		"medianova list": nil, "katapult list": nil, "losant list": nil, "stratum list": nil, "stratum list --dormant": nil,
		"medianova get " + someUUID: nil, "katapult get " + someKey: nil, "losant get " + someHex: nil, "stratum get " + someUUID: nil,
	}
}

func TestNothingThatAVendorAnswersIsTakenForAListing(t *testing.T) {
	t.Parallel()
	for _, s := range spoilts() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			v := serve(t, s.with)
			for args := range readsOfAll() {
				for _, format := range []string{"json", "table"} {
					var got outcome
					within(t, 20*time.Second, func() {
						got = credctl(t, v.env, "", append(strings.Fields(args), "-o", format)...)
					})
					assert.Equal(t, s.exit, got.status, "%s -o %s: %s%s", args, format, got.stdout, got.stderr)
					assert.Equal(t, s.name == "HTML", strings.Contains(got.stderr, "check the base URL"), got.stderr)
					assert.Empty(t, got.stdout, "%s -o %s", args, format)
					assert.NotContains(t, got.stderr, "aaaa", "no part of an answer is in an error")
					assert.Less(t, len(got.stderr), 2000)
				}
			}
		})
	}
}

func TestAnItemOfAListingIsBounded(t *testing.T) {
	t.Parallel()
	item := func(size int) string {
		return fmt.Sprintf(`{"id":%q,"tenant_id":%[1]q,"name":%q}`, someUUID, strings.Repeat("n", size))
	}
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, "["+item(10)+","+item(900<<10)+","+item(10)+"]")
	})
	got := credctl(t, v.env, "", "stratum", "list", "-o", "name")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 3, strings.Count(got.stdout, someUUID))

	v = serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, "["+item(10)+","+item(2<<20)+"]") })
	got = credctl(t, v.env, "", "stratum", "list", "-o", "json")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "longer than credctl reads")
	assert.True(t, strings.HasPrefix(got.stdout, "[\n{"), got.stdout)
	assert.False(t, strings.HasSuffix(strings.TrimSpace(got.stdout), "]"), "what is not whole must not look whole")
}

func TestTenThousandHeaders(t *testing.T) {
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 10_000 {
			w.Header().Set(fmt.Sprintf("X-Header-%d", i), strings.Repeat("v", 100))
		}
		reply(w, 200, "[]")
	})
	within(t, 20*time.Second, func() {
		got := credctl(t, v.env, "", "stratum", "list", "--max-wait", "1s")
		assert.NotEqual(t, 0, got.status)
		assert.NotContains(t, got.stderr, "vvvv")
	})
}

func TestATokenDoesNotFollowARedirect(t *testing.T) {
	t.Parallel()
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, "[]") })
	for _, status := range []int{301, 302, 303, 307, 308} {
		v := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		for _, args := range []string{"stratum list", "katapult list", "losant list", "medianova list", "stratum create --name x -o json", "losant delete " + someHex + " --yes --force"} {
			got := credctl(t, v.env, "", strings.Fields(args)...)
			assert.Equal(t, 2, got.status, args)
			assert.Contains(t, got.stderr, "redirects to "+strings.TrimPrefix(other.URL, "http://"))
		}
	}
	assert.Empty(t, other.requests(""))
}

func TestControlCharactersOfAVendorStayAway(t *testing.T) {
	t.Parallel()
	const evil = "\x1b]0;owned\x07\x1b[2J\u202e\u0085\x7f"
	quoted := strings.NewReplacer("\x1b", `\u001b`, "\x07", `\u0007`).Replace(evil)
	items := `[{"id":"` + someUUID + `","tenant_id":"` + someUUID + `","name":"a` + quoted + `b"}]`
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "dormant"):
			reply(w, 400, `{"error":{"code":"C`+quoted+`","message":"m`+quoted+`\nn"}}`)
		default:
			reply(w, 200, items)
		}
	})
	for _, format := range []string{"table", "wide", "json", "jsonl", "yaml", "name"} {
		got := credctl(t, v.env, "", "stratum", "list", "-o", format)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Contains(t, got.stdout, someUUID)
		for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u0085", "\x7f"} {
			if format != "yaml" { // which escapes what YAML demands, and the rest for a terminal alone
				assert.NotContains(t, got.stdout, bad, "%s: %q", format, bad)
			}
		}
	}
	for _, format := range []string{"table", "json"} {
		got := credctl(t, v.env, "", "stratum", "list", "--dormant", "-o", format, "--debug")
		assert.Equal(t, 2, got.status)
		for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u0085", "\x7f"} {
			assert.NotContains(t, got.stderr, bad, "%s: %q", format, bad)
		}
	}
}

func TestABaseURLWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://example.com", "ftp://localhost", "http://127.0.0.1.example.com", "https://user:pw@example.com", "https://example.com/?a=b", "//x", "nonsense", "http://[::1", "https://"} {
		got := credctl(t, privateVariables(t, "KATAPULT_API_TOKEN=x", "KATAPULT_ORGANIZATION=y"), "", "katapult", "list", "--base-url", url)
		assert.Equal(t, 2, got.status, "%s: %s", url, got.stderr)
		assert.NotContains(t, got.stderr, "pw")
	}
}
