package deliver

import (
	"github.com/credctl/credctl/internal/deliver/edit"
	"github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/provider"
)

// s3cfgFormat is a configuration of s3cmd, which has one account.
type s3cfgFormat struct{}

func parseS3cfg(text, place string, o Options) (Destination, error) {
	if err := needPair(text, o); err != nil {
		return nil, err
	}
	l, err := spec.Locate(text, place)
	if err != nil {
		return nil, err
	}
	return parseFile(text, "s3cfg:", l.Place, "", s3cfgFormat{}, o)
}

func (s3cfgFormat) stored(c provider.Credential) held { return s3(c) }

func (s3cfgFormat) parts() (string, []string) { return "s3cmd", []string{"default"} }

func (s3cfgFormat) get(content string) (held, error) {
	a, err := edit.ParseS3cmd(content)
	return held{a.Key, a.Secret, a.Endpoint, a.Region}, err
}

func (s3cfgFormat) set(content string, c provider.Credential) (string, error) {
	if c.Key == "" {
		return "", errNoKey
	}
	h := s3(c)
	return edit.SetS3cmd(content, edit.S3cmd{Key: h.key, Secret: h.secret, Endpoint: h.endpoint, Region: h.region})
}
