package rest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &script{answers: []reply{
			{err: errReset},
			{status: 503, after: time.Second, header: http.Header{"X-Request-Id": {"r-\x1b1"}, "X-Secret": {leak}}, body: leak},
			{status: 200, body: `{"secret":"` + leak + `"}`},
		}}
		c := s.client(t, func(c *provider.Conn, d *Dialect) {
			c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			d.Auth = Bearer(provider.NewSecret(leak))
		})
		got, err := Do[thing](t.Context(), c, Request{Method: http.MethodPut, Path: "/keys/k1", Query: map[string][]string{"q": {leak}}, Body: map[string]string{"secret": leak}})
		require.NoError(t, err)
		assert.Equal(t, leak, got.Secret.Reveal())
		assert.NotContains(t, out.String(), leak)
		lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
		require.Len(t, lines, 3)
		var second map[string]any
		require.NoError(t, json.Unmarshal(lines[1], &second))
		delete(second, "time")
		assert.Equal(t, map[string]any{
			"level": "DEBUG", "msg": "http", "method": "PUT", "host": "vendor.example", "path": "/v1/keys/k1",
			"attempt": 2., "took": float64(time.Second), "status": 503., "request": "r-1",
		}, second)
		assert.Contains(t, string(lines[0]), `"error":"the connection broke`)
	})
}
