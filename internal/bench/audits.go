package main

import "fmt"

// auditPairs measures an audit next to the plain list of the same credentials.
func auditPairs(credctl, url string) (pairs []pair) {
	base := func(n int) string { return fmt.Sprintf("%s/stratum%d", url, n) }
	for _, x := range []struct {
		n            int
		format, must string
	}{
		{100_000, "json", "<= 1.5, peak <= 64 MiB"}, {100_000, "csv", "<= 1.5, peak <= 64 MiB"}, {10_000, "html", "1 s"},
	} {
		listed := x.format
		if listed == "html" {
			listed = "json"
		}
		pairs = append(pairs, pair{
			name: fmt.Sprintf("audit of %d, %s", x.n, x.format), env: []string{"CREDCTL_STRATUM_BASE_URL=" + base(x.n)},
			a: []string{credctl, "audit", "--vendor", "stratum", "-o", x.format}, beside: "list -o " + listed,
			b: []string{credctl, "stratum", "list", "-o", listed}, must: x.must, rounds: 5,
		})
	}
	return pairs
}
