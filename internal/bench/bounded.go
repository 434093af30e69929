package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/sandbox"
)

// silentPath is where a vendor accepts requests, and never answers.
const silentPath = "/silent"

func silent(mux *http.ServeMux) {
	mux.HandleFunc(silentPath+"/", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

// boundedPairs are runs that only a limit ends, or that rotate a few credentials of many.
func boundedPairs(credctl, dir, url string) ([]pair, error) {
	clash := filepath.Join(dir, "clash.yaml")
	var text strings.Builder
	fmt.Fprintf(&text, "max_changes: %d\nrotations:\n", keys)
	for i := range 1000 {
		fmt.Fprintf(&text, "- {name: e%d, provider: katapult, select: {name: deploy key of service %d}, max_age: 3650d, to: ['file:%s/clash']}\n", i, 1000+i, dir)
	}
	if err := os.WriteFile(clash, []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	katapult := fmt.Sprintf("CREDCTL_KATAPULT_BASE_URL=%s/katapult%d-0", url, keys)
	few := []string{"CREDCTL_STRATUM_BASE_URL=" + url + "/stratum1000", "CREDCTL_LOSANT_BASE_URL=" + url + "/losant1000-0", katapult}
	ends := func(with int, args, also string) []string {
		return []string{"sh", "-c", fmt.Sprintf("'%s' %s 2>'%s/said'; test $? -eq %d && %s", credctl, args, dir, with, also)}
	}
	pairs := []pair{
		{
			name: "list of four vendors, one of them silent", a: ends(8, "list -o jsonl --timeout 3s", "true"), must: "<= 3.2 s", rounds: 3,
			env:     append([]string{"MEDIANOVA_TOKEN=bench", "MEDIANOVA_ORG=" + organization, "CREDCTL_MEDIANOVA_BASE_URL=" + url + silentPath}, few...),
			against: "list of another", b: []string{credctl, "losant", "list", "-o", "jsonl"},
		},
		{
			name: "policy of 1000 entries that clash", a: ends(2, "rotate -f '"+clash+"'", "test $(wc -l <'"+dir+"/said') -le 12"), must: "said in 12 lines, peak <= 60 MiB", rounds: 3,
			env: []string{katapult}, against: "credctl katapult list", b: []string{credctl, "katapult", "list", "-o", "jsonl"},
		},
	}
	for _, parallel := range []int{1, 8, 32} {
		r := bounded{credctl: credctl, dir: dir, count: keys, names: []string{"seed-0001??"}, latency: latency, parallel: parallel, args: "", status: 0, least: 100, most: 100}
		pairs = append(pairs, pair{
			name: fmt.Sprintf("100 due of %d, 20 ms, --parallel %d", keys, parallel), against: "its requests", must: "peak <= 60 MB", rounds: 1, run: r.once,
		})
	}
	r := bounded{credctl: credctl, dir: dir, count: 300, names: []string{"seed-0001??", "seed-0002??"}, latency: 100 * time.Millisecond, parallel: 1, args: "--timeout 15s", status: 75, least: 5, most: 199}
	return append(pairs, pair{name: "200 due, 100 ms, --timeout 15s", against: "its requests", must: "5 are rotated at least", rounds: 1, run: r.once}), nil
}

// A bounded run rotates some keys of a sandbox, within a time limit or a memory limit.
type bounded struct {
	credctl, dir string
	count        int      // of the keys in the sandbox
	names        []string // patterns of those that are due
	latency      time.Duration
	parallel     int
	args         string
	status       int // with which it ends
	least, most  int // of the rotations that are done then
}

// once runs the policy, and returns what its requests alone would take.
func (r bounded) once(ctx context.Context, env []string) (took, requests cost, err error) {
	box, count, err := startSandbox(ctx, r.count, r.latency)
	if err != nil {
		return took, requests, err
	}
	state, err := os.MkdirTemp(r.dir, "bounded-")
	if err != nil {
		return took, requests, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "max_changes: %d\nrotations:\n", keys)
	for i, name := range r.names {
		fmt.Fprintf(&text, "- {name: e%d, provider: katapult, select: {name: '%s'}, max_age: 30d, verify: none, grace: 1d, to: ['file:%s/keys/{name}']}\n", i, name, state)
	}
	path, files := filepath.Join(state, "policy.yaml"), filepath.Join(state, "keys")
	if err := os.Mkdir(files, 0o700); err != nil {
		return took, requests, err
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return took, requests, err
	}
	env = append(append(env, box...), "XDG_STATE_HOME="+state)
	took, err = once(ctx, []string{"sh", "-c", fmt.Sprintf("'%s' rotate -f '%s' --parallel %d %s 2>'%s/said' >&2; test $? -eq %d", r.credctl, path, r.parallel, r.args, state, r.status)}, env)
	sent, cerr := count()
	requests.wall = time.Duration(sent) * r.latency / time.Duration(r.parallel)
	if err == nil {
		err = cerr
	}
	if done, rerr := os.ReadDir(files); err == nil && (rerr != nil || len(done) < r.least || len(done) > r.most) {
		err = fmt.Errorf("%d keys were rotated, not %d to %d", len(done), r.least, r.most)
	}
	return took, requests, err
}

// startSandbox runs a sandbox in a process of its own, for the reason of startVendor. It
// returns the variables for it, and what ends it and counts its requests.
func startSandbox(ctx context.Context, n int, latency time.Duration) (env []string, count func() (int, error), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-sandbox", strconv.Itoa(n), "-latency", latency.String()) //nolint:gosec // G204: it is this program
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "" {
		env = append(env, lines.Text())
	}
	return env, func() (int, error) {
		_ = in.Close()
		lines.Scan()
		sent, err := strconv.Atoi(lines.Text())
		if werr := cmd.Wait(); err == nil {
			err = werr
		}
		return sent, err
	}, nil
}

// serveSandbox is the sandbox, until standard input ends.
func serveSandbox(n int, latency time.Duration) error {
	box, err := sandbox.Start(sandbox.Options{Count: n, Latency: latency, ProvisionDelay: -1})
	if err != nil {
		return err
	}
	defer box.Close()
	for _, kv := range box.Env() {
		fmt.Println(kv)
	}
	fmt.Println()
	untilClosed()
	fmt.Println(len(box.Requests("")))
	return nil
}
