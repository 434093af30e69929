package deliver

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/ini.v1"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/provider"
)

const awsNew = `[web]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr/t+=
endpoint_url = https://s3.example.com
region = uk-lon-01
`

func TestAWSEdits(t *testing.T) {
	for name, c := range map[string]struct{ old, want string }{
		"a new file": {"", awsNew},
		"a new profile": {
			"# mine\n[default]\naws_access_key_id=D\ns3 =\n  region = nested",
			"# mine\n[default]\naws_access_key_id=D\ns3 =\n  region = nested\n\n" + awsNew,
		},
		"after a blank line": {"[a]\nb=c\n\n", "[a]\nb=c\n\n" + awsNew},
		"carriage returns": {
			"\ufeff[a]\r\nb=c\r\n[web]\r\nregion=x\r\n",
			"\ufeff[a]\r\nb=c\r\n[web]\r\nregion=uk-lon-01\r\naws_access_key_id = AKIA\r\naws_secret_access_key = s3cr/t+=\r\nendpoint_url = https://s3.example.com\r\n",
		},
		"all else stays, but the session": {
			"; top\n[web] # ours\nregion : old\n# aws_access_key_id = commented\nAWS_Access_Key_Id=OLD\noutput = json\naws_secret_access_key =\n  old # on\n\n  and on\naws_session_token = TTT\naws_security_token=TTT\n\n# the next\n[other]\naws_session_token = stays\naws_secret_access_key = stays",
			"; top\n[web] # ours\nregion : uk-lon-01\n# aws_access_key_id = commented\nAWS_Access_Key_Id=AKIA\noutput = json\naws_secret_access_key =s3cr/t+=\nendpoint_url = https://s3.example.com\n\n# the next\n[other]\naws_session_token = stays\naws_secret_access_key = stays",
		},
		"settings that are indented": {
			"[web]\n  region = x\n  s3 =\n    region = nested\n  [next]\n  a = b\n",
			"[web]\n  region = uk-lon-01\n  s3 =\n    region = nested\n  aws_access_key_id = AKIA\n  aws_secret_access_key = s3cr/t+=\n  endpoint_url = https://s3.example.com\n  [next]\n  a = b\n",
		},
		"an empty profile before an indented one": {
			"[web]\n# c\n  [next]\n  a = b",
			"[web]\n  aws_access_key_id = AKIA\n  aws_secret_access_key = s3cr/t+=\n  endpoint_url = https://s3.example.com\n  region = uk-lon-01\n# c\n  [next]\n  a = b",
		},
		"a line that goes on is no profile": {
			"[a]\nb = c\n [web]\n region = x\n", "[a]\nb = c\n [web]\n region = x\n\n" + awsNew,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := existing(t, c.old)
			deliver(t, "aws:web@"+path, Options{}, pair("AKIA", "s3cr/t+="))
			assert.Equal(t, c.want, read(t, path))
		})
	}
}

func TestAWSRefusesWhatItCannotRead(t *testing.T) {
	for content, want := range map[string]string{
		"garbage\n":                      "line 1: it is not a section",
		"[a]\nb = c\n\nfoo\n":            "line 4: it is not a section",
		"region = x\n[web]\n":            "line 1: setting before",
		"[web\nregion = x\n":             "line 1: the section name",
		"[web]\na=b\n[x]\n[web]\n":       "line 4: web appears twice",
		"[web]\nregion=b\nRegion = c\n":  "line 3: region appears twice",
		"[web]\n= x\n":                   "line 2: it is not a section",
		"[web]\nregion=b\x00\n":          "line 2: NUL",
		"<html>\n<body class=\"x\">\n":   "line 1: it is not a section",
		"{\"provider\": \"katapult\"}\n": "line 1: setting before",
	} {
		path := existing(t, content)
		d := parse(t, "aws:web@"+path, Options{})
		for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), pair("AKIA", "new"))} {
			require.ErrorIs(t, err, provider.ErrRefused, content)
			require.ErrorContains(t, err, want)
		}
		assert.Equal(t, content, read(t, path))
	}
}

func TestAWSWhere(t *testing.T) {
	home := t.TempDir()
	here := t.TempDir()
	t.Chdir(here)
	here, err := os.Getwd()
	require.NoError(t, err)
	env := Options{Home: func() (string, error) { return home, nil }}
	set := Options{Home: env.Home, Env: []string{"AWS_SHARED_CREDENTIALS_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=creds"}}
	for _, c := range []struct {
		spec, want string
		o          Options
	}{
		{"aws:web", "aws:web@" + filepath.Join(home, ".aws", "credentials"), env},
		{"aws:web", "aws:web@" + filepath.Join(here, "creds"), set},
		{"aws:web@~/c", "aws:web@" + filepath.Join(home, "c"), set},
		{"aws:web@c", "aws:web@" + filepath.Join(here, "c"), set},
		{"aws:me@corp@./c@d", "aws:me@corp@" + filepath.Join(here, "c@d"), set},
	} {
		d := parse(t, c.spec, c.o)
		assert.Equal(t, c.spec, d.String())
		assert.Equal(t, c.want, d.Spec())
		assert.Equal(t, c.want, parse(t, d.Spec(), Options{}).Spec(), "it is found again")
	}
	for _, spec := range []string{"aws:web", "aws:web@" + filepath.Join(home, ".aws", "credentials")} {
		require.NoError(t, parse(t, spec, env).Check(t.Context()))
		assert.NoDirExists(t, filepath.Join(home, ".aws"), "Check changes nothing")
		require.NoError(t, parse(t, spec, env).Write(t.Context(), pair("AKIA", "new")))
		info, err := os.Stat(filepath.Join(home, ".aws"))
		require.NoError(t, err)
		assert.Equal(t, fs.ModeDir|0o700, info.Mode(), "as aws configure makes it")
		require.NoError(t, parse(t, spec, env).ReadBack(t.Context(), pair("AKIA", "new")))
		require.NoError(t, os.RemoveAll(filepath.Join(home, ".aws")))
	}
	err = parse(t, "aws:web@~/none/credentials", env).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "mkdir -p -m 700 "+filepath.Join(home, "none"))
}

// What a profile has in the other file of the AWS tools may keep them from the pair.
func TestAWSConfigThatOverrides(t *testing.T) {
	home := t.TempDir()
	o := Options{Home: func() (string, error) { return home, nil }}
	require.NoError(t, os.Mkdir(filepath.Join(home, ".aws"), 0o700))
	config := filepath.Join(home, ".aws", "config")
	for content, setting := range map[string]string{
		"[profile web]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = y\n": "role_arn",
		"[profile web]\nsource_profile = y\n":                                   "source_profile",
		"[profile  web]\nrole_arn = x\n":                                        "role_arn",
		"[profile \"web\"]\nRole_ARN = x\n":                                     "role_arn",
		"[profile 'web']\nrole_arn = x\n":                                       "role_arn",
		"[profile web]\nweb_identity_token_file = /x\n":                         "web_identity_token_file",
		"[profile web]\nignore_configured_endpoint_urls = true\n":               "ignore_configured_endpoint_urls",
		"[profile web]\nsso_session = corp\n":                                   "sso_session",
		"[profile web]\nsso_account_id = 1\n":                                   "sso_account_id",
		"[profile web]\nendpoint_url = https://s3.other.example\n":              "endpoint_url",
		"[profile web]\nservices = mine\n":                                      "services",
		"[profile web]\ns3 =\n  endpoint_url = https://s3.other.example\n":      "s3",
		"[profile web]\noutput = json\nregion = eu\n":                           "",
		"[profile other]\nrole_arn = x\n":                                       "",
		"[web]\nrole_arn = x\n":                                                 "",
		"[default]\nrole_arn = x\n":                                             "",
	} {
		require.NoError(t, os.WriteFile(config, []byte(content), 0o600))
		d := parse(t, "aws:web", o)
		for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), pair("AKIA", "new"))} {
			if setting == "" {
				require.NoError(t, err, content)
				continue
			}
			require.ErrorIs(t, err, provider.ErrRefused, content)
			require.ErrorContains(t, err, config+" has the setting "+setting)
		}
		require.NoError(t, parse(t, "aws:web@~/elsewhere", o).Check(t.Context()), "another file is read with another configuration")
	}
	require.NoError(t, os.WriteFile(config, []byte("[default]\nsso_session = x\n"), 0o600))
	require.ErrorIs(t, parse(t, "aws:default", o).Check(t.Context()), provider.ErrRefused)
	require.NoError(t, os.WriteFile(config, []byte("[profile web]\nendpoint_url = https://s3.example.com\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte("[web]\nendpoint_url = https://s3.example.com\n"), 0o600))
	require.NoError(t, parse(t, "aws:web", o).Check(t.Context()), "both lead to the same endpoint")
	require.NoError(t, os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte("[web]\nrole_arn = x\n"), 0o600))
	require.ErrorIs(t, parse(t, "aws:web", o).Check(t.Context()), provider.ErrRefused)
}

func TestAWSCurrent(t *testing.T) {
	path := existing(t, "[web]\naws_access_key_id = A\naws_secret_access_key=b c\n[x]\n")
	key, secret, err := parse(t, "aws:web@"+path, Options{}).Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "A b c", key+" "+secret.Reveal())
	key, secret, err = parse(t, "aws:none@"+path, Options{}).Current(t.Context())
	require.NoError(t, err)
	assert.Empty(t, key+secret.Reveal())
}

var awsBefore = []string{"", "[web]\n", "[default]\naws_access_key_id = D\n[web]\naws_secret_access_key = x\naws_session_token = y\n[z]\na=b", "[z]\r\na=b\r\n"}

// TestAWSReaders has the readers of the world read what was written.
func TestAWSReaders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		secret := secrets().Draw(rt, "secret")
		content, err := awsFormat{profile: "web"}.set(rapid.SampledFrom(awsBefore).Draw(rt, "before"), pair("AKIA", secret))
		if err != nil {
			require.ErrorIs(rt, err, provider.ErrUsage)
			return
		}
		file, err := ini.LoadSources(ini.LoadOptions{SpaceBeforeInlineComment: true}, []byte(content))
		require.NoError(rt, err)
		require.Equal(rt, map[string]string{
			"aws_access_key_id": "AKIA", "aws_secret_access_key": secret, "endpoint_url": "https://s3.example.com", "region": "uk-lon-01",
		}, file.Section("web").KeysHash())
	})
}

func TestAWSIsReadByPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	var contents, want []string
	for i := range 200 {
		secret := secrets().Example(i)
		if content, err := (awsFormat{profile: "web"}).set(awsBefore[i%len(awsBefore)], pair("AKIA", secret)); err == nil {
			contents, want = append(contents, content), append(want, secret)
		}
	}
	require.Greater(t, len(want), 50)
	in, err := json.Marshal(contents)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), python, "-c", `
import configparser, io, json, sys
out = []
for content in json.load(sys.stdin):
    p = configparser.RawConfigParser(default_section=None) # as botocore does
    p.read_file(io.StringIO(content.replace("\r\n", "\n")))
    assert p.get("web", "aws_access_key_id") == "AKIA" and not p.has_option("web", "aws_session_token")
    out.append(p.get("web", "aws_secret_access_key"))
print(json.dumps(out))`)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	require.NoError(t, err)
	var got []string
	require.NoError(t, json.Unmarshal(out, &got))
	assert.Equal(t, want, got)
}
