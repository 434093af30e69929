package survey

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// records reports whether a credential without a last use was never used.
type records bool

func (r records) RecordsUse() bool { return bool(r) }

const day = 24 * time.Hour

func listing(all ...provider.Credential) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// What is not known is never old or unused, and is counted.
func TestFilter(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.Add(-time.Duration(days) * day) }
	all := []provider.Credential{
		{Name: "ci-old", Status: "active", Created: ago(100), LastUsed: ago(50), Expires: ago(-10)},
		{Name: "ci-new", Status: "active", Created: ago(10), LastUsed: ago(1)},
		{Name: "team/never", Status: "revoked", Created: ago(60), Details: records(true)},
		{Name: "not-told", Status: "active", Created: ago(91), Details: records(false)},
		{Name: "of-unknown-age", Status: "active", LastUsed: ago(45), Expires: ago(1)},
	}
	for name, c := range map[string]struct {
		f              Filter
		want           string
		notAge, notUse int
	}{
		"all":            {Filter{}, "ci-old ci-new team/never not-told of-unknown-age", 0, 0},
		"status":         {Filter{Status: []string{"revoked", "expired"}}, "team/never", 0, 0},
		"name":           {Filter{Name: "ci-*"}, "ci-old ci-new", 0, 0},
		"name, slash":    {Filter{Name: "*never"}, "team/never", 0, 0},
		"older":          {Filter{OlderThan: 90 * day}, "ci-old not-told", 1, 0},
		"unused":         {Filter{Unused: 45 * day}, "ci-old team/never", 0, 1},
		"expiring":       {Filter{Expiring: 14 * day}, "ci-old", 0, 0},
		"of some status": {Filter{Status: []string{"revoked"}, Unused: 45 * day}, "team/never", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.f.Now = now
			assert.Equal(t, c.want, strings.Join(names(t, c.f.Of(listing(all...))), " "))
			assert.Equal(t, []int{c.notAge, c.notUse}, []int{c.f.NotTold.Created, c.f.NotTold.Used})
			assert.Len(t, c.f.Notes(), c.notAge+c.notUse)
		})
	}
}

// What is unknown comes last, and the order of equal ones stays.
func TestSorted(t *testing.T) {
	at := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	all := listing(
		provider.Credential{Name: "c", Status: "active"},
		provider.Credential{Name: "a", Created: at(2026), Status: "active"},
		provider.Credential{Name: "b", Created: at(2025)},
	)
	for field, want := range map[string]string{"name": "a b c", "created": "b a c", "status": "c a b", "expires": "c a b", "": "c a b"} {
		assert.Equal(t, want, strings.Join(names(t, Sorted(field, all)), " "), field)
	}
	assert.Equal(t, []string{"c", "a"}, names(t, First(2, all)))
	for _, field := range Fields() {
		require.NoError(t, CheckField(field))
		assert.NotNil(t, fields()[field], field)
	}
	assert.ErrorIs(t, CheckField("nam"), provider.ErrUsage)
}

// A listing that is not whole is not whole sorted either.
func TestSortedEndsWithTheError(t *testing.T) {
	broken := errors.New("it broke")
	var last error
	for _, err := range Sorted("name", func(yield func(provider.Credential, error) bool) {
		_ = yield(provider.Credential{Name: "a"}, nil) && yield(provider.Credential{}, broken)
	}) {
		last = err
	}
	assert.Equal(t, broken, last)
}
