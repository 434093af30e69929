//go:build linux

package trust

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMembersOfGroups(t *testing.T) {
	table := func(lines ...string) (all [][]string) {
		for _, line := range lines {
			all = append(all, strings.Split(line, ":"))
		}
		return all
	}
	users := table("root:x:0:0:root", "app:x:10001:10001:", "web:x:10002:10002:", "odd:x:1")
	for name, c := range map[string]struct {
		groups       [][]string
		users        [][]string
		known, alone bool
	}{
		"a group of its own":            {table("app:x:10001:"), users, true, true},
		"with itself and root":          {table("app:x:10001:app, root"), users, true, true},
		"with another member":           {table("app:x:10001:app,web"), users, true, false},
		"behind another group":          {table("odd:x", "web:x:10002:web", "app:x:10001:web"), users, true, false},
		"in two lines":                  {table("app:x:10001:web", "app2:x:10001:"), users, true, false},
		"the main group of another":     {table("app:x:10001:"), table("app:x:10001:10001:", "web:x:10002:10001:"), true, false},
		"in a line that ends there":     {table("app:x:10001:"), table("web:x:10002:10001"), true, false},
		"the main group of root":        {table("app:x:10001:"), table("root:x:0:10001:", "app:x:10001:10001:"), true, true},
		"which no file tells of":        {table("web:x:10002:web"), users, false, true},
		"of others, and a broken line":  {table("app:x:10001", "web:x:10002:app"), users, false, true},
		"unknown, but another's main":   {nil, table("web:x:10002:10001:"), false, false},
		"unknown, and without any user": {nil, nil, false, true},
	} {
		known, alone := members(c.groups, c.users, "10001", "10001", "app")
		assert.Equal(t, []bool{c.known, c.alone}, []bool{known, alone}, name)
	}
	require.NotEmpty(t, records("/etc/group"))
	known, alone := members(records("/etc/group"), records("/etc/passwd"), "0", "0", "root")
	assert.True(t, known)
	assert.True(t, alone)
}
