package deliver

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/provider"
)

const dotenvNew = `AWS_ACCESS_KEY_ID=AKIA
AWS_SECRET_ACCESS_KEY=s3cr/t+=
AWS_ENDPOINT_URL=https://s3.example.com
AWS_REGION=uk-lon-01
AWS_DEFAULT_REGION=uk-lon-01
`

func TestDotenvEdits(t *testing.T) {
	key := Options{Shape: provider.SingleSecret("STRATUM_API_KEY")}
	for name, c := range map[string]struct {
		query     string
		o         Options
		old, want string
	}{
		"a new file": {want: dotenvNew},
		"all else stays": {
			old:  "\ufeff# head\n\n  export A=1 # one\nAWS_REGION = 'old' # where\nB: two\nAWS_ACCESS_KEY_ID=OLD\n\texport AWS_SECRET_ACCESS_KEY=\"o\\\"ld\"\nAWS_ENDPOINT_URL=\nC\n#AWS_REGION=commented",
			want: "\ufeff# head\n\n  export A=1 # one\nAWS_REGION = \"uk-lon-01\" # where\nB: two\nAWS_ACCESS_KEY_ID=AKIA\n\texport AWS_SECRET_ACCESS_KEY=\"s3cr/t+=\"\nAWS_ENDPOINT_URL=https://s3.example.com\nC\n#AWS_REGION=commented\nAWS_DEFAULT_REGION=uk-lon-01\n",
		},
		"carriage returns, and no newline at the end": {
			old:  "A=1\r\nAWS_ACCESS_KEY_ID=OLD\r\nAWS_REGION=old",
			want: "A=1\r\nAWS_ACCESS_KEY_ID=AKIA\r\nAWS_REGION=uk-lon-01\r\nAWS_SECRET_ACCESS_KEY=s3cr/t+=\r\nAWS_ENDPOINT_URL=https://s3.example.com\r\nAWS_DEFAULT_REGION=uk-lon-01\r\n",
		},
		"a value over several lines": {
			o:    key,
			old:  "K=\"-----BEGIN\nSTRATUM_API_KEY=not this\n\"\nSTRATUM_API_KEY='one\ntwo' # old\nL='x'\n",
			want: "K=\"-----BEGIN\nSTRATUM_API_KEY=not this\n\"\nSTRATUM_API_KEY=\"s3cr/t+=\" # old\nL='x'\n",
		},
		"no reader finds an old duplicate": {
			o:    key,
			old:  "STRATUM_API_KEY=one\nA=1\nSTRATUM_API_KEY='two'\n",
			want: "STRATUM_API_KEY=s3cr/t+=\nA=1\nSTRATUM_API_KEY=\"s3cr/t+=\"\n",
		},
		"a file for sh": {
			o: key, old: "export A=1\n# end\n", want: "export A=1\n# end\nexport STRATUM_API_KEY=s3cr/t+=\n",
		},
		"comments beside the value": {
			o:    key,
			old:  "STRATUM_API_KEY=\nSTRATUM_API_KEY= # none\nSTRATUM_API_KEY=a b #c #d\nSTRATUM_API_KEY=a#b\nSTRATUM_API_KEY='it'\\''s' # x\n",
			want: "STRATUM_API_KEY=s3cr/t+=\nSTRATUM_API_KEY=s3cr/t+= # none\nSTRATUM_API_KEY=s3cr/t+= #d\nSTRATUM_API_KEY=s3cr/t+=\nSTRATUM_API_KEY=\"s3cr/t+=\" # x\n",
		},
		"a comment in which a reader may see a value": {
			o:    key,
			old:  "STRATUM_API_KEY= # here # or there\n",
			want: "STRATUM_API_KEY=s3cr/t+= # or there\n",
		},
		"another name": {
			query: "?name=TOKEN", o: key, old: "STRATUM_API_KEY=stays\n", want: "STRATUM_API_KEY=stays\nTOKEN=s3cr/t+=\n",
		},
		"a stale session token": {
			old:  "AWS_SESSION_TOKEN='of a temporary pair'\nA=1\nexport AWS_SECURITY_TOKEN=x\nAWS_DEFAULT_REGION=old\n",
			want: "A=1\nAWS_DEFAULT_REGION=uk-lon-01\nAWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s3cr/t+=\nAWS_ENDPOINT_URL=https://s3.example.com\nAWS_REGION=uk-lon-01\n",
		},
		"a prefix": {
			query: "?prefix=S3_", old: "AWS_REGION=stays\nS3_REGION=x\n",
			want: "AWS_REGION=stays\nS3_REGION=uk-lon-01\nS3_ACCESS_KEY_ID=AKIA\nS3_SECRET_ACCESS_KEY=s3cr/t+=\nS3_ENDPOINT_URL=https://s3.example.com\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := existing(t, c.old)
			deliver(t, "dotenv:"+path+c.query, c.o, pair("AKIA", "s3cr/t+="))
			assert.Equal(t, c.want, read(t, path))
		})
	}
}

func TestDotenvKeepsWhatTheVendorDoesNotSay(t *testing.T) {
	c := pair("AKIA", "new")
	c.Endpoint, c.Region = "", ""
	path := existing(t, "AWS_ENDPOINT_URL=mine\nAWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n")
	deliver(t, "dotenv:"+path, Options{}, c)
	assert.Equal(t, "AWS_ENDPOINT_URL=mine\nAWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=new\n", read(t, path))
}

func TestDotenvRefusesWhatItCannotRead(t *testing.T) {
	for content, want := range map[string]string{
		"A=1\nif true; then\n": "line 2 is not a variable",
		"A=1\n\nB='x\ny\n":     "line 3: a quote in the value of B",
		"A=\"C:\\dir\\\"\nB=1": "line 1: a quote in the value of A",
		"A='it\\'s'\n":         "line 1: a quote in the value of A",
		"A=\"x\" y\n":          "line 1: a quote in the value of A",
		"A=1\n\x00":            "line 2: NUL",
		"B=\nA=1\u00a0# one\n": "line 2: readers differ on the value of A",
		"A= #\v#\n":            "line 1: readers differ on the value of A",
		"A=1\rB=2\n":           "line 1: carriage return",
		"\xff\xfeA\x00=\x00":   "line 1: NUL",
		"[web]\nA=1\n":         "line 1 is not a variable",
	} {
		path := existing(t, content)
		d := parse(t, "dotenv:"+path, Options{})
		for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), pair("AKIA", "new"))} {
			require.ErrorIs(t, err, provider.ErrRefused, content)
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "dotenv:"+path)
		}
		assert.Equal(t, content, read(t, path))
		key, secret, err := d.Current(t.Context())
		require.NoError(t, err)
		assert.Empty(t, key)
		assert.True(t, secret.IsZero())
	}
}

// One reader takes the colon for the separator, another for a part of the name.
func TestDotenvRefusesAColonAndAnEqualsSign(t *testing.T) {
	for _, content := range []string{"STRATUM_API_KEY:=old\n", "A=1\nexport OTHER :=x\n"} {
		path := existing(t, content)
		d := parse(t, "dotenv:"+path, Options{})
		for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), pair("AKIA", "new"))} {
			require.ErrorIs(t, err, provider.ErrUsage)
			require.NotErrorIs(t, err, provider.ErrRefused)
			assert.Contains(t, provider.HintOf(err), "instead of :=")
		}
		assert.Equal(t, content, read(t, path))
	}
}

func TestDotenvCurrent(t *testing.T) {
	for content, want := range map[string][2]string{
		"":               {},
		"AWS_REGION=x\n": {},
		"AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY='b c' # d\n":   {"A", "b c"},
		"AWS_SECRET_ACCESS_KEY=1\nexport AWS_SECRET_ACCESS_KEY=2#": {"", "2#"},
	} {
		key, secret, err := parse(t, "dotenv:"+existing(t, content), Options{}).Current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, [2]string{key, secret.Reveal()})
	}
}

// TestDotenvReaders has the readers of the world read what was written.
func TestDotenvReaders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before := rapid.SampledFrom([]string{"", "A=1\n", "A=1", "T=old\nA=1\n", "export T='o\nld' # c\nA=1", "T=\r\nA=1\r\n"}).Draw(rt, "before")
		secret := secrets().Draw(rt, "secret")
		content, err := dotenvFormat{secret: "T"}.set(before, provider.Credential{Secret: provider.NewSecret(secret)})
		if err != nil {
			require.ErrorIs(rt, err, provider.ErrUsage, "the format cannot hold it, and says so")
			require.NotContains(rt, err.Error(), "'"+secret+"'")
			return
		}
		got, err := godotenv.Unmarshal(content)
		require.NoError(rt, err)
		require.Equal(rt, secret, got["T"], content)
		if strings.Contains(before, "A") {
			require.Equal(rt, "1", got["A"])
		}
	})
}

func TestDotenvIsReadBySh(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	for _, secret := range []string{"wJalr/XUtnFEMI+K7=", "two words", "it's", "$HOME", `say "hi"`, "a#b", "!x", "`id`", "é漢🔑", "a;b&c|d", "trailing "} {
		path := existing(t, "export A=1\nexport T=old\n")
		deliver(t, "dotenv:"+path+"?name=T", Options{Shape: provider.SingleSecret("X")}, pair("", secret))
		out, err := exec.CommandContext(t.Context(), sh, "-c", `. "$0"; printf %s "$T"`, path).Output()
		require.NoError(t, err)
		assert.Equal(t, secret, string(out))
	}
}
