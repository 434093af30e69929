package reach

import (
	"net/url"
	"strings"
)

// SafePath reports whether no segment of a path is empty or a dot: an ID that is
// none would make another request of it, such as deleting a whole collection.
func SafePath(path string) bool {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		name, err := url.PathUnescape(segment)
		if err != nil || name == "" || name == "." || name == ".." {
			return false
		}
	}
	return true
}
