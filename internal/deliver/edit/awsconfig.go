package edit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

const endpointURL = "endpoint_url"

// CheckAWSConfig refuses a profile whose settings in the configuration of the AWS
// tools, which they merge with the credentials file, would keep them from using a
// pair of keys at an endpoint. Without a path, or a file, there are none.
func CheckAWSConfig(path, profile, endpoint string) error {
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path) //nolint:gosec // the configuration of AWS that the user has
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	file, err := ParseINI(string(content))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, e := range file.entries {
		if e.header == "" || profileOf(e.header) != profile {
			continue
		}
		section, err := file.Section(e.header)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := AWSOverrides(profile, section, path, endpoint); err != nil {
			return err
		}
	}
	return nil
}

// profileOf returns the profile whose settings are in a section of the configuration,
// or "". The AWS tools split the name of the section as a shell does.
func profileOf(section string) string {
	name, is := strings.CutPrefix(section, "profile")
	switch {
	case section == "default":
		return section
	case !is || name == strings.TrimLeft(name, blank):
		return ""
	}
	return strings.Trim(name, blank+quotes)
}

// AWSOverrides refuses settings of a profile that come before a pair of keys, or lead
// to another endpoint.
func AWSOverrides(profile string, section Section, where, endpoint string) error {
	for _, name := range section.Names() {
		value := section.Value(name)
		before := name == "role_arn" || name == "source_profile" || name == "web_identity_token_file" || strings.HasPrefix(name, "sso_")
		elsewhere := name == "services" || name == endpointURL && value != endpoint || name == "s3" && strings.Contains(value, endpointURL) ||
			name == "ignore_configured_endpoint_urls" && !strings.EqualFold(value, "false")
		if before || elsewhere {
			return provider.Hint(refuse("%s has the setting %s, so the AWS tools would not use the new key with this profile", where, name),
				"choose another profile, or remove %s of the profile %s from %s", name, profile, where)
		}
	}
	return nil
}
