// Bench measures credctl as whole processes next to a common alternative and
// prints the ratios. It needs curl and jq. Run it with `make bench`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"text/tabwriter"

	"github.com/credctl/credctl/internal/bench/picture"
	"github.com/credctl/credctl/internal/bench/states"
)

func main() {
	credctl := flag.String("credctl", "bin/credctl", "the program to measure")
	rounds := flag.Int("rounds", 9, "how often each pair is run")
	only := flag.String("run", "", "measure only what matches this regular expression")
	pictures := flag.String("pictures", "", "write pictures of the growth into this folder")
	vendor := flag.Bool("vendor", false, "be the vendor that is asked; for this program itself")
	box := flag.Int("sandbox", 0, "be a sandbox with so many keys; for this program itself")
	delay := flag.Duration("latency", 0, "of the sandbox")
	state := flag.String("state", "", "make a state folder of this kind; for this program itself")
	flag.Parse()
	if *vendor {
		serveUntilClosed()
		return
	}
	var err error
	switch {
	case *state != "":
		err = states.Fill(*state, flag.Arg(0), flag.Arg(1))
	case *box > 0:
		err = serveSandbox(*box, *delay)
	default:
		err = bench(context.Background(), *credctl, *rounds, *only, *pictures)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, credctl string, rounds int, only, pictures string) error {
	credctl, err := filepath.Abs(credctl)
	if err != nil {
		return err
	}
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "credctl-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	url, stop, err := startVendor(ctx)
	if err != nil {
		return err
	}
	defer stop()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir, "CREDCTL_KEYRING=off",
		"STRATUM_API_KEY=sk_test_bench", "LOSANT_API_TOKEN=bench", "LOSANT_APPLICATION_ID=" + application,
		"KATAPULT_API_TOKEN=bench", "KATAPULT_ORGANIZATION=org_bench",
	}
	pairs, err := work(ctx, credctl, dir, url)
	if err != nil {
		return err
	}
	journals, err := journalPairs(ctx, credctl, dir, url, wanted.MatchString)
	if err != nil {
		return err
	}
	pairs = append(pairs, journals...)
	fmt.Println("Medians of whole processes, run in turn; the ratios are medians of the pairs' own.")
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "work\tcredctl\tslowest\tcpu\tpeak\talternative\tits time\tcpu\tpeak\tratio\tmust be")
	grown := map[string][]picture.Point{}
	for _, p := range pairs {
		if !wanted.MatchString(p.name) {
			continue
		}
		r, err := p.measure(ctx, env, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%s\n", p.name,
			r.a.wall, r.slowest, r.a.cpu, r.a.peakText(), p.against, r.b.wall, r.b.cpu, r.b.peakText(), r.ratio, p.must)
		_ = t.Flush()
		if p.grows != "" {
			grown[p.grows] = append(grown[p.grows], picture.Point{Size: p.size, CPU: r.a.cpu, Peak: r.a.peak})
		}
	}
	if pictures != "" {
		if err := picture.Draw(pictures, grown); err != nil {
			return err
		}
	}
	info, err := os.Stat(credctl)
	if err != nil {
		return err
	}
	fmt.Printf("binary: %.1f MB (must be at most 17.5)\n", float64(info.Size())/1e6)
	return nil
}
