package deliver

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/deliver/edit"
	"github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// awsFormat is a shared credentials file of the AWS tools, in which one profile
// is ours.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
type awsFormat struct {
	profile string
	config  string // the file of settings that its readers merge with it, or ""
}

// The settings of a profile. A session token belongs to another, temporary pair:
// with one next to it, no tool can use ours.
const (
	awsKey      = "aws_access_key_id"
	awsSecret   = "aws_secret_access_key" //nolint:gosec // a name
	awsEndpoint = "endpoint_url"
	awsRegion   = "region"
	awsSession  = "aws_session_token"
	awsSecurity = "aws_security_token" // its name of old
)

func parseAWS(text, place string, o Options) (Destination, error) {
	if err := needPair(text, o); err != nil {
		return nil, err
	}
	l, err := spec.Locate(text, place)
	if err != nil {
		return nil, err
	}
	place = l.Place
	profile, path := splitProfile(place)
	if err := quote.Section(profile); err != nil {
		return nil, err
	}
	usual, home := o.awsFile("AWS_SHARED_CREDENTIALS_FILE", "credentials")
	if path == "" && !strings.Contains(place, "@") {
		if usual == "" {
			return nil, provider.Usage("the home folder is unknown")
		}
		path = usual
	}
	f, err := parseFile(text, "aws:"+profile+"@", path, "", awsFormat{profile: profile}, o)
	if err != nil {
		return nil, err
	}
	if f.path == usual {
		config, _ := o.awsFile("AWS_CONFIG_FILE", "config")
		f.format, f.makesFolder = awsFormat{profile, config}, home
	}
	return f, nil
}

// awsFile returns the path of a file of the AWS tools, or "", and whether it is
// the one in the home folder.
func (o Options) awsFile(variable, name string) (path string, home bool) {
	path, _ = o.LookupEnv(variable)
	if home = path == ""; home {
		path = filepath.Join("~", ".aws", name)
	}
	path, err := Absolute("", path, o)
	return path, home && err == nil
}

// needPair refuses a credential that is a secret alone.
func needPair(text string, o Options) error {
	if o.Shape.IsPair() {
		return nil
	}
	return provider.Hint(provider.Usage("the destination %q works for S3 access keys only", text), "use file:PATH or dotenv:PATH")
}

// splitProfile splits PROFILE[@PATH], in which both may have an "@": the path
// begins after the first that looks like the begin of one, else after the first.
func splitProfile(place string) (profile, path string) {
	for i := range place {
		if place[i] == '@' && i+1 < len(place) && (strings.ContainsRune("/~.\\", rune(place[i+1])) || filepath.VolumeName(place[i+1:]) != "") {
			return place[:i], place[i+1:]
		}
	}
	profile, path, _ = strings.Cut(place, "@")
	return profile, path
}

func (awsFormat) stored(c provider.Credential) held { return s3(c) }

func (f awsFormat) parts() (string, []string) { return "profiles", []string{f.profile} }

func (f awsFormat) get(content string) (held, error) {
	_, section, err := f.section(content)
	if err != nil {
		return held{}, err
	}
	h := held{section.Value(awsKey), section.Value(awsSecret), section.Value(awsEndpoint), section.Value(awsRegion)}
	if err := edit.AWSOverrides(f.profile, section, "the profile", section.Value(awsEndpoint)); err != nil {
		return held{}, err
	}
	return h, edit.CheckAWSConfig(f.config, f.profile, h.endpoint)
}

func (f awsFormat) set(content string, c provider.Credential) (string, error) {
	if c.Key == "" {
		return "", errNoKey
	}
	file, section, err := f.section(content)
	if err != nil {
		return "", err
	}
	for _, v := range [][2]string{{awsKey, c.Key}, {awsSecret, c.Secret.Reveal()}, {awsEndpoint, c.Endpoint}, {awsRegion, c.Region}} {
		if name, value := v[0], v[1]; value != "" { // else the vendor does not say: what the user has set is as good
			if err := section.Set(name, value); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	section.Remove(awsSession)
	section.Remove(awsSecurity)
	return file.String(), nil
}

func (f awsFormat) section(content string) (*edit.INI, edit.Section, error) {
	file, err := edit.ParseINI(content)
	if err != nil {
		return nil, edit.Section{}, err
	}
	section, err := file.Section(f.profile)
	return file, section, err
}

// errNoKey is about a pair of which one half would be stale.
var errNoKey = errors.New("the credential has a secret but no access key ID")
