package losant

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// FindUsage returns what refers to cred, by its name: the integrations, workflows and
// workflow versions that Losant lists, and the archive and the export of the
// application, which it does not. A workflow that makes up the name when it runs
// is not found. When one of the two cannot be asked, what the other said is
// returned with the error.
//
// https://docs.losant.com/rest-api/credential/#linked-resources
// https://docs.losant.com/rest-api/application/#get
func (c *credentials) FindUsage(ctx context.Context, cred provider.Credential) ([]string, error) {
	if cred.Name == "" {
		var err error
		if cred, err = c.Get(ctx, cred.ID); err != nil {
			return nil, err
		}
	}
	query := leanQuery()
	query.Set("includeCustomNodes", "true")
	query.Set("_embedded", "true") // nothing may be left out of this one
	linked, err := rest.Do[linked](ctx, c.api, rest.Request{Method: http.MethodGet, Path: c.one(cred.ID) + "/linkedResources", Query: query})
	if err != nil {
		return nil, err
	}
	users := linked.users()
	app, err := rest.Do[app](ctx, c.api, rest.Request{Method: http.MethodGet, Path: c.app, Query: leanQuery()})
	if err != nil {
		return users, provider.Hint(err, "give the token the scope application.get: the application shows whether its archive uses the credential")
	}
	if app.Archive.Credential == cred.Name {
		users = append(users, "application archive")
	}
	if app.Archive.Export.Credential == cred.Name {
		users = append(users, "application export")
	}
	return users, nil
}

// app is the part of an application that may name a credential.
type app struct {
	Archive struct {
		Credential string `json:"credentialName"`
		Export     struct {
			Credential string `json:"credentialName"`
		} `json:"applicationExportOptions"`
	} `json:"archiveConfig"`
}

type linked struct {
	Integrations collection `json:"integrations"`
	Flows        collection `json:"flows"`
	Versions     collection `json:"flowVersions"`
}

// A collection is a listing within an answer.
type collection struct {
	Items []struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Class   string `json:"flowClass"`
		FlowID  string `json:"flowId"`
		Version string `json:"version"`
	} `json:"items"`
	Total int `json:"totalCount"`
}

func (l linked) users() (users []string) {
	names := map[string]string{}
	for _, i := range l.Integrations.Items {
		users = append(users, fmt.Sprintf("integration %q (%s)", i.Name, i.ID))
	}
	users = append(users, l.Integrations.rest("integrations")...)
	for _, f := range l.Flows.Items {
		names[f.ID] = fmt.Sprintf("%q", f.Name)
		what := cmp.Or(map[string]string{"customNode": "custom node"}[f.Class], "workflow")
		users = append(users, fmt.Sprintf("%s %s (%s)", what, names[f.ID], f.ID))
	}
	users = append(users, l.Flows.rest("workflows")...)
	for _, v := range l.Versions.Items {
		users = append(users, fmt.Sprintf("version %q of workflow %s (%s)", v.Version, cmp.Or(names[v.FlowID], v.FlowID), v.ID))
	}
	return append(users, l.Versions.rest("workflow versions")...)
}

// rest says how many the answer counts and does not show.
func (c collection) rest(what string) []string {
	if more := c.Total - len(c.Items); more > 0 {
		return []string{fmt.Sprintf("%d more %s", more, what)}
	}
	return nil
}
