package katapult_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// creation is the request that makes the key, with its healthy answer.
func creation() step {
	return step{
		request: "POST " + newPath, status: 201, answer: one(newKey),
		body: `{"organization":{"sub_domain":"acme"},"object_storage_cluster":{"region":"uk-lon-1"},
			"properties":{"name":"ci","all_buckets_read":false,"all_objects_read":false,"all_objects_write":false}}`,
	}
}

func generation(status int, answer string) step {
	return step{request: "POST " + keyPath + "/generate_credentials", body: about("objkey_new"), status: status, answer: answer}
}

func TestCreateWaitsForItsCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := generation(422, notYet)
		s := play(t, creation(), wait, wait, wait, wait, generation(200, one(generated)))
		c, err := s.create("name", "ci")
		require.NoError(t, err)
		assert.Equal(t, "objkey_new", c.ID)
		assert.Equal(t, "14505c66bf28494b818666339a72db49", c.Key)
		assert.Equal(t, secret, c.Secret.Reveal())
		assert.Equal(t, "https://uk-lon-1.katapultobjects.com", c.Endpoint)
		assert.Equal(t, "uk-lon-1", c.Region)
		assert.Equal(t, provider.Redacted, details(t, c)["s3_secret_access_key"])
		assert.Equal(t, "Waiting until Katapult has provisioned objkey_new", s.reports[0])
		for i := 2; i < len(s.times); i++ {
			gap := s.times[i] - s.times[i-1]
			assert.GreaterOrEqual(t, gap, 2*time.Second)
			assert.LessOrEqual(t, gap, 3*time.Second)
		}
	})
}

func TestCreateSendsWhatIsGiven(t *testing.T) {
	sent := creation()
	sent.body = `{"organization":{"id":"org_1"},"object_storage_cluster":{"region":"eu-1"},
		"properties":{"name":"c\"i","all_buckets_read":true,"all_objects_read":true,"all_objects_write":true}}`
	s := playWith(t, map[string]string{"org": "org_1", "region": "eu-1"}, sent)
	c, err := s.create("name", `c"i`, "all-buckets-read", "true", "all-objects-read", "true", "all-objects-write", "true", "no-generate", "true")
	require.NoError(t, err)
	assert.Equal(t, "objkey_new", c.ID)
	assert.True(t, c.Secret.IsZero())
	assert.Empty(t, s.reports)
}

func TestCreateThatMakesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer string
		class  error
		hint   string
	}{
		"rejected":       {422, refusal("validation_error", `{"errors":["Name can't be blank"]}`), provider.ErrInvalid, ""},
		"no account":     {404, refusal("object_storage_account_not_found", "{}"), provider.ErrNotFound, "console"},
		"unavailable":    {503, refusal("service_unavailable", "{}"), provider.ErrUnavailable, ""},
		"an answer lost": {-1, "", provider.ErrUnknown, `credctl katapult list`},
		"a proxy's 502":  {502, "<html>", provider.ErrUnknown, `named "ci"`},
		"no ID":          {201, `{"object_storage_access_key":{}}`, provider.ErrUnknown, `credctl katapult list`},
		"not JSON":       {201, `{"object_storage_access_key":`, provider.ErrUnknown, "/recovery.json"},
	} {
		t.Run(name, func(t *testing.T) {
			sent := creation()
			sent.status, sent.answer = c.status, c.answer
			got, err := play(t, sent).create("name", "ci")
			require.ErrorIs(t, err, c.class)
			require.NotErrorIs(t, err, provider.ErrPartial)
			assert.Contains(t, provider.HintOf(err), c.hint)
			assert.Empty(t, got.ID)
		})
	}
}

func TestCreateKeepsTheKeyWhenGeneratingFails(t *testing.T) {
	without := func(field string) string {
		for _, value := range []string{secret, "uk-lon-1.katapultobjects.com:443", "14505c66bf28494b818666339a72db49"} {
			if strings.Contains(generated, `"`+field+`":"`+value+`"`) {
				return one(strings.Replace(generated, `"`+value+`"`, "null", 1))
			}
		}
		return ""
	}
	for name, c := range map[string]struct {
		answers []step
		class   error // next to ErrPartial
		says    string
	}{
		"denied":       {[]step{generation(403, refusal("permission_denied", `{"details":"Not you."}`))}, provider.ErrDenied, "Not you."},
		"gone":         {[]step{generation(404, refusal("object_storage_access_key_not_found", "{}"))}, provider.ErrNotFound, ""},
		"lost":         {[]step{generation(-1, "")}, provider.ErrUnknown, "no answer"},
		"a 500":        {[]step{generation(422, notYet), generation(500, refusal("unhandled_exception", "{}"))}, provider.ErrUnknown, "500"},
		"unreadable":   {[]step{generation(200, `{"object_storage_access_key":`)}, provider.ErrUnknown, "200"},
		"no secret":    {[]step{generation(200, without("s3_secret_access_key"))}, nil, "lacks s3_secret_access_key"},
		"no key ID":    {[]step{generation(200, without("s3_access_key_id"))}, nil, "lacks s3_access_key_id"},
		"no endpoint":  {[]step{generation(200, without("server_url"))}, nil, "lacks server_url"},
		"nothing":      {[]step{generation(200, "{}")}, nil, "lacks server_url and s3_access_key_id and s3_secret_access_key"},
		"empty fields": {[]step{generation(200, one(`{"server_url":"","s3_access_key_id":"","s3_secret_access_key":""}`))}, nil, "lacks server_url and"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := play(t, append([]step{creation()}, c.answers...)...).create("name", "ci")
				require.ErrorIs(t, err, provider.ErrPartial)
				if c.class != nil {
					require.ErrorIs(t, err, c.class)
				}
				require.ErrorContains(t, err, c.says)
				require.ErrorContains(t, err, "objkey_new was created")
				assert.Equal(t, "objkey_new", got.ID)
				assert.Equal(t, "ci", got.Name)
				assert.NotContains(t, err.Error(), secret)
				if name == "no endpoint" || name == "no key ID" {
					assert.Equal(t, secret, got.Secret.Reveal(), "what came is kept")
				}
				if name == "unreadable" {
					assert.Contains(t, provider.HintOf(err), "/recovery.json")
				}
			})
		})
	}
}

func TestCreateWaitsNoLongerThanFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := slices.Repeat([]step{generation(422, notYet)}, 150)
		s := play(t, append([]step{creation()}, steps...)...)
		got, err := s.create("name", "ci")
		s.steps = s.steps[:len(s.requests)] // how often it asks is chance
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorIs(t, err, provider.ErrPending)
		assert.Equal(t, "objkey_new", got.ID)
		assert.Less(t, time.Since(s.start), 5*time.Minute)
		assert.Greater(t, time.Since(s.start), 5*time.Minute-3*time.Second)
		assert.Greater(t, len(s.requests), 100)
	})
}

func TestCreateIsInterruptedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		s := play(t, creation(), generation(422, notYet))
		got, err := s.service.(provider.Creator).Create(ctx, input(t, provider.Create, "name", "ci"))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, provider.ErrPartial)
		require.NotErrorIs(t, err, provider.ErrUnknown)
		assert.Equal(t, "objkey_new", got.ID)
	})
}

// A key that was just made is not left half done because Katapult is busy.
func TestCreateOutlastsABusyVendor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, creation(),
			generation(429, refusal("rate_limit_reached", "{}")), generation(503, refusal("service_unavailable", "{}")),
			generation(406, refusal("task_queueing_error", "{}")), generation(422, notYet), generation(200, one(generated)))
		c, err := s.create("name", "ci")
		require.NoError(t, err)
		assert.Equal(t, secret, c.Secret.Reveal())
	})
}

func TestGenerate(t *testing.T) {
	c, err := playWith(t, nil, generation(200, one(generated))).generate("objkey_new")
	require.NoError(t, err)
	assert.Equal(t, secret, c.Secret.Reveal())
	assert.Equal(t, "ci", c.Name)
	assert.Equal(t, "14505c66bf28494b818666339a72db49", c.Key)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", c, c), secret)
}

func TestGenerateIsNeverRepeatedByItself(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer string
		class  error
	}{
		"lost":        {-1, "", provider.ErrUnknown},
		"a 500":       {500, refusal("unhandled_exception", "{}"), provider.ErrUnknown},
		"a 504":       {504, "", provider.ErrUnknown},
		"unreadable":  {200, `{"object_storage_access_key":{"s3_secret_access_key":"` + secret, provider.ErrUnknown},
		"unavailable": {503, refusal("service_unavailable", "{}"), provider.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, generation(c.status, c.answer)).generate("objkey_new")
			require.ErrorIs(t, err, c.class)
			assert.Equal(t, "objkey_new", got.ID)
			assert.NotContains(t, err.Error()+provider.HintOf(err), secret)
			if c.class == provider.ErrUnknown { //nolint:errorlint // the class itself
				assert.Contains(t, provider.HintOf(err), "run: credctl katapult generate objkey_new")
			}
		})
	}
}

func TestGenerateOfAKeyThatIsNotProvisioned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, slices.Repeat([]step{generation(422, notYet)}, 150)...)
		_, err := s.generate("objkey_new")
		s.steps = s.steps[:len(s.requests)] // how often it asks is chance
		require.ErrorIs(t, err, provider.ErrPending)
		assert.Equal(t, "Waiting until Katapult has provisioned objkey_new", s.reports[0])
	})
}

// TestAnEndpointOfTheVendorIsHeldToTheRules: where requests must not be sent, none is,
// and nothing is told of the place but that.
func TestAnEndpointOfTheVendorIsHeldToTheRules(t *testing.T) {
	for _, server := range []string{"http://10.77.0.1/", "169.254.169.254", "https://169.254.169.254/latest", "user:pw@s3.example.com", "https://user:pw@s3.example.com", "[fe80::1]:443", "ftp://s3.example.com"} {
		answer := strings.Replace(generated, "uk-lon-1.katapultobjects.com:443", server, 1)
		s := play(t, creation(), generation(200, one(answer)))
		c, err := s.create("name", "ci")
		require.ErrorIs(t, err, provider.ErrVerify, server)
		require.NotErrorIs(t, err, provider.ErrPartial, server)
		assert.NotContains(t, err.Error(), "pw", server)
		assert.Equal(t, "objkey_new", c.ID)
		assert.Equal(t, secret, c.Secret.Reveal(), "what was issued is not dropped")
		assert.Empty(t, c.Endpoint, server)
		require.ErrorIs(t, s.service.(provider.Verifier).Verify(t.Context(), c), provider.ErrVerify)
	}
	s := play(t, creation(), generation(200, one(strings.Replace(generated, "uk-lon-1.katapultobjects.com:443", "127.0.0.1:9000", 1))))
	c, err := s.create("name", "ci")
	require.NoError(t, err)
	assert.Equal(t, "http://127.0.0.1:9000", c.Endpoint)
}

// TestANewIDMustBeOne: it goes into hints and commands.
func TestANewIDMustBeOne(t *testing.T) {
	for _, id := range []string{"", "objkey_x; rm -rf ~", "objkey_\\u001b[2J", "a b", "../x"} {
		made := creation()
		made.answer = strings.Replace(made.answer, "objkey_new", id, 1)
		c, err := play(t, made).create("name", "ci")
		require.ErrorIs(t, err, provider.ErrUnknown, id)
		assert.Empty(t, c.ID)
		if id != "" {
			assert.NotContains(t, err.Error()+provider.HintOf(err), id)
		}
	}
}
