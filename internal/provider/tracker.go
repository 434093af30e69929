package provider

import "fmt"

// A Tracker follows a verb that issues a credential in several requests, such as
// one that creates a key and another that generates its secret.
type Tracker struct {
	// TemporaryName is the name to create the credential with, in place of its final
	// name. [RightsRepairer.RepairRights] gives it the final name. Kinds without that
	// method ignore it.
	TemporaryName string

	// Record is given what is known of the credential as soon as an answer names it,
	// before the next request. When it fails, the verb sends nothing more and returns
	// the credential with the error. It may be nil.
	Record func(Credential) error
}

// Track returns in with a Tracker of the verb that gets it.
func (in Input) Track(t Tracker) Input {
	in.tracker = t
	return in
}

// TemporaryName returns [Tracker.TemporaryName], or final if there is none.
func (in Input) TemporaryName(final string) string {
	if in.tracker.TemporaryName != "" {
		return in.tracker.TemporaryName
	}
	return final
}

// Record passes c to [Tracker.Record]. Its error has the class [ErrPartial].
func (in Input) Record(c Credential) error {
	if in.tracker.Record == nil {
		return nil
	}
	if err := in.tracker.Record(c); err != nil {
		return WithClass(ErrPartial, fmt.Errorf("%s was created, but could not be recorded: %w", c.ID, err))
	}
	return nil
}
