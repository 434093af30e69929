package katapult

import (
	"errors"

	"github.com/credctl/credctl/internal/provider"
)

// withHint adds what to do next to an error, where Katapult's own words do not say it.
func withHint(err error) error {
	e, answered := errors.AsType[*provider.Error](err)
	if !answered {
		return err
	}
	if advice := adviceFor(e.Code); advice != "" {
		return provider.AlsoHint(err, "%s", advice)
	}
	return err
}

func adviceFor(code string) string {
	switch code {
	case "scope_not_granted":
		return "grant the API token the scopes object_storage and object_storage:read; Katapult has no narrower scopes for access keys"
	case "missing_api_token", "invalid_api_token", "invalid_capabilities_token":
		return "set KATAPULT_API_TOKEN to a valid API token, or run `credctl auth login katapult`"
	case "unauthorized_network_for_api_token":
		return "add this network to those that the API token allows, in Katapult's console"
	case "organization_not_found":
		return "pass the ID (org_…) or the subdomain of an organization that the API token may see with --org"
	case "object_storage_cluster_not_found":
		return "pass a region of object storage with --region, such as uk-lon-1 (uk-lon-01 is a data centre)"
	case "object_storage_account_not_found", "object_storage_account_not_provisioned":
		return "enable object storage for this organization and region in Katapult's console first, and wait until it is provisioned"
	case "rate_limit_reached":
		return "wait for the next full minute with --max-wait 65s"
	}
	return ""
}
