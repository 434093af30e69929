package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// revealing are the files that may take the text out of a secret, and what for.
// There is one way for a secret: from the vendor's answer through the journal,
// sealed, to its destinations. Whoever reveals one elsewhere leaves that way.
func revealing() map[string]string {
	return map[string]string{
		"internal/provider/secret.go":     "the type itself: comparison",
		"internal/provider/credential.go": "a credential as JSON, for a program or a file",

		"internal/provider/rest/client.go": "the request: its headers",
		"internal/provider/rest/redact.go": "the request: what its answer must not repeat",
		"internal/losant/input.go":         "the request: a configuration from a file of the user's",
		"internal/losant/service/input.go": "the request: a field from a file of the user's",
		"internal/losant/secretstore.go":   "the request: a secret that Losant stores",

		"internal/output/printer.go":  "the printer",
		"internal/output/revealed.go": "the printer: the result of a rotation",

		"internal/deliver/aws.go":    "the delivery",
		"internal/deliver/dotenv.go": "the delivery",
		"internal/deliver/raw.go":    "the delivery",
		"internal/deliver/json.go":   "the delivery",

		"internal/verify/s3.go":                  "the verifier: a signed request",
		"internal/deliver/entry/content.go":      "the delivery: what a place can hold",
		"internal/deliver/entry/object.go":       "the delivery: a member of a JSON object",
		"internal/deliver/entry/file.go":         "the delivery: a program that encrypts",
		"internal/deliver/entry/foreign.go":      "the delivery: a secret of another service",
		"internal/deliver/entry/sessions.go":     "a fingerprint of what credctl logs in with",
		"internal/deliver/github/secret.go":      "the delivery: sealed",
		"internal/deliver/gitlab/variable.go":    "the delivery: whether it can be masked",
		"internal/deliver/kubernetes/secret.go":  "the delivery: as base64",
		"internal/deliver/awssm/secret.go":       "the delivery: the name of its version",
		"internal/deliver/kubernetes/connect.go": "the request: who credctl is",
		"internal/deliver/awssm/auth.go":         "the request: who credctl is",
		"internal/verify/exec.go":                "the verifier: a command of the user's",

		"internal/journal/seal/seal.go": "the journal: sealed, and its fingerprint",

		"internal/config/tokenstore/store.go": "the delivery: a login",
		"internal/session/login.go":           "the delivery: where credctl's own token is kept",
		"internal/session/engine.go":          "the token with which a vendor is opened",
		"internal/config/token.go":            "a token's characters are checked",
		"internal/config/jwt/jwt.go":          "when a token expires",

		"internal/command/scrub.go":      "a command's output, from which it is taken out",
		"internal/rotation/step/hook.go": "a hook, with --hook-stdin",
	}
}

func TestSecretsAreRevealedInNamedFilesAlone(t *testing.T) {
	t.Parallel()
	reveals := regexp.MustCompile(`\.Reveal(JSON)?\(\)`)
	comment := regexp.MustCompile(`//.*`)
	root := filepath.Join("..", "..")
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (strings.HasSuffix(d.Name(), "test") || d.Name() == "testdata") { // for tests alone
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if name, err := filepath.Rel(root, path); assert.NoError(t, err) && reveals.Match(comment.ReplaceAll(text, nil)) {
			found[filepath.ToSlash(name)] = true
		}
		return nil
	}))
	for name := range found {
		assert.NotEmpty(t, revealing()[name], "%s reveals a secret", name)
	}
	for name := range revealing() {
		assert.True(t, found[name], "%s reveals no secret any more: take it off the list", name)
	}
}
