package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/bench/picture"
	"github.com/credctl/credctl/internal/bench/states"
)

// finishedCounts are how many rotations had ended before the measured run.
var finishedCounts = []int{100, 1000, 10_000, 50_000}

// A grower makes pairs of a command with a state folder that something has grown in, and
// the same command with a new one. Folders are made when they are first needed.
type grower struct {
	credctl, dir, url string

	wanted func(name string) bool
	pairs  []pair
}

// folder is the state folder of a pair.
func (s *grower) folder(kind string, n int) string { return filepath.Join(s.dir, fmt.Sprint(kind, n)) }

// journalPairs are commands after many rotations, during many, and where many credentials
// were seen.
func journalPairs(ctx context.Context, credctl, dir, url string, wanted func(name string) bool) ([]pair, error) {
	s := &grower{credctl: credctl, dir: dir, url: url, wanted: wanted}
	one, err := s.policy("one", []int{0}, func(int) string { return filepath.Join(dir, "one.key") })
	if err != nil {
		return nil, err
	}
	for _, n := range finishedCounts {
		must := map[bool]string{true: "<= 1.5, peak <= 25 MiB", false: "<= 1.2, peak <= 25 MiB"}[n > 10_000]
		if err := s.add(ctx, pair{name: fmt.Sprintf("rotation list after %d rotations", n), against: "after none", must: must, rounds: 21, size: n}, states.AfterRotations, "rotation list", "rotation list"); err != nil {
			return nil, err
		}
		gone := "stratum delete " + states.KeyID(0) + " --dry-run --self"
		if err := s.add(ctx, pair{name: fmt.Sprintf("delete --dry-run after %d rotations", n), against: "after none", must: must, rounds: 21, size: n}, states.AfterRotations, gone, gone); err != nil {
			return nil, err
		}
		p := pair{name: fmt.Sprintf("rotate -f, nothing due after %d rotations", n), against: "after none", must: must, rounds: 21, grows: picture.FinishedOperations, size: n}
		if err := s.add(ctx, p, states.AfterRotations, one, one); err != nil {
			return nil, err
		}
	}
	audit := pair{
		name: "audit of 10000 after 10000 rotations", against: "after none", must: "<= 1.2", rounds: 9, size: 10_000,
		env: []string{"CREDCTL_STRATUM_BASE_URL=" + url + "/stratum10000"},
	}
	const command = "audit --vendor stratum -o json"
	if err := s.add(ctx, audit, states.AfterRotations, command, command); err != nil {
		return nil, err
	}
	for _, n := range []int{100_000, 1_000_000} {
		p := pair{name: fmt.Sprintf("rotate -f, nothing due, %d credentials seen", n), against: "none seen", must: map[int]string{100_000: "<= 1.2", 1_000_000: "<= 2"}[n], rounds: 11, size: n}
		if err := s.add(ctx, p, states.AfterListings, one, one); err != nil {
			return nil, err
		}
	}
	for _, n := range []int{10, 99, 299} {
		files, numbers := states.WaitingFiles(filepath.Join(s.folder(states.AmidRotations, n), "credctl")), make([]int, n)
		for i := range numbers {
			numbers[i] = i
		}
		many, err := s.policy(fmt.Sprint("waiting", n), numbers, func(i int) string { return filepath.Join(files, strconv.Itoa(i)) })
		if err != nil {
			return nil, err
		}
		p := pair{
			name: fmt.Sprintf("rotate -f, %d in their grace period", n), against: "one that is not due", rounds: 11, grows: picture.OpenOperations, size: n,
			must: map[bool]string{true: "<= 0.5 s, peak <= 30 MiB", false: "<= 0.2 s, peak <= 30 MiB"}[n > 99],
		}
		if err := s.add(ctx, p, states.AmidRotations, many, one); err != nil {
			return nil, err
		}
		p.name, p.grows = fmt.Sprintf("rotate -f, %d of 10000 in their grace period", n), ""
		p.env = []string{"CREDCTL_STRATUM_BASE_URL=" + url + "/stratum10000"}
		if err := s.add(ctx, p, states.AmidRotations, many, one); err != nil {
			return nil, err
		}
	}
	return s.pairs, nil
}

// policy writes a policy with an entry for each of these keys, and returns the command
// line that carries it out.
func (s *grower) policy(name string, keys []int, file func(key int) string) (args string, err error) {
	var b strings.Builder
	b.WriteString("rotations:\n")
	for _, i := range keys {
		fmt.Fprintf(&b, "- {name: k%d, provider: stratum, id: %q, max_age: 3650d, grace: 1d, overlap: true, to: [%q]}\n", i, states.KeyID(i), "file:"+file(i))
	}
	path := filepath.Join(s.dir, name+".yaml")
	return fmt.Sprintf("rotate -f '%s'", path), os.WriteFile(path, []byte(b.String()), 0o600)
}

// add adds a pair of commands with two state folders, one of this kind and the size of p
// and a new one, if it is wanted.
func (s *grower) add(ctx context.Context, p pair, kind, args, against string) error {
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

// makeState makes a state folder of a kind, in a process of its own: what a child of this
// one is said to have used at most includes what this one has when it starts it.
func makeState(ctx context.Context, kind, dir string, n int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-state", kind, dir, strconv.Itoa(n)) //nolint:gosec // G204: it is this program
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
