package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"
)

// auditPairs measures an audit next to the plain list of the same credentials, and a list
// of four vendors next to that of the slowest.
func auditPairs(credctl, dir, url string) (pairs []pair) {
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
			a: []string{credctl, "audit", "--vendor", "stratum", "-o", x.format}, against: "list -o " + listed,
			b: []string{credctl, "stratum", "list", "-o", listed}, must: x.must, rounds: 5,
		})
	}
	pairs = append(pairs, pair{
		name: "list of four vendors, one of them slow", a: []string{credctl, "list", "-o", "json"},
		against: "list of the slow one", b: []string{credctl, "medianova", "list", "-o", "json"}, must: "<= 1.05", rounds: 5,
		env: []string{
			"MEDIANOVA_TOKEN=bench", "MEDIANOVA_ORG=" + organization, "CREDCTL_MEDIANOVA_BASE_URL=" + url + slowPath, "CREDCTL_STRATUM_BASE_URL=" + base(1000),
			"CREDCTL_LOSANT_BASE_URL=" + url + "/losant1000-0", "CREDCTL_KATAPULT_BASE_URL=" + url + "/katapult1000-0",
		},
	})
	if chromium, err := exec.LookPath("chromium"); err == nil {
		page := filepath.Join(dir, "report.html")
		open := func(what string) string {
			return fmt.Sprintf("'%s' --headless --no-sandbox --disable-gpu --dump-dom '%s' 2>/dev/null", chromium, what)
		}
		write := fmt.Sprintf("test -e '%s' || '%s' audit --vendor stratum -o html >'%[1]s'; ", page, credctl)
		pairs = append(pairs, pair{
			name: "open the HTML of 10000 in Chromium", a: []string{"sh", "-c", write + open("file://"+page)}, env: []string{"CREDCTL_STRATUM_BASE_URL=" + base(10_000)},
			against: "an empty page", b: []string{"sh", "-c", open("about:blank")}, must: "2 s more", rounds: 3,
		})
	}
	return pairs
}

const (
	organization = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e500"
	slowPath     = "/slow"
	slowness     = 2 * time.Second
)

// slow is Medianova, which answers after two seconds.
func slow(mux *http.ServeMux) {
	mux.HandleFunc(slowPath+"/stook/"+organization+"/credential", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(slowness)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"status":true,"data":[{"uuid":"5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1","name":"web","is_readonly":false,"access_key":"MUJ47KZUQMT7C6OMMM4F","subfolder":null,"buckets":[]}]}`)
	})
}
