package medianova

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

// items returns the items of a listing with these IDs.
func items(ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, `{"uuid":"`+id+`","name":"n-`+id+`","access_key":"AK"}`)
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestListings(t *testing.T) {
	const page1, page2 = "/credential", "/credential?page=2"
	for name, c := range map[string]struct {
		answers, want, sent []string
	}{
		"plain":           {[]string{`{"status":true,"data":` + items("a", "b") + `}`}, []string{"a", "b"}, []string{page1}},
		"without status":  {[]string{`{"data":` + items("a") + `}`}, []string{"a"}, []string{page1}},
		"empty array":     {[]string{none}, nil, []string{page1}},
		"empty object":    {[]string{`{"status":true,"data":{}}`}, nil, []string{page1}},
		"null":            {[]string{`{"status":true,"data":null}`}, nil, []string{page1}},
		"a single object": {[]string{`{"status":true,"data":{"uuid":"a"}}`}, []string{"a"}, []string{page1}},
		"Laravel": {[]string{
			`{"status":true,"current_page":1,"data":` + items("a", "b") + `,"last_page":2,"per_page":2,"total":3,"next_page_url":"https://cloud.medianova.com/x?page=2","links":[{"url":null}]}`,
			`{"status":true,"current_page":2,"data":` + items("c") + `,"last_page":2,"per_page":2,"total":3,"next_page_url":null}`,
		}, []string{"a", "b", "c"}, []string{page1, page2}},
		"Laravel, numbers as texts": {[]string{
			`{"status":"1","data":` + items("a") + `,"last_page":"2","total":"2"}`, `{"status":"1","data":` + items("b") + `,"last_page":"2"}`,
		}, []string{"a", "b"}, []string{page1, page2}},
		"nested Laravel": {[]string{
			`{"status":true,"data":{"current_page":1,"data":` + items("a") + `,"last_page":2,"total":2,"links":[{"label":"1"}]}}`,
			`{"status":true,"data":{"current_page":2,"data":` + items("b") + `,"last_page":2,"total":2}}`,
		}, []string{"a", "b"}, []string{page1, page2}},
		"nested Laravel with holes": {[]string{
			`{"status":true,"data":{"current_page":1,"data":{"0":{"uuid":"a"},"2":{"uuid":"b"}},"last_page":1}}`,
		}, []string{"a", "b"}, []string{page1}},
		"paginate": {[]string{
			`{"status":true,"data":` + items("a") + `,"paginate":{"current_page":1,"per_page":1,"total":2,"last_page":2},"operation_id":"x"}`,
			`{"status":true,"data":` + items("b") + `,"paginate":{"current_page":2,"per_page":1,"total":2,"last_page":2}}`,
		}, []string{"a", "b"}, []string{page1, page2}},
		"requests": {[]string{
			`{"status":true,"data":{"page":1,"total":3,"limit":2,"requests":` + items("a", "b") + `}}`,
			`{"status":true,"data":{"page":2,"total":3,"limit":2,"requests":` + items("c") + `}}`,
		}, []string{"a", "b", "c"}, []string{page1, page2}},
		"the next page is at another host": {[]string{
			`{"status":true,"data":` + items("a") + `,"next_page_url":"https://evil.example/?page=2"}`, `{"status":true,"data":` + items("b") + `}`,
		}, []string{"a", "b"}, []string{page1, page2}},
		"the pages overlap": {[]string{
			`{"data":` + items("a", "b") + `,"last_page":2,"total":3}`, `{"data":` + items("b", "c") + `,"last_page":2,"total":3}`,
		}, []string{"a", "b", "c"}, []string{page1, page2}},
		"the page repeats itself": {[]string{
			`{"data":` + items("a") + `,"next_page_url":"/?page=2"}`, `{"data":` + items("a") + `,"next_page_url":"/?page=2"}`,
		}, []string{"a"}, []string{page1, page2}},
		"the next page is empty": {[]string{
			`{"data":` + items("a") + `,"last_page":9}`, `{"data":[],"last_page":9}`,
		}, []string{"a"}, []string{page1, page2}},
	} {
		t.Run(name, func(t *testing.T) {
			s, v := serve(t, c.answers...)
			ids, err := listIDs(s, t)
			require.NoError(t, err)
			assert.Equal(t, c.want, ids)
			var sent []string
			for _, line := range v.Sent {
				sent = append(sent, strings.TrimPrefix(line, "GET "+twice))
			}
			assert.Equal(t, c.sent, sent)
		})
	}
}

func TestListingThatIsNotWhole(t *testing.T) {
	for name, answers := range map[string][]string{
		"a page fails":                 {`{"data":` + items("a") + `,"last_page":3}`, `400 {}`},
		"it is cut":                    {`{"data":[{"uuid":"a"},`},
		"the vendor counts more":       {`{"data":` + items("a") + `,"last_page":2,"total":2}`, `{"data":` + items("a") + `,"last_page":2,"total":2}`},
		"the items are no objects":     {`{"data":{"data":[3]}}`},
		"an item has no ID":            {`{"data":[{"uuid":"a"},{"name":"b"}]}`},
		"the page is none":             {`{"data":` + items("a") + `,"last_page":2}`, `<html>`},
		"the second page is a failure": {`{"data":` + items("a") + `,"last_page":2}`, `{"status":false}`},
	} {
		s, _ := serve(t, answers...)
		_, err := listIDs(s, t)
		require.Error(t, err, name)
	}
}

// TestWhatIsOddIsUnknown: a value that is only shown does not spoil a listing.
func TestWhatIsOddIsUnknown(t *testing.T) {
	for _, odd := range []string{`7`, `{"at":1}`, `[1]`, `"x"`, `null`, `true`, `1e400`} {
		s, _ := serve(t, `{"data":[{"uuid":"a","name":`+odd+`,"created_at":`+odd+`,"buckets":[{"uuid":"b","name":`+odd+`,"size":`+odd+`,"region":`+odd+`,"tags":`+odd+`}]},{"uuid":"c"}]}`)
		ids, err := listIDs(s, t)
		require.NoError(t, err, odd)
		assert.Equal(t, []string{"a", "c"}, ids, odd)
	}
}

// TestAListThatShiftsIsReadAgain: what moved to the page before is not left out.
func TestAListThatShiftsIsReadAgain(t *testing.T) {
	s, v := serve(t,
		`{"data":`+items("a", "b")+`,"total":4,"limit":2}`, `{"data":`+items("d")+`,"total":3,"limit":2}`,
		`{"data":`+items("b", "c")+`,"total":3,"limit":2}`, `{"data":`+items("d")+`,"total":3,"limit":2}`)
	ids, err := listIDs(s, t)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "d", "c"}, ids)
	assert.Len(t, v.Sent, 4)

	var answers []string
	for i := range 8 {
		answers = append(answers, `{"data":`+items("a"+strconv.Itoa(i))+`,"limit":1,"total":`+strconv.Itoa(9-i)+`}`)
	}
	s, v = serve(t, answers...)
	_, err = listIDs(s, t)
	require.ErrorIs(t, err, provider.ErrUnavailable)
	assert.Len(t, v.Sent, 8, "it is read four times")
}

func TestListStopsWhenAsked(t *testing.T) {
	for _, answer := range []string{`{"data":` + items("a", "b") + `,"last_page":2}`, `{"data":{"data":` + items("a", "b") + `,"last_page":2}}`} {
		s, v := serve(t, answer)
		for c, err := range s.List(t.Context(), provider.Input{}) {
			require.NoError(t, err)
			assert.Equal(t, "a", c.ID)
			break
		}
		assert.Len(t, v.Sent, 1)
	}
}

// FuzzList checks that any listing ends, and gives each item once.
func FuzzList(f *testing.F) {
	f.Add(`{"status":true,"data":[` + whole + `]}`)
	f.Add(`{"status":true,"data":{"current_page":1,"data":` + items("a") + `,"last_page":2,"total":2}}`)
	f.Add(`{"data":{"0":{"uuid":"a"}},"paginate":{"last_page":"7"},"next_page_url":3}`)
	f.Add(`{"data":{"requests":[{}],"total":5,"limit":2}}`)
	f.Fuzz(func(t *testing.T, body string) {
		in := vendortest.Input(t, Provider().Settings, "org", org, "token-file", bear)
		n := 0
		s, err := open(provider.Conn{BaseURL: "https://cloud.medianova.com/own", Settings: in, HTTP: &http.Client{Transport: vendortest.RoundTripper(func(*http.Request) (*http.Response, error) {
			n++
			return vendortest.Answer("200 " + body), nil
		})}})
		require.NoError(t, err)
		seen := map[string]bool{}
		for c, err := range s.List(t.Context(), provider.Input{}) {
			if err != nil {
				continue
			}
			assert.NotEmpty(t, c.ID)
			assert.False(t, seen[c.ID], "twice: %s", c.ID)
			seen[c.ID] = true
			assert.NotContains(t, fmt.Sprintf("%+v", c.Secret), c.ID+"!")
		}
	})
}
