// Package conformance holds adapters, and the sandbox, against the documents and
// recordings that the vendors published. Those are kept elsewhere; without them its
// tests are skipped. A vendor that has none needs nothing here.
package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// conformance is the variable that names the folder of what the vendors published,
// from the root of the repository. None of it is part of this project.
const variable = "CREDCTL_CONFORMANCE"

// Published is the folder of one vendor's documents and recordings.
type Published struct {
	t   testing.TB
	dir string
}

// OpenPublished returns the folder of a vendor, and skips the test where nobody
// has said where such folders are.
func OpenPublished(t testing.TB, vendor string) Published {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skip(variable + " is not set: it names the folder with the documents and recordings of the vendors")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", "..", dir) // the tests run two folders below the root
	}
	return Published{t, filepath.Join(dir, vendor)}
}

// read decodes a file of the folder.
func (p Published) read(name string, into any) {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	require.NoError(p.t, err)
	require.NoError(p.t, json.Unmarshal(b, into), name)
}

// Text returns the member of the JSON object in a file of the folder.
func (p Published) Text(name, member string) string {
	p.t.Helper()
	var members map[string]json.RawMessage
	p.read(name, &members)
	require.Contains(p.t, members, member, name)
	return string(members[member])
}

// Schema returns the JSON Schema in a file of the folder.
func (p Published) Schema(name string) *jsonschema.Schema {
	p.t.Helper()
	return compile(p.t, strict(p.document(name)))
}

func (p Published) document(name string) (v any) {
	p.t.Helper()
	p.read(name, &v)
	return v
}

// Recordings returns what was recorded of the vendor, in its folder "recorded".
// The test fails if it leaves one out without a reason.
func (p Published) Recordings() *Recordings {
	p.t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.dir, "recorded"))
	require.NoError(p.t, err)
	r := &Recordings{t: p.t, all: map[string]Exchange{}, used: map[string]bool{}}
	for _, entry := range entries {
		name, is := strings.CutSuffix(entry.Name(), ".json")
		if !is {
			continue
		}
		var f recording
		p.read("recorded/"+entry.Name(), &f)
		r.names, r.all[name] = append(r.names, name), f.exchange(p.t, name)
	}
	require.NotEmpty(p.t, r.names)
	p.t.Cleanup(r.complete)
	return r
}
