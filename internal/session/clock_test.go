package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A clock that is wrong makes ages and grace periods wrong: that is told, once.
func TestClocksThatDiffer(t *testing.T) {
	for name, c := range map[string]struct {
		ahead time.Duration // of the vendor
		says  string
	}{
		"they agree":      {time.Minute, ""},
		"ours is behind":  {time.Hour, "the clock of this machine is 1h behind that of 127.0.0.1:"},
		"ours is ahead":   {-26 * time.Hour, "ahead of that of 127.0.0.1:"},
		"nobody has told": {0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = nil
				if c.ahead != 0 {
					w.Header().Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
				}
			}))
			defer server.Close()
			s, _ := newTest(t, "")
			var said strings.Builder
			s.streams.Err = &said
			conn, err := connOf(s)
			require.NoError(t, err)
			for range 2 {
				resp, err := conn.HTTP.Get(server.URL)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
			}
			if c.says == "" {
				assert.Empty(t, said.String())
				assert.Zero(t, s.clock.Differs())
				return
			}
			assert.Equal(t, 1, strings.Count(said.String(), "\n"))
			assert.Contains(t, said.String(), "credctl: warning: ")
			assert.Contains(t, said.String(), c.says)
			assert.InDelta(t, c.ahead, s.clock.Differs(), float64(3*time.Second))
		})
	}
}
