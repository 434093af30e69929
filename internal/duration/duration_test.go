package duration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 30 * Day, "1y": 365 * Day, "2w": 14 * Day, "24h": Day, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "1y2w3d4h": 382*Day + 4*time.Hour, "0d": 0,
	} {
		got, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "30", "d", "-3d", "3 d", "3x", "d3", "99999999999999999999d", "9000000y", "292y292y", "1d-2h"} {
		_, err := Parse(text)
		require.Error(t, err, text)
	}
	assert.Equal(t, "7d12h", Format(7*Day+12*time.Hour))
	assert.Equal(t, "0s", Format(0))
	assert.Equal(t, "291d", Age(291*Day+19*time.Hour+24*time.Minute))
	assert.Equal(t, "23h5m", Age(23*time.Hour+5*time.Minute))
}
