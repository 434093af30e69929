package katapult

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// rights is what a key may do. A credential's Scopes say the same as text, so
// that a successor can be given the rights of what is known by its Scopes alone.
type rights struct {
	properties

	read, write []string // buckets
}

const (
	allBucketsRead  = "all-buckets-read"
	allObjectsRead  = "all-objects-read"
	allObjectsWrite = "all-objects-write"
	readBucket      = "read:"
	writeBucket     = "write:"
)

func (r record) rights() rights { return rights{r.properties, r.ReadBuckets, r.WriteBuckets} }

// scopes returns r as a sorted set, so that equal rights are equal sets.
func (r rights) scopes() []string {
	all := make([]string, 0, 3+len(r.read)+len(r.write))
	for _, s := range []struct {
		name string
		has  bool
	}{{allBucketsRead, r.BucketsRead}, {allObjectsRead, r.ObjectsRead}, {allObjectsWrite, r.ObjectsWrite}} {
		if s.has {
			all = append(all, s.name)
		}
	}
	for _, bucket := range r.read {
		all = append(all, readBucket+bucket)
	}
	for _, bucket := range r.write {
		all = append(all, writeBucket+bucket)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// rightsOf reads the Scopes of c.
func rightsOf(c provider.Credential) rights {
	var r rights
	for _, s := range c.Scopes {
		switch s {
		case allBucketsRead:
			r.BucketsRead = true
		case allObjectsRead:
			r.ObjectsRead = true
		case allObjectsWrite:
			r.ObjectsWrite = true
		}
		if bucket, ok := strings.CutPrefix(s, readBucket); ok {
			r.read = append(r.read, bucket)
		}
		if bucket, ok := strings.CutPrefix(s, writeBucket); ok {
			r.write = append(r.write, bucket)
		}
	}
	return r
}

// buckets returns each bucket that r names, once.
func (r rights) buckets() []string {
	all := slices.Concat(r.read, r.write)
	slices.Sort(all)
	return slices.Compact(all)
}
