package term

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBar(t *testing.T) {
	for want, got := range map[string]string{
		"[                              ]   0 of 150":           bar(0, 150, time.Second, 80),
		"[===============               ]  75 of 150, 10s left": bar(75, 150, 10*time.Second, 80),
		"[==============================] 150 of 150, 0s left":  bar(150, 150, time.Minute, 80),
		"[=====     ]  75 of 150, 10s left":                     bar(75, 150, 10*time.Second, 34),
		" 75 of 150, 10s left":                                  bar(75, 150, 10*time.Second, 25),
		" 75 of 15":                                             bar(75, 150, 10*time.Second, 10),
		"":                                                      bar(75, 150, 10*time.Second, 0),
	} {
		assert.Equal(t, want, got)
	}
}
