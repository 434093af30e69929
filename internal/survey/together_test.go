package survey

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
)

// TestAListThatRunsOutOfTimeSaysSo, however often it is tried: an empty one would look whole.
func TestAListThatRunsOutOfTimeSaysSo(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			seq, failed := Together(ctx, []Source{{"one", never{}}, {"two", never{}}})
			for range seq {
				t.Error("there is nothing")
			}
			assert.Len(t, failed(), 2)
		})
	}
}

// never lists nothing until the time is up.
type never struct{}

func (never) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		<-ctx.Done()
		yield(provider.Credential{}, ctx.Err())
	}
}
