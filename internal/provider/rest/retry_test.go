package rest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

// TestWhatIsSentAgain is the rule that keeps one rotation from becoming two.
func TestWhatIsSentAgain(t *testing.T) {
	ok, body := reply{status: 200}, reply{status: 503, body: `{}`}
	idempotent := []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete}
	others := []string{http.MethodPost, http.MethodPatch}
	all := append(append([]string{}, idempotent...), others...)
	for _, x := range []struct {
		name    string
		methods []string
		answers []reply
		sent    int
		want    error // nil: it succeeds in the end
		never   error
	}{
		{"lost", idempotent, []reply{{err: errReset}, {err: errReset}, ok}, 3, nil, nil},
		{"lost for good", idempotent, []reply{{err: errReset}}, 4, provider.ErrUnavailable, provider.ErrUnknown},
		{"lost", others, []reply{{err: errReset}}, 1, provider.ErrUnknown, nil},
		{"no connection", all, []reply{{err: errRefused}, {err: errRefused}, ok}, 3, nil, nil},
		{"no connection for good", all, []reply{{err: errRefused}}, 4, provider.ErrUnavailable, provider.ErrUnknown},
		{"502", idempotent, []reply{{status: 502}, {status: 504}, body, ok}, 4, nil, nil},
		{"503 for good", idempotent, []reply{{status: 503}}, 4, provider.ErrUnavailable, nil},
		{"502", others, []reply{{status: 502}}, 1, provider.ErrUnknown, nil},
		{"503 of a gateway", others, []reply{{status: 503}}, 1, provider.ErrUnknown, nil},
		{"503 of the vendor", others, []reply{{status: 503, body: "unavailable"}}, 1, provider.ErrUnavailable, provider.ErrUnknown},
		{"500", idempotent, []reply{{status: 500}}, 1, provider.ErrUnavailable, nil},
		{"500", others, []reply{{status: 500}}, 1, provider.ErrUnknown, nil},
		{"429", all, []reply{{status: 429}, {status: 429}, {status: 429}, {status: 429}, {status: 429}, ok}, 6, nil, nil},
		{"400", all, []reply{{status: 400}}, 1, provider.ErrInvalid, nil},
		{"404", all, []reply{{status: 404}}, 1, provider.ErrNotFound, nil},
		{"409", all, []reply{{status: 409}}, 1, provider.ErrConflict, nil},
		{"401", all, []reply{{status: 401}}, 1, provider.ErrDenied, nil},
		{"too long a wait", all, []reply{{status: 429, header: after("31")}}, 1, provider.ErrRateLimited, nil},
		{"too long a wait", idempotent, []reply{{status: 503, header: after("3600")}}, 1, provider.ErrUnavailable, nil},
		{"a wait beyond reason", all, []reply{{status: 429, header: after("99999999999999999999")}}, 1, provider.ErrRateLimited, nil},
	} {
		for _, method := range x.methods {
			t.Run(x.name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: x.answers}
					c := s.client(t, func(_ *provider.Conn, d *Dialect) {
						d.Failure = func(_ int, body []byte) Failure {
							if string(body) == "unavailable" {
								return Failure{Code: "service_unavailable"}
							}
							return Failure{}
						}
					})
					r := Request{Method: method, Path: "/x"}
					if method != http.MethodGet && method != http.MethodHead {
						r.Body = map[string]int{"a": 1}
					}
					_, err := Do[struct{}](t.Context(), c, r)
					assert.Len(t, s.sent, x.sent)
					if x.want == nil {
						require.NoError(t, err)
						assert.Equal(t, s.sent[0], s.sent[len(s.sent)-1], "the body is sent as a whole again")
						return
					}
					require.ErrorIs(t, err, x.want)
					assert.NotContains(t, err.Error(), leak)
					if x.never != nil {
						require.NotErrorIs(t, err, x.never)
					}
				})
			})
		}
	}
}

// TestADeleteWhoseAnswerWasLost: that the repeated one finds nothing is its success.
func TestADeleteWhoseAnswerWasLost(t *testing.T) {
	absent, router := reply{status: 404, body: "absent"}, reply{status: 404, body: "<html>"}
	for name, x := range map[string]struct {
		answers []reply
		gone    bool
	}{
		"no answer":                        {[]reply{{err: errReset}, absent}, true},
		"half an answer":                   {[]reply{{status: 200, body: "{", cut: true}, absent}, true},
		"the answer of a gateway":          {[]reply{{status: 504}, absent}, true},
		"and then none, and then a 503":    {[]reply{{err: errReset}, {err: errRefused}, {status: 503, body: "unavailable"}, absent}, true},
		"it was answered":                  {[]reply{absent}, false},
		"it was never sent":                {[]reply{{err: errRefused}, absent}, false},
		"the vendor itself did nothing":    {[]reply{{status: 503, body: "unavailable"}, absent}, false},
		"it was refused":                   {[]reply{{status: 429}, absent}, false},
		"a router that knows no such path": {[]reply{{err: errReset}, router}, false},
	} {
		for _, method := range []string{http.MethodDelete, http.MethodPut} {
			t.Run(name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: x.answers}
					_, err := Do[struct{}](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) {
						d.Failure = func(_ int, body []byte) Failure {
							return Failure{Absent: string(body) == "absent", Code: map[string]string{"unavailable": "service_unavailable"}[string(body)]}
						}
					}), Request{Method: method, Path: "/x"})
					require.ErrorIs(t, err, provider.ErrNotFound)
					assert.Equal(t, x.gone && method == http.MethodDelete, errors.Is(err, provider.ErrGone))
					assert.Len(t, s.sent, len(x.answers))
				})
			})
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	date := func(s string) http.Header {
		return http.Header{"Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}, "Retry-After": {s}}
	}
	for name, x := range map[string]struct {
		reply
		wait time.Duration
	}{
		"seconds":         {reply{status: 429, header: after("7")}, 7 * time.Second},
		"date":            {reply{status: 429, header: date("Sun, 22 Nov 2026 10:00:09 GMT")}, 9 * time.Second},
		"of a 503":        {reply{status: 503, header: after("5")}, 5 * time.Second},
		"before all else": {reply{status: 429, header: after("30")}, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []reply{x.reply, {status: 200}}}
				_, err := Do[struct{}](t.Context(), s.client(t), Request{Method: http.MethodGet, Path: "/x"})
				require.NoError(t, err)
				assert.Equal(t, x.wait, s.at[1].Sub(s.at[0]))
			})
		})
	}
}

// TestRefusalLastsUntilTheNextWindow, unless the vendor says otherwise.
func TestRefusalLastsUntilTheNextWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(50 * time.Second) // of the first minute
		s := status(429, 200)
		_, err := Do[struct{}](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) { d.Limit.Window = time.Minute }), Request{Method: http.MethodPost, Path: "/x"})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, s.at[1].Sub(s.at[0]), 10*time.Second)
	})
}

// TestMaxWaitIsZero: nothing is waited out for a vendor, and what is harmless is tried again at once.
func TestMaxWaitIsZero(t *testing.T) {
	for name, x := range map[string]struct {
		reply
		sent int
		hint string
	}{
		"a 429":                    {reply{status: 429}, 1, ""},
		"a 429 that asks for time": {reply{status: 429, header: after("8")}, 1, "try again in 8s, or pass --max-wait 8s"},
		"a 503 that asks for time": {reply{status: 503, header: after("8")}, 1, "try again in 8s, or pass --max-wait 8s"},
		"a 503":                    {reply{status: 503}, 4, ""},
		"no answer":                {reply{err: errReset}, 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s := &script{answers: []reply{x.reply}}
				_, err := Do[struct{}](t.Context(), s.client(t, func(c *provider.Conn, _ *Dialect) { c.MaxWait = 0 }), Request{Method: http.MethodGet, Path: "/x"})
				require.Error(t, err)
				assert.Len(t, s.sent, x.sent)
				assert.Zero(t, time.Since(start))
				assert.Equal(t, x.hint, provider.HintOf(err))
			})
		})
	}
}

// TestStormEnds: F19.
func TestStormEnds(t *testing.T) {
	for _, header := range []http.Header{nil, after("0"), after("1"), after("x"), after("-5"), after("Sun, 22 Nov 1998 10:00:00 GMT")} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := &script{answers: []reply{{status: 429, header: header}}}
			_, err := Do[struct{}](t.Context(), s.client(t), Request{Method: http.MethodGet, Path: "/x"})
			require.ErrorIs(t, err, provider.ErrRateLimited)
			assert.LessOrEqual(t, time.Since(start), 35*time.Second)
			assert.LessOrEqual(t, len(s.sent), 40, header)
			assert.Greater(t, len(s.sent), 2)
		})
	}
}

func TestDeadlines(t *testing.T) {
	r := Request{Method: http.MethodPost, Path: "/x", Body: 1}
	t.Run("over before it is sent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			time.Sleep(2 * time.Second)
			s := status(200)
			_, err := Do[struct{}](ctx, s.client(t, func(_ *provider.Conn, d *Dialect) {
				d.Auth = func(context.Context, *http.Request) error {
					t.Error("Auth may send requests too")
					return nil
				}
			}), r)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NotErrorIs(t, err, provider.ErrUnknown)
			assert.Empty(t, s.sent)
		})
	})
	t.Run("over while an answer is awaited", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			s := &script{answers: []reply{{status: 200, after: time.Hour}}}
			_, err := Do[struct{}](ctx, s.client(t), r)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, provider.ErrUnknown)
			assert.Len(t, s.sent, 1)
		})
	})
	t.Run("of one try", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := &script{answers: []reply{{status: 200, after: time.Hour}}}
			_, err := Do[struct{}](t.Context(), s.client(t), r)
			require.ErrorIs(t, err, provider.ErrUnknown)
			assert.Equal(t, time.Minute, time.Since(start))
		})
	})
	t.Run("before the vendor would listen again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			s := &script{answers: []reply{{status: 429, header: after("20")}}}
			_, err := Do[struct{}](ctx, s.client(t), r)
			require.ErrorIs(t, err, provider.ErrRateLimited)
			assert.Zero(t, time.Since(start), "there is no use in waiting for it")
		})
	})
	t.Run("canceled while waiting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			s := &script{answers: []reply{{status: 429, header: after("20")}}}
			_, err := Do[struct{}](ctx, s.client(t), r)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, provider.ErrRateLimited, "and why it waited")
			require.NotErrorIs(t, err, provider.ErrUnknown)
		})
	})
}

func TestTokenIsRenewedOnce(t *testing.T) {
	for name, x := range map[string]struct {
		answers *script
		sent    int
		want    error
	}{
		"it helps":     {status(401, 200), 2, nil},
		"it helps not": {status(401, 401, 200), 2, provider.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			renewed := 0
			_, err := Do[struct{}](t.Context(), x.answers.client(t, func(_ *provider.Conn, d *Dialect) {
				d.Renew = func(refused *http.Request) bool {
					renewed++
					return assert.Equal(t, "Bearer token-1234567", refused.Header.Get("Authorization"))
				}
			}), Request{Method: http.MethodPost, Path: "/x", Body: 1})
			require.ErrorIs(t, err, x.want)
			assert.Len(t, x.answers.sent, x.sent)
			assert.Equal(t, 1, renewed)
		})
	}
	s := status(401)
	_, err := Do[struct{}](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) { d.Renew = func(*http.Request) bool { return false } }), Request{Method: http.MethodGet, Path: "/x"})
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Len(t, s.sent, 1)
}

func TestNotYetIsWaitedOut(t *testing.T) {
	notYet := func(_ *provider.Conn, d *Dialect) {
		d.NotYet = func(e *provider.Error) (time.Duration, bool) { return 2 * time.Second, e.Status == 422 }
	}
	synctest.Test(t, func(t *testing.T) {
		s := status(422, 422, 422, 422, 422, 422, 201)
		_, err := Do[struct{}](t.Context(), s.client(t, notYet), Request{Method: http.MethodPost, Path: "/x", RetryFor: time.Minute})
		require.NoError(t, err)
		assert.Len(t, s.sent, 7, "it is no failure, so there is no limit of attempts")
		s = status(422)
		start := time.Now()
		_, err = Do[struct{}](t.Context(), s.client(t, notYet), Request{Method: http.MethodPost, Path: "/x", RetryFor: time.Minute})
		require.ErrorIs(t, err, provider.ErrInvalid)
		assert.Less(t, time.Since(start), time.Minute)
		s = status(422)
		_, err = Do[struct{}](t.Context(), s.client(t, notYet), Request{Method: http.MethodPost, Path: "/x"})
		require.Error(t, err)
		assert.Len(t, s.sent, 1, "without patience it is an answer like any other")
	})
}

func TestWaitsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		s := &script{answers: []reply{{status: 429, header: after("7")}, {status: 200}}}
		_, err := Do[struct{}](t.Context(), s.client(t, func(c *provider.Conn, _ *Dialect) {
			c.Progress = func(what string) { said = append(said, what) }
		}), Request{Method: http.MethodGet, Path: "/x"})
		require.NoError(t, err)
		assert.Equal(t, []string{"GET /x: retrying in 7s", ""}, said)
	})
}

func TestAuthFails(t *testing.T) {
	for _, errLogin := range []error{errors.New("no login"), &provider.Error{Status: 401}} {
		s := status(200)
		_, err := Do[struct{}](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) {
			d.Auth = func(context.Context, *http.Request) error { return errLogin }
			d.Renew = func(*http.Request) bool { return assert.Fail(t, "no request was refused") }
		}), Request{Method: http.MethodPost, Path: "/x"})
		require.ErrorIs(t, err, errLogin)
		require.NotErrorIs(t, err, provider.ErrUnknown)
		assert.Empty(t, s.sent)
	}
}

func TestBackoffIsBounded(t *testing.T) {
	for try := 1; try < 100; try++ {
		most := 500 * time.Millisecond << min(try-1, 6)
		for range 20 {
			assert.Less(t, pace.Backoff(try), most)
			assert.GreaterOrEqual(t, pace.Backoff(try), time.Duration(0))
		}
	}
}

func TestLongWaitsAreExplained(t *testing.T) {
	s := &script{answers: []reply{{status: 429, header: after("90")}}}
	_, err := Do[struct{}](t.Context(), s.client(t), Request{Method: http.MethodPost, Path: "/x"})
	require.ErrorIs(t, err, provider.ErrRateLimited)
	assert.Equal(t, "try again in 1m30s, or pass --max-wait 1m30s", provider.HintOf(err))
}

// TestInterruptedChangeIsAnswered: a secret would be lost with the answer, and
// nobody would know whether the rest was done.
func TestInterruptedChangeIsAnswered(t *testing.T) {
	for _, c := range []struct {
		r    Request
		want error
	}{
		{Request{Method: http.MethodPost, ReturnsSecret: true}, nil},
		{Request{Method: http.MethodPost}, nil},
		{Request{Method: http.MethodDelete}, nil},
		{Request{Method: http.MethodPatch}, nil},
		{Request{Method: http.MethodGet}, context.Canceled},
		{Request{Method: http.MethodPost, ReadOnly: true}, context.Canceled},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			s := &script{answers: []reply{{status: 201, body: `{"id":"a"}`, after: 5 * time.Second}}}
			c.r.Path = "/x"
			got, err := Do[thing](ctx, s.client(t), c.r)
			require.ErrorIs(t, err, c.want, c.r.Method)
			assert.Equal(t, c.want == nil, got.ID == "a")
		})
	}
}
