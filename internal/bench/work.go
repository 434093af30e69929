package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/credctl/credctl/internal/bench/picture"
)

// work is what is measured. The figures under must come from what a fast program can reach.
func work(ctx context.Context, credctl, dir, url string) ([]pair, error) {
	hello, err := helloWorld(ctx, dir)
	if err != nil {
		return nil, err
	}
	const database = "CREDCTL_STATE=postgres://credctl@192.0.2.1/credctl" // which does not answer
	pairs := []pair{
		{name: "version", a: []string{credctl, "version"}, against: "a program that prints a line", b: []string{hello}, must: "<= 2.5", rounds: 101},
		{name: "--help", a: []string{credctl, "--help"}, against: "a program that prints a line", b: []string{hello}, must: "<= 2.5", rounds: 101},
		{name: "version, state in a database", a: []string{"env", database, credctl, "version"}, against: "in a folder", b: []string{"env", "-u", "CREDCTL_STATE", credctl, "version"}, must: "<= 1.05", rounds: 101},
		{
			name: "list 1, state in a database", a: []string{"env", database, credctl, "stratum", "list", "--base-url", url + "/stratum1"},
			against: "in a folder", b: []string{"env", "-u", "CREDCTL_STATE", credctl, "stratum", "list", "--base-url", url + "/stratum1"}, must: "<= 1.05", rounds: 101,
		},
	}
	stratum := func(n int) string { return fmt.Sprintf("%s/stratum%d", url, n) }
	jq := func(u, filter string) []string {
		return []string{"sh", "-c", fmt.Sprintf("curl -s '%s' | jq -r '%s'", u, filter)}
	}
	list := func(base string, more ...string) []string {
		return append([]string{credctl, "stratum", "list", "--base-url", base}, more...)
	}
	const filter = `.[] | [.id, .name, .created_at, .last_used_at] | @tsv`
	pairs = append(pairs, pair{
		name: "list 1", a: list(stratum(1)), against: "curl | jq", b: jq(stratum(1)+"/api-keys", filter), must: "<= 0.5", rounds: 41,
	})
	for _, n := range []int{1000, 100_000, 1_000_000} {
		rounds := map[int]int{1000: 41, 1_000_000: 2}[n]
		for _, format := range []string{"json", "jsonl", "csv"} {
			grows := map[string]string{"jsonl": picture.Credentials}[format]
			pairs = append(pairs, pair{
				grows: grows, size: n,
				name: fmt.Sprintf("list %d %s", n, format), a: list(stratum(n), "-o", format), rounds: rounds,
				against: "curl | jq", b: jq(stratum(n)+"/api-keys", filter), must: "<= 0.3, peak <= 24 MiB",
			})
		}
	}
	for _, n := range []int{1000, 100_000} {
		pairs = append(pairs, pair{
			name: fmt.Sprintf("table of %d", n), a: list(stratum(n)), against: "curl | jq", b: jq(stratum(n)+"/api-keys", filter),
			must: map[int]string{1000: "25 ms", 100_000: "peak <= 100 MiB"}[n],
		})
	}
	for _, v := range []struct{ name, path, size, items string }{
		{"losant", "applications/" + application + "/credentials", "perPage", "items"},
		{"katapult", "organizations/organization/object_storage/access_keys", "per_page", "object_storage_access_keys"},
	} {
		base := func(n, delay int) string { return fmt.Sprintf("%s/%s%d-%d", url, v.name, n, delay) }
		curl := func(n, delay int) string {
			return fmt.Sprintf("curl -s '%s/%s?%s=%d&page=[1-%d]'", base(n, delay), v.path, v.size, perPage, n/perPage)
		}
		for _, format := range []string{"json", "jsonl", "csv"} {
			pairs = append(pairs, pair{
				name: fmt.Sprintf("list 100000 %s, 1000 pages, %s", format, v.name), a: []string{credctl, v.name, "list", "--base-url", base(100_000, 0), "-o", format},
				against: "curl [1-1000] | jq", b: []string{"sh", "-c", curl(100_000, 0) + " | jq -c '." + v.items + "[]'"}, must: "<= 0.3, peak <= 24 MiB",
			})
		}
		pairs = append(pairs, pair{
			name: "100 pages at 20 ms, " + v.name, a: []string{credctl, v.name, "list", "--base-url", base(10_000, 20), "-o", "json"},
			against: "one after another", b: []string{"sh", "-c", curl(10_000, 20) + " >/dev/null"}, must: "<= 0.2", rounds: 3,
		})
	}
	pairs = append(pairs, auditPairs(credctl, dir, url)...)
	pairs = append(pairs, deliveryPairs(credctl, dir)...)
	policies, err := policyPairs(credctl, dir, url)
	if err != nil {
		return nil, err
	}
	limited, err := boundedPairs(credctl, dir, url)
	if err != nil {
		return nil, err
	}
	bulk, err := deletePairs(credctl, dir, url)
	return slices.Concat(pairs, policies, limited, bulk), err
}

// helloWorld builds the least that a Go program can be.
func helloWorld(ctx context.Context, dir string) (string, error) {
	source, program := filepath.Join(dir, "hello.go"), filepath.Join(dir, "hello")
	text := "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, source) //nolint:gosec // G204: the source is above
	cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	return program, cmd.Run()
}
