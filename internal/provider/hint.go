package provider

import "fmt"

// AlsoHint returns err with advice that comes after what it carries already.
func AlsoHint(err error, format string, args ...any) error {
	advice := fmt.Sprintf(format, args...)
	if before := HintOf(err); before != "" {
		advice = before + "; " + advice
	}
	return hinted{err, advice}
}
