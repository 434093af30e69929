//go:build !linux

package term

import "os"

func reserve(f *os.File, end, size int64) error { return fill(f, end, size) }
