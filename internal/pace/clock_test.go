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
		k.Observe(&http.Response{Header: http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}})
		time.Sleep(time.Minute)
		ahead, known := k.Ahead()
		assert.True(t, known)
		assert.Equal(t, time.Hour, ahead)
	})
}
