package exit

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// An About names what an error is about: what was being done where it arose.
type About struct {
	Provider, Verb, ID string
	Group              string // of the commands that Verb is one of, such as auth; "": the vendor has it
}

// Wrap returns err as an error about a. Its message stays as it is. No error stays none.
func (a About) Wrap(err error) error {
	if err == nil {
		return nil
	}
	return about{err, a}
}

type about struct {
	error
	about About
}

func (a about) Unwrap() error { return a.error }

// AboutOf returns what err is about. What was said where it arose counts for more
// than what was said later.
func AboutOf(err error) (all About) {
	for e, ok := errors.AsType[about](err); ok; e, ok = errors.AsType[about](e.error) {
		a := e.about
		all = About{cmp.Or(a.Provider, all.Provider), cmp.Or(a.Verb, all.Verb), cmp.Or(a.ID, all.ID), cmp.Or(a.Group, all.Group)}
	}
	return all
}

// Prefix is what a message for people begins with: the command, as one types it.
func (a About) Prefix() string {
	words := []string{a.Provider, a.Verb, a.ID}
	if a.Group != "" {
		words = []string{a.Group, a.Verb, a.Provider, a.ID}
	}
	words = slices.Compact(slices.DeleteFunc(words, func(s string) bool { return s == "" })) // deliver is its own group
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, " ") + ": "
}

// An Object is an error as JSON. Its fields are frozen.
type Object struct {
	Code       string `json:"code"`
	Exit       int    `json:"exit"`
	Provider   string `json:"provider,omitzero"`
	Verb       string `json:"verb,omitzero"`
	ID         string `json:"id,omitzero"`
	Message    string `json:"message"`
	VendorCode string `json:"vendor_code,omitzero"`
	Status     int    `json:"status,omitzero"`
	RequestID  string `json:"request_id,omitzero"`
	Hint       string `json:"hint,omitzero"`

	Notes []string `json:"notes,omitzero"` // what the run remarked before it failed
}

// Text returns what err says, with what ended the run, and what is wrong with a file, in words.
func Text(err error) string {
	text := provider.Text(err)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		why := file.Path + ": " + file.Err.Error()
		if errors.Is(file.Err, fs.ErrNotExist) {
			why = file.Path + " does not exist"
		}
		text = strings.ReplaceAll(text, file.Error(), why)
	}
	return text
}

// Object returns err, which is about a, as JSON shows it.
func (a About) Object(err error) Object {
	o := Object{Provider: a.Provider, Verb: a.Verb, ID: a.ID, Message: Text(err), Hint: provider.HintOf(err)}
	if o.Code, o.Exit = Of(err); o.Code == "unavailable" && o.Hint == "" {
		o.Hint = "try again later"
	}
	if e, ok := errors.AsType[*provider.Error](err); ok {
		o.VendorCode, o.Status, o.RequestID = e.Code, e.Status, e.RequestID
	}
	return o
}
