package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/bench/picture"
	"github.com/credctl/credctl/internal/bench/states"
)

// keys is how many credentials the account of the policies has.
const keys = 10_000

// policyPairs are runs of policies in which nothing is due, next to one listing of the
// account, and lists in formats that once held all in memory.
func policyPairs(credctl, dir, url string) ([]pair, error) {
	base := fmt.Sprintf("%s/katapult%d-0", url, keys)
	list := []string{credctl, "katapult", "list", "--base-url", base, "-o", "jsonl"}
	var pairs []pair
	for _, entries := range []int{10, 100, 1000} {
		path := filepath.Join(dir, fmt.Sprintf("policy-%d.yaml", entries))
		if err := os.WriteFile(path, policyOf(entries, dir, base), 0o600); err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{
			name: fmt.Sprintf("policy of %d entries, %d keys", entries, keys), a: []string{credctl, "rotate", "-f", path},
			against: "credctl katapult list", b: list, must: "<= 1.2 + 1 ms an entry", rounds: 5, grows: picture.PolicyEntries, size: entries,
		})
	}
	slow := fmt.Sprintf("%s/katapult%d-20", url, keys)
	path := filepath.Join(dir, "policy-select.yaml")
	text := fmt.Sprintf("max_changes: %d\nrotations:\n- {name: all, provider: katapult, settings: {base-url: '%s'}, select: {name: 'deploy key of service 1???'}, max_age: 3650d, to: ['file:%s/keys/{name}']}\n", keys, slow, dir)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	pairs = append(pairs, pair{
		name: "policy that selects 1000, 20 ms", a: []string{credctl, "rotate", "-f", path},
		against: "credctl katapult list", b: []string{credctl, "katapult", "list", "--base-url", slow, "-o", "jsonl"}, must: "<= 1.2 + 1 ms a key", rounds: 3,
	})
	var ids strings.Builder
	for i := range 1000 {
		ids.WriteString(states.KeyID(i) + "\n")
	}
	file := filepath.Join(dir, "thousand")
	if err := os.WriteFile(file, []byte(ids.String()), 0o600); err != nil {
		return nil, err
	}
	thousand := url + "/stratum1000"
	pairs = append(pairs, pair{
		name: "stratum get - of 1000 IDs", a: []string{"sh", "-c", fmt.Sprintf("exec '%s' stratum get - -o jsonl --base-url '%s' <'%s'", credctl, thousand, file)},
		against: "credctl stratum list", b: []string{credctl, "stratum", "list", "--base-url", thousand, "-o", "jsonl"}, must: "one listing", rounds: 11,
	})
	whole := url + "/stratum1000000"
	for _, how := range [][]string{{"-o", "yaml"}, {"--jq", ".[].id"}} {
		pairs = append(pairs, pair{
			name: "list 1000000 " + strings.Join(how, " "), a: append([]string{credctl, "stratum", "list", "--base-url", whole}, how...),
			against: "credctl list -o jsonl", b: []string{credctl, "stratum", "list", "--base-url", whole, "-o", "jsonl"}, must: "peak <= 40 MiB", rounds: 1,
		})
	}
	return pairs, nil
}

// policyOf is a policy with an entry for each of so many credentials.
func policyOf(entries int, dir, base string) []byte {
	var b strings.Builder
	b.WriteString("rotations:\n")
	for i := 1000; i < 1000+entries; i++ { // the names of the vendor that is measured begin at 100
		fmt.Fprintf(&b, "- {name: e%d, provider: katapult, settings: {base-url: '%s'}, select: {name: deploy key of service %d}, max_age: 3650d, to: ['file:%s/keys/{name}']}\n", i, base, i, dir)
	}
	return []byte(b.String())
}
