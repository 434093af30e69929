package pace

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheClockOfTheVendor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k Clock
		k.Observe(nil)
		k.Observe(&http.Response{Header: http.Header{"Date": {"soon"}}})
		_, known := k.Ahead()
		assert.False(t, known)
		assert.Zero(t, k.DiffersFrom(time.Hour), "that is nothing known of the vendor")
		k.Observe(&http.Response{Header: http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}})
		time.Sleep(time.Minute)
		ahead, known := k.Ahead()
		assert.True(t, known)
		assert.Equal(t, time.Hour, ahead)
		assert.Equal(t, time.Hour, k.Differs())
		assert.Zero(t, k.DiffersFrom(-time.Hour), "this machine is an hour behind the other clock, too")
		assert.Equal(t, 3*time.Hour, k.DiffersFrom(2*time.Hour))
	})
}
