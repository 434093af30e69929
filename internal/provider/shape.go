package provider

// A Shape says what the secret of a kind consists of, and so which formats and
// destinations can hold it. The zero Shape is that of a kind that issues no secret.
type Shape struct {
	form             form
	variable, prefix string
	NoEndpoint       string // how to set the S3 endpoint that key pairs lack; "": they have one
}

type form int

const (
	noSecret form = iota
	pair
	single
)

// KeyPair is the shape of S3 credentials: an access key ID and a secret, which
// have the names of the AWS tools.
func KeyPair() Shape { return Shape{form: pair} }

// SingleSecret is the shape of one secret that programs read from the named
// environment variable.
func SingleSecret(variable string) Shape { return Shape{form: single, variable: variable} }

// Starting returns s for secrets that begin with prefix.
func (s Shape) Starting(prefix string) Shape { s.prefix = prefix; return s }

// IsPair reports whether s is an S3 key pair.
func (s Shape) IsPair() bool { return s.form == pair }

// IsSingle reports whether s is one secret.
func (s Shape) IsSingle() bool { return s.form == single }

// Variable returns the environment variable of a single secret, or "".
func (s Shape) Variable() string { return s.variable }

// Prefix returns what all secrets of this shape begin with, or "".
func (s Shape) Prefix() string { return s.prefix }
