package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// The longest answer that is read is read whole, and one byte more is too long.
func TestTheLongestAnswer(t *testing.T) {
	const one = `{"id":"a"}`
	for length, long := range map[int]bool{maxBody: false, maxBody + 1: true} {
		s := &script{answers: []reply{{status: 200, body: one + strings.Repeat(" ", length-len(one))}}}
		got, err := Do[thing](t.Context(), s.client(t), Request{Method: http.MethodGet, Path: "/x"})
		if long {
			require.ErrorContains(t, err, "is longer than 8 MiB")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, "a", got.ID)
	}
}

// As many items as a page may have are read, and one more is too many.
func TestTheLongestPage(t *testing.T) {
	for n, long := range map[int]bool{3: false, 4: true} {
		s := &script{answers: []reply{{status: 200, body: `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"id":"a"},`, n), ",") + `]}`}}}
		got, err := fetch(t.Context(), s.client(t), Request{Method: http.MethodGet, Path: "/x"}, "items", nil, []thing(nil), 3)
		if long {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		assert.Len(t, got, n)
	}
}

// Only where something is left of an answer, and there is a place for it, is it saved.
func TestWhatCannotBeSaved(t *testing.T) {
	issue := Request{Method: http.MethodPost, Path: "/x", ReturnsSecret: true}
	s := &script{answers: []reply{{status: 201, cut: true}}}
	_, err := Do[thing](t.Context(), s.client(t, func(c *provider.Conn, _ *Dialect) {
		c.Save = func(string, []byte) (string, error) { return "/recovery/empty", nil }
	}), issue)
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.NotContains(t, provider.HintOf(err), "was saved", "there is nothing in it")
	s = &script{answers: []reply{{status: 201, body: "{"}}}
	_, err = Do[thing](t.Context(), s.client(t), issue)
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.NotContains(t, provider.HintOf(err), "was saved", "there is no place for it")
}

// A quota is reached where the vendor refuses for it. What is refused for its rate works
// later, and what failed at the vendor is no refusal.
func TestQuotaReached(t *testing.T) {
	for _, x := range []struct {
		status  int
		message string
		want    bool
	}{
		{422, "the limit exceeded", true},
		{409, "too many keys", true},
		{403, "your quota is used up", true},
		{429, "too many requests", false},
		{500, "memory limit exceeded", false},
		{503, "quota service is down", false},
		{422, "the name is taken", false},
	} {
		assert.Equal(t, x.want, quotaReached(&provider.Error{Status: x.status, Message: x.message}), "%d %s", x.status, x.message)
	}
}

// An HTML page is known by its type, and by how it begins.
func TestHTMLPages(t *testing.T) {
	for _, x := range []struct {
		kind, body string
		want       bool
	}{{"text/html", "not found", true}, {"text/plain", " \n<!doctype html>", true}, {"text/plain", "not found", false}, {"", "", false}} {
		s := &script{answers: []reply{{status: 404, body: x.body, header: http.Header{"Content-Type": {x.kind}}}}}
		_, err := Do[thing](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) {
			d.Failure = func(int, []byte) Failure { return Failure{} }
		}), Request{Method: http.MethodGet, Path: "/x"})
		require.Error(t, err)
		assert.Equal(t, x.want, strings.Contains(err.Error(), "HTML page"), "%q %q", x.kind, x.body)
	}
}

// A vendor that repeats what it was sent repeats a secret as JSON, too.
func TestASecretIsRedactedAsItWasWritten(t *testing.T) {
	const secret = "pass\"word\\1234"
	s := &script{answers: []reply{{status: 400}}}
	_, err := Do[thing](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) {
		d.Failure = func(int, []byte) Failure { return Failure{Message: `invalid: {"k":"pass\"word\\1234"}, ` + secret} }
	}), Request{Method: http.MethodPost, Path: "/x", Body: map[string]provider.Secret{"k": provider.NewSecret(secret)}})
	require.ErrorContains(t, err, `invalid: {"k":"[redacted]"}, [redacted]`)
	require.NotContains(t, err.Error(), "1234")
}

// A listing ends at an empty page, and at the last page as the vendor tells it; what it
// does not tell is not believed.
func TestWhereAListingEnds(t *testing.T) {
	type said struct {
		items, last int
		told, again bool
	}
	for name, x := range map[string]struct {
		pages []said
		asked int
	}{
		"an empty page":                {[]said{{2, 0, false, true}, {0, 0, false, true}, {2, 0, false, false}}, 2},
		"the last page, told late":     {[]said{{2, 0, false, true}, {2, 2, true, false}, {2, 0, false, false}}, 2},
		"one more page, told late":     {[]said{{2, 0, false, true}, {2, 3, true, false}, {2, 3, true, false}}, 3},
		"a number that is not told":    {[]said{{2, 0, false, true}, {2, 9, false, false}, {2, 0, false, false}}, 2},
		"an empty page before the end": {[]said{{2, 0, false, true}, {0, 9, true, false}, {2, 0, false, false}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			for i, p := range x.pages {
				var items []string
				for j := range p.items {
					items = append(items, fmt.Sprintf(`{"id":"%d-%d"}`, i, j))
				}
				s.answers = append(s.answers, reply{status: 200, body: `{"items":[` + strings.Join(items, ",") + `]}`})
			}
			_, err := collect(Pages(t.Context(), s.client(t), Paging[thing, besides]{
				First: 1, Items: "items",
				Request: func(page int) Request {
					return Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"page": {strconv.Itoa(page)}}}
				},
				ID: func(x thing) string { return x.ID },
				More: func(page, _ int, _ besides) (int, bool, bool, error) {
					p := x.pages[page-1]
					return p.last, p.told, p.again, nil
				},
			}))
			require.NoError(t, err)
			assert.Len(t, s.sent, x.asked)
		})
	}
}

// A wait of a second is told, and a shorter one is not.
func TestShortWaitsAreNotReported(t *testing.T) {
	for seconds, want := range map[string][]string{"1": {"GET /x: retrying in 1s", ""}, "0.9": nil} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			s := &script{answers: []reply{{status: 429, header: after(seconds)}, {status: 200}}}
			_, err := Do[struct{}](t.Context(), s.client(t, func(c *provider.Conn, _ *Dialect) {
				c.Progress = func(what string) { said = append(said, what) }
			}), Request{Method: http.MethodGet, Path: "/x"})
			require.NoError(t, err)
			assert.Equal(t, want, said)
		})
	}
}
