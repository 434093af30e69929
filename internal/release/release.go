// Package release tells whether there is a newer release of credctl.
package release

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
	"github.com/credctl/credctl/internal/visible"
)

// A Release is one that was published. https://docs.github.com/en/rest/releases/releases#get-the-latest-release
type Release struct {
	Version string `json:"tag_name"`
	URL     string `json:"html_url"`
}

// Server is where releases are published.
const Server = "https://api.github.com"

const (
	latest = "/repos/credctl/credctl/releases/latest"
	hint   = "see https://github.com/credctl/credctl/releases"
)

// Latest asks c, which reaches [Server], for the newest release. The request says nothing
// about the user, not even the version that asks.
func Latest(ctx context.Context, c provider.Conn) (Release, error) {
	client, err := rest.New(c, rest.Dialect{Failure: refused})
	if err != nil {
		return Release{}, err
	}
	r, err := rest.Do[Release](ctx, client, rest.Request{Method: http.MethodGet, Path: latest})
	if _, known := parseVersion(r.Version); err == nil && !known {
		err = provider.Hint(fmt.Errorf("GET %s: %q is not a version", latest, r.Version), hint)
	}
	return r, err
}

// refused reads an error of GitHub, whose status for too many requests is also that of
// one that is not permitted. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
func refused(status int, body []byte) rest.Failure {
	f := rest.Failure{Message: vendorjson.TryRead[struct {
		Message string `json:"message"`
	}](body).Message, Absent: status == http.StatusNotFound}
	if status == http.StatusForbidden {
		f.Class = provider.ErrRateLimited
	}
	return f
}

// Compare says whether r is newer than a version, in a word for programs and in a line
// for people. It is "" for a build that has no version.
func (r Release) Compare(version string) (newer any, line string) {
	have, known := parseVersion(version)
	newest, _ := parseVersion(r.Version)
	switch {
	case !known:
		return "", fmt.Sprintf("The newest release is %s: %s\n", r.Version, visible.OneLine(r.URL))
	case newest.after(have):
		return true, fmt.Sprintf("credctl %s is available: %s\n", r.Version, visible.OneLine(r.URL))
	}
	return false, fmt.Sprintf("No newer release (newest: %s)\n", r.Version)
}

// A version is major, minor and patch, and whether it is one that comes before those.
type version struct {
	numbers [3]int
	before  bool
}

// parseVersion reads a semantic version, such as v1.2.3 or v1.2.3-rc.1.
func parseVersion(text string) (v version, ok bool) {
	text, found := strings.CutPrefix(text, "v")
	text, _, _ = strings.Cut(text, "+")
	text, _, v.before = strings.Cut(text, "-")
	numbers := strings.Split(text, ".")
	if !found || len(numbers) != len(v.numbers) {
		return v, false
	}
	for i, n := range numbers {
		parsed, err := strconv.ParseUint(n, 10, 31)
		if err != nil {
			return v, false
		}
		v.numbers[i] = int(parsed)
	}
	return v, true
}

// after reports whether the release v comes after the version have.
func (v version) after(have version) bool {
	for i, n := range v.numbers {
		if n != have.numbers[i] {
			return n > have.numbers[i]
		}
	}
	return have.before && !v.before
}
