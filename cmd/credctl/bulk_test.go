package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/sandbox"
)

// losantIDs are IDs that Losant could have.
func losantIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%024x", i+1)
	}
	return ids
}

// results reads the results of a run with -o jsonl or json.
// A result is what came of one credential, as programs read it.
type result struct {
	Provider, Kind, ID, Result string

	Error *exit.Object
}

func readResults(t *testing.T, text string) (all []result) {
	t.Helper()
	if strings.HasPrefix(text, "[") {
		require.NoError(t, json.Unmarshal([]byte(text), &all))
		return all
	}
	for line := range strings.Lines(text) {
		var r result
		require.NoError(t, json.Unmarshal([]byte(line), &r), line)
		all = append(all, r)
	}
	return all
}

func idOf(r *http.Request) string { return r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] }

func TestResultsInTheOrderGiven(t *testing.T) {
	ids := losantIDs(30)
	var now, most atomic.Int64
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(time.Duration(20-n) * time.Millisecond) // who comes later is done earlier
		switch id := idOf(r); {
		case strings.HasSuffix(id, "3"):
			reply(w, http.StatusForbidden, `{"type":"Forbidden","message":"not \u001b[2Jyours"}`)
		case strings.HasSuffix(id, "4"):
			reply(w, http.StatusNotFound, `{"type":"NotFound","message":"no such thing"}`)
		default:
			reply(w, http.StatusOK, `{"success":true,"id":"`+id+`","name":"n","type":"aws"}`)
		}
	})
	want := make([]string, len(ids))
	for i, id := range ids {
		switch {
		case strings.HasSuffix(id, "3"):
			want[i] = "failed " + id
		case strings.HasSuffix(id, "4"):
			want[i] = "not_found " + id
		default:
			want[i] = "deleted " + id
		}
	}
	for _, format := range []string{"json", "jsonl", "csv", "table"} {
		most.Store(0)
		got := credctl(t, v.env, strings.Join(ids, "\n"), "losant", "delete", "-", "--yes", "--force", "--parallel", "8", "-o", format)
		assert.Equal(t, 8, got.status, got.stderr)
		assert.LessOrEqual(t, most.Load(), int64(8))
		assert.Greater(t, most.Load(), int64(4))
		assert.NotContains(t, got.stdout+got.stderr, "\x1b")
		assert.Contains(t, got.stderr, "4 of 30 could not be deleted")
		var said []string
		switch format {
		case "csv":
			for line := range strings.Lines(got.stdout) {
				id, what, _ := strings.Cut(strings.TrimSpace(line), ",")
				said = append(said, what+" "+id)
			}
			said = said[1:]
		case "table":
			for line := range strings.Lines(got.stderr) {
				for title, result := range map[string]string{"Deleted ": "deleted ", "Failed: ": "failed ", "Not found: ": "not_found "} {
					if what, ok := strings.CutPrefix(line, title); ok {
						id, _, _ := strings.Cut(strings.TrimSpace(what), ":")
						said = append(said, result+id)
					}
				}
			}
			assert.Empty(t, got.stdout)
		default:
			for _, r := range readResults(t, got.stdout) {
				said = append(said, r.Result+" "+r.ID)
				if r.Error != nil {
					assert.Equal(t, r.ID, r.Error.ID)
					assert.Contains(t, []int{3, 4}, r.Error.Exit)
				}
			}
		}
		assert.Equal(t, want, said, format)
	}
	got := credctl(t, v.env, "", append([]string{"losant", "get", "-o", "jsonl", "--parallel", "8"}, ids[:10]...)...)
	assert.Equal(t, 8, got.status)
	assert.Equal(t, 8, strings.Count(got.stdout, "\n"))
	assert.Contains(t, got.stderr, "2 of 10 could not be read")
	for _, id := range []string{ids[2], ids[3]} {
		assert.Contains(t, got.stderr, id, "what is missing is named")
	}
}

// A line for each comes as soon as it is known.
func TestResultsStream(t *testing.T) {
	for _, args := range [][]string{
		{"delete", "--yes", "--force", "-o", "jsonl"},
		{"get", "-o", "jsonl"},
		{"get", "-o", "name"},
		{"get", "-o", "csv", "--no-headers"},
		{"update", "--disabled", "-o", "jsonl"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			ids, seen := losantIDs(4), make(chan struct{})
			v := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if idOf(r) == ids[3] {
					<-seen
				}
				reply(w, http.StatusOK, `{"success":true,"id":"`+idOf(r)+`","name":"n","type":"aws","enabled":false}`)
			})
			read, write := io.Pipe()
			done := make(chan int)
			go func() {
				done <- run(t.Context(), append(append([]string{"losant"}, args...), ids...), v.env, strings.NewReader(""), write, io.Discard)
			}()
			lines := bufio.NewScanner(read)
			within(t, 10*time.Second, func() {
				for _, id := range ids[:3] {
					assert.True(t, lines.Scan())
					assert.Contains(t, lines.Text(), id)
				}
			})
			close(seen)
			require.True(t, lines.Scan())
			assert.Equal(t, 0, <-done)
		})
	}
}

func TestAnInterruptBeginsNothingMore(t *testing.T) {
	ids := losantIDs(20)
	var came sync.WaitGroup
	came.Add(4)
	release := make(chan struct{})
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			came.Done()
			<-release
		}
		reply(w, http.StatusOK, `{"success":true}`)
	})
	p := prepare(t, v.env, append([]string{"losant", "delete", "--yes", "--force", "--parallel", "4", "-o", "json"}, ids...)...)
	require.NoError(t, p.Start())
	came.Wait()
	require.NoError(t, p.Process.Signal(os.Interrupt))
	time.Sleep(100 * time.Millisecond) // for the signal to arrive
	close(release)
	require.Error(t, p.Wait())
	assert.Equal(t, 130, p.ProcessState.ExitCode(), p.stderr.String())
	valid(t, published(t, "result"), "delete", p.stdout.String())
	all := readResults(t, p.stdout.String())
	require.Len(t, all, 20)
	for i, r := range all {
		assert.Equal(t, ids[i], r.ID)
		assert.Equal(t, map[bool]string{true: "deleted", false: "interrupted"}[i < 4], r.Result, "what was begun is known")
		if i >= 4 {
			assert.Equal(t, "interrupted", r.Error.Code)
			assert.Equal(t, r.ID+": skipped: interrupted", r.Error.Message)
		}
	}
	assert.Len(t, v.requests("DELETE"), 4)
}

// Who reads us goes away: nothing more is begun.
func TestABrokenPipeBeginsNothingMore(t *testing.T) {
	ids := losantIDs(200)
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(50 * time.Millisecond) // as a vendor takes
		reply(w, http.StatusOK, `{"success":true}`)
	})
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	p := prepare(t, v.env, "losant", "delete", "-", "--yes", "--force", "-o", "jsonl")
	p.Stdin, p.Stdout = strings.NewReader(strings.Join(ids, "\n")), write
	require.Error(t, p.Run())
	require.NoError(t, write.Close())
	assert.Equal(t, 141, p.ProcessState.ExitCode())
	assert.Less(t, len(v.requests("DELETE")), 50)
}

func TestSelection(t *testing.T) {
	s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	const backup, web = "objkey_sbxBackup0000001", "objkey_sbxWebAssets0002"
	for i := range 2 {
		require.Equal(t, 0, credctl(t, env, "", "katapult", "create", "--name", "twin", "--no-generate").status, i)
	}
	before := len(s.Requests("katapult"))
	for name, c := range map[string]struct {
		stdin, args string
		status      int
		stdout      string
		stderr      string
	}{
		"IDs":                    {"", "get " + web + " " + backup + " -o name", 0, web + "\n" + backup + "\n", ""},
		"IDs on standard input":  {web + "\r\n\n " + backup + "\t\n", "get - -o name", 0, web + "\n" + backup + "\n", ""},
		"both, and twice":        {web + "\n", "get " + backup + " - " + backup + " -o name", 0, backup + "\n" + web + "\n", ""},
		"a name":                 {"", "get --name backup -o name", 0, backup + "\n", ""},
		"a part of a name":       {"", "get --name back -o name", 4, "", `no access key is named "back"`},
		"a name in another case": {"", "get --name Backup -o name", 4, "", `no access key is named "Backup"`},
		"a name of two":          {"", "get --name twin -o name", 2, "", `2 access keys are named "twin": objkey_`},
		"an ID and a name":       {"", "get " + web + " --name backup", 2, "", "hint: pass IDs, or --name NAME"},
		"nothing":                {"", "get", 2, "", "missing argument: ID"},
		"none to get":            {"\n \n", "get - -o json", 0, "[]\n", ""},
		"none to get as CSV":     {"", "get - -o csv --columns id", 0, "id\n", ""},
		"none to delete":         {"", "delete - -o json", 0, "[]\n", ""},
		"none to update":         {"", "update - --new-name x -o json", 0, "[]\n", ""},
		"none to rotate":         {"", "rotate - -o json", 0, "[]\n", ""},
		"none to wait for":       {"", "wait - -o json", 0, "[]\n", ""},
		"none to generate":       {"", "generate - -o json --yes", 2, "", "generate takes one ID, and there is none on standard input"},
		"standard input twice":   {web, "get - -", 2, "", "standard input is already read for IDs"},
		"no ID":                  {"a/../b\n", "get -", 2, "", `"a/../b" is not a valid access key ID`},
		"a line without an end":  {strings.Repeat("x", 100_000), "get -", 2, "", "cannot read IDs from standard input"},
		"update by name":         {"", "update --name backup --all-objects-read --dry-run -o json --jq .body.access_key.id", 0, backup + "\n", ""},
		"delete a name of two":   {"", "delete --name twin --yes", 2, "", "2 access keys are named"},
		"rotate a name of two":   {"", "rotate --name twin --to file:x", 2, "", "2 access keys are named"},
		"generate by name":       {"", "generate --name twin", 2, "", "2 access keys are named"},
		"generate several":       {backup + "\n" + web + "\n", "generate - --yes -o json", 2, "", "generate takes one ID, and 2 were given"},
		"too few at once":        {"", "get " + web + " --parallel 0", 2, "", "--parallel must be between 1 and 64"},
		"too many at once":       {"", "get " + web + " --parallel 65", 2, "", "--parallel must be between 1 and 64"},
	} {
		got := credctl(t, env, c.stdin, append([]string{"katapult"}, strings.Fields(c.args)...)...)
		assert.Equal(t, c.status, got.status, "%s: %s", name, got.stderr)
		assert.Equal(t, strings.Trim(c.stdout, `"`), strings.ReplaceAll(got.stdout, `"`, ""), name)
		assert.Contains(t, got.stderr, c.stderr, name)
	}
	for ids, says := range map[string]string{"": "there is none on standard input", backup + "\n" + web + "\n": "2 were given"} {
		got := credctl(t, env, ids, "deliver", "katapult", "-", "--to", "file:x")
		assert.Equal(t, 2, got.status, got.stderr)
		assert.Contains(t, got.stderr, "deliver takes one ID, and "+says)
	}
	got := credctl(t, env, "", "katapult", "get", web, "-o", "env")
	assert.Equal(t, 2, got.status)
	assert.NotContains(t, got.stderr, "--name", "the ID is not what is wrong")
	for _, r := range s.Requests("katapult")[before:] {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
	}
}

// Many are updated as many are deleted, and a note of each is given once.
func TestUpdateMany(t *testing.T) {
	s, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "losant", "update", "66a0c0de5eed0000000000c2", "66a0c0de5eed0000000000c3", "--disabled", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 2, strings.Count(got.stdout, `"status":"disabled"`))
	assert.Equal(t, 2, sent(s, "losant", "update"))
	got = credctl(t, env, "", "losant", "update", "66a0c0de5eed0000000000c2", "66a0c0de5eed0000000000ff", "--disabled=false", "-o", "json")
	assert.Equal(t, 8, got.status)
	assert.NotContains(t, got.stdout, "\n]", "what is not whole does not look whole")
	assert.Contains(t, got.stderr, "66a0c0de5eed0000000000ff")
}

// Several would wait for the next minute of Katapult, one would not, and what the
// user says holds for both. The time is up before, so nobody waits here.
func TestSeveralWaitForAMinute(t *testing.T) {
	t.Parallel()
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "50")
		reply(w, 429, `{"type":"TooManyRequests","message":"too many requests"}`)
	})
	const one, two = "66a0c0de5eed0000000000c1", "66a0c0de5eed0000000000c2"
	for args, allowed := range map[string]bool{
		one:                                 false,
		one + " " + two:                     true,
		one + " " + two + " --max-wait 40s": false,
	} {
		got := credctl(t, v.env, "", append([]string{"losant", "get", "--timeout", "20s", "-o", "json"}, strings.Fields(args)...)...)
		assert.NotZero(t, got.status)
		assert.Equal(t, !allowed, strings.Contains(got.stderr, "try again in"), "%s: %s", args, got.stderr)
	}
}

func TestNamesAreOfWhatWasDone(t *testing.T) {
	_, env := withFaults(t, sandbox.Options{}, "katapult:delete:403:1")
	got := credctl(t, env, "", "katapult", "delete", "objkey_sbxBackup0000001", "objkey_sbxStaging000003", "--parallel", "1", "--yes", "-o", "name")
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Equal(t, "objkey_sbxStaging000003\n", got.stdout)
	assert.Contains(t, got.stderr, "1 of 2 could not be deleted")
}

// A run that has begun waits for the next window of the vendor, unless the user forbids it.
func TestOneWaitsForTheNextWindow(t *testing.T) {
	t.Parallel()
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", "50")
		reply(w, 200, `{"credentialId":"66a0c0de5eed0000000000c1","name":"a","type":"aws","linkedResources":{}}`)
	})
	for given, refused := range map[string]bool{"": false, "--max-wait 40s": true} {
		args := "losant delete 66a0c0de5eed0000000000c1 --yes --timeout 3s -o json " + given
		got := credctl(t, v.env, "", strings.Fields(args)...)
		assert.NotZero(t, got.status, got.stderr)
		assert.Equal(t, refused, strings.Contains(got.stderr, "not sent: the vendor's rate limit allows no request for "), "%s: %s", args, got.stderr)
	}
	assert.Empty(t, v.requests("DELETE"))
}
