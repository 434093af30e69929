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
		return "set KATAPULT_API_TOKEN to a valid API token, or unset it and run: credctl auth login katapult"
	case "unauthorized_network_for_api_token":
		return "in Katapult's console, add this network to the networks that the API token allows"
	case "organization_not_found":
		return "pass --org with the ID (org_…) or subdomain of an organization that the API token can access"
	case "object_storage_cluster_not_found":
		return "pass --region with an object storage region, such as uk-lon-1 (uk-lon-01 is the name of a data centre, not of a region)"
	case "object_storage_account_not_found", "object_storage_account_not_provisioned":
		return "in Katapult's console, enable object storage for this organization and region, and wait until it is provisioned"
	case "rate_limit_reached":
		return "pass --max-wait 65s to wait for the next full minute"
	}
	return ""
}
