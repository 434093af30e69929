package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// row is about 410 bytes, as the vendors' are.
type row struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	State     string            `json:"state"`
	Region    string            `json:"region"`
	Created   time.Time         `json:"created_at"`
	Updated   time.Time         `json:"updated_at"`
	LastUsed  *time.Time        `json:"last_used_at"`
	Buckets   []string          `json:"buckets"`
	ReadOnly  bool              `json:"is_readonly"`
	Owner     map[string]string `json:"owner"`
	ServerURL string            `json:"server_url"`
	Key       string            `json:"s3_access_key_id"`
}

func rows(from, to int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := from; i < to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"objkey_%012d","name":"deploy \"key\" %d","state":"configured","region":"uk-lon-1","created_at":"2026-11-22T04:53:28.718Z","updated_at":"2026-11-22T04:53:28.718Z","last_used_at":null,"buckets":["assets","backups-%d"],"is_readonly":false,"owner":{"kind":"user","id":"usr_%012d"},"server_url":"uk-lon-1.katapultobjects.com:443","s3_access_key_id":"%032x"}`, i, i, i, i, i)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkStream(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			body := rows(0, n)
			c := benchServer(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				print := json.NewEncoder(io.Discard) // the work of a consumer
				got := 0
				err := Stream(context.Background(), c, Request{Method: http.MethodGet, Path: "/x"}, "", nil, func(r row) bool {
					got++
					return print.Encode([]string{r.ID, r.Name, r.State, r.Region, r.Created.Format(time.RFC3339), r.Key}) == nil
				})
				if err != nil || got != n {
					b.Fatal(got, err)
				}
			}
		})
	}
}

func BenchmarkPages(b *testing.B) {
	const n = 100_000
	for _, size := range []int{100, 1000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			pages := make([][]byte, n/size)
			total := 0
			for i := range pages {
				pages[i] = fmt.Appendf(nil, `{"total":%d,"items":%s}`, n, rows(i*size, (i+1)*size))
				total += len(pages[i])
			}
			c := benchServer(b, func(w http.ResponseWriter, r *http.Request) {
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				_, _ = w.Write(pages[page])
			})
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				print := json.NewEncoder(io.Discard)
				got := 0
				for r, err := range Pages(context.Background(), c, numbered(n, size)) {
					if err != nil {
						b.Fatal(err)
					}
					got++
					_ = print.Encode([]string{r.ID, r.Name, r.State, r.Region, r.Created.Format(time.RFC3339), r.Key})
				}
				if got != n {
					b.Fatal(got)
				}
			}
		})
	}
}

type counted struct {
	Total *int `json:"total"`
}

// numbered is a listing of n rows whose length is known from the first page.
func numbered(n, size int) Paging[row, counted] {
	return Paging[row, counted]{
		Items: "items",
		Request: func(page int) Request {
			return Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"page": {strconv.Itoa(page)}}}
		},
		ID:   func(r row) string { return r.ID },
		More: func(int, int, counted) (int, bool, bool, error) { return (n - 1) / size, true, false, nil },
	}
}

func benchServer(b *testing.B, h http.HandlerFunc) *Client {
	b.Helper()
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: NewTransport()}, BaseURL: s.URL}, Dialect{Failure: says})
	if err != nil {
		b.Fatal(err)
	}
	return c
}
