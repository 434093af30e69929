package deliver_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/ini.v1"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
)

// TestContract holds the files and the command against the contract of all destinations.
func TestContract(t *testing.T) {
	names := map[string]string{"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY", "endpoint_url": "AWS_ENDPOINT_URL", "region": "AWS_REGION"}
	for scheme, c := range map[string]struct {
		before string
		read   func(t *testing.T, content []byte) map[string]string
	}{
		"file:%?replace=1": {"old\n", func(_ *testing.T, content []byte) map[string]string {
			return map[string]string{"": string(content[:len(content)-1])}
		}},
		"file:%?inplace=1&replace=1": {"old\n", func(_ *testing.T, content []byte) map[string]string {
			return map[string]string{"": string(content[:len(content)-1])}
		}},
		"json:%": {`{"secret":"old"}`, func(t *testing.T, content []byte) map[string]string {
			var all struct{ Secret string }
			require.NoError(t, json.Unmarshal(content, &all))
			return map[string]string{"": all.Secret}
		}},
		"dotenv:%": {"OTHER=stays # why\n", func(t *testing.T, content []byte) map[string]string {
			all, err := godotenv.UnmarshalBytes(content)
			assert.Equal(t, all["AWS_REGION"], all["AWS_DEFAULT_REGION"])
			delete(all, "AWS_DEFAULT_REGION")
			require.NoError(t, err)
			return all
		}},
		"aws:web@%": {"[web]\noutput = json\n", func(t *testing.T, content []byte) map[string]string {
			file, err := ini.LoadSources(ini.LoadOptions{SpaceBeforeInlineComment: true}, content)
			require.NoError(t, err)
			all := map[string]string{}
			for name, value := range file.Section("web").KeysHash() {
				if ours, ok := names[name]; ok {
					name = ours
				}
				all[name] = value
			}
			return all
		}},
	} {
		t.Run(scheme, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				path := entrytest.File(t, filepath.Join(t.TempDir(), "target"), c.before)
				return entrytest.Place{
					Spec: strings.Replace(scheme, "%", path, 1), Creates: true,
					Options: deliver.Options{LockDir: filepath.Join(t.TempDir(), "locks")},
					Holds: func() map[string]string {
						content, err := os.ReadFile(path)
						if err != nil {
							return map[string]string{}
						}
						return c.read(t, content)
					},
					Remove: func() { require.NoError(t, os.Remove(path)) },
				}
			})
		})
	}
	t.Run("exec:", func(t *testing.T) {
		entrytest.Run(t, func(t *testing.T) entrytest.Place {
			path := entrytest.File(t, filepath.Join(t.TempDir(), "taken"), `{"secret":"old"}`)
			return entrytest.Place{
				Spec: "exec:test -e '" + path + "' && cat > '" + path + "'", Sealed: true,
				Options: deliver.Options{Env: os.Environ()},
				Holds: func() map[string]string {
					content, err := os.ReadFile(path)
					require.NoError(t, err)
					var all struct{ Secret string }
					require.NoError(t, json.Unmarshal(content, &all))
					return map[string]string{"": all.Secret}
				},
			}
		})
	})
}
