package command

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

const (
	kept  = 16 << 10 // bytes of what a command says
	shown = 400      // characters of it
)

// A tail keeps the end of what is written to it.
type tail struct {
	b   []byte
	cut bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - kept; over > 0 {
		t.b, t.cut = append(t.b[:0], t.b[over:]...), true
	}
	return len(p), nil
}

// without returns ": " and the end of what was written as one line, with no secret
// in it: neither as it is nor in the encodings that scripts print by accident. It
// returns nothing when there is nothing.
func (t *tail) without(secret provider.Secret) string {
	text, longest := string(t.b), 0
	for _, s := range spellings(secret.Reveal()) {
		text = strings.ReplaceAll(text, s, provider.Redacted)
		longest = max(longest, len(s))
	}
	if t.cut { // what is left may begin with the end of a secret, which no longer looks like one
		begin := min(longest, len(text))
		if whole := strings.Index(text, provider.Redacted); whole >= 0 {
			begin = min(begin, whole)
		}
		text = text[begin:]
	}
	text = visible.OneLine(text)
	if r := []rune(text); len(r) > shown {
		text = "…" + string(r[len(r)-shown:])
	}
	if text == "" {
		return ""
	}
	return ": " + text
}

// spellings returns the ways in which a script writes secret, the longest first.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	b, _ := json.Marshal(secret) // text can always be quoted
	quoted := string(b[1 : len(b)-1])
	all := []string{
		secret,
		quoted, strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(quoted),
		url.QueryEscape(secret), url.PathEscape(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		hex.EncodeToString([]byte(secret)),
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= 8 { // of a secret of several lines, one may be printed alone
			all = append(all, line)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
