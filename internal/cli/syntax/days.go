package syntax

import (
	"time"

	"github.com/credctl/credctl/internal/duration"
)

// Days lets a duration be given in days, weeks and years too.
type Days struct{ D *time.Duration }

func (d Days) String() string {
	if d.D == nil || *d.D == 0 {
		return ""
	}
	return duration.Format(*d.D)
}

func (d Days) Set(s string) (err error) {
	*d.D, err = duration.Parse(s)
	return err
}

// Type is what the help calls it.
func (d Days) Type() string { return "duration" }
