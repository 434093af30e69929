package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesInDestinations(t *testing.T) {
	for name, want := range map[string][2]bool{ // in a path, in a command line
		"ci-1":          {true, true},
		"web.prod":      {true, true},
		"a b":           {true, false},
		"$(id)":         {true, false},
		"`id`":          {true, false},
		"x;rm":          {true, false},
		"it's":          {true, false},
		"-rf":           {true, false},
		"../etc/passwd": {false, false},
		".hidden":       {false, true},
		"a\nb":          {false, false},
		"":              {false, false},
	} {
		_, err := expandNames([]string{"file:/k/{name}"}, name)
		assert.Equal(t, want[0], err == nil, "%q", name)
		_, err = expandNames([]string{"exec:store {name}"}, name)
		assert.Equal(t, want[1], err == nil, "%q", name)
		_, err = expandNames([]string{"exec:store", "file:/k"}, name)
		assert.NoError(t, err, "%q is no part of these", name)
	}
}
