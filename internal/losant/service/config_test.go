package service

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzPlace holds that a place is within the file.
func FuzzPlace(f *testing.F) {
	f.Add("{\n\"a\": sesame", 9)
	f.Add("\xff", 1)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, file string, offset int) {
		line, column := place([]byte(file), offset)
		assert.LessOrEqual(t, line, strings.Count(file, "\n")+1)
		assert.Positive(t, line)
		assert.Positive(t, column)
	})
}
