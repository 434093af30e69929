package leaks

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

const (
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE=="
	keyID  = "MUJ47KZUQMT7C6OMMM4F"
)

func TestFindsWhatScannersReport(t *testing.T) {
	s, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	ref := journal.Ref{Provider: "acme", Kind: "key", ID: "k1"}
	at := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	require.NoError(t, s.Issued(ref, provider.NewSecret("an-older-secret-of-k1"), at))
	require.NoError(t, s.Issued(ref, provider.NewSecret(secret), at.Add(time.Hour)))
	issued, other := provider.Credential{Provider: "acme", Kind: "key", ID: "k1"}, provider.Credential{Provider: "acme", Kind: "key", ID: "k2", Key: keyID}
	for name, x := range map[string]struct{ text, issued, other string }{
		"trufflehog":              {`{"DetectorName":"AWS","Verified":true,"Raw":"` + secret + `","SourceMetadata":{"Data":{"Git":{"file":"a/b.env","line":7}}}}` + "\n{\"DetectorName\":\"x\",\"Raw\":\"nothing of ours\"}\n", "a/b.env:7", ""},
		"an ID and a secret":      {`{"DetectorName":"AWS","Raw":"` + keyID + `","RawV2":"` + keyID + ":" + secret + `","SourceMetadata":{"Data":{"Filesystem":{"file":"c"}}}}`, "c", "c"},
		"gitleaks":                {`[{"RuleID":"generic","Secret":"` + secret + `","Match":"key=` + keyID + `","File":"d.yaml","StartLine":3}]`, "d.yaml:3", "d.yaml:3"},
		"a variable":              {`[{"RuleID":"generic","Match":"S3_SECRET=` + secret + `","File":"h"}]`, "h", ""},
		"in a URL":                {`[{"RuleID":"generic","Secret":"https://` + keyID + `:x@host/","File":"e"}]`, "", "e"},
		"a secret that it had":    {`[{"RuleID":"generic","Secret":"an-older-secret-of-k1","File":"f"}]`, "", ""},
		"a part of a key ID":      {`[{"RuleID":"generic","Secret":"` + keyID[:15] + `","File":"g"}]`, "", ""},
		"nothing":                 {`[]`, "", ""},
		"an empty file":           {``, "", ""},
		"a place that is hostile": {`[{"RuleID":"generic","Secret":"` + keyID + `","File":"\u001b[31m\nx","StartLine":1}]`, "", "[31m x:1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Parse("leaks.json", []byte(x.text))
			require.NoError(t, err)
			require.NoError(t, r.Resolve(s))
			assert.Equal(t, x.issued, r.Where(&issued))
			assert.Equal(t, x.other, r.Where(&other))
		})
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"{\"DetectorName\":\"x\"}\n{\"Raw\":\"" + secret + "\"}": "leaks.json:2:1: not a report of trufflehog or gitleaks",
		"[{}]":           "leaks.json:1:2: not a report",
		"[\n{\"RuleID\"": "leaks.json:2:10: not valid JSON",
		"[{\"RuleID\":\"x\"},\n {\"RuleID\":\"x\",}]":   "leaks.json:2:16: not valid JSON",
		"[{\"RuleID\":\"x\"},\n {\"RuleID\":\"x\"}, 7]": "leaks.json:2:18: not a report",
		"7":                   "leaks.json:1:1: not a report",
		"[\"" + secret + "\"": "not valid JSON",
	} {
		_, err := Parse("leaks.json", []byte(text))
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.Contains(t, err.Error(), want)
		assert.NotContains(t, err.Error(), secret)
	}
}
