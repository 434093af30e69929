package rest

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// logged writes a line for each try at debug level, if there is a log. It names no
// header, no query and no body: in this program they carry secrets.
func logged(log *slog.Logger, next handler) handler {
	if log == nil {
		return next
	}
	return func(a *attempt) (*http.Response, error) {
		start := time.Now()
		resp, err := next(a)
		attrs := []slog.Attr{
			slog.String("method", a.Method),
			slog.String("host", a.URL.Host),
			slog.String("path", a.URL.Path),
			slog.Int("attempt", a.n),
			slog.Duration("took", time.Since(start)),
		}
		if err != nil {
			attrs = append(attrs, slog.String("error", reach.Explain(err).Why))
		} else {
			attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.String("request", requestID(resp)))
		}
		log.LogAttrs(a.Context(), slog.LevelDebug, "http", attrs...)
		return resp, err
	}
}

// requestID is what the support of a vendor, or of GitHub or AWS, asks for.
func requestID(resp *http.Response) string {
	for _, name := range []string{"X-Request-Id", "X-Github-Request-Id", "X-Amzn-Requestid"} {
		if id := resp.Header.Get(name); id != "" {
			return clean(id, 100)
		}
	}
	return ""
}
