//go:build linux

package trust

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMembersOfGroups(t *testing.T) {
	known, alone := members("0", "0", "root")
	assert.True(t, known)
	assert.True(t, alone)
	known, _ = members("987654", "1", "nobody")
	assert.False(t, known)
}
