package environment

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVariablesOnWindows(t *testing.T) {
	env := []string{"Path=C:\\bin", "=C:=C:\\", "Katapult_API_Token=x", "none"}
	assert.Equal(t, "C:\\bin", newEnv(env, "windows")["PATH"])
	assert.Equal(t, "x", newEnv(env, "windows")["KATAPULT_API_TOKEN"])
	assert.NotContains(t, newEnv(env, "linux"), "PATH")
}
