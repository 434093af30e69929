package output_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// rows lists n credentials as a vendor's adapter makes them.
func rows(n int, details any) func(func(provider.Credential, error) bool) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	all := make([]provider.Credential, min(n, 1000))
	for i := range all {
		all[i] = provider.Credential{
			Provider: "katapult", Kind: "access-key", ID: fmt.Sprintf("objkey_%024d", i), Name: fmt.Sprintf("web-%d", i), Key: "AKIAIOSFODNN7EXAMPLE",
			Status: "configured", Scopes: []string{"all-buckets:read", "web:write"}, Created: at, LastUsed: at, Region: "uk-lon-01", Details: details,
		}
	}
	return func(yield func(provider.Credential, error) bool) {
		for i := range n {
			if !yield(all[i%len(all)], nil) {
				return
			}
		}
	}
}

func BenchmarkList(b *testing.B) {
	type details struct {
		AllBuckets bool      `json:"all_buckets"`
		Buckets    []string  `json:"buckets"`
		Count      int       `json:"count"`
		At         time.Time `json:"at"`
	}
	small := details{true, []string{"web"}, 7, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for _, c := range []struct {
		format  string
		n       int
		details any
	}{
		{"json", 100_000, nil},
		{"json", 100_000, small},
		{"json", 100_000, &small},
		{"jsonl", 100_000, nil},
		{"csv", 100_000, small},
		{"name", 100_000, small},
		{"table", 1000, small},
		{"table", 100_000, small},
		{"wide", 100_000, small},
		{"yaml", 10_000, small},
		{"template={{.id}}", 10_000, small},
	} {
		b.Run(fmt.Sprintf("%s/%d/%T", c.format, c.n, c.details), func(b *testing.B) {
			p := output.Printer{W: io.Discard, Format: parse(b, c.format, "")}
			seq := rows(c.n, c.details)
			b.ReportAllocs()
			for b.Loop() {
				if err := p.List(seq); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.n), "ns/row")
		})
	}
}
