package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"testing"
)

// BenchmarkListings reads 100,000 credentials of a vendor, pages and all: the
// sandbox must not be what a benchmark of the client measures.
func BenchmarkListings(b *testing.B) {
	s, err := Start(Options{Count: 100_000})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	read := func(b *testing.B, url, header, token string) {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set(header, token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		if n, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 || n == 0 {
			b.Fatal(res.Status, err)
		}
	}
	b.Run("stratum", func(b *testing.B) {
		for b.Loop() {
			read(b, s.URL("stratum")+stratumKeys, "X-Api-Key", StratumOperatorKey)
		}
	})
	b.Run("medianova", func(b *testing.B) {
		for b.Loop() {
			read(b, s.URL("medianova")+medianovaPath+"/credential", "Authorization", "Bearer "+MedianovaToken)
		}
	})
	b.Run("losant", func(b *testing.B) {
		for b.Loop() {
			for page := range 1001 {
				read(b, s.URL("losant")+losantPath+"?page="+strconv.Itoa(page), "Authorization", "Bearer "+LosantToken)
			}
		}
	})
	b.Run("katapult", func(b *testing.B) {
		for b.Loop() {
			for page := range 1001 {
				read(b, s.URL("katapult")+katapultList+"&per_page=100&page="+strconv.Itoa(page+1), "Authorization", "Bearer "+KatapultToken)
			}
		}
	})
}

// BenchmarkStart is how long a large sandbox takes to be there.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := Start(Options{Count: 100_000})
		if err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}
