//go:build !failpoint

// Package failpoint marks the places where tests kill the process, and the waits
// that these tests make short. It does nothing unless it is built with the tag
// failpoint.
//
// It is our own because libraries return errors at such places, and rewrite the
// source for it; here the process is killed.
package failpoint

import "time"

// Hit does nothing.
func Hit(string) {}

// Wait returns d.
func Wait(d time.Duration) time.Duration { return d }
