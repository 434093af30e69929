package deliver

import (
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver/edit"
	"github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// dotenvFormat is a dotenv file, in which some variables are ours.
type dotenvFormat struct {
	// The names of the variables. All but that of the secret are empty for a
	// kind of credential that is a secret alone.
	key, secret, endpoint, region string

	again string   // another name of the region
	stale []string // the variables that would keep readers from the pair
}

func parseDotenv(text, place string, o Options) (Destination, error) {
	l, err := spec.Locate(text, place, "prefix", "name")
	if err != nil {
		return nil, err
	}
	name, named := l.Options["name"]
	prefix, prefixed := l.Options["prefix"]
	var f dotenvFormat
	switch {
	case o.Shape == (provider.Shape{}):
		return nil, provider.Usage("the destination %q needs a secret, and the vendor returns none for this credential", text)
	case o.Shape.IsPair() && named:
		return nil, provider.Hint(provider.Usage("name= in the destination %q works for single secrets only; an S3 access key needs several variables", text),
			"use ?prefix=, as in prefix=S3_ for S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY")
	case !o.Shape.IsPair() && prefixed:
		return nil, provider.Hint(provider.Usage("prefix= in the destination %q works for S3 access keys only", text),
			"use ?name=, as in name=%s", o.Shape.Variable())
	case named:
		f.secret = name
	case !o.Shape.IsPair():
		f.secret = o.Shape.Variable()
	default:
		v := VariablesOf(o.Shape, prefix)
		f = dotenvFormat{key: v.Key, secret: v.Secret, endpoint: v.Endpoint, region: v.Region}
		if v == VariablesOf(o.Shape, "") { // what the AWS tools read
			f.again, f.stale = "AWS_DEFAULT_REGION", []string{"AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"}
		}
	}
	if err := quote.Name(f.secret); err != nil {
		return nil, err
	}
	return parseFile(text, "dotenv:", l.Place, l.Text, f, o)
}

func (f dotenvFormat) stored(c provider.Credential) held {
	if f.key == "" {
		return held{secret: c.Secret.Reveal()}
	}
	return s3(c)
}

func (f dotenvFormat) parts() (string, []string) {
	names := append([]string{f.key, f.secret, f.endpoint, f.region, f.again}, f.stale...)
	return "variables", slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

func (f dotenvFormat) get(content string) (held, error) {
	file, err := edit.ParseDotenv(content)
	if err != nil {
		return held{}, err
	}
	values := file.Values(f.key, f.secret, f.endpoint, f.region)
	return held{values[f.key], values[f.secret], values[f.endpoint], values[f.region]}, nil
}

func (f dotenvFormat) set(content string, c provider.Credential) (string, error) {
	want := f.stored(c)
	if f.key != "" && want.key == "" {
		return "", errNoKey
	}
	file, err := edit.ParseDotenv(content)
	if err != nil {
		return "", err
	}
	for _, v := range [][2]string{{f.key, want.key}, {f.secret, want.secret}, {f.endpoint, want.endpoint}, {f.region, want.region}, {f.again, want.region}} {
		if name, value := v[0], v[1]; name != "" && value != "" {
			if err := file.Set(name, value); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for _, name := range f.stale {
		file.Remove(name)
	}
	return file.String(), nil
}
