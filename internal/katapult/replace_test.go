package katapult_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func getBucket(name string) string {
	return "GET " + bucketPath + "?bucket[name]=" + name + "&object_storage_cluster[region]=uk-lon-1"
}

func patchBucket(name, readers, writers string) step {
	return step{
		request: "PATCH " + bucketPath,
		body: `{"object_storage_cluster":{"region":"uk-lon-1"},"bucket":{"name":"` + name + `"},
			"properties":{"access_control_list":{"read_key_ids":[` + readers + `],"write_key_ids":[` + writers + `]}}}`,
		answer: bucketOf(readers, writers),
	}
}

// the old key as it may come out of a journal, where its details are not.
func old() provider.Credential {
	return provider.Credential{ID: "objkey_old", Name: "ci", Region: "uk-lon-1", Scopes: []string{"all-buckets-read", "read:logs", "read:web", "write:web"}}
}

func replacement() []step {
	made := creation()
	made.body = strings.Replace(made.body, `"all_buckets_read":false`, `"all_buckets_read":true`, 1)
	made.answer = strings.Replace(made.answer, `"all_buckets_read":false`, `"all_buckets_read":true`, 1)
	return []step{made, generation(200, one(generated))}
}

func replace(s *script) (provider.Credential, error) {
	return s.service.(provider.Replacer).Replace(s.t.Context(), old(), provider.Input{})
}

func TestReplaceGivesTheSameRights(t *testing.T) {
	// The setting names another region: that of the old key counts.
	s := playWith(t, map[string]string{"org": "acme", "region": "fr-par-1"}, append(replacement(),
		step{request: getBucket("logs"), answer: bucketOf(`"objkey_other","objkey_old"`, `"objkey_other"`)},
		patchBucket("logs", `"objkey_other","objkey_old","objkey_new"`, `"objkey_other"`),
		step{request: getBucket("web"), answer: bucketOf(`"objkey_old"`, `"objkey_old"`)},
		patchBucket("web", `"objkey_old","objkey_new"`, `"objkey_old","objkey_new"`),
	)...)
	c, err := replace(s)
	require.NoError(t, err)
	assert.Equal(t, "objkey_new", c.ID)
	assert.Equal(t, secret, c.Secret.Reveal())
	assert.Equal(t, old().Scopes, c.Scopes)
	assert.Equal(t, "ci", c.Name)
}

// A key on a bucket's list may be deleted before the list is written.
func TestAGrantReadsTheListAgainWhereAKeyIsGone(t *testing.T) {
	refused := func() step {
		s := patchBucket("web", `"objkey_old","objkey_gone","objkey_new"`, `"objkey_old","objkey_new"`)
		s.status, s.answer = 404, refusal("object_storage_access_key_not_found", "{}")
		return s
	}
	before := step{request: getBucket("web"), answer: bucketOf(`"objkey_old","objkey_gone"`, `"objkey_old"`)}
	from := provider.Credential{ID: "objkey_old", Name: "ci", Region: "uk-lon-1", Scopes: []string{"read:web", "write:web"}}
	s := play(t, creation(), generation(200, one(generated)), before, refused(),
		step{request: getBucket("web"), answer: bucketOf(`"objkey_old"`, `"objkey_old"`)},
		patchBucket("web", `"objkey_old","objkey_new"`, `"objkey_old","objkey_new"`))
	c, err := s.service.(provider.Replacer).Replace(t.Context(), from, provider.Input{})
	require.NoError(t, err)
	assert.Equal(t, from.Scopes, c.Scopes)

	s = play(t, creation(), generation(200, one(generated)), before, refused(), before, refused(), before, refused())
	_, err = s.service.(provider.Replacer).Replace(t.Context(), from, provider.Input{})
	require.ErrorIs(t, err, provider.ErrPartial, "not without end")
}

func TestReplaceWithAnotherName(t *testing.T) {
	made := creation()
	made.body = strings.Replace(made.body, `"name":"ci"`, `"name":"ci-2"`, 1)
	s := play(t, made, generation(200, one(generated)))
	_, err := s.service.(provider.Replacer).Replace(t.Context(), provider.Credential{ID: "objkey_old", Name: "ci", Region: "uk-lon-1"}, input(t, provider.Rotate, "new-name", "ci-2"))
	require.NoError(t, err)
}

func TestReplaceKeepsTheSecretWhenAGrantFails(t *testing.T) {
	denied := step{request: getBucket("logs"), status: 403, answer: refusal("scope_not_granted", `{"scopes":["object_storage:read"]}`)}
	for name, c := range map[string]struct {
		logs []step
		says string
	}{
		"denied":           {[]step{denied}, "scopes object_storage:read"},
		"a list not shown": {[]step{{request: getBucket("logs"), answer: `{"object_storage_bucket":{"access_control_list":{"read_key_ids":["objkey_old"]}}}`}}, "does not list the keys"},
		"no lists at all":  {[]step{{request: getBucket("logs"), answer: `{}`}}, "does not list the keys"},
		"not carried out": {[]step{
			{request: getBucket("logs"), answer: bucketOf(``, ``)},
			func() step { p := patchBucket("logs", `"objkey_new"`, ``); p.answer = bucketOf(``, ``); return p }(),
		}, "objkey_new still has no access"},
		"lost": {[]step{
			{request: getBucket("logs"), answer: bucketOf(``, ``)},
			func() step { p := patchBucket("logs", `"objkey_new"`, ``); p.status = -1; return p }(),
		}, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, append(append(replacement(), c.logs...),
				// The other bucket is seen to anyway.
				step{request: getBucket("web"), answer: bucketOf(`"objkey_old"`, `"objkey_old"`)},
				patchBucket("web", `"objkey_old","objkey_new"`, `"objkey_old","objkey_new"`),
			)...)
			got, err := replace(s)
			require.ErrorIs(t, err, provider.ErrPartial)
			require.ErrorContains(t, err, "bucket logs")
			require.ErrorContains(t, err, c.says)
			assert.NotEmpty(t, provider.HintOf(err))
			assert.Equal(t, "objkey_new", got.ID)
			assert.Equal(t, secret, got.Secret.Reveal())
			assert.Equal(t, []string{"all-buckets-read", "read:web", "write:web"}, got.Scopes)
		})
	}
}

func TestReplaceWithoutCredentialsGrantsNothing(t *testing.T) {
	steps := replacement()
	steps[1] = generation(-1, "")
	got, err := replace(play(t, steps...))
	require.ErrorIs(t, err, provider.ErrPartial)
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.Equal(t, "objkey_new", got.ID)
}

func TestReplaceThatMakesNothing(t *testing.T) {
	made := replacement()[0]
	made.status, made.answer = 403, refusal("object_storage_account_suspended", "{}")
	got, err := replace(play(t, made))
	require.ErrorIs(t, err, provider.ErrConflict)
	require.NotErrorIs(t, err, provider.ErrPartial)
	assert.Empty(t, got.ID)
}

func TestMendAddsWhatIsMissing(t *testing.T) {
	getNew := strings.Replace(getOld, "old", "new", 1)
	mended := `{"id":"objkey_new","name":"ci","region":"uk-lon-1","state":"configured","all_buckets_read":true,"read_buckets":["web","logs"],"write_buckets":["web"]}`
	s := playWith(t, nil,
		step{
			request: "PATCH " + keyPath, answer: one(strings.Replace(newKey, `"all_buckets_read":false`, `"all_buckets_read":true`, 1)),
			body: `{"access_key":{"id":"objkey_new"},"properties":{"name":"ci","all_buckets_read":true,"all_objects_read":false,"all_objects_write":false}}`,
		},
		step{request: getBucket("logs"), answer: bucketOf(`"objkey_new"`, ``)}, // it has this one already
		step{request: getBucket("web"), answer: bucketOf(`"objkey_old","objkey_new"`, `"objkey_old"`)},
		patchBucket("web", `"objkey_old","objkey_new"`, `"objkey_old","objkey_new"`),
		step{request: getNew, answer: one(mended)},
	)
	c, err := s.service.(provider.RightsRepairer).RepairRights(t.Context(), "objkey_new", old())
	require.NoError(t, err)
	assert.Equal(t, old().Scopes, c.Scopes)
}

func TestMendOfWhatIsWhole(t *testing.T) {
	same := strings.Replace(oldKey, "objkey_old", "objkey_new", 1)
	s := play(t, step{
		request: "PATCH " + keyPath, answer: one(same), // which lists the buckets
		body: `{"access_key":{"id":"objkey_new"},"properties":{"name":"ci","all_buckets_read":true,"all_objects_read":false,"all_objects_write":false}}`,
	})
	of := old()
	of.Scopes = []string{"all-buckets-read", "read:web"}
	c, err := s.service.(provider.RightsRepairer).RepairRights(t.Context(), "objkey_new", of)
	require.NoError(t, err)
	assert.Equal(t, of.Scopes, c.Scopes)
}

func TestMendGrantsNoMoreThanThereWas(t *testing.T) {
	getNew := strings.Replace(getOld, "old", "new", 1)
	s := play(t,
		step{
			request: "PATCH " + keyPath, answer: one(newKey),
			body: `{"access_key":{"id":"objkey_new"},"properties":{"name":"ci","all_buckets_read":false,"all_objects_read":false,"all_objects_write":false}}`,
		},
		step{request: getBucket("drop"), answer: bucketOf(``, `"objkey_old"`)},
		patchBucket("drop", ``, `"objkey_old","objkey_new"`),
		step{request: getNew, answer: one(newKey)},
	)
	of := old()
	of.Scopes = []string{"write:drop"}
	_, err := s.service.(provider.RightsRepairer).RepairRights(t.Context(), "objkey_new", of)
	require.NoError(t, err)
}

// slowBucket has one access list, and takes a second for each answer.
type slowBucket struct {
	mu      sync.Mutex
	readers []string
}

func (v *slowBucket) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Second)
	v.mu.Lock()
	defer v.mu.Unlock()
	var sent struct {
		Key struct {
			ID string `json:"id"`
		} `json:"access_key"`
		Properties struct {
			Access struct {
				Read []string `json:"read_key_ids"`
			} `json:"access_control_list"`
		}
	}
	if r.Method == http.MethodPatch {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			return nil, err
		}
	}
	id := cmp.Or(sent.Key.ID, r.URL.Query().Get("access_key[id]"))
	answer := one(strings.NewReplacer(`"read_buckets":["web"]`, `"read_buckets":[]`, "objkey_old", id, `"all_buckets_read":true`, `"all_buckets_read":false`).Replace(oldKey))
	if r.URL.Path == bucketPath {
		if r.Method == http.MethodPatch {
			v.readers = sent.Properties.Access.Read
		}
		answer = bucketOf(`"`+strings.Join(v.readers, `","`)+`"`, ``)
	}
	return always{200, answer}.RoundTrip(r)
}

// Bulk rotations change one bucket at the same time; no change may undo another.
func TestGrantsOnABucketDoNotUndoEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &slowBucket{readers: []string{"objkey_other"}}
		lock := make(chan struct{}, 1)
		service := open(t, nil, provider.Conn{HTTP: &http.Client{Transport: v}, Lock: func(ctx context.Context, name string, do func(context.Context) error) error {
			assert.Equal(t, "the access lists of katapult uk-lon-1 web", name)
			lock <- struct{}{}
			defer func() { <-lock }()
			return do(ctx)
		}})
		of := provider.Credential{Name: "ci", Scopes: []string{"read:web"}}
		var group sync.WaitGroup
		for _, id := range []string{"objkey_1", "objkey_2", "objkey_3"} {
			group.Go(func() {
				_, err := service.(provider.RightsRepairer).RepairRights(t.Context(), id, of)
				assert.NoError(t, err)
			})
		}
		group.Wait()
		assert.ElementsMatch(t, []string{"objkey_other", "objkey_1", "objkey_2", "objkey_3"}, v.readers)
	})
}
