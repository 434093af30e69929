package deliver

import (
	"fmt"

	"github.com/credctl/credctl/internal/deliver/edit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// s3cfgFormat is a configuration of s3cmd, which has one account.
type s3cfgFormat struct{}

const (
	s3cmdSection  = "default"
	s3cmdKey      = "access_key"
	s3cmdSecret   = "secret_key" //nolint:gosec // a name
	s3cmdHost     = "host_base"
	s3cmdBucket   = "host_bucket"
	s3cmdSecure   = "use_https"
	s3cmdLocation = "bucket_location"
	s3cmdSession  = "access_token" // of a temporary pair
)

func parseS3cfg(spec, place string, o Options) (Destination, error) {
	if err := needPair(spec, o); err != nil {
		return nil, err
	}
	l, err := locate(spec, place)
	if err != nil {
		return nil, err
	}
	return parseFile(spec, "s3cfg:", l.place, "", s3cfgFormat{}, o)
}

func (s3cfgFormat) stored(c provider.Credential) held { return s3(c) }

func (s3cfgFormat) parts() (string, []string) { return "s3cmd", []string{s3cmdSection} }

func (f s3cfgFormat) get(content string) (held, error) {
	_, section, err := f.section(content)
	if err != nil {
		return held{}, err
	}
	h := held{key: section.Value(s3cmdKey), secret: section.Value(s3cmdSecret), region: section.Value(s3cmdLocation)}
	if host := section.Value(s3cmdHost); host != "" {
		h.endpoint = "https://" + host
		if section.Value(s3cmdSecure) == "False" {
			h.endpoint = "http://" + host
		}
	}
	return h, nil
}

func (f s3cfgFormat) set(content string, c provider.Credential) (string, error) {
	if c.Key == "" {
		return "", errNoKey
	}
	file, section, err := f.section(content)
	if err != nil {
		return "", err
	}
	values := [][2]string{{s3cmdKey, c.Key}, {s3cmdSecret, s3(c).secret}, {s3cmdLocation, c.Region}}
	if c.Endpoint != "" || section.Value(s3cmdHost) == "" {
		host, secure, err := quote.S3Host(c.Endpoint)
		if err != nil {
			return "", err
		}
		values = append(values, [2]string{s3cmdHost, host}, [2]string{s3cmdBucket, host}, [2]string{s3cmdSecure, secure})
	}
	for _, v := range values {
		if v[1] == "" {
			continue
		}
		if err := section.Set(v[0], v[1]); err != nil {
			return "", fmt.Errorf("%s: %w", v[0], err)
		}
	}
	section.Remove(s3cmdSession)
	return file.String(), nil
}

func (s3cfgFormat) section(content string) (*edit.INI, edit.Section, error) {
	file, err := edit.ParseINI(content)
	if err != nil {
		return nil, edit.Section{}, err
	}
	section, err := file.Section(s3cmdSection)
	return file, section, err
}
