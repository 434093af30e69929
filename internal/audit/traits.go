package audit

// These are what the vendor's own record of a credential, which is its Details, may
// have as methods. A record that lacks one says nothing about it.
type (
	// A Broad record says what its credential may do beyond one purpose, as the end
	// of the sentence "the credential ..."; "": nothing.
	Broad interface{ TooBroad() string }

	// A Readable record names its secrets that everybody sees who may list it; "": none.
	Readable interface{ ReadableSecret() string }

	// A Certificate record reports whether its credential is a certificate.
	Certificate interface{ Certificate() bool }

	// An Expiring record reports whether its credential could have been given an expiry.
	Expiring interface{ CanExpire() bool }

	// A UseRecorder reports whether a credential without a last use was never used.
	UseRecorder interface{ RecordsUse() bool }
)

// reports returns what a method of the record says, if it has it.
func reports[T any](details any, method func(T) bool) bool {
	t, ok := details.(T)
	return ok && method(t)
}

// says is reports for a method that returns a text.
func says[T any](details any, method func(T) string) string {
	if t, ok := details.(T); ok {
		return method(t)
	}
	return ""
}
