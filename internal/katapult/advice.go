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
		return "grant the API token the scopes object_storage and object_storage:read; Katapult has no narrower ones for access keys"
	case "missing_api_token", "invalid_api_token", "invalid_capabilities_token":
		return "set KATAPULT_API_TOKEN to a valid API token, or store one with `credctl auth login katapult`"
	case "unauthorized_network_for_api_token":
		return "the API token is limited to certain networks; add this one in Katapult's console"
	case "organization_not_found":
		return "--org is the organization's ID (org_…) or its subdomain, and the API token must be allowed to see it"
	case "object_storage_cluster_not_found":
		return "--region is a region of object storage, such as uk-lon-1; the name of the data centre, uk-lon-01, is none"
	case "object_storage_account_not_found", "object_storage_account_not_provisioned":
		return "enable object storage for this organization and region in Katapult's console first, and wait until it is provisioned"
	case "rate_limit_reached":
		return "the limit is counted from one full minute to the next; --max-wait 65s waits for it"
	}
	return ""
}
