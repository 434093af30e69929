package vendorjson

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type numbered struct{ N int }

// listed is the JSON of a listing of so many items.
func listed(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"N":%d}`, i)
	}
	return `{"items":[` + strings.Join(items, ",") + `],"total":` + strconv.Itoa(n) + `}`
}

// Items come in their order, however many batches they make.
func TestItemsAheadKeepTheirOrder(t *testing.T) {
	for _, n := range []int{0, 1, batchItems - 1, batchItems, batchItems + 1, 2 * batches * batchItems, 20_000} {
		synctest.Test(t, func(t *testing.T) {
			l, next := NewListing(iotest.OneByteReader(strings.NewReader(listed(n)))), 0
			if n > 1000 {
				l = NewListing(strings.NewReader(listed(n)))
			}
			require.NoError(t, ReadItemsAhead(l, "items", t.FailNow, func(x numbered) bool {
				assert.Equal(t, next, x.N)
				next++
				return true
			}))
			assert.Equal(t, n, next)
			others, err := l.End()
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf(`{"total":%d}`, n), string(others))
		})
	}
}

// The next items are read and decoded while the consumer is busy; and an item is passed
// on although nothing follows it yet.
func TestItemsAreDecodedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails where both wait for each other
		more := make(chan bool)
		body := io.MultiReader(strings.NewReader(`[{"N":1}, `), closing{more}, strings.NewReader(`{"N":2}]`))
		var got []int
		require.NoError(t, ReadItemsAhead(NewListing(body), "", t.FailNow, func(x numbered) bool {
			<-more
			got = append(got, x.N)
			return true
		}))
		assert.Equal(t, []int{1, 2}, got)
	})
}

// A closing reader is empty, and says that it was asked.
type closing struct{ asked chan bool }

func (c closing) Read([]byte) (int, error) {
	close(c.asked)
	return 0, io.EOF
}

// A consumer that wants no more ends a reading that waits for the vendor, or for the consumer.
func TestItemsAheadStop(t *testing.T) {
	for name, rest := range map[string]string{"waiting": "", "ahead": strings.Repeat(`,{"N":3}`, 10_000)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
				r, w := io.Pipe()
				go func() { _, _ = io.WriteString(w, `[{"N":1},{"N":2}`+rest) }()
				l, got := NewListing(r), 0
				require.NoError(t, ReadItemsAhead(l, "", func() { _ = r.CloseWithError(errors.New("stopped")) }, func(numbered) bool {
					got++
					return false
				}))
				assert.Equal(t, 1, got)
				assert.True(t, l.Stopped)
			})
		})
	}
	assert.PanicsWithValue(t, "mine", func() {
		_ = ReadItemsAhead(NewListing(strings.NewReader(listed(10_000))), "items", func() {}, func(numbered) bool { panic("mine") })
	})
}

// What was decoded before an error is passed on before it.
func TestItemsAheadOfAnError(t *testing.T) {
	l, got := NewListing(strings.NewReader(`[{"N":1},{"N":2},{"N":"canary"}]`)), 0
	err := ReadItemsAhead(l, "", func() {}, func(numbered) bool { got++; return true })
	require.Error(t, err)
	assert.Equal(t, 2, got)
	assert.False(t, l.Stopped)
}
