package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

func TestEachYieldsInTheOrderGiven(t *testing.T) {
	r := Runner{Parallel: 3, Streams: term.New(nil, &bytes.Buffer{}, &bytes.Buffer{})}
	var now, most atomic.Int64
	var got []string
	ids := strings.Split("a b c d e f", " ")
	for i, err := range r.Each(t.Context(), ids, func(_ context.Context, _ int, id string) error {
		for n := now.Add(1); n > most.Load(); {
			most.Store(n)
		}
		defer now.Add(-1)
		if id == "b" {
			return errors.New("no b")
		}
		return nil
	}) {
		got = append(got, fmt.Sprint(ids[i], err))
	}
	assert.Equal(t, []string{"a<nil>", "bno b", "c<nil>", "d<nil>", "e<nil>", "f<nil>"}, got)
	assert.LessOrEqual(t, most.Load(), int64(3))
}

// TestNothingIsBegunAfterTheEnd: not after an interrupt, nor when nobody takes the results.
func TestNothingIsBegunAfterTheEnd(t *testing.T) {
	forgiven := errors.New("forgiven")
	r := Runner{Streams: term.New(nil, &bytes.Buffer{}, &bytes.Buffer{}), Forgive: func(err error) error {
		if errors.Is(err, forgiven) {
			return nil
		}
		return err
	}}
	ctx, interrupt := context.WithCancel(t.Context())
	var errs []error
	for _, err := range r.Each(ctx, []string{"a", "b"}, func(context.Context, int, string) error {
		interrupt()
		return forgiven
	}) {
		errs = append(errs, err)
	}
	require.NoError(t, errs[0])
	require.EqualError(t, errs[1], "b: skipped: interrupted")
	assert.ErrorIs(t, errs[1], context.Canceled)
}

func TestFailedSaysTheSameOnce(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	require.NoError(t, Failed("read", []error{nil, nil}, 1))
	assert.Equal(t, a, Failed("read", []error{a}, 1))
	err := Failed("read", []error{a, nil, a, b, c}, 2)
	require.ErrorIs(t, err, provider.ErrPartial)
	assert.EqualError(t, err, "4 of 5 could not be read: a\nb\nand more")
}
