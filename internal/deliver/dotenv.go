package deliver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/joho/godotenv"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// dotenvFormat is a dotenv file, in which some variables are ours.
type dotenvFormat struct {
	// The names of the variables. All but that of the secret are empty for a
	// kind of credential that is a secret alone.
	key, secret, endpoint, region string
}

func parseDotenv(spec, place string, o Options) (Destination, error) {
	path, options, err := query(spec, place, "prefix", "name")
	if err != nil {
		return nil, err
	}
	name, named := options["name"]
	prefix, prefixed := options["prefix"]
	var f dotenvFormat
	switch {
	case o.Shape == (provider.Shape{}):
		return nil, provider.Usage("the destination %q needs a secret, and this credential has none that the vendor tells", spec)
	case o.Shape.IsPair() && named:
		return nil, provider.Hint(provider.Usage("the destination %q names one variable, and this credential needs several: it has a key and a secret", spec),
			"use ?prefix=, as in prefix=S3_ for S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY")
	case !o.Shape.IsPair() && prefixed:
		return nil, provider.Hint(provider.Usage("the destination %q has a prefix, and this credential is one variable", spec),
			"use ?name=, as in name=%s", o.Shape.Variable())
	case named:
		f.secret = name
	case !o.Shape.IsPair():
		f.secret = o.Shape.Variable()
	default:
		if !prefixed {
			prefix = "AWS_"
		}
		f = dotenvFormat{prefix + "ACCESS_KEY_ID", prefix + "SECRET_ACCESS_KEY", prefix + "ENDPOINT_URL", prefix + "REGION"}
	}
	if err := quote.Name(f.secret); err != nil {
		return nil, err
	}
	return parseFile(spec, "dotenv:", path, place[len(path):], f, o)
}

func (f dotenvFormat) keeps(c provider.Credential) held {
	if f.key == "" {
		return held{secret: c.Secret.Reveal()}
	}
	return s3(c)
}

func (f dotenvFormat) owns() (string, []string) {
	names := []string{f.key, f.secret, f.endpoint, f.region}
	return "variables", slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

func (f dotenvFormat) get(content string) (held, error) {
	_, rest := cutBOM(content)
	entries, err := dotenvEntries(rest)
	if err != nil {
		return held{}, err
	}
	values := map[string]string{}
	for _, e := range entries {
		if e.name == "" || e.name != f.key && e.name != f.secret && e.name != f.endpoint && e.name != f.region {
			continue
		}
		got, err := godotenv.Unmarshal(e.raw)
		if err != nil {
			continue // it is not of our making, and will be replaced
		}
		values[e.name] = got[e.name] // the last one wins, as it does for every reader
	}
	return held{values[f.key], values[f.secret], values[f.endpoint], values[f.region]}, nil
}

// set changes every variable of ours wherever it is, so that no reader finds the
// old value, and adds what is missing at the end.
func (f dotenvFormat) set(content string, c provider.Credential) (string, error) {
	want := f.keeps(c)
	if f.key != "" && want.key == "" {
		return "", errNoKey
	}
	mark, rest := cutBOM(content)
	entries, err := dotenvEntries(rest)
	if err != nil {
		return "", err
	}
	for _, v := range [][2]string{{f.key, want.key}, {f.secret, want.secret}, {f.endpoint, want.endpoint}, {f.region, want.region}} {
		if name, value := v[0], v[1]; value != "" {
			if entries, err = assign(entries, name, value, newline(rest)); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	out := []string{mark}
	for _, e := range entries {
		out = append(out, e.raw)
	}
	return strings.Join(out, ""), nil
}

func assign(entries []dotenvEntry, name, value, eol string) ([]dotenvEntry, error) {
	quoted, err := quote.Dotenv(value)
	if err != nil {
		return nil, err
	}
	found := false
	for i, e := range entries {
		if e.name != name {
			continue
		}
		found = true
		text := quoted
		if !e.quoted() && plain().MatchString(value) {
			text = value // its reader may know no quotes, as that of docker run --env-file
		}
		entries[i].raw = e.raw[:e.from] + text + e.raw[e.to:]
		entries[i].to = e.from + len(text)
	}
	if found {
		return entries, nil
	}
	if n := len(entries); n > 0 && !strings.HasSuffix(entries[n-1].raw, "\n") {
		entries[n-1].raw += eol
	}
	if exported(entries) {
		name = "export " + name
	}
	return append(entries, dotenvEntry{raw: name + "=" + quoted + eol}), nil
}

// plain is a value that every reader takes as it is, without quotes.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./+=:@%,-]+$`) })
