package results

import "time"

// Time is a time as a cell of a table; none is empty.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// YesNo is a boolean as a cell of a table.
func YesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
