package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependencies are the modules that the program may require, and what for. Each is
// code that somebody has to trust: another one needs its reason here.
func dependencies() map[string]string {
	return map[string]string{
		"filippo.io/age": "the journal holds secrets encrypted",
		"github.com/DataDog/datadog-agent/pkg/template": "the templates of Go without calls of methods, for which the linker would keep every method of every type",
		"github.com/aws/aws-sdk-go-v2":                  "only its signer: for the request that tries an S3 key, and for the Secrets Manager",
		"github.com/go-json-experiment/json":            "JSON as it comes, item by item: listings stream in constant memory",
		"github.com/gofrs/flock":                        "locks that the kernel frees when their holder is killed",
		"github.com/itchyny/gojq":                       "--jq",
		"github.com/jackc/pgx/v5":                       "its pgconn alone: the state of rotations in PostgreSQL",
		"github.com/joho/godotenv":                      "dotenv files are read as their readers do, before they are changed",
		"github.com/olekukonko/tablewriter":             "tables, and how wide a character is in one",
		"github.com/spf13/cobra":                        "commands, completion, manual pages",
		"github.com/spf13/pflag":                        "cobra's flags, whose values are the vendors' parameters",
		"github.com/spf13/viper":                        "settings from flags, the environment and the configuration file",
		"github.com/zalando/go-keyring":                 "tokens in the keyring of the system",
		"go.yaml.in/yaml/v3":                            "policies and configuration with line numbers, and -o yaml",
		"golang.org/x/crypto":                           "a GitHub secret is sealed with the public key of its place",
		"golang.org/x/sync":                             "bulk work on several credentials at once, bounded",
		"golang.org/x/sys":                              "what files can do that os does not know: locks, ownership, renames",
		"golang.org/x/term":                             "whether a stream is a terminal, and a token that is typed unseen",
	}
}

// testDependencies are those that only tests may require.
func testDependencies() map[string]string {
	return map[string]string{
		"github.com/chromedp/cdproto":              "the protocol of chromedp",
		"github.com/chromedp/chromedp":             "the report of an audit is used in a browser",
		"github.com/rogpeppe/go-internal":          "scripts that run the program as its users do",
		"github.com/santhosh-tekuri/jsonschema/v6": "the output is held against its published schemas",
		"github.com/stretchr/testify":              "assertions",
		"gopkg.in/ini.v1":                          "a real reader of AWS credentials files",
		"pgregory.net/rapid":                       "properties: any secret round-trips, any sequence of faults is survived",
	}
}

// carried are the modules that the dependencies of the program bring with them.
func carried() map[string][]string {
	return map[string][]string{
		"filippo.io/age":               {"filippo.io/hpke", "golang.org/x/crypto"},
		"github.com/aws/aws-sdk-go-v2": {"github.com/aws/smithy-go"},
		"github.com/itchyny/gojq":      {"github.com/itchyny/timefmt-go"},
		"github.com/jackc/pgx/v5":      {"github.com/jackc/pgpassfile", "github.com/jackc/pgservicefile"},
		"github.com/olekukonko/tablewriter": {
			"github.com/cespare/xxhash/v2", "github.com/clipperhouse/uax29/v2", "github.com/fatih/color",
			"github.com/mattn/go-colorable", "github.com/mattn/go-isatty", "github.com/mattn/go-runewidth",
			"github.com/olekukonko/cat", "github.com/olekukonko/errors", "github.com/olekukonko/ll", "github.com/rivo/uniseg",
		},
		"github.com/spf13/cobra": {"github.com/inconshreveable/mousetrap"},
		"github.com/spf13/viper": {
			"github.com/fsnotify/fsnotify", "github.com/go-viper/mapstructure/v2", "github.com/pelletier/go-toml/v2", "github.com/sagikazarmark/locafero",
			"github.com/sourcegraph/conc", "github.com/spf13/afero", "github.com/spf13/cast", "github.com/subosito/gotenv", "golang.org/x/text",
		},
		"github.com/zalando/go-keyring": {"github.com/danieljoos/wincred", "github.com/godbus/dbus/v5"},
	}
}

// goList runs go list for a system, and returns the lines that it prints.
func goList(t *testing.T, system string, args ...string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := cmd.Output()
	require.NoError(t, err)
	lines := map[string]bool{}
	for line := range strings.FieldsSeq(string(out)) {
		lines[line] = true
	}
	return lines
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	program, tests := dependencies(), testDependencies()
	required := goList(t, "linux", "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all")
	for m := range required {
		assert.True(t, program[m] != "" || tests[m] != "", "%s is a dependency that nobody gave a reason for", m)
	}
	linked := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for m := range goList(t, system, "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".") {
			linked[m] = true
		}
	}
	expected := map[string]bool{}
	for m := range program {
		assert.Contains(t, required, m, "it is not needed any more")
		expected[m] = true
		for _, other := range carried()[m] {
			expected[other] = true
		}
	}
	for m := range tests {
		assert.Contains(t, required, m, "it is not needed any more")
		assert.NotContains(t, linked, m, "it is for tests alone")
	}
	assert.Equal(t, expected, linked, "the modules that are linked into the program")
}
