package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// finishedCounts are how many rotations had ended before the measured run.
var finishedCounts = []int{100, 1000, 10_000, 50_000}

// A states makes pairs of a command with a state folder that something has grown in, and
// the same command with a new one. Folders are made when they are first needed.
type states struct {
	credctl, dir, url string

	wanted func(name string) bool
	pairs  []pair
}

// folder is the state folder of a pair.
func (s *states) folder(kind string, n int) string { return filepath.Join(s.dir, fmt.Sprint(kind, n)) }

// journalPairs are commands after many rotations, during many, and where many credentials
// were seen.
func journalPairs(ctx context.Context, credctl, dir, url string, wanted func(name string) bool) ([]pair, error) {
	s := &states{credctl: credctl, dir: dir, url: url, wanted: wanted}
	one, err := s.policy("one", []int{0}, func(int) string { return filepath.Join(dir, "one.key") })
	if err != nil {
		return nil, err
	}
	for _, n := range finishedCounts {
		must := map[bool]string{true: "<= 1.5, peak <= 25 MiB", false: "<= 1.2, peak <= 25 MiB"}[n > 10_000]
		if err := s.add(ctx, pair{name: fmt.Sprintf("rotation list after %d rotations", n), against: "after none", must: must, rounds: 21, size: n}, afterRotations, "rotation list", "rotation list"); err != nil {
			return nil, err
		}
		p := pair{name: fmt.Sprintf("rotate -f, nothing due after %d rotations", n), against: "after none", must: must, rounds: 21, grows: finishedOperations, size: n}
		if err := s.add(ctx, p, afterRotations, one, one); err != nil {
			return nil, err
		}
	}
	audit := pair{
		name: "audit of 10000 after 10000 rotations", against: "after none", must: "<= 1.2", rounds: 9, size: 10_000,
		env: []string{"CREDCTL_STRATUM_BASE_URL=" + url + "/stratum10000"},
	}
	const command = "audit --vendor stratum -o json"
	if err := s.add(ctx, audit, afterRotations, command, command); err != nil {
		return nil, err
	}
	for _, n := range []int{100_000, 1_000_000} {
		p := pair{name: fmt.Sprintf("rotate -f, nothing due, %d credentials seen", n), against: "none seen", must: map[int]string{100_000: "<= 1.2", 1_000_000: "<= 2"}[n], rounds: 11, size: n}
		if err := s.add(ctx, p, afterListings, one, one); err != nil {
			return nil, err
		}
	}
	for _, n := range []int{10, 99, 299} {
		files, numbers := waitingFiles(filepath.Join(s.folder(amidRotations, n), "credctl")), make([]int, n)
		for i := range numbers {
			numbers[i] = i
		}
		many, err := s.policy(fmt.Sprint("waiting", n), numbers, func(i int) string { return filepath.Join(files, strconv.Itoa(i)) })
		if err != nil {
			return nil, err
		}
		p := pair{
			name: fmt.Sprintf("rotate -f, %d in their grace period", n), against: "one that is not due", rounds: 11, grows: openOperations, size: n,
			must: map[bool]string{true: "<= 0.5 s, peak <= 30 MiB", false: "<= 0.2 s, peak <= 30 MiB"}[n > 99],
		}
		if err := s.add(ctx, p, amidRotations, many, one); err != nil {
			return nil, err
		}
	}
	return s.pairs, nil
}

// policy writes a policy with an entry for each of these keys, and returns the command
// line that carries it out.
func (s *states) policy(name string, keys []int, file func(key int) string) (args string, err error) {
	var b strings.Builder
	b.WriteString("rotations:\n")
	for _, i := range keys {
		fmt.Fprintf(&b, "- {name: k%d, provider: stratum, id: %q, max_age: 3650d, grace: 1d, overlap: true, to: [%q]}\n", i, keyID(i), "file:"+file(i))
	}
	path := filepath.Join(s.dir, name+".yaml")
	return fmt.Sprintf("rotate -f '%s'", path), os.WriteFile(path, []byte(b.String()), 0o600)
}

// add adds a pair of commands with two state folders, one of this kind and the size of p
// and a new one, if it is wanted.
func (s *states) add(ctx context.Context, p pair, kind, args, against string) error {
	if !s.wanted(p.name) {
		return nil
	}
	state := s.folder(kind, p.size)
	if err := makeState(ctx, kind, filepath.Join(state, "credctl"), p.size); err != nil {
		return err
	}
	in := func(state, args string) []string {
		return []string{"sh", "-c", fmt.Sprintf("XDG_STATE_HOME='%s' exec '%s' %s", state, s.credctl, args)}
	}
	p.env = append([]string{"STRATUM_BASE_URL=" + s.url + "/stratum1"}, p.env...)
	p.a, p.b = in(state, args), in(filepath.Join(s.dir, "new"), against)
	s.pairs = append(s.pairs, p)
	return nil
}
