package provider

import (
	"cmp"
	"fmt"
)

// A Tracker follows a verb that issues a credential in several requests, such as
// one that creates a key and another that generates its secret.
type Tracker struct {
	Known         Credential // that the verb is about, as it was read just before; or zero
	TemporaryName string     // to create with; kinds without [RightsRepairer] ignore it

	// Record is given what is known of the credential as soon as an answer names it. When
	// it fails, the verb returns the credential with the error. It may be nil.
	Record func(Credential) error
}

// Track returns in with a Tracker of the verb that gets it.
func (in Input) Track(t Tracker) Input {
	in.tracker = t
	return in
}

// TemporaryName returns [Tracker.TemporaryName], or final if there is none.
func (in Input) TemporaryName(final string) string {
	return cmp.Or(in.tracker.TemporaryName, final)
}

// Known returns [Tracker.Known], if it has this ID.
func (in Input) Known(id string) (Credential, bool) {
	return in.tracker.Known, id != "" && in.tracker.Known.ID == id
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
