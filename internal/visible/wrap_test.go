package visible_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/visible"
)

func TestWrapKeepsCommandsWhole(t *testing.T) {
	for in, want := range map[string]string{
		"short line": "short line",
		"credctl: katapult get: no access key x in organization acme":                                    "credctl: katapult get: no access\nkey x in organization acme",
		"hint: to see the IDs and names, run: credctl katapult list":                                     "hint: to see the IDs and names,\nrun:\ncredctl katapult list",
		"hint: check the ID with `credctl medianova list`, then":                                         "hint: check the ID with\n`credctl medianova list`, then",
		"hint: to continue: credctl rotation resume 20261130-abc; to discard: credctl rotation abort it": "hint: to continue:\ncredctl rotation resume 20261130-abc\nto discard:\ncredctl rotation abort it",
		"hint: run: chmod 600 /a/very/long/path/that/does/not/fit/at/all, then again":                    "hint: run:\nchmod 600 /a/very/long/path/that/does/not/fit/at/all\nthen again",
		"  12. verify that the new access key works as it should":                                        "  12. verify that the new access\n      key works as it should",
		"  [ok]   objkey_1 exists, and it has the same permissions":                                      "  [ok]   objkey_1 exists, and it\n         has the same permissions",
		"    an indented text that is longer than the line is":                                           "    an indented text that is\n    longer than the line is",
		"deliver it again: credctl rotation resume OP --to 'aws:web@/srv/a, b; c/d'; or else":            "deliver it again:\ncredctl rotation resume OP --to 'aws:web@/srv/a, b; c/d'\nor else",
		"create the folder first: mkdir -p -m 700 /srv/secrets/a":                                        "create the folder first:\nmkdir -p -m 700 /srv/secrets/a",
		"a file without other names, or a copy: cp -p a a.new && mv a.new a":                             "a file without other names, or a\ncopy:\ncp -p a a.new && mv a.new a",
		"run: getfacl /srv/secrets/a. Then pass the flag that keeps readers":                             "run:\ngetfacl /srv/secrets/a\nThen pass the flag that keeps\nreaders",
		"run it again, or credctl rotation abort 20261130-1 --force":                                     "run it again, or\ncredctl rotation abort 20261130-1 --force",
		"run: a b, or c":                                          "run:\na b\nor c",
		"to go on, run: credctl":                                  "to go on, run: credctl",
		"Kept from the first run: --to x, --overlap":              "Kept from the first run: --to x,\n--overlap",
		"stratum get 1: credctl does not have the secret":         "stratum get 1: credctl does not\nhave the secret",
		"an unmatched ` backquote ends nothing, nor does it loop": "an unmatched ` backquote ends\nnothing, nor does it loop",
	} {
		assert.Equal(t, want, visible.Wrap(in, 33), in)
	}
}
