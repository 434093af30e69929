package wire

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// FindBucket finds the one bucket of a name, or of a name and a region.
func FindBucket(existing []Bucket, name string) (string, error) {
	matches := func(name, region string) (found []Bucket) {
		for _, b := range existing {
			if string(b.Name) == name && (region == "" || string(b.Region) == region) {
				found = append(found, b)
			}
		}
		return found
	}
	found := matches(name, "")
	if at := strings.LastIndexByte(name, '@'); len(found) == 0 && at > 0 {
		found = matches(name[:at], name[at+1:])
	}
	switch len(found) {
	case 0:
		return "", provider.WithClass(provider.ErrNotFound, fmt.Errorf("no bucket is named %q", name))
	case 1:
		return found[0].UUID, nil
	}
	var choice []string
	for _, b := range found {
		choice = append(choice, fmt.Sprintf("%s@%s (%s)", b.Name, b.Region, b.UUID))
	}
	return "", provider.Usage("%d buckets are named %q: pass NAME@REGION or the UUID (%s)", len(found), name, strings.Join(choice, ", "))
}
