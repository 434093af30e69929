//go:build !failpoint

// Package failpoint marks the places where tests kill the process. It does
// nothing unless it is built with the tag failpoint.
package failpoint

// Hit does nothing.
func Hit(string) {}
