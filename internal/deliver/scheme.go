package deliver

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// A Scheme is one sort of destination, as data. Help, completion and the
// documentation are made from it, and reading it opens nothing.
type Scheme struct {
	Name     string // before the colon: "github"
	Place    string // after the colon: "OWNER/REPO/NAME"
	Title    string // a noun phrase: "GitHub Actions secret of a repository"
	Proof    Proof  // the best that it can give; see [Destination]
	Params   []Param
	Settings []Setting

	// New returns the destination that spec names, of which place is what
	// follows the colon. It opens nothing. Its errors are [provider.ErrUsage].
	New func(spec, place string, o Options) (Destination, error)
}

// A Param is an option that may follow the place: "?name=value".
type Param struct{ Name, Value, Usage string }

// A Setting says where the server of a scheme is, or who credctl is there.
type Setting struct {
	Name    string   // in a profile, below destinations and the name of the scheme
	Env     []string // the variables that set it, of which the first wins
	Usage   string
	Secret  bool
	Own     bool   // it is for the server of the profile alone, as each secret is
	Server  bool   // it says where the server is; of several the first that is set does
	Default string // of a server: what the one is that a profile without any means
}

// A Proof says how ReadBack knows that a destination holds a credential.
type Proof string

// The proofs. A destination of ByStamp never returns what it holds: all that can
// be known is that it accepted the value, and when it last did.
const (
	ByValue Proof = "value"
	ByStamp Proof = "stamp"
)

// A Stamper is a destination that does not return what it holds, but tells when
// or how often that was set. A stamp that differs from that of the last delivery
// means that somebody else has set it since.
type Stamper interface {
	Stamp(ctx context.Context) (string, error)
}

// A Retirer is a destination that keeps earlier values, and can destroy them once
// the old credential is revoked.
type Retirer interface {
	Retire(ctx context.Context) error
}

// files are the schemes that need nothing but this machine.
func files() []Scheme {
	prefix := Param{"prefix", "PREFIX", "prefix of the names (default AWS_)"}
	return []Scheme{
		{
			Name: "file", Place: "PATH", Title: "file that contains only the secret", Proof: ByValue,
			Params: []Param{{"inplace", "1", "rewrite the file in place, for bind mounts"}, {"replace", "1", "replace any content of the file"}},
			New:    parseRaw,
		},
		{Name: "json", Place: "PATH", Title: "file with the credential as JSON", Proof: ByValue, New: parseJSON},
		{
			Name: "dotenv", Place: "PATH", Title: "variables of a dotenv file", Proof: ByValue,
			Params: []Param{prefix, {"name", "NAME", "name of the variable, for a single secret"}},
			New:    parseDotenv,
		},
		{Name: "aws", Place: "PROFILE[@PATH]", Title: "profile of an AWS credentials file", Proof: ByValue, New: parseAWS},
		{Name: "s3cfg", Place: "PATH", Title: "configuration of s3cmd", Proof: ByValue, New: parseS3cfg},
		{Name: "exec", Place: "COMMAND", Title: "command that stores the credential", Proof: ByStamp, New: func(_, place string, o Options) (Destination, error) {
			return &executed{line: place, o: o}, nil
		}},
	}
}

// All returns the schemes of this package and those of o.
func (o Options) All() []Scheme { return append(files(), o.Schemes...) }

// Variables names the environment variables from which programs read a
// credential of a shape. For a secret alone only Secret is set.
type Variables struct{ Key, Secret, Endpoint, Region string }

// VariablesOf returns the variables of a shape. Those of a key pair begin with
// prefix; "" is that of the AWS tools.
func VariablesOf(s provider.Shape, prefix string) Variables {
	if !s.IsPair() {
		return Variables{Secret: s.Variable()}
	}
	if prefix == "" {
		prefix = "AWS_"
	}
	return Variables{prefix + "ACCESS_KEY_ID", prefix + "SECRET_ACCESS_KEY", prefix + "ENDPOINT_URL", prefix + "REGION"}
}
