package losant

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

// types is, apart from the table in types.go, what Losant documents of each
// type: a configuration with the least that is needed, the fields that are
// needed, the lengths of texts, and the field that is secret.
var types = []struct {
	name, least, needed string
	lengths             map[string][2]int
	secret              string
	readOnly            string
}{
	{
		"aws", `{"accessKeyId":"AKIAIOSFODNN7EXA","secretAccessKey":"abcd","region":"r"}`, "accessKeyId secretAccessKey region",
		map[string][2]int{"accessKeyId": {16, 128}, "secretAccessKey": {4, 128}, "region": {1, 128}},
		"secretAccessKey", "",
	},
	{"azure", `{"accountKey":"abcd"}`, "accountKey", map[string][2]int{"account": {0, 128}, "accountKey": {4, 128}}, "accountKey", ""},
	{"gcp", `{"keyJson":"{}"}`, "keyJson", map[string][2]int{"keyJson": {1, 8192}}, "keyJson", "keyMetaJson"},
	{
		"http", `{"uriMatch":"https://","authMethod":"clientCertificate","secretValue":""}`, "uriMatch authMethod secretValue",
		map[string][2]int{"uriMatch": {8, 1024}, "publicValue": {0, 8196}, "secretValue": {0, 8196}},
		"secretValue", "",
	},
	{"sendgrid", `{"apiKey":"abcd"}`, "apiKey", map[string][2]int{"apiKey": {4, 128}}, "apiKey", ""},
	{
		"twilio", `{"accountSid":"abcd","apiKeySid":"abcd","apiKeySecret":"abcd"}`, "accountSid apiKeySid apiKeySecret",
		map[string][2]int{"accountSid": {4, 128}, "apiKeySid": {4, 128}, "apiKeySecret": {4, 128}},
		"apiKeySecret", "",
	},
	{"loggly", `{"customerToken":"a"}`, "customerToken", map[string][2]int{"customerToken": {1, 128}}, "customerToken", ""},
	{"jwt", `{"algorithm":"ES512","secret":"a"}`, "algorithm secret", map[string][2]int{"issuer": {0, 1024}, "secret": {1, 4096}}, "secret", ""},
	{"whatsapp", `{"accessToken":"a","fromNumberId":"b"}`, "accessToken fromNumberId", map[string][2]int{"accessToken": {1, 1024}, "fromNumberId": {1, 128}}, "accessToken", ""},
	{
		"sql", `{"system":"mssql","host":"h","username":"u","password":"p"}`, "system host username password",
		map[string][2]int{"host": {1, 256}, "username": {1, 256}, "password": {1, 256}, "caCertificate": {0, 8196}},
		"password", "",
	},
	{"mongodb", `{"connectionUri":"m"}`, "connectionUri", map[string][2]int{"connectionUri": {1, 2048}}, "connectionUri", ""},
	{"mailgun", `{"apiKey":"abcd"}`, "apiKey", map[string][2]int{"apiKey": {4, 128}}, "apiKey", ""},
	{
		"snowflake", `{"host":"h","username":"u","privateKey":""}`, "host username privateKey",
		map[string][2]int{"host": {1, 128}, "username": {1, 128}, "privateKey": {0, 8196}},
		"privateKey", "publicKey",
	},
	{
		"git", `{"type":"ssh-key","cloneUrl":"abcde"}`, "type cloneUrl",
		map[string][2]int{"cloneUrl": {5, 1024}, "username": {0, 128}, "committerName": {0, 128}, "committerEmail": {0, 128}, "secretValue": {0, 8196}},
		"secretValue", "publicKey",
	},
	{"datadog", `{"secretValue":""}`, "secretValue", map[string][2]int{"secretValue": {0, 256}, "site": {1, 128}}, "secretValue", ""},
	{"certificateKeyPair", `{"certificate":"","privateKey":""}`, "certificate privateKey", map[string][2]int{"certificate": {0, 8192}, "privateKey": {0, 8196}}, "privateKey", "info"},
}

// creation checks a configuration as create does.
func creation(t *testing.T, typ string, config map[string]any) error {
	t.Helper()
	b, err := json.Marshal(config)
	require.NoError(t, err)
	g, err := read(input(t, provider.Create, "--config-file="+string(b)))
	require.NoError(t, err)
	_, err = g.Creation(typ)
	return err
}

func TestTypes(t *testing.T) {
	var names []string
	for _, typ := range types {
		names = append(names, typ.name)
		t.Run(typ.name, func(t *testing.T) {
			with := func(field string, v any) map[string]any {
				var config map[string]any
				require.NoError(t, json.Unmarshal([]byte(typ.least), &config))
				if field != "" {
					config[field] = v
				}
				return config
			}
			require.NoError(t, creation(t, typ.name, with("", nil)))
			refused := func(config map[string]any, say string) {
				t.Helper()
				err := creation(t, typ.name, config)
				require.ErrorIs(t, err, provider.ErrUsage)
				require.ErrorContains(t, err, say)
			}
			for field := range strings.FieldsSeq(typ.needed) {
				config := with("", nil)
				delete(config, field)
				refused(config, field)
			}
			for field, limits := range typ.lengths {
				for _, n := range []int{limits[0], limits[1]} {
					require.NoError(t, creation(t, typ.name, with(field, strings.Repeat("ü", n))), "%s of %d characters", field, n)
				}
				for _, n := range []int{limits[0] - 1, limits[1] + 1} {
					if n >= 0 {
						refused(with(field, strings.Repeat("ü", n)), field+" must be")
					}
				}
				refused(with(field, 12345), field+" must be text")
				refused(with(field, nil), field+" must be text")
			}
			refused(with("nothing", "x"), typ.secret) // the list of fields has it
			refused(map[string]any{typ.name + "Config": with("", nil)}, "only the content")
			if typ.readOnly != "" {
				refused(with(typ.readOnly, "x"), "read-only")
			}
			g, err := read(input(t, provider.Create, "--set="+typ.secret+"=sesame"))
			require.NoError(t, err)
			_, err = g.Creation(typ.name)
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Equal(t, typ.secret+" is a secret, and cannot be passed as an argument", err.Error())
			assert.Equal(t, "pass --set-file "+typ.secret+"=PATH", provider.HintOf(err))
		})
	}
	assert.Equal(t, names, service.Names(), "all types, in the order of the vendor")
}

func TestValues(t *testing.T) {
	tests := map[string]struct {
		typ, config string
		say         string // "": it is right
	}{
		"least port":           {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":1}`, ""},
		"most port":            {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":65535}`, ""},
		"no port":              {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":null}`, ""},
		"port 0":               {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":0}`, "port must be a whole number from 1 to 65535, or null"},
		"port 65536":           {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":65536}`, "port"},
		"port 1.5":             {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":1.5}`, "port"},
		"port as a text":       {"sql", `{"system":"pg","host":"h","username":"u","password":"p","port":"1"}`, "port"},
		"truth":                {"sql", `{"system":"pg","host":"h","username":"u","password":"p","secureConnection":true,"disableSSLVerification":false}`, ""},
		"half a truth":         {"sql", `{"system":"pg","host":"h","username":"u","password":"p","secureConnection":"true"}`, "secureConnection must be true or false"},
		"system":               {"sql", `{"system":"PG","host":"h","username":"u","password":"p"}`, "system must be one of mssql, mysql, pg"},
		"method":               {"http", `{"uriMatch":"https://a","authMethod":"digest","secretValue":""}`, "authMethod must be one of header, queryParam, basicAuth, clientCertificate"},
		"algorithm":            {"jwt", `{"algorithm":"none","secret":"x"}`, "algorithm must be one of HS256"},
		"git type":             {"git", `{"type":"https","cloneUrl":"abcde"}`, "type must be one of ssh-key, http-password"},
		"snowflake, generated": {"snowflake", `{"host":"h","username":"u","generatePrivateKey":true}`, ""},
		"snowflake, no key":    {"snowflake", `{"host":"h","username":"u","generatePrivateKey":false}`, "privateKey (--set-file privateKey=PATH) or generatePrivateKey (--set generatePrivateKey=true)"},
		"snowflake, two keys":  {"snowflake", `{"host":"h","username":"u","privateKey":"sesame","generatePrivateKey":true}`, "not both"},
		"git, generated":       {"git", `{"type":"ssh-key","cloneUrl":"abcde","generatePrivateKey":true}`, ""},
		"git, two keys":        {"git", `{"type":"ssh-key","cloneUrl":"abcde","generatePrivateKey":true,"secretValue":"sesame"}`, "not both"},
		"several are missing":  {"twilio", `{"apiKeySid":"abcd"}`, "accountSid (--set accountSid=VALUE), apiKeySecret (--set-file apiKeySecret=PATH)"},
		"all are missing":      {"aws", `{}`, "accessKeyId"},
		"a type of the future": {"vault", `{"anything":[{"goes":null}]}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g, err := read(input(t, provider.Create, "--config-file="+test.config))
			require.NoError(t, err)
			_, err = g.Creation(test.typ)
			if test.say == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, provider.ErrUsage)
			require.ErrorContains(t, err, test.say)
			silent(t, err, "sesame")
		})
	}
}

// Each mistake is found before any request, and none of the secrets is shown.
func TestCreateRefuses(t *testing.T) {
	tests := map[string]struct {
		args      []string
		say, hint string
	}{
		"a mistyped field":        {[]string{"--type=aws", "--set-file=secretAcessKey=sesame"}, `no field "secretAcessKey" (valid: accessKeyId, secretAccessKey, region)`, "secretAccessKey?"},
		"another case":            {[]string{"--type=aws", "--set=accesskeyid=x"}, `no field`, "accessKeyId?"},
		"a short secret":          {[]string{"--type=aws", "--set-file=secretAccessKey=hey"}, "secretAccessKey must be 4 to 128 characters", ""},
		"twice":                   {[]string{"--type=http", `--config-file={"secretValue":"sesame"}`, "--set-file=secretValue=sesame2"}, "secretValue is given twice", ""},
		"a number that is none":   {[]string{"--type=sql", "--set=port=http"}, "port must be", ""},
		"a mistyped type":         {[]string{"--type=twillio", "--set-file=apiKeySecret=sesame"}, `type "twillio"`, "twilio?"},
		"a type of the future":    {[]string{"--type=kubernetes"}, "does not know the fields of type", "pass the whole configuration with --config-file, or one of these types: aws"},
		"fields of it":            {[]string{"--type=kubernetes", "--config-file={}", "--set=a=b"}, "does not know the fields", "--config-file"},
		"a file that is no JSON":  {[]string{"--type=http", "--config-file={\n \"ü\": sesame}"}, "line 2, column 7", ""},
		"a file with a duplicate": {[]string{"--type=http", `--config-file={"sesame":1,"sesame":2}`}, "line 1, column 13", ""},
		"a file with more":        {[]string{"--type=http", "--config-file={}\nsesame"}, "line 2, column 1", ""},
		"a file that is cut":      {[]string{"--type=http", `--config-file={"secretValue":"sesa`}, "not valid JSON at line 1", ""},
		"an empty file":           {[]string{"--type=http", "--config-file="}, "not valid JSON at line 1, column 1", ""},
		"a list":                  {[]string{"--type=http", `--config-file=["sesame"]`}, "one JSON object", ""},
		"null":                    {[]string{"--type=http", `--config-file=null`}, "one JSON object", ""},
		"null for the future":     {[]string{"--type=vault", `--config-file=null`}, "one JSON object", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t).Create(t.Context(), input(t, provider.Create, append(test.args, "--name=a")...))
			require.ErrorIs(t, err, provider.ErrUsage)
			require.ErrorContains(t, err, test.say)
			assert.Contains(t, provider.HintOf(err), test.hint)
			silent(t, err, "sesame", "sesa", "hey")
		})
	}
}

// Until a request is made, a secret is one to whoever formats it.
func TestDraftIsSafe(t *testing.T) {
	g, err := read(input(t, provider.Create, `--config-file={"secretAccessKey":"sesame"}`))
	require.NoError(t, err)
	s, _ := service.Find("aws")
	d, err := g.Draft(s)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", d, d, d), "sesame")
}

func TestNames(t *testing.T) {
	in := provider.NewInput(params()[provider.Create]...)
	require.NoError(t, in.Value("name").Set(strings.Repeat("ü", 255)))
	require.NoError(t, in.Value("description").Set(""))
	require.NoError(t, in.Value("description").Set(strings.Repeat("ü", 32767)))
	require.Error(t, in.Value("name").Set(""))
	require.Error(t, in.Value("name").Set(strings.Repeat("ü", 256)))
	require.Error(t, in.Value("description").Set(strings.Repeat("ü", 32768)))
}
