package provider

import (
	"context"
	"iter"
)

// A Verb is something that can be done with credentials.
type Verb string

// The verbs, each with the interfaces that a kind implements to support it.
const (
	List     Verb = "list"     // [Lister]
	Get      Verb = "get"      // [Getter]
	Create   Verb = "create"   // [Creator]
	Update   Verb = "update"   // [Updater]
	Delete   Verb = "delete"   // [Deleter]
	Rotate   Verb = "rotate"   // [Rotator], or [Replacer] with [Deleter]
	Generate Verb = "generate" // [Generator]
)

// Verbs returns every verb, in the order of help texts.
func Verbs() []Verb { return []Verb{List, Get, Create, Update, Delete, Rotate, Generate} }

// A Lister lists credentials. The sequence fetches pages as they are needed,
// ends at the first error, and may be ranged over more than once.
type Lister interface {
	List(ctx context.Context, in Input) iter.Seq2[Credential, error]
}

// A Getter returns one credential, or an error that wraps [ErrNotFound].
type Getter interface {
	Get(ctx context.Context, id string) (Credential, error)
}

// A Describer returns one credential as a Getter does, with what takes more requests.
type Describer interface {
	Describe(ctx context.Context, id string) (Credential, error)
}

// A Creator issues a new credential.
//
// Like Rotate, Generate and Replace, Create may return a Credential and an
// error: what the vendor has already issued is never dropped, because it cannot
// be retrieved later. Its ID is set as soon as it is known. Where a further request
// follows, the credential is given to [Input.Record] before that.
type Creator interface {
	Create(ctx context.Context, in Input) (Credential, error)
}

// An Updater changes what in names, and nothing else.
type Updater interface {
	Update(ctx context.Context, id string, in Input) (Credential, error)
}

// A Deleter revokes one credential. Deleting what is not there is [ErrNotFound];
// after a try whose answer was lost it is [ErrGone] too.
type Deleter interface {
	Delete(ctx context.Context, id string) error
}

// A Rotator replaces a credential, or its secret, by the vendor's own route.
// The old secret does not work any more when it returns.
type Rotator interface {
	Rotate(ctx context.Context, id string, in Input) (Credential, error)
}

// A Generator makes new secret material for a credential that exists already.
// What it had before does not work any more when it returns.
type Generator interface {
	Generate(ctx context.Context, id string, in Input) (Credential, error)
}

// A RotateChecker says whether Rotate can be done with in, as far as that can be
// known without doing it, and whether it issues a secret or a public key that can be
// delivered. What is wrong with in is [ErrUsage].
type RotateChecker interface {
	CheckRotate(ctx context.Context, id string, in Input) (issues bool, err error)
}

// A Replacer issues a replacement with the same name and rights as old, which is
// what Get returned just now, and leaves old as it is. The values of in take
// precedence over those of old; the name that it is created with is that of
// [Input.TemporaryName], and the credential is given to [Input.Record] before any
// further request.
type Replacer interface {
	Replace(ctx context.Context, old Credential, in Input) (Credential, error)
}

// A RightsRepairer gives the credential with this ID the name and rights of old, as far
// as an update can, and returns it as it then is.
type RightsRepairer interface {
	RepairRights(ctx context.Context, id string, old Credential) (Credential, error)
}

// A Verifier tries the secret of c once. Nil means that it works, [ErrMetered] that it
// works and should not be tried again, [ErrPending] that it does not work yet,
// [ErrDenied] that it is refused, and [ErrVerify] or [ErrUnreachable] that nothing can
// be told until somebody changes something. Any other error says nothing about it.
type Verifier interface {
	Verify(ctx context.Context, c Credential) error
}

// A VerifyChecker says, as [ErrUsage], which setting Verify lacks for a replacement of old.
type VerifyChecker interface{ CheckVerify(old Credential) error }

// An ImpactExplainer says in a sentence what carrying out v on c with in would break, or
// nothing. It sends no request that changes anything.
type ImpactExplainer interface {
	ExplainImpact(v Verb, c Credential, in Input) string
}

// A UsageFinder finds what at the vendor refers to c, such as a workflow, and would
// fail without it. Each entry names one thing.
type UsageFinder interface {
	FindUsage(ctx context.Context, c Credential) ([]string, error)
}

// A SecretStore stores the secrets of other vendors' credentials, for what runs
// there. A target names the place; options say which of its fields to fill.
type SecretStore interface {
	// CheckPut reports whether something can be kept at target. It changes nothing.
	CheckPut(ctx context.Context, target string, options map[string]string) error

	// Put stores the key and the secret of c at target.
	Put(ctx context.Context, target string, options map[string]string, c Credential) error

	// Check reports, as far as the vendor lets it be read back, that target holds c.
	Check(ctx context.Context, target string, options map[string]string, c Credential) error
}

// A ValueLister lists the values that exist at the vendor for a parameter or a
// setting, such as the buckets for --bucket, and none where it does not know.
type ValueLister interface {
	ListValues(ctx context.Context, name string) ([]string, error)
}

// A SecretHinter says where a person finds the secret of c when the vendor's
// answer to an issuing verb holds none.
type SecretHinter interface {
	SecretHint(c Credential) string
}
