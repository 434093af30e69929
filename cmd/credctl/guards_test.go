package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// theStratumKeys is a vendor that has keys which were used so long ago, and the
// operator's key, whose use it writes down.
func theStratumKeys(t *testing.T, used ...time.Duration) (v *vendor, ids []string) {
	t.Helper()
	return stratumKeys(t, time.Now, used...)
}

// stratumKeys is the same for a vendor that writes down that the operator's key was
// used at this time.
func stratumKeys(t *testing.T, stamp func() time.Time, used ...time.Duration) (v *vendor, ids []string) {
	t.Helper()
	item := func(id, tenant, name string, used time.Time) string {
		return fmt.Sprintf(`{"id":%q,"tenant_id":%s,"name":"%s","created_at":"2026-01-02T03:04:05Z","last_used_at":%q}`, id, tenant, name, used.UTC().Format(time.RFC3339Nano))
	}
	items := make([]string, len(used))
	for i, d := range used {
		ids = append(ids, fmt.Sprintf("%08d-0000-4000-8000-000000000000", i))
		items[i] = item(ids[i], `"`+someUUID+`"`, fmt.Sprintf(`key \u001b[2J %d`, i), time.Now().Add(-d))
	}
	v = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if strings.Contains(r.URL.Path, "/tenants/") {
			reply(w, http.StatusNotFound, `{"error":{"code":"TENANT_NOT_FOUND","message":"Tenant not found"}}`)
			return
		}
		own := item("f0000000-0000-4000-8000-000000000000", "null", "Operator", stamp())
		reply(w, http.StatusOK, "["+strings.Join(append(items, own), ",")+"]")
	})
	return v, ids
}

func TestWhatWasUsedTodayIsNotDeleted(t *testing.T) {
	t.Parallel()
	v, ids := theStratumKeys(t, 25*time.Hour, 23*time.Hour)
	got := credctl(t, v.env, "", "stratum", "delete", ids[1], ids[0], "--yes")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, ids[1]+" (key ?[2J 1) was used 23h0m")
	assert.Contains(t, got.stderr, "hint: pass --force to delete it")
	assert.Empty(t, v.requests("DELETE"), "not the other one either")
	assert.Equal(t, 0, credctl(t, v.env, "", "stratum", "delete", ids[0], "--yes").status)
	assert.Equal(t, 0, credctl(t, v.env, "", "stratum", "delete", ids[1], "--yes", "--force").status)
	assert.Len(t, v.requests("DELETE"), 2)
}

// A key whose time of last use keeps step with our own requests is the one that
// they are signed with.
func TestTheKeyThatMovesWithUsIsOurs(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	operator := "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f500"
	const ci, backup = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504"
	six := []string{ci, backup, someUUID, "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"}
	require.NotEmpty(t, valueOf(env, "STRATUM_TENANT_ID"), "the operator's key is not of that tenant")
	for _, flags := range [][]string{{"--yes"}, {"--yes", "--force"}, {"--dry-run"}} {
		got := credctl(t, env, "", append([]string{"stratum", "delete", strings.ToUpper(operator)}, flags...)...)
		assert.Equal(t, 5, got.status, "%s: %s", flags, got.stderr)
		assert.Contains(t, got.stderr, operator+" is the key that credctl authenticates with")
		assert.Contains(t, got.stderr, "to delete it, pass --self")
	}
	assert.Zero(t, sent(s, "stratum", "delete"))
	got := credctl(t, env, "", append([]string{"stratum", "delete", operator, "--force", "--yes", "-o", "jsonl"}, six...)...)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stdout, `"id":"`+operator+`","result":"failed","error":{"code":"refused","exit":5`, "it is left out, and that is said")
	assert.Equal(t, 3, strings.Count(got.stdout, `"result":"not_found"`))
	assert.Equal(t, 2, strings.Count(got.stdout, `"result":"deleted"`))
	got = credctl(t, env, "", "stratum", "create", "--name", "other", "--to", "file:"+filepath.Join(t.TempDir(), "key"), "-o", "name")
	require.Equal(t, 0, got.status, got.stderr)
	other, before := strings.TrimSpace(got.stdout), sent(s, "stratum", "list")
	got = credctl(t, env, "", "stratum", "delete", other, "--yes", "--force")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, "Deleted "+other+"\n", got.stderr, "credctl has issued it, so that ours is another one")
	assert.Equal(t, 1, sent(s, "stratum", "list")-before, "all guards look at the same")
	got = credctl(t, env, "", "stratum", "delete", operator, "--yes", "--force", "--self")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 3, credctl(t, env, "", "stratum", "list").status)
}

// A tenant of the environment says what a listing is of, and not what an ID may name.
func TestAKeyOfAnotherTenantIsGuardedToo(t *testing.T) {
	t.Parallel()
	v, ids := theStratumKeys(t, 99*time.Hour, 99*time.Hour, 99*time.Hour, 99*time.Hour, 99*time.Hour, time.Hour)
	const other = "610480d8-a07f-4a14-bfca-3f9483098187"
	env := append(slices.Clone(v.env), "CREDCTL_STRATUM_TENANT="+other)
	for _, ids := range [][]string{ids[4:], ids} {
		got := credctl(t, env, "", slices.Concat([]string{"stratum", "delete", "--yes"}, ids[1:])...)
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, ids[len(ids)-1]+" (key ?[2J 5) was used 1h0m")
	}
	assert.Empty(t, v.requests("DELETE"))
	got := credctl(t, v.env, "", "stratum", "delete", "--name", "key \x1b[2J 0", "--tenant", other, "--yes")
	assert.Equal(t, 4, got.status, "a name is looked for in that tenant alone: %s", got.stderr)
}

// Where it cannot be told whether a key is the one that credctl authenticates with,
// only the statement that it is not deletes it.
func TestF13WhetherItIsOursCannotBeTold(t *testing.T) {
	t.Parallel()
	last := time.Now().Add(-time.Hour)
	v, ids := stratumKeys(t, func() time.Time { return last }, 25*time.Hour, 99*time.Hour, 99*time.Hour)
	for _, flags := range [][]string{{}, {"--force"}, {"--dry-run"}, {"-o", "json"}, {"--not-self", ids[1]}} {
		got := credctl(t, v.env, "", append([]string{"stratum", "delete", ids[0], "--yes"}, flags...)...)
		assert.Equal(t, 5, got.status, "%s: %s", flags, got.stderr)
		assert.Contains(t, got.stderr, "Cannot tell whether "+ids[0]+" is the key that credctl authenticates with")
		assert.Contains(t, got.stderr, "pass --not-self "+ids[0])
	}
	assert.Empty(t, v.requests("DELETE"))
	got := credctl(t, v.env, "", "stratum", "delete", ids[0], ids[1], ids[2], "--yes", "--not-self", ids[1], "--not-self", strings.ToUpper(ids[2]), "-o", "jsonl")
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stdout, `"id":"`+ids[0]+`","result":"failed","error":{"code":"refused","exit":5`, "it is left out")
	assert.Equal(t, 2, strings.Count(got.stdout, `"result":"deleted"`), got.stdout)
	assert.Len(t, v.requests("DELETE"), 2)
	for _, flags := range [][]string{{"--not-self", ids[0]}, {"--self"}} {
		got = credctl(t, v.env, "", append([]string{"stratum", "delete", ids[0], "--yes"}, flags...)...)
		assert.Equal(t, 0, got.status, got.stderr)
		assert.NotContains(t, got.stderr, "Cannot tell", flags)
	}
	got = credctl(t, v.env, "", "stratum", "delete", someUUID, "--yes", "--ignore-not-found")
	assert.Equal(t, 0, got.status, "what no listing has is not the key: %s", got.stderr)
	assert.Contains(t, got.stderr, "Cannot tell whether "+someUUID+" was used within a day")
}

func TestManyAreNotDeletedByMistake(t *testing.T) {
	t.Parallel()
	v, ids := theStratumKeys(t, 99*time.Hour, 99*time.Hour, 99*time.Hour, 99*time.Hour, 99*time.Hour, 99*time.Hour)
	got := credctl(t, v.env, strings.Join(ids, "\n"), "stratum", "delete", "-", "--yes", "--self")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "Refusing to delete 6 credentials at once (limit: 5)")
	assert.Contains(t, got.stderr, "hint: pass --force to delete all of them")
	assert.Empty(t, v.requests(""), "nothing is asked for what is refused in any case")
	got = credctl(t, v.env, strings.Join(append(ids[:5], ids[0]), "\r\n"), "stratum", "delete", "-", "--yes", "--self")
	assert.Equal(t, 0, got.status, "one that is named twice counts once: %s", got.stderr)
	assert.Len(t, v.requests("DELETE"), 5)
}

// What cannot be found out is not taken for a no.
func TestAGuardThatCannotAsk(t *testing.T) {
	t.Parallel()
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/linkedResources"):
			reply(w, http.StatusForbidden, `{"type":"Forbidden","message":"no"}`)
		case r.Method == http.MethodDelete:
			reply(w, http.StatusOK, `{"success":true}`)
		default:
			reply(w, http.StatusOK, `{"id":"`+someHex+`","name":"x","type":"aws"}`)
		}
	})
	got := credctl(t, v.env, "", "losant", "delete", someHex, "--yes")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "Cannot tell whether "+someHex+" is in use")
	assert.Contains(t, got.stderr, "hint: pass --force to delete it without this check")
	assert.Empty(t, v.requests("DELETE"))
	assert.Equal(t, 0, credctl(t, v.env, "", "losant", "delete", someHex, "--yes", "--force").status)
}

// TestADryRunSendsOnlyGETs: of every verb that changes something, at every vendor.
func TestADryRunSendsOnlyGETs(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	dir := t.TempDir()
	const secret, m, k, l = "CANARY-of-the-dry-run", "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1", "objkey_sbxWebAssets0002", "66a0c0de5eed0000000000c3"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rotations.yaml"), []byte(`rotations:
  - {name: web, provider: katapult, id: `+k+`, max_age: 1d, grace: 1h, to: ["file:`+filepath.Join(dir, "out")+`"]}
`), 0o600))
	all := len(s.Credentials(""))
	for _, line := range []string{
		"1 medianova create --name a --bucket assets", "1 medianova update " + m + " --read-only=false", "1 medianova delete " + m,
		"1 katapult create --name a", "1 katapult update " + k + " --new-name b", "1 katapult generate " + k, "1 katapult generate objkey_sbxStaging000003", "1 katapult delete " + k,
		"2 katapult update objkey_sbxBackup0000001 " + k + " --all-objects-read", "2 katapult delete objkey_sbxBackup0000001 " + k, "2 losant update " + l + " 66a0c0de5eed0000000000c2 --disabled",
		"1 losant create --name a --type sendgrid --set-file apiKey=-", "1 losant update " + l + " --new-name b", "1 losant update 66a0c0de5eed0000000000c1 --set-file secretAccessKey=-", "1 losant generate 66a0c0de5eed0000000000c4", "1 losant delete 66a0c0de5eed0000000000c5",
		"1 stratum create --name a", "1 stratum delete 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", "2 stratum delete 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504",
		"- medianova rotate " + m + " --to file:" + filepath.Join(dir, "o"), "- katapult rotate " + k + " --to file:" + filepath.Join(dir, "o"), "- katapult rotate " + k + " --in-place --to file:" + filepath.Join(dir, "o"),
		"- losant rotate 66a0c0de5eed0000000000c1 --set-file secretAccessKey=-", "- stratum rotate 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501 --to file:" + filepath.Join(dir, "o"), "- rotate -f " + filepath.Join(dir, "rotations.yaml"),
	} {
		shown, command, _ := strings.Cut(line, " ")
		for _, format := range []string{"json", "table"} {
			before := len(s.Requests(""))
			got := credctl(t, env, secret, append(strings.Fields(command), "--dry-run", "-o", format)...)
			assert.Equal(t, 0, got.status, "%s: %s", command, got.stderr)
			assert.NotEmpty(t, got.stdout, command)
			assert.NotContains(t, got.stdout+got.stderr, "CANARY", command)
			for _, r := range s.Requests("")[before:] {
				assert.Equal(t, http.MethodGet, r.Method, "%s: %s", command, r.Path)
			}
			switch {
			case shown == "-":
			case format == "json":
				valid(t, published(t, "dryrun"), command, got.stdout)
				assert.Equal(t, shown, strconv.Itoa(strings.Count(got.stdout, `"dry_run":`)), command)
			default:
				assert.Equal(t, shown, strconv.Itoa(strings.Count(got.stdout, "would send: ")), command)
			}
		}
	}
	assert.Len(t, s.Credentials(""), all)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 1, "and writes no file")
}

// A dry run does not log in either: it shows that, and says what it could not
// look up without it. A plan is not whole then.
func TestADryRunDoesNotLogIn(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	const one, other = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1", "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c2"
	env = append(env, "MEDIANOVA_TOKEN=", "MEDIANOVA_API_KEY="+sandbox.MedianovaAPIKey, "MEDIANOVA_API_SECRET="+sandbox.MedianovaAPISecret)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rotations.yaml"), []byte(`rotations:
  - {name: web, provider: medianova, id: `+one+`, max_age: 1d, to: ["file:`+filepath.Join(dir, "out")+`"]}
  - {name: backup, provider: katapult, id: objkey_sbxBackup0000001, max_age: 1d, to: ["file:`+filepath.Join(dir, "out2")+`"]}
`), 0o600))
	const unread, prefix = "the requests after the login are not shown", "could not check whether the address begins with /api/api/v2 or with /api/v2"
	for _, c := range []struct {
		command, note string
		shown         []string // in addition to the login
	}{
		{"delete " + one, prefix, []string{"DELETE"}},
		{"delete " + one + " " + other, prefix, []string{"DELETE", "DELETE"}},
		{"delete --name web-assets", unread, nil},
		{"update " + one + " --new-name x", unread, nil},
		{"update " + one + " " + other + " --read-only", unread, nil},
		{"create --name x --bucket assets", unread, nil},
		{"create --name x --bucket " + someUUID, prefix, []string{"POST"}},
	} {
		got := credctl(t, env, "", append(append([]string{"medianova"}, strings.Fields(c.command)...), "--dry-run")...)
		assert.Equal(t, 0, got.status, "%s: %s", c.command, got.stderr)
		assert.Equal(t, 1, strings.Count(got.stderr, c.note), got.stderr)
		assert.Contains(t, got.stderr, "to avoid the login, set MEDIANOVA_TOKEN or pass --token-file")
		assert.Contains(t, got.stdout, "/api/v1/auth/login/token\n"+`{"api_key":"[redacted]","api_secret":"[redacted]"}`)
		var methods []string
		for line := range strings.Lines(got.stdout) {
			if rest, ok := strings.CutPrefix(line, "would send: "); ok {
				method, _, _ := strings.Cut(rest, " ")
				methods = append(methods, method)
			}
		}
		assert.Equal(t, append([]string{"POST"}, c.shown...), methods, c.command)
	}
	for _, args := range [][]string{
		{"medianova", "rotate", one, "--to", "file:" + filepath.Join(dir, "o"), "--dry-run"},
		{"medianova", "rotate", "--name", "web-assets", "--to", "file:" + filepath.Join(dir, "o"), "--dry-run"},
		{"rotate", "-f", filepath.Join(dir, "rotations.yaml"), "--dry-run"},
	} {
		got := credctl(t, env, "", args...)
		assert.Equal(t, 8, got.status, "%s: %s", args, got.stdout)
		assert.Contains(t, got.stderr, "hint: "+unread)
		medianova, katapult, _ := strings.Cut(got.stdout, "backup: ")
		assert.NotContains(t, medianova, "[ok]", args)
		assert.NotContains(t, medianova, "due", "it is not known: %s", args)
		assert.Equal(t, args[0] == "rotate", strings.Contains(katapult, "[ok]"), "the rest of a policy is planned")
	}
	for _, r := range s.Requests("") {
		assert.Equal(t, http.MethodGet, r.Method, r.Path)
	}
}

// A dry run of several tells of those that would fail, in addition to what it would send.
func TestADryRunThatFailsInPart(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "katapult", "update", "objkey_sbxBackup0000001", "objkey_none", "objkey_sbxWebAssets0002", "--new-name", "b", "--dry-run")
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stderr, "1 of 3 could not be updated")
	at := slices.IndexFunc([]string{"objkey_sbxBackup0000001", "objkey_sbxWebAssets0002"}, func(id string) bool { return !strings.Contains(got.stdout, id) })
	assert.Equal(t, -1, at, got.stdout)
	assert.Less(t, strings.Index(got.stdout, "objkey_sbxBackup0000001"), strings.Index(got.stdout, "objkey_sbxWebAssets0002"), "in the order given")
	got = credctl(t, env, "", "katapult", "delete", "objkey_sbxBackup0000001", "--dry-run", "--columns", "id")
	assert.Equal(t, 2, got.status, got.stderr)
}
