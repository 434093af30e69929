package output

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// An option is what may follow the colon of a format, as in env:prefix=S3_.
type option struct {
	name  string
	pairs bool // it is for S3 key pairs alone, where the format holds others too; otherwise for the others
	check func(value string) error
}

func quotePrefix(value string) error { return quote.Name(value + "SECRET_ACCESS_KEY") }

func (f Format) checkOption() error {
	s := f.spec()
	if len(s.options) == 0 {
		return provider.Usage("output format %s takes no options", s.name)
	}
	names := make([]string, len(s.options))
	for i, o := range s.options {
		if o.name == f.option {
			return o.check(f.value)
		}
		names[i] = o.name + "="
	}
	return provider.Usage("unknown option %q of output format %s (valid: %s)", f.option, s.name, listed(names))
}

// CanHold reports why f, if it is [Format.Issued], cannot hold a secret of this shape.
func (f Format) CanHold(shape provider.Shape) error {
	s := f.spec()
	chosen := slices.IndexFunc(s.options, func(o option) bool { return o.name == f.option })
	switch {
	case !f.Issued():
		return nil
	case shape == (provider.Shape{}):
		return provider.Usage("output format %s needs a new secret, and the vendor returns none for this credential", s.name)
	case s.pairs && !shape.IsPair():
		return provider.Hint(provider.Usage("output format %s works for S3 access keys only", s.name), "use -o env, dotenv or json")
	case s.pairs || chosen < 0 || s.options[chosen].pairs == shape.IsPair():
		return quote.CheckNoEndpoint(shape)
	case shape.IsPair():
		return provider.Hint(provider.Usage("name= works for single secrets only; an S3 access key needs several variables"), "use prefix= (default AWS_)")
	}
	return provider.Hint(provider.Usage("prefix= works for S3 access keys only"), "use name= (default %s)", shape.Variable())
}

// A pair is a name and its value in one of the formats for what was issued.
type pair struct{ name, value string }

// issued returns c in a format for one new secret, and what is appended to a file.
func (p Printer) issued(c provider.Credential, secret string) (text, appended string, err error) {
	s := p.Format.spec()
	if err := p.Format.CanHold(p.Shape); err != nil {
		return "", "", err
	}
	switch {
	case !p.Reveal:
		return "", "", provider.Hint(provider.Usage("output format %s prints the secret, and the secret is hidden here", s.name), "add --show-secret")
	case secret == "":
		return "", "", provider.Hint(fmt.Errorf("%s returned no secret for %s, so -o %s has nothing to print", c.Provider, c.ID, s.name), "use -o json")
	}
	if err := quote.CheckEndpoint(c, p.Shape); err != nil {
		return "", "", err
	}
	if s.appended != nil {
		if appended, err = s.appended(p, c, secret); err != nil {
			return "", "", err
		}
	}
	if text, err = s.issued(p, c, secret); err != nil {
		err = provider.Hint(err, "use -o json; or leave out -o %s and pass --secret-file FILE", s.name)
	}
	return text, appended, err
}

func shellExports(p Printer, c provider.Credential, secret string) (string, error) {
	exports, err := assign("export %s=%s\n", p.variables(c, secret), func(s string) (word string, err error) {
		if word = quote.Shell(s); strings.Contains(s, "\x00") {
			err = provider.Usage("a shell variable cannot contain a NUL character")
		}
		return word, err
	})
	if !strings.HasPrefix(exports, "export AWS_ACCESS_KEY_ID=") {
		return exports, err
	}
	return exports + "unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN\n", err // those of a temporary pair
}

func dotenvLines(p Printer, c provider.Credential, secret string) (string, error) {
	return assign("%s=%s\n", p.variables(c, secret), quote.Dotenv)
}

func (p Printer) variables(c provider.Credential, secret string) []pair {
	if !p.Shape.IsPair() {
		return []pair{{cmp.Or(p.Format.value, p.Shape.Variable()), secret}}
	}
	prefix := "AWS_"
	if p.Format.option != "" { // an empty prefix is one
		prefix = p.Format.value
	}
	pairs := keyPair(c, secret, prefix+"ACCESS_KEY_ID", prefix+"SECRET_ACCESS_KEY", prefix+"ENDPOINT_URL", prefix+"REGION")
	if prefix != "AWS_" {
		return pairs
	}
	return append(pairs, pair{"AWS_DEFAULT_REGION", c.Region}) // some tools read one, some the other
}

func awsProfile(p Printer, c provider.Credential, secret string) (string, error) {
	return section(cmp.Or(p.Format.value, "default"), keyPair(c, secret, "aws_access_key_id", "aws_secret_access_key", "endpoint_url", "region"))
}

func rcloneRemote(p Printer, c provider.Credential, secret string) (string, error) {
	pairs := []pair{{"type", "s3"}, {"provider", "Other"}, {"env_auth", "false"}}
	pairs = append(pairs, keyPair(c, secret, "access_key_id", "secret_access_key", "endpoint", "region")...)
	return section(cmp.Or(p.Format.value, c.Provider), pairs)
}

func keyPair(c provider.Credential, secret, keyName, secretName, endpointName, regionName string) []pair {
	return []pair{{keyName, c.Key}, {secretName, secret}, {endpointName, c.Endpoint}, {regionName, c.Region}}
}

func section(name string, pairs []pair) (string, error) {
	text, err := assign("%s = %s\n", pairs, quote.INI)
	return "[" + name + "]\n" + text, err
}

// assign returns those of pairs that have a value, a line each.
func assign(line string, pairs []pair, quoted func(string) (string, error)) (string, error) {
	var b strings.Builder
	for _, p := range pairs {
		if p.value == "" {
			continue
		}
		value, err := quoted(p.value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(&b, line, p.name, value)
	}
	return b.String(), nil
}
