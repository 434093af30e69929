package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

// finishedCounts are how many rotations had ended before the measured run.
var finishedCounts = []int{100, 1000, 10_000, 50_000}

// journalPairs are commands after many rotations, next to the same commands in a new
// state folder. The states are made when they are first needed.
func journalPairs(credctl, dir, url string, wanted func(name string) bool) (pairs []pair, err error) {
	policy := filepath.Join(dir, "one.yaml")
	text := fmt.Sprintf("rotations:\n  - name: one\n    provider: stratum\n    id: %q\n    max_age: 3650d\n    to: [%q]\n",
		"00000000-0000-4000-8000-000000000000", "file:"+filepath.Join(dir, "one.key"))
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		return nil, err
	}
	in := func(state, args string) []string {
		return []string{"sh", "-c", fmt.Sprintf("XDG_STATE_HOME='%s' exec '%s' %s", state, credctl, args)}
	}
	for _, n := range finishedCounts {
		for _, c := range []struct{ name, args string }{
			{"rotation list", "rotation list"},
			{"rotate -f, nothing due", fmt.Sprintf("rotate -f '%s'", policy)},
		} {
			p := pair{
				name: fmt.Sprintf("%s after %d rotations", c.name, n), beside: "after none", rounds: 21,
				env: []string{"STRATUM_BASE_URL=" + url + "/stratum1"}, must: map[bool]string{true: "<= 1.5, peak <= 25 MiB", false: "<= 1.2, peak <= 25 MiB"}[n > 10_000],
			}
			if !wanted(p.name) {
				continue
			}
			state := filepath.Join(dir, fmt.Sprint("finished", n))
			if err := finish(filepath.Join(state, "credctl"), n); err != nil {
				return nil, err
			}
			p.a, p.b = in(state, c.args), in(filepath.Join(dir, "new"), c.args)
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

// finish makes a state folder with n rotations that have ended, in 100 chains.
func finish(dir string, n int) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	store, err := folder.Open(dir)
	if err != nil {
		return err
	}
	began := time.Now().AddDate(-5, 0, 0)
	for i := range n {
		id := func(link int) string { return fmt.Sprintf("%08x-0000-4000-9000-%012x", i%100, link) }
		at := began.Add(time.Duration(i) * time.Minute)
		op, err := store.Create(journal.Entry{Time: at, Step: "intent", Provider: "stratum", Kind: "api-key", OldID: id(i / 100)})
		if err != nil {
			return err
		}
		for _, e := range []journal.Entry{
			{Time: at, Step: journal.Issued, NewID: id(i/100 + 1), Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret(fmt.Sprint("secret", i))}},
			{Time: at.Add(time.Second), Step: journal.Done},
		} {
			if err := op.Append(e); err != nil {
				return err
			}
		}
		if err := op.Wipe(); err != nil {
			return err
		}
	}
	_, err = store.Index()
	return err
}
