// Package provider is the vocabulary that commands and adapters share: what a
// credential is, what can be done with one, and how that can fail. It knows no
// vendor, no command line and no output format.
package provider

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/pace"
)

// A Provider is one vendor, as data: describing it neither reads configuration
// nor opens a connection.
type Provider struct {
	Name     string // the command, the section of the configuration, the prefix of the environment
	Title    string // "Katapult object storage"
	BaseURL  string // an origin, such as https://api.katapult.io
	Prefix   string // the path that an origin without one gets, such as /core/v1
	BaseEnv  []string
	Settings []AnyParam // what every request needs, such as a token and an organization
	Kinds    []Kind     // the verbs of the first hang on the vendor itself
	Login    Login

	// CheckDefault returns the error for settings that must not be used with BaseURL
	// where nobody gave that URL. It may be nil.
	CheckDefault func(in Input) error
}

// A Kind is one sort of credential that a vendor has.
type Kind struct {
	Name  string // "access-key"
	Title string // "object storage access keys"

	Params map[Verb][]AnyParam
	Issues []Verb // the verbs that return a secret which cannot be retrieved again

	// Unsupported says, for a verb that the vendor's API does not have, why and, after
	// a semicolon, what to do instead, without a full stop.
	Unsupported map[Verb]string

	// Effects says, for a verb that must be confirmed, what stops working.
	Effects map[Verb]string

	// Needs has the settings that a verb needs, and not every request.
	Needs map[Verb][]AnyParam

	// Help is more to say about a verb than its flags do, as paragraphs.
	Help map[Verb]string

	// Examples has for each verb at least two command lines that work in the sandbox,
	// each after a comment that says what it is for.
	Examples map[Verb]string

	// GetsByListing reports that Get reads the whole listing.
	GetsByListing bool

	// IssuesNone reports that a verb of Issues, with these values, makes no secret. It may be nil.
	IssuesNone func(v Verb, in Input) bool

	// TellsUse reports that a listing says when a credential was last used.
	TellsUse bool

	// Auxiliary says that it holds no credentials, such as roles.
	Auxiliary bool

	// CheckID says what is wrong with an ID before a request is made. It may be nil.
	CheckID func(id string) error

	// Shape is what a secret of this kind consists of. A kind that issues secrets has one.
	// Endpoint is the setting of the S3 endpoint, if the vendor reports none. It may be nil.
	Shape    Shape
	Endpoint AnyParam

	Verbs   []Verb  // what NewKind found
	Methods Service // only its method set is looked at
	Open    func(Conn) (Service, error)
}

// A Service is an open Kind. It implements the interfaces of the kind's verbs.
type Service any

// A Conn is what an adapter needs in order to reach its vendor.
type Conn struct {
	HTTP     *http.Client
	BaseURL  string // with the path, as [Provider.Base] returns it
	Settings Input

	MaxWait     time.Duration // the longest wait for a vendor before another try; zero: none is waited out
	MaxThrottle time.Duration // the longest wait, if that is longer, before a request that the vendor has said it will not take yet
	Pacers      *pace.Pacers  // what all clients of the run share to keep within rate limits; nil: nothing
	Log         *slog.Logger  // one line for each request, at debug level; nil: none

	// Save keeps the answer to an issuing request that could not be read, and
	// returns the path of the file. It may be nil.
	Save func(op string, body []byte) (path string, err error)

	// Reach returns the error for a server, as host:port, that the run must not contact. It may be nil.
	Reach func(host string) error

	// DryRun, if there is one, is given the requests that do not only read, in
	// place of the vendor. The secrets in body are redacted.
	DryRun func(method, url string, body []byte)

	Progress func(what string) // is told what is being waited for; may be nil

	// Lock calls do when no other run has the lock of that name, with a context that ends
	// when the lock is lost. It may be nil.
	Lock func(ctx context.Context, name string, do func(ctx context.Context) error) error
}

// WithLock calls do under the lock of that name, if there are locks: for a change that
// reads something whole, and writes it whole.
func (c Conn) WithLock(ctx context.Context, name string, do func(ctx context.Context) error) error {
	if c.Lock == nil {
		return do(ctx)
	}
	return c.Lock(ctx, name, do)
}

// CheckHost returns the error for a server that the run must not contact.
func (c Conn) CheckHost(host string) error {
	if c.Reach == nil {
		return nil
	}
	return c.Reach(host)
}

// Report passes what to Progress, if there is one.
func (c Conn) Report(what string) {
	if c.Progress != nil {
		c.Progress(what)
	}
}

// NewKind completes k, a kind of credential that T, what open returns,
// implements. The method set of T decides which verbs there are. It panics when
// k declares something for a verb that T lacks, which the first test finds.
func NewKind[T any](k Kind, open func(Conn) (T, error)) Kind {
	var t T // only its method set is looked at
	k.Open = func(c Conn) (Service, error) { return open(c) }
	k.Methods = t
	for _, v := range Verbs() {
		switch has := supports(t, v); {
		case has:
			k.Verbs = append(k.Verbs, v)
		case k.Unsupported[v] == "":
			panic(fmt.Sprintf("provider: kind %q does not say why it cannot %s", k.Name, v))
		}
	}
	for _, v := range slices.Concat(k.Issues, slices.Collect(maps.Keys(k.Params)), slices.Collect(maps.Keys(k.Effects))) {
		if !slices.Contains(k.Verbs, v) {
			panic(fmt.Sprintf("provider: kind %q declares something for %q, which %T does not support", k.Name, v, t))
		}
	}
	if len(k.Issues) > 0 && k.Shape == (Shape{}) {
		panic(fmt.Sprintf("provider: kind %q issues secrets, and does not say of which shape", k.Name))
	}
	return k
}

func supports(t Service, v Verb) (ok bool) {
	switch v {
	case List:
		_, ok = t.(Lister)
	case Get:
		_, ok = t.(Getter)
	case Create:
		_, ok = t.(Creator)
	case Update:
		_, ok = t.(Updater)
	case Delete:
		_, ok = t.(Deleter)
	case Rotate:
		_, ok = t.(Rotator)
		if _, replaces := t.(Replacer); replaces {
			_, deletes := t.(Deleter)
			ok = ok || deletes
		}
	case Generate:
		_, ok = t.(Generator)
	}
	return ok
}

// Find returns the credential with the given ID from list. It is how an adapter
// gets from a vendor that can only list.
func Find(list iter.Seq2[Credential, error], id string) (Credential, error) {
	for c, err := range list {
		if err != nil {
			return Credential{}, err
		}
		if c.ID == id {
			return c, nil
		}
	}
	return Credential{}, fmt.Errorf("%q is not in the listing: %w", id, ErrNotFound)
}
