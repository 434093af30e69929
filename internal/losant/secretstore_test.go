package losant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

var issued = provider.Credential{
	Provider: "katapult", ID: "objkey_1", Key: "KATAPULTKEY01234567", Secret: provider.NewSecret("sesame-of-katapult"),
	Created: time.Date(2026, 6, 13, 4, 0, 0, 0, time.UTC),
}

const (
	byName  = "GET " + root + "?filter=archive&filterField=name&page=0&perPage=100"
	awsKept = `{"accessKeyId":"KATAPULTKEY01234567","region":"eu-west-1"}`
)

func listing(items string) string { return `{"items":[` + items + `]}` }

func TestKeep(t *testing.T) {
	httpShown := `{"uriMatch":"https://a.example","authMethod":"header","publicValue":"X-Key"}`
	awsBody := `{"awsConfig":{"accessKeyId":"KATAPULTKEY01234567","secretAccessKey":"sesame-of-katapult","region":"eu-west-1"}}`
	tests := map[string]struct {
		target  string
		options map[string]string
		find    step
		body    string
		after   string
	}{
		"aws by ID":   {credID, nil, step{request: "GET " + one, answer: cred("aws", awsShown)}, awsBody, moved("aws", awsKept)},
		"aws by name": {"archive", nil, step{request: byName, answer: listing(cred("aws", awsShown, `name="archive2"`) + "," + cred("aws", awsShown))}, awsBody, moved("aws", awsKept)},
		"aws, the secret alone": {
			credID,
			map[string]string{"field": "secretAccessKey"},
			step{request: "GET " + one, answer: cred("aws", awsShown)},
			`{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"sesame-of-katapult","region":"eu-west-1"}}`, moved("aws", awsShown),
		},
		"http": {
			credID, nil,
			step{request: "GET " + one, answer: cred("http", httpShown)},
			`{"httpConfig":{"uriMatch":"https://a.example","authMethod":"header","publicValue":"X-Key","secretValue":"sesame-of-katapult"}}`, moved("http", httpShown),
		},
		"a named field": {
			credID,
			map[string]string{"field": "password"},
			step{request: "GET " + one, answer: cred("sql", sqlShown)},
			`{"sqlConfig":{"system":"pg","host":"db","port":5432,"username":"u","secureConnection":false,"caCertificate":"PEM\n","password":"sesame-of-katapult"}}`, moved("sql", sqlShown),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, test.find, test.find, step{request: "PATCH " + one, body: test.body, answer: test.after}, step{request: "GET " + one, answer: test.after})
			require.NoError(t, c.CheckPut(t.Context(), test.target, test.options))
			require.NoError(t, c.Put(t.Context(), test.target, test.options, issued))
			kept := test.find
			kept.answer = test.after
			if test.target != credID {
				kept.answer = listing(test.after)
			}
			require.NoError(t, serve(t, kept).Check(t.Context(), test.target, test.options, issued))
		})
	}
}

func TestCheckPutRefuses(t *testing.T) {
	get := func(answer string) step { return step{request: "GET " + one, answer: answer} }
	tests := map[string]struct {
		target  string
		options map[string]string
		steps   []step
		class   error
		say     string
	}{
		"an unknown option":   {credID, map[string]string{"fields": "x"}, nil, provider.ErrUsage, `"fields"`},
		"no such name":        {"archive", nil, []step{{request: byName, answer: listing("")}}, provider.ErrNotFound, `"archive"`},
		"two of that name":    {"archive", nil, []step{{request: byName, answer: listing(cred("aws", awsShown) + "," + cred("aws", awsShown, `id="other"`))}}, provider.ErrConflict, "2"},
		"no such ID":          {credID, nil, []step{{request: "GET " + one, status: 404, answer: "{}"}, {request: "GET " + root + "?filter=" + credID + "&filterField=name&page=0&perPage=100", answer: listing("")}}, provider.ErrNotFound, credID},
		"no field named":      {credID, nil, []step{get(cred("sql", sqlShown))}, provider.ErrUsage, "field=password"},
		"not a secret":        {credID, map[string]string{"field": "username"}, []step{get(cred("sql", sqlShown))}, provider.ErrUsage, "field=password"},
		"another's field":     {credID, map[string]string{"field": "apiKey"}, []step{get(cred("aws", awsShown))}, provider.ErrUsage, "field=secretAccessKey"},
		"a type unknown":      {credID, map[string]string{"field": "x"}, []step{get(cred("vault", "{}"))}, provider.ErrUsage, "vault"},
		"its region is lost":  {credID, nil, []step{get(cred("aws", `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE"}`))}, provider.ErrUsage, "region"},
		"the listing is down": {"archive", nil, []step{{request: byName, status: 500, answer: "{}"}}, provider.ErrUnavailable, "500"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := serve(t, test.steps...).CheckPut(t.Context(), test.target, test.options)
			require.ErrorIs(t, err, test.class)
			require.ErrorContains(t, err, test.say)
		})
	}
}

// Of the characters of a glob only * is known.
func TestKeepNameWithGlob(t *testing.T) {
	c := serve(t, step{request: "GET " + root + "?filter=a%2Ab%2A%2A&filterField=name&page=0&perPage=100", answer: listing(cred("aws", awsShown, `name="aXb[1"`) + "," + cred("aws", awsShown, `name="a*b[]"`))})
	require.NoError(t, c.CheckPut(t.Context(), "a*b[]", nil))
}

func TestKeepRefuses(t *testing.T) {
	for name, of := range map[string]provider.Credential{
		"no secret": {Key: "KATAPULTKEY01234567"}, "no key": {Secret: provider.NewSecret("sesame")}, "a key that is too short": {Key: "K", Secret: provider.NewSecret("sesame")},
	} {
		t.Run(name, func(t *testing.T) {
			err := serve(t, step{request: "GET " + one, answer: cred("aws", awsShown)}).Put(t.Context(), credID, nil, of)
			require.ErrorIs(t, err, provider.ErrUsage)
			silent(t, err, "sesame")
		})
	}
}

func TestKeepUnseen(t *testing.T) {
	err := connect(t, transport(func() string { return cred("aws", awsKept) })).Put(t.Context(), credID, nil, issued)
	require.ErrorIs(t, err, provider.ErrVerify, "lastUpdated did not move")
}

func TestNotKept(t *testing.T) {
	late := issued
	late.Created = issued.Created.Add(6 * time.Minute)
	for name, test := range map[string]struct {
		answer string
		of     provider.Credential
	}{
		"another key": {moved("aws", awsShown), issued},
		"an old one":  {cred("aws", awsKept), late},
	} {
		t.Run(name, func(t *testing.T) {
			err := serve(t, step{request: "GET " + one, answer: test.answer}).Check(t.Context(), credID, nil, test.of)
			require.ErrorIs(t, err, provider.ErrVerify)
			assert.NotContains(t, err.Error(), "AKIA")
		})
	}
	clocks := issued
	clocks.Created = issued.Created.Add(4 * time.Minute)
	require.NoError(t, serve(t, step{request: "GET " + one, answer: cred("aws", awsKept)}).Check(t.Context(), credID, nil, clocks))
}
