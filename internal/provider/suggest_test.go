package provider_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
)

func TestClosest(t *testing.T) {
	known := []string{"table", "wide", "json", "jsonl", "yaml", "csv", "medianova", "stratum"}
	for word, want := range map[string]string{
		"jsn": "json", "josn": "json", "JSON": "json", "yml": "yaml", "tabel": "table", "medianov": "medianova",
		"mediaonva": "medianova", "xml": "", "status": "", "": "", "q": "",
	} {
		assert.Equal(t, want, provider.Closest(word, known), word)
	}
}
