// Package keyed says what a list of lines is that are found by their keys, wherever the
// list is kept.
package keyed

// A Codec knows what the lines of a list say.
type Codec struct {
	// Keys returns what a line is found by; none where it is not to be found. An error
	// says that the line is not as it was written.
	Keys func(line []byte) ([]string, error)

	// Key returns a key by which the line of an operation is found. It may be nil.
	Key func(operation string) string

	// KeepEarlier reports whether the earlier of two lines with the same key stays the one that
	// is found. It may be nil: then the later one is.
	KeepEarlier func(key string, earlier, later []byte) bool

	// Copy returns a line of one list as another that takes its place has it, and Load
	// that of an operation; nil is that there is none to add, and complete that the operation
	// can be read. They may be nil.
	Copy func(to List, line []byte) ([]byte, error)
	Load func(to List, operation string) (line []byte, complete bool, err error)
}

// A List holds lines, each with its end. It is safe for concurrent use, by several
// processes too.
type List interface {
	// Refresh reads what other processes have added.
	Refresh() error

	// Size grows with each line. It tells which lines were there at one time: those
	// whose place is below it.
	Size() int64

	// Find returns the line with this key, and its place; nil if there is none. Only
	// lines that were there at the last Refresh are found, and those of this process.
	Find(key string) (line []byte, at int64, err error)

	// Each calls do with every line there was at the last Refresh, the first one first.
	Each(do func(line []byte) error) error

	// Add adds n lines, which are durable when it returns. It calls line for each when
	// those before it can be found; nil is that there is nothing to add.
	Add(n int, line func(i int) ([]byte, error)) error
}
