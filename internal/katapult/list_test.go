package katapult_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func page(pagination string, ids ...string) string {
	var items []string
	for _, id := range ids {
		items = append(items, strings.Replace(oldKey, "objkey_old", id, 1))
	}
	return `{"pagination":` + pagination + `,"object_storage_access_keys":[` + strings.Join(items, ",") + `]}`
}

func listing(n int) string {
	return fmt.Sprintf("GET %s?organization[sub_domain]=acme&page=%d&per_page=100", listPath, n)
}

func ids(list []provider.Credential) (all []string) {
	for _, c := range list {
		all = append(all, c.ID)
	}
	return all
}

func TestListReadsAllPages(t *testing.T) {
	s := play(t,
		step{request: listing(1), answer: page(`{"current_page":1,"total_pages":2,"total":3,"per_page":2,"large_set":false}`, "objkey_1", "objkey_2")},
		step{request: listing(2), answer: page(`{"current_page":2,"total_pages":2,"total":3,"per_page":2,"large_set":false}`, "objkey_3")},
	)
	all, err := s.list()
	require.NoError(t, err)
	require.Equal(t, []string{"objkey_1", "objkey_2", "objkey_3"}, ids(all))
	assert.Equal(t, provider.Credential{
		Provider: "katapult", Kind: "access-key", ID: "objkey_1", Name: "ci", Key: "eb03a82c3e6a4529bf12d4db3fd0972c", Status: "configured",
		Scopes:   []string{"all-buckets-read", "read:web"},
		Created:  time.Date(2026, 8, 11, 14, 31, 36, 0, time.UTC),
		Endpoint: "https://uk-lon-1.katapultobjects.com", Region: "uk-lon-1", Details: all[0].Details,
	}, all[0])
	assert.Equal(t, map[string]any{
		"id": "objkey_1", "name": "ci", "created_at": 1786458696.0, "region": "uk-lon-1", "state": "configured",
		"all_buckets_read": true, "all_objects_read": false, "all_objects_write": false,
		"read_buckets": []any{"web"}, "write_buckets": []any{},
		"server_url": "uk-lon-1.katapultobjects.com:443", "s3_access_key_id": "eb03a82c3e6a4529bf12d4db3fd0972c",
	}, details(t, all[0]))
}

// Each key has the endpoint of its own server, whatever the key before has.
func TestEachListedKeyHasItsOwnEndpoint(t *testing.T) {
	servers := []string{"", "a.example.com:443", "a.example.com:443", "http://a.example.com", "169.254.169.254", "b.example.com", "", "a.example.com:443"}
	all := page(`{"current_page":1,"total_pages":1,"total":8,"per_page":100,"large_set":false}`, "objkey_0", "objkey_1", "objkey_2", "objkey_3", "objkey_4", "objkey_5", "objkey_6", "objkey_7")
	for _, server := range servers {
		all = strings.Replace(all, `"uk-lon-1.katapultobjects.com:443"`, `"`+server+`"`, 1)
	}
	got, err := play(t, step{request: listing(1), answer: all}).list()
	require.NoError(t, err)
	var endpoints []string
	for _, c := range got {
		endpoints = append(endpoints, c.Endpoint)
	}
	assert.Equal(t, []string{"", "https://a.example.com", "https://a.example.com", "", "", "https://b.example.com", "", "https://a.example.com"}, endpoints)
}

func TestListOfALargeSetGoesOnWhilePagesAreFull(t *testing.T) {
	for name, pagination := range map[string]string{
		"null":   `{"current_page":%d,"total_pages":null,"total":null,"per_page":2,"large_set":true}`,
		"absent": `{"current_page":%d,"per_page":2,"large_set":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t,
				step{request: listing(1), answer: page(fmt.Sprintf(pagination, 1), "objkey_1", "objkey_2")},
				step{request: listing(2), answer: page(fmt.Sprintf(pagination, 2), "objkey_3", "objkey_4")},
				step{request: listing(3), answer: page(fmt.Sprintf(pagination, 3))},
			)
			all, err := s.list()
			require.NoError(t, err)
			assert.Equal(t, []string{"objkey_1", "objkey_2", "objkey_3", "objkey_4"}, ids(all))
		})
	}
}

func TestListOfNothing(t *testing.T) {
	s := play(t, step{request: listing(1), answer: page(`{"current_page":1,"total_pages":0,"total":0,"per_page":100,"large_set":false}`)})
	all, err := s.list()
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestListIsWholeOrAnError(t *testing.T) {
	two := `{"current_page":1,"total_pages":2,"total":2,"per_page":1}`
	for name, c := range map[string]struct {
		answers []string
		says    string
	}{
		"no pagination":        {[]string{`{"object_storage_access_keys":[]}`}, "does not say whether there are more"},
		"neither totals":       {[]string{page(`{"current_page":1,"per_page":100}`, "objkey_1")}, "neither a number of pages"},
		"another page":         {[]string{page(`{"current_page":7,"total_pages":9,"total":9}`, "objkey_1")}, "says that it is page 7"},
		"keys that are not":    {[]string{page(`{"current_page":1,"total_pages":1,"total":5}`)}, "page 1 of the listing has 0 keys"},
		"counted, not paged":   {[]string{page(`{"current_page":1,"total_pages":0,"total":5}`)}, "page 1 of the listing has 0 keys"},
		"keys beyond the last": {[]string{page(`{"current_page":1,"total_pages":0,"total":0}`, "objkey_1")}, "page 1 of the listing has 1 keys"},
		"a later page is empty": {
			[]string{page(two, "objkey_1"), page(`{"current_page":2,"total_pages":2,"total":2,"per_page":1}`)},
			"page 2 of the listing has 0 keys",
		},
		"a later page is none": {[]string{page(two, "objkey_1"), `{}`}, "page 2 of the listing does not say"},
	} {
		t.Run(name, func(t *testing.T) {
			var steps []step
			for i, a := range c.answers {
				steps = append(steps, step{request: listing(i + 1), answer: a})
			}
			_, err := play(t, steps...).list()
			require.ErrorContains(t, err, c.says)
		})
	}
}

// TestListMayShrinkMeanwhile: what moved to the page before is not left out.
func TestListMayShrinkMeanwhile(t *testing.T) {
	s := play(t,
		step{request: listing(1), answer: page(`{"current_page":1,"total_pages":2,"total":2,"per_page":1}`, "objkey_1")},
		step{request: listing(2), answer: page(`{"current_page":2,"total_pages":1,"total":1,"per_page":1}`)},
		step{request: listing(1), answer: page(`{"current_page":1,"total_pages":1,"total":1,"per_page":1}`, "objkey_2")},
	)
	all, err := s.list()
	require.NoError(t, err)
	assert.Equal(t, []string{"objkey_1", "objkey_2"}, ids(all))
}

func TestListFailsInTheMiddle(t *testing.T) {
	s := play(t,
		step{request: listing(1), answer: page(`{"current_page":1,"total_pages":2,"total":2,"per_page":1}`, "objkey_1")},
		step{request: listing(2), status: 403, answer: refusal("scope_not_granted", `{"scopes":["object_storage"]}`)},
	)
	all, err := s.list()
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Contains(t, provider.HintOf(err), "object_storage:read")
	assert.Len(t, all, 1)
}

func TestListOfOneRegionAndOrganization(t *testing.T) {
	paris := strings.Replace(strings.Replace(oldKey, "objkey_old", "objkey_fr", 1), `"region":"uk-lon-1"`, `"region":"fr-par-1"`, 1)
	answer := strings.Replace(page(`{"current_page":1,"total_pages":1,"total":3}`, "objkey_1", "objkey_2"), `},{`, `},`+paris+`,{`, 1)
	for name, c := range map[string]struct {
		settings map[string]string
		request  string
		want     []string
	}{
		"by subdomain": {map[string]string{"org": "acme"}, listing(1), []string{"objkey_1", "objkey_fr", "objkey_2"}},
		"by ID":        {map[string]string{"org": "org_kwwEAGAcdQs0"}, "GET " + listPath + "?organization[id]=org_kwwEAGAcdQs0&page=1&per_page=100", []string{"objkey_1", "objkey_fr", "objkey_2"}},
		"one region":   {map[string]string{"org": "acme", "region": "fr-par-1"}, listing(1), []string{"objkey_fr"}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := playWith(t, c.settings, step{request: c.request, answer: answer}).list()
			require.NoError(t, err)
			assert.Equal(t, c.want, ids(all))
		})
	}
}

func TestTheRateLimitLastsToTheNextMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t,
			step{
				request: listing(1), status: 429, answer: refusal("rate_limit_reached", `{"total_permitted":1000}`),
				header: map[string][]string{"Date": {"Tue, 11 Aug 2026 14:53:26 GMT"}},
			},
			step{request: listing(1), answer: page(`{"current_page":1,"total_pages":0,"total":0}`)},
		)
		_, err := s.list()
		require.NoError(t, err)
		assert.GreaterOrEqual(t, s.times[1], 34*time.Second)
		assert.Less(t, s.times[1], 37*time.Second)
	})
}

func TestSettingsThatAreMissing(t *testing.T) {
	s := playWith(t, nil)
	_, err := s.list()
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, name := range []string{"--org", "CREDCTL_KATAPULT_ORG"} {
		require.Contains(t, provider.HintOf(err), name)
	}
	_, err = s.create("name", "ci")
	require.ErrorIs(t, err, provider.ErrUsage)
	require.Contains(t, provider.HintOf(err), "--region")
	_, err = playWith(t, map[string]string{"region": "uk-lon-1"}).create("name", "ci")
	require.ErrorIs(t, err, provider.ErrUsage)
	require.Contains(t, provider.HintOf(err), "--org")
}

// TestWhatIsOddIsUnknown: a value that is only shown spoils neither a listing nor what
// was issued.
func TestWhatIsOddIsUnknown(t *testing.T) {
	for _, odd := range []string{`"2026-08-11T16:53:18Z"`, `1786459966.5`, `{"at":1}`, `[1]`, `true`, `1e400`} {
		key := strings.Replace(generated, `"created_at":1786459966`, `"created_at":`+odd, 1)
		key = strings.Replace(key, `"state":"pending"`, `"state":`+odd, 1)
		s := play(t, step{request: listing(1), answer: `{"pagination":{"current_page":1,"total_pages":1,"total":2},"object_storage_access_keys":[` + key + `,` + oldKey + `]}`})
		all, err := s.list()
		require.NoError(t, err, odd)
		require.Len(t, all, 2)
		assert.True(t, all[0].Created.IsZero(), odd)
		assert.False(t, all[1].Created.IsZero())

		s = play(t, creation(), generation(200, one(key)))
		c, err := s.create("name", "ci")
		require.NoError(t, err, odd)
		assert.Equal(t, secret, c.Secret.Reveal())
	}
}
