package edit

import (
	"fmt"

	"github.com/credctl/credctl/internal/quote"
)

// S3cmd is the account that a configuration of s3cmd has.
type S3cmd struct{ Key, Secret, Endpoint, Region string }

const (
	s3cmdKey      = "access_key"
	s3cmdSecret   = "secret_key"
	s3cmdHost     = "host_base"
	s3cmdBucket   = "host_bucket"
	s3cmdSecure   = "use_https"
	s3cmdLocation = "bucket_location"
	s3cmdSession  = "access_token" // of a temporary pair
)

// ParseS3cmd reads the account of a configuration of s3cmd.
func ParseS3cmd(content string) (S3cmd, error) {
	_, section, err := s3cmdSection(content)
	if err != nil {
		return S3cmd{}, err
	}
	a := S3cmd{Key: section.Value(s3cmdKey), Secret: section.Value(s3cmdSecret), Region: section.Value(s3cmdLocation)}
	if host := section.Value(s3cmdHost); host != "" {
		a.Endpoint = "https://" + host
		if section.Value(s3cmdSecure) == "False" {
			a.Endpoint = "http://" + host
		}
	}
	return a, nil
}

// SetS3cmd returns the content with this account. An endpoint that is unknown stays
// as it is; where there is none, s3cmd would use that of Amazon, which is refused.
func SetS3cmd(content string, a S3cmd) (string, error) {
	file, section, err := s3cmdSection(content)
	if err != nil {
		return "", err
	}
	values := [][2]string{{s3cmdKey, a.Key}, {s3cmdSecret, a.Secret}, {s3cmdLocation, a.Region}}
	if a.Endpoint != "" || section.Value(s3cmdHost) == "" {
		host, secure, err := quote.S3Host(a.Endpoint)
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

func s3cmdSection(content string) (*INI, Section, error) {
	file, err := ParseINI(content)
	if err != nil {
		return nil, Section{}, err
	}
	section, err := file.Section("default")
	return file, section, err
}
