package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"time"
)

// A pair is some work that credctl does, and the yardstick for it.
type pair struct {
	name    string
	a       []string // credctl
	env     []string // for both, next to what every command gets
	against string   // what the yardstick is
	b       []string
	must    string
	rounds  int  // 0: as many as the others
	alone   bool // no run counts against the limit of the next

	// run, if it is not nil, runs both, in place of a and b.
	run func(ctx context.Context, env []string) (a, b cost, err error)

	grows string // what a picture shows the growth of, this row among others; "": none
	size  int    // how much of it there is
}

// A cost is what one run of a process took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // of the largest single process
}

func (c cost) peakText() string { return fmt.Sprintf("%.1f MiB", float64(c.peak)/1024) }

// A result is what the runs of a pair came to.
type result struct {
	a, b    cost
	slowest time.Duration // of all runs of a
	ratio   float64
}

// measure runs a and b in turn. The first round is not counted.
func (p pair) measure(ctx context.Context, env []string, rounds int) (result, error) {
	if p.rounds > 0 {
		rounds = p.rounds
	}
	env = append(slices.Clone(env), p.env...)
	var as, bs []cost
	var ratios []float64
	for round := range rounds + 1 {
		a, b, err := p.both(ctx, env)
		if err != nil {
			return result{}, err
		}
		if round > 0 {
			as, bs = append(as, a), append(bs, b)
			ratios = append(ratios, float64(a.wall)/float64(b.wall))
		}
	}
	slices.Sort(ratios)
	slowest := slices.MaxFunc(as, func(x, y cost) int { return cmp.Compare(x.wall, y.wall) }).wall
	return result{median(as), median(bs), slowest.Round(100 * time.Microsecond), ratios[len(ratios)/2]}, nil
}

// both runs a, and then b.
func (p pair) both(ctx context.Context, env []string) (a, b cost, err error) {
	if p.run != nil {
		return p.run(ctx, env)
	}
	p.pause()
	if a, err = once(ctx, p.a, env); err != nil {
		return a, b, err
	}
	p.pause()
	b, err = once(ctx, p.b, env)
	return a, b, err
}

// pause lets the limit forget the run before, and has the next begin at any point
// of a window.
func (p pair) pause() {
	if p.alone {
		time.Sleep(time.Second + rand.N(time.Second)) //nolint:gosec // G404: chance, not secrecy
	}
}

func once(ctx context.Context, argv, env []string) (cost, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // G204: the commands are in this folder
	cmd.Env = env
	var complaint bytes.Buffer
	cmd.Stderr = &complaint // standard output is /dev/null, as the shell's is for the yardstick
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return cost{}, fmt.Errorf("%q: %w: %s", argv, err, complaint.String())
	}
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak(cmd.ProcessState)}, nil
}

// median takes each figure by itself.
func median(costs []cost) cost {
	of := func(figure func(cost) int64) int64 {
		all := make([]int64, len(costs))
		for i, c := range costs {
			all[i] = figure(c)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return cost{
		time.Duration(of(func(c cost) int64 { return int64(c.wall) })).Round(100 * time.Microsecond),
		time.Duration(of(func(c cost) int64 { return int64(c.cpu) })).Round(100 * time.Microsecond),
		of(func(c cost) int64 { return c.peak }),
	}
}
