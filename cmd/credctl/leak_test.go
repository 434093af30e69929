package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// Secrets that the suite gives to Losant, with what JSON, URLs and shells escape.
const (
	canaryKey  = `wJalr"XUt\nF&EMI/K7MD+ENG=canary<7>`
	canaryJSON = `{"connectionUri":"mongodb://u:p%40ss-canary-93c1@db.example.com/"}`
)

// formed are the forms of each secret, once they were needed: all that is ever said
// is searched for all of them.
var formed sync.Map

// forms are the ways in which a secret may come out by accident.
func forms(secret string) map[string]string {
	all, known := formed.Load(secret)
	if !known {
		all, _ = formed.LoadOrStore(secret, spellings(secret))
	}
	return all.(map[string]string)
}

func spellings(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted))
	return map[string]string{
		"raw": secret, "JSON": strings.Trim(string(quoted), `"`), "plain JSON": strings.Trim(plain, `"`), "Go": strings.Trim(fmt.Sprintf("%q", secret), `"`),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "hex": hex.EncodeToString([]byte(secret)),
		"base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"Basic": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(":"+secret)), "=")[2:],
	}
}

// A canary knows every secret that must not come out.
type canary map[string]bool

func (c canary) add(secrets ...string) {
	for _, s := range secrets {
		if len(s) > 5 {
			c[s] = true
		}
	}
}

// held adds what a sandbox holds: what it seeded, issued and was given.
func (c canary) held(s *sandbox.Sandbox) {
	for _, vendor := range sandboxed() {
		for _, cred := range s.Credentials(vendor) {
			c.add(cred.Secret)
		}
	}
}

// silent reports every secret in text, but the one that may be there.
func (c canary) silent(t *testing.T, where, text, but string) {
	t.Helper()
	for secret := range c {
		if secret == but {
			continue
		}
		for form, s := range forms(secret) {
			assert.NotContains(t, text, s, "%s shows a secret (%s)", where, form)
		}
	}
}

// theSecret is what -o json shows once.
func theSecret(stdout string) string {
	var c struct{ Secret string }
	_ = json.Unmarshal([]byte(stdout), &c)
	return c.Secret
}

func TestNoSecretComesOut(t *testing.T) {
	t.Parallel()
	tokens := []string{sandbox.MedianovaToken, sandbox.MedianovaAPIKey, sandbox.MedianovaAPISecret, sandbox.KatapultToken, sandbox.LosantToken, sandbox.StratumOperatorKey, sandbox.StratumBearer}
	const k, l, m, s1, s2 = "objkey_sbxWebAssets0002", "66a0c0de5eed0000000000c1", "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504"
	suite := []string{
		"list", "medianova list", "katapult list", "losant list", "stratum list", "stratum list --dormant", "config view", "auth status",
		"medianova get " + m, "katapult get " + k, "losant get " + l, "stratum get " + s1,
		"medianova create --name a --bucket assets", "katapult create --name a", "stratum create --name a",
		"losant create --name a --type aws --set accessKeyId=AKIAIOSFODNN7EXAMPLE --set region=x --set-file secretAccessKey=KEY",
		"losant create --name b --type mongodb --config-file JSON", "losant create --name c --type newest --config-file JSON",
		"losant create --name a --type sendgrid --set-file apiKey=KEY", // the name is taken
		"losant create --name d --type sql --set-file password=KEY --set nope=1", "losant create --name e --type jwt --set algorithm=no --set-file secret=KEY",
		"losant update " + l + " --set-file secretAccessKey=KEY", "losant update " + l + " --config-file JSON",
		"katapult generate objkey_sbxStaging000003", "katapult generate " + k + " --yes", "losant generate 66a0c0de5eed0000000000c4 --yes",
		"medianova update " + m + " --new-name b", "katapult update " + k + " --new-name b",
		"katapult create --name f --secret-file OUT1", "katapult create --name g --to json:OUT2 --to dotenv:OUT3 --to aws:x@OUT4",
		"stratum create --name h --to exec:CMD", "katapult create --name i --to losant:66a0c0de5eed000000000001/" + l,
		"katapult create --name j --dry-run", "losant create --name k --type sendgrid --set-file apiKey=KEY --dry-run",
		"medianova delete " + m + " --yes", "katapult delete " + k + " --yes", "losant delete " + l + " --yes --force", "stratum delete " + s1 + " " + s2 + " --yes",
	}
	for _, fault := range []string{"", "*:*:400", "*:*:403", "*:*:500", "*:create:html", "*:create:truncate", "*:generate:garbage", "*:create:cut-body", "*:update:500-after", "*:*:redirect"} {
		formats := []string{"json"}
		if fault == "" {
			formats = []string{"json", "table", "yaml"}
		}
		for _, format := range formats {
			t.Run(fault+" "+format, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				faults := []string{}
				if fault != "" {
					faults = append(faults, fault)
				}
				s, env := withFaults(t, sandbox.Options{ProvisionDelay: -1, MedianovaSecret: "data.secret_key"}, faults...)
				env = append(env, "MEDIANOVA_API_KEY="+sandbox.MedianovaAPIKey, "MEDIANOVA_API_SECRET="+sandbox.MedianovaAPISecret)
				files, shown := prepareFiles(t, dir), 0
				for i, line := range suite {
					args := strings.Fields(files.Replace(strings.ReplaceAll(line, "OUT", filepath.Join(dir, fmt.Sprintf("out-%d-", i)))))
					got := credctl(t, env, "", append(args, "-o", format, "--debug")...)
					issued := ""
					if format == "json" && (got.status == 0 || strings.Contains(got.stderr, "could not be renamed")) { // it works under its temporary name

						issued = theSecret(got.stdout)
					}
					secrets := canary{}
					secrets.held(s)
					secrets.add(append(tokens, canaryKey, "u:p%40ss-canary-93c1", "p%40ss-canary-93c1")...)
					but := issued
					if format == "yaml" { // it shows what is issued as well
						if _, after, ok := strings.Cut(got.stdout, "\nsecret: "); ok {
							but = strings.Trim(strings.SplitN(after, "\n", 2)[0], `"'`)
						}
					}
					if but != "" {
						shown++
						assert.Contains(t, secrets, but, "what is shown was issued")
					}
					secrets.silent(t, "standard output of "+line, got.stdout, but)
					secrets.silent(t, "standard error of "+line, got.stderr, "")
					assert.NotContains(t, got.stderr, "panic", line)
				}
				if fault == "" && format != "table" {
					assert.Equal(t, 5, shown, "so many are shown where they may be")
				}
				told, err := os.ReadFile(filepath.Join(dir, "told"))
				if err == nil {
					secrets := canary{}
					secrets.held(s)
					secrets.add(tokens...)
					secrets.silent(t, "arguments and environment of a command", string(told), "")
				}
				assert.Equal(t, fault == "" || !strings.Contains(fault, "*:*"), err == nil || strings.Contains(fault, "create"), "the command ran")
			})
		}
	}
}

// prepareFiles writes what the suite gives with its flags, and returns what puts their names in.
func prepareFiles(t *testing.T, dir string) *strings.Replacer {
	t.Helper()
	for name, content := range map[string]string{
		"key": canaryKey, "json": canaryJSON,
		"cmd": "#!/bin/sh\n{ echo \"$0 $*\"; env; } >" + filepath.Join(dir, "told") + "\ncat >/dev/null\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700))
	}
	return strings.NewReplacer("=KEY", "="+filepath.Join(dir, "key"), " JSON", " "+filepath.Join(dir, "json"), "exec:CMD", "exec:"+filepath.Join(dir, "cmd"))
}

func TestAVendorThatRepeatsASecretIsNotRepeated(t *testing.T) {
	t.Parallel()
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said, _ := json.Marshal("bad request: " + string(body) + " with " + r.Header.Get("Authorization") + r.Header.Get("X-Api-Key"))
		// the names of fields are no secrets, and are needed
		reply(w, 400, `{"type":"Validation","message":`+string(said)+`,"error":{"code":"X","message":`+string(said)+`,"description":`+string(said)+`}}`)
	})
	dir := t.TempDir()
	files := prepareFiles(t, dir)
	for _, line := range []string{
		"losant create --name a --type sendgrid --set-file apiKey=KEY", "losant create --name a --type newest --config-file JSON", "losant create --name a --type mongodb --config-file JSON",
		"losant list", "stratum list", "katapult list", "medianova list", "stratum create", "katapult create --name x", "medianova create --name x --bucket " + someUUID,
	} {
		for _, format := range []string{"json", "yaml"} {
			got := credctl(t, v.env, "", append(strings.Fields(files.Replace(line)), "-o", format, "--debug")...)
			assert.Equal(t, 2, got.status, got.stderr)
			secrets := canary{}
			secrets.add(canaryKey, "p%40ss-canary-93c1", vendorsKey)
			secrets.silent(t, line, got.stderr+got.stdout, "")
			if strings.Contains(line, "JSON") {
				assert.Contains(t, got.stderr, "connectionUri", "what is wrong with it is said")
			}
		}
	}
}
