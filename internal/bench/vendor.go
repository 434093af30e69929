package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// startVendor runs the vendor in a process of its own: what a child of this one
// is said to have used at most includes what this one has when it starts it.
func startVendor(ctx context.Context) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-vendor") //nolint:gosec // G204: it is this program
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), func() { _ = in.Close(); _ = cmd.Wait() }, err
}

// serveUntilClosed is the vendor, until standard input ends.
func serveUntilClosed() {
	server := serve()
	fmt.Println(server.URL)
	untilClosed()
	server.Close()
}

func untilClosed() { _, _ = io.Copy(io.Discard, os.Stdin) }

const application = "575ece2b7ae143cd83dc4a9b"

// serve is Stratum, which lists in one answer, and Losant and Katapult, which list
// in pages.
// The sizes of listings are in the path. Bodies are made once.
func serve() *httptest.Server {
	mux := http.NewServeMux()
	bodies := map[int][]byte{}
	for _, n := range []int{1, 1000, 10_000, 100_000, 1_000_000} {
		bodies[n] = stratumKeys(n)
		mux.HandleFunc(fmt.Sprintf("/stratum%d/api-keys", n), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(bodies[n])
		})
	}
	for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
		for _, n := range []int{1000, 10_000, 100_000} {
			paged(mux, fmt.Sprintf("/losant%d-%d/applications/%s/credentials", n, delay.Milliseconds(), application), delay, 0, func(page int) []byte {
				return fmt.Appendf(nil, `{"items":%s,"count":100,"totalCount":%d,"perPage":100,"page":%d}`, items(page, losantItem), n, page)
			})
			paged(mux, fmt.Sprintf("/katapult%d-%d/organizations/organization/object_storage/access_keys", n, delay.Milliseconds()), delay, 1, func(page int) []byte {
				return fmt.Appendf(nil, `{"pagination":{"current_page":%d,"total_pages":%d,"total":%d,"per_page":100,"large_set":false},"object_storage_access_keys":%s}`,
					page, n/perPage, n, items(page, katapultItem))
			})
		}
	}
	slow(mux)
	silent(mux)
	for _, l := range limits() {
		mux.HandleFunc(fmt.Sprintf("DELETE /deletes-%s/applications/%s/credentials/{id}", l.name, application), deletes(l.limit(), l.retryAfter))
	}
	return httptest.NewServer(mux)
}

// stratumKeys is a listing of n keys, of some 410 bytes each.
func stratumKeys(n int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%08x-0000-4000-8000-%012x","tenant_id":"049563bb-1f45-4543-a988-8d7262cb0cdb","name":"ci deploy key of service %d \"quoted\" and a name that is long enough for the row to be like those that were measured","created_at":"2026-11-22T04:53:28.718Z","last_used_at":"2026-11-22T05:53:28.718Z","revoked_at":null,"expires_at":null,"note":"a member that nobody reads"}`, i, i, i)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// perPage is how many items a page has, as of the vendors that have pages.
const perPage = 100

// paged serves pages, the first of which has a number of its own. Each is made once.
func paged(mux *http.ServeMux, path string, delay time.Duration, first int, body func(page int) []byte) {
	var bodies sync.Map
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(delay)
		page, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil {
			page = first
		}
		w.Header().Set("Content-Type", "application/json")
		made, ok := bodies.Load(page)
		if !ok {
			made, _ = bodies.LoadOrStore(page, body(page))
		}
		_, _ = w.Write(made.([]byte))
	})
}

// items makes those of a page.
func items(page int, item func(b *bytes.Buffer, id int)) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range perPage {
		if i > 0 {
			b.WriteByte(',')
		}
		item(&b, page*perPage+i)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func losantItem(b *bytes.Buffer, id int) {
	fmt.Fprintf(b, `{"id":"%024x","applicationId":"%s","creationDate":"2026-06-13T04:00:00.000Z","lastUpdated":"2026-07-13T04:00:00.000Z","createdByType":"user","createdById":"575ece2b7ae143cd83dc4a9d","lastUpdatedByType":"user","lastUpdatedById":"575ece2b7ae143cd83dc4a9d","name":"store %d","type":"aws","enabled":true,"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1"}}`, id, application, id)
}

func katapultItem(b *bytes.Buffer, id int) {
	fmt.Fprintf(b, `{"id":"objkey_%016d","name":"deploy key of service %d","created_at":%d,"region":"uk-lon-1","state":"configured","all_buckets_read":true,"all_objects_read":false,"all_objects_write":false,"read_buckets":["assets"],"write_buckets":["backups-%d"],"server_url":"uk-lon-1.katapultobjects.com:443","s3_access_key_id":"%032x"}`, id, id, 1_780_000_000+id, id, id)
}
