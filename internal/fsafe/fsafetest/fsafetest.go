// Package fsafetest tells which of a program's files a power cut would lose. It
// has the system calls of the real program from the kernel, so that nothing of the
// program has to be made for it, and nothing can be forgotten there.
package fsafetest

import (
	"maps"
	"path/filepath"
	"slices"
)

// What a [Call] does.
const (
	Create = "create" // a file that was not there, or a folder
	Write  = "write"  // or truncate
	Sync   = "sync"   // a file or a folder
	Rename = "rename"
	Remove = "remove"
	Send   = "send" // something over the network
)

// A Call is a successful system call that changes files, makes them durable, or
// tells others something.
type Call struct {
	Name, Path string
	To         string // of Rename
}

// Lost returns the paths that a power cut after these calls may lose, whole or in
// part: their content, or their name, is on its way to the disk. A file that
// replaced another before its content was durable counts as lost forever.
func Lost(calls []Call) []string {
	content, name, replaced := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range calls {
		switch c.Name {
		case Create:
			name[c.Path] = true
		case Write:
			content[c.Path] = true
		case Sync:
			delete(content, c.Path)
			maps.DeleteFunc(name, func(path string, _ bool) bool { return filepath.Dir(path) == c.Path })
		case Rename:
			if content[c.Path] {
				replaced[c.To] = true
			}
			delete(content, c.Path)
			delete(name, c.Path)
			delete(content, c.To)
			name[c.To] = true
		case Remove:
			delete(content, c.Path)
			delete(name, c.Path)
		}
	}
	all := slices.Concat(slices.Collect(maps.Keys(content)), slices.Collect(maps.Keys(name)), slices.Collect(maps.Keys(replaced)))
	slices.Sort(all)
	return slices.Compact(all)
}

// Of returns how often a call was made on a path for which match holds.
func Of(calls []Call, name string, match func(path string) bool) (n int) {
	for _, c := range calls {
		if c.Name == name && match(c.Path) {
			n++
		}
	}
	return n
}
