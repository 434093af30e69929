package provider_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func classes() map[string]error {
	return map[string]error{
		"usage": provider.ErrUsage, "invalid": provider.ErrInvalid, "denied": provider.ErrDenied, "not found": provider.ErrNotFound,
		"refused": provider.ErrRefused, "conflict": provider.ErrConflict, "verify": provider.ErrVerify, "partial": provider.ErrPartial,
		"pending": provider.ErrPending, "rate": provider.ErrRateLimited, "unavailable": provider.ErrUnavailable, "locked": provider.ErrLocked,
		"unknown": provider.ErrUnknown, "gone": provider.ErrGone, "absent": provider.ErrAbsent,
	}
}

// only asserts that err is of one class, and of no other.
func only(t *testing.T, err, class error, msg ...any) {
	t.Helper()
	for name, c := range classes() {
		assert.Equal(t, errors.Is(class, c), errors.Is(err, c), append([]any{name}, msg...)...)
	}
}

func TestStatusMeansAClass(t *testing.T) {
	for status, want := range map[int]error{
		302: provider.ErrInvalid, 400: provider.ErrInvalid, 405: provider.ErrInvalid, 406: provider.ErrInvalid, 415: provider.ErrInvalid, 422: provider.ErrInvalid,
		401: provider.ErrDenied, 403: provider.ErrDenied,
		404: provider.ErrNotFound, 410: provider.ErrNotFound,
		402: provider.ErrConflict, 409: provider.ErrConflict, 412: provider.ErrConflict,
		408: provider.ErrUnavailable, 500: provider.ErrUnavailable, 502: provider.ErrUnavailable, 503: provider.ErrUnavailable, 599: provider.ErrUnavailable,
		429: provider.ErrRateLimited,
	} {
		only(t, &provider.Error{Status: status}, want, status)
		only(t, fmt.Errorf("wrapped: %w", &provider.Error{Status: status, Class: provider.ErrPending}), provider.ErrPending, status)
	}
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]provider.Error{
		"GET /x: 404 not found":                              {Op: "GET /x", Status: 404},
		"GET /x: 422 bad_name":                               {Op: "GET /x", Status: 422, Code: "bad_name"},
		"GET /x: 422 bad_name: no good (request r-1)":        {Op: "GET /x", Status: 422, Code: "bad_name", Message: "no good", RequestID: "r-1"},
		"POST /x: 500 internal server error: it is my fault": {Op: "POST /x", Status: 500, Message: "it is my fault"},
	} {
		assert.EqualError(t, &e, want)
	}
}

func TestClassesAndHintsAddUp(t *testing.T) {
	cause := &provider.Error{Op: "POST /x", Status: 500}
	err := fmt.Errorf("rotate: %w", provider.Hint(provider.WithClass(provider.ErrUnknown, cause), "look at %s", "the list"))
	require.EqualError(t, err, "rotate: POST /x: 500 internal server error", "neither adds to the text")
	require.ErrorIs(t, err, provider.ErrUnknown)
	require.ErrorIs(t, err, provider.ErrUnavailable)
	assert.Equal(t, "look at the list", provider.HintOf(err))
	got, ok := errors.AsType[*provider.Error](err)
	require.True(t, ok)
	assert.Same(t, cause, got)
	assert.Equal(t, "outer", provider.HintOf(provider.Hint(err, "outer")), "the last word counts")
	assert.Empty(t, provider.HintOf(cause))
	assert.Empty(t, provider.HintOf(nil))

	usage := provider.Usage("no %d: %w", 7, cause)
	require.EqualError(t, usage, "no 7: POST /x: 500 internal server error")
	require.ErrorIs(t, usage, provider.ErrUsage)
	require.ErrorIs(t, usage, provider.ErrUnavailable)
}
