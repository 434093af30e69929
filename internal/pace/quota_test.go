package pace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A vendor may count twice, by the address and by the key: what is spent for a
// second does not wait for the minute of the other count.
func TestTheSpentCountSaysHowLong(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var q quota
	q.tell(now, 9999, now.Add(time.Minute))
	q.tell(now, 0, now.Add(time.Second))
	assert.Equal(t, time.Second, q.delay(now))
}
