//go:build !failpoint

// Package failpoint marks the places where tests kill the process. It does
// nothing unless it is built with the tag failpoint.
//
// It is our own because libraries return errors at such places, and rewrite the
// source for it; here the process is killed.
package failpoint

// Hit does nothing.
func Hit(string) {}
