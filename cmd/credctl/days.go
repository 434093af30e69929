package main

import (
	"time"

	"github.com/credctl/credctl/internal/duration"
)

// days lets a duration be given in days, weeks and years too.
type days struct{ d *time.Duration }

func (d days) String() string {
	if d.d == nil || *d.d == 0 {
		return ""
	}
	return duration.Format(*d.d)
}

func (d days) Set(s string) (err error) {
	*d.d, err = duration.Parse(s)
	return err
}

func (d days) Type() string { return "duration" }
