package pace

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A request that got no answer, because the connection broke or it was interrupted, holds
// nobody back afterwards.
func TestARequestWithoutAnAnswerIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("lost")
		g := (&Pacers{}).Gate("a", Limit{Window: time.Minute, Requests: 100}, func(string) {})
		answer := func() (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Ratelimit-Remaining": {"5"}}}, nil
		}
		send := func(do func() (*http.Response, error)) error {
			_, err := g.Send(t.Context(), http.MethodGet, time.Minute, do)
			return err
		}
		began := time.Now()
		require.NoError(t, send(answer))
		for range 10 {
			require.ErrorIs(t, send(func() (*http.Response, error) { return nil, lost }), lost)
		}
		require.NoError(t, send(answer))
		assert.Zero(t, time.Since(began))
	})
}
