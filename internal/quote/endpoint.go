package quote

import "github.com/credctl/credctl/internal/provider"

// CheckNoEndpoint refuses a shape whose new key pairs have no known S3 endpoint:
// programs would use such a pair at Amazon.
func CheckNoEndpoint(s provider.Shape) error {
	if s.NoEndpoint == "" {
		return nil
	}
	return provider.Hint(provider.Usage("no S3 endpoint is set, and programs that read the new key would send it to Amazon"), "%s", s.NoEndpoint)
}

// CheckEndpoint is [CheckNoEndpoint] for a credential that was issued.
func CheckEndpoint(c provider.Credential, s provider.Shape) error {
	if !s.IsPair() || c.Endpoint != "" {
		return nil
	}
	if err := CheckNoEndpoint(s); err != nil {
		return err
	}
	return provider.Hint(provider.Usage("%s has no S3 endpoint, and programs that read its key would send it to Amazon", c.ID), "use -o json, or --to json:PATH")
}
