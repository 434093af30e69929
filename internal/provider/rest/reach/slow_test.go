package reach

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestASlowRequestIsTold: one that takes more than a second is, until it is answered;
// a faster one is not.
func TestASlowRequestIsTold(t *testing.T) {
	for takes, want := range map[time.Duration][]string{
		900 * time.Millisecond: nil,
		5 * time.Second:        {"Waiting for vendor.example", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			answered := Watch(func(what string) { said = append(said, what) }, "vendor.example")
			time.Sleep(takes)
			answered()
			time.Sleep(time.Minute)
			assert.Equal(t, want, said)
		})
	}
}
