package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// kept is how many versions a secret has, if the mount does not say otherwise.
const kept = 10

type metadata struct {
	Version   int    `json:"version"`
	Deleted   string `json:"deletion_time"`
	Destroyed bool   `json:"destroyed"`
}

type version struct {
	Data struct {
		Data     entry.Object `json:"data"`
		Metadata metadata     `json:"metadata"`
	} `json:"data"`
}

// A deletedError is the answer about a version that was deleted.
type deletedError struct{ metadata }

func (*deletedError) Error() string { return "the version was deleted" }

// Within returns the namespace. Without one, it is that of the root.
func (s *secret) Within() string { return "namespace " + cmp.Or(s.namespace, "root") }

func (s *secret) data() string { return "/v1/" + s.mount + "/data/" + s.path }

// read returns a version; 0 is the current one.
func (s *secret) read(ctx context.Context, n int) (version, error) {
	r := rest.Request{Method: http.MethodGet, Path: s.data()}
	if n > 0 {
		r.Query = url.Values{"version": {strconv.Itoa(n)}}
	}
	return rest.Do[version](ctx, s.client, r)
}

func (s *secret) Get(ctx context.Context) (entry.Entry, error) {
	v, err := s.read(ctx, 0)
	if deleted, ok := errors.AsType[*deletedError](err); ok {
		s.values = nil
		return entry.Entry{Version: strconv.Itoa(deleted.Version)}, nil
	}
	if errors.Is(err, provider.ErrNotFound) {
		s.values = nil
		return entry.Entry{Version: "0"}, nil
	}
	if err == nil && v.Data.Metadata.Version == 0 {
		err = provider.Hint(provider.Usage("unexpected answer: the mount is not a KV version 2 engine"), "run: vault kv enable-versioning %s", unescape(s.mount))
	}
	s.values = v.Data.Data
	return entry.Entry{Exists: true, Values: v.Data.Data.Values(), Version: strconv.Itoa(v.Data.Metadata.Version)}, s.advise(err)
}

// Check asks what the token may do. Who may not ask that finds out when writing.
func (s *secret) Check(ctx context.Context, e entry.Entry, _ []string) error {
	data := strings.TrimPrefix(s.data(), "/v1/")
	destroy := s.mount + "/destroy/" + s.path
	paths := []string{unescape(data)}
	if s.destroyOld {
		paths = append(paths, unescape(destroy))
	}
	answer, err := rest.Do[struct {
		Data map[string][]string `json:"data"`
	}](ctx, s.client, rest.Request{Method: http.MethodPost, Path: "/v1/sys/capabilities-self", Body: map[string]any{"paths": paths}, ReadOnly: true})
	switch {
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrNotFound):
		return nil // a token of a narrow policy
	case err != nil:
		return err
	}
	for i, path := range paths {
		may := func(what ...string) bool {
			return slices.ContainsFunc(append(what, "root"), func(w string) bool { return slices.Contains(answer.Data[path], w) })
		}
		ok := may("update", "patch")
		switch {
		case i == 1:
			ok = may("update")
		case !e.Exists:
			ok = may("create")
		}
		if _, told := answer.Data[path]; told && !ok {
			return s.advise(provider.WithClass(provider.ErrDenied, fmt.Errorf("the token is not allowed to write %s (capabilities: %s)", path, strings.Join(answer.Data[path], ", "))))
		}
	}
	return nil
}

func (s *secret) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	cas, err := strconv.Atoi(e.Version)
	if err != nil {
		return err
	}
	write := func(method string, data entry.Object, kind string) error {
		r := rest.Request{Method: method, Path: s.data(), Body: map[string]any{"options": map[string]any{"cas": cas}, "data": data}}
		if kind != "" {
			r.Header = http.Header{"Content-Type": {kind}}
		}
		_, err := rest.Do[struct{}](ctx, s.client, r)
		return s.advise(err)
	}
	if e.Exists {
		err := write(http.MethodPatch, entry.ObjectOf(values), "application/merge-patch+json")
		var answer *provider.Error
		if !errors.As(err, &answer) || answer.Status != http.StatusForbidden && answer.Status != http.StatusMethodNotAllowed {
			return err
		}
	}
	return write(http.MethodPost, s.values.With(values), "") // which replaces everything
}

// Retire destroys the versions that hold other values than the current one.
func (s *secret) Retire(ctx context.Context, names []string) error {
	if !s.destroyOld {
		return nil
	}
	now, err := s.read(ctx, 0)
	if err != nil {
		return s.advise(err)
	}
	current, newest := now.Data.Data.Values(), now.Data.Metadata.Version
	var old []int
	for n := newest - 1; n > max(0, newest-kept); n-- {
		v, err := s.read(ctx, n)
		if errors.Is(err, provider.ErrNotFound) {
			continue
		}
		if err != nil {
			return s.advise(err)
		}
		values := v.Data.Data.Values()
		if slices.ContainsFunc(names, func(name string) bool {
			value, ok := values[name]
			return ok && !value.Equal(current[name])
		}) {
			old = append(old, n)
		}
	}
	if old == nil {
		return nil
	}
	_, err = rest.Do[struct{}](ctx, s.client, rest.Request{
		Method: http.MethodPut, Path: "/v1/" + s.mount + "/destroy/" + s.path, Body: map[string]any{"versions": old}, // POST alike, and may be repeated
	})
	return s.advise(err)
}

// failure reads an answer that is no success: {"errors":[…]}, or a version that
// was deleted.
func failure(status int, body []byte) rest.Failure {
	var said struct {
		Errors []string `json:"errors"`
		Data   struct {
			Metadata metadata `json:"metadata"`
		} `json:"data"`
	}
	_ = vendorjson.Read(body, &said) // what cannot be read says nothing
	f := rest.Failure{Message: strings.Join(said.Errors, "; ")}
	switch {
	case status == http.StatusNotFound && said.Data.Metadata.Version > 0:
		f.Class = provider.WithClass(provider.ErrNotFound, &deletedError{said.Data.Metadata})
	case status == http.StatusBadRequest && strings.Contains(f.Message, "did not match the current version"):
		f.Class = entry.ErrChanged
	case status == http.StatusNotFound && strings.Contains(f.Message, "no handler for route"):
		f.Class = provider.WithClass(provider.ErrUsage, errors.New("no such mount"))
	}
	return f
}

// advise says what a refusal asks for.
func (s *secret) advise(err error) error {
	answer, answered := errors.AsType[*provider.Error](err)
	switch {
	case err == nil || provider.HintOf(err) != "":
		return err
	case answered && answer.Status/100 == 3:
		return provider.Hint(err, "set VAULT_ADDR to the active node")
	case errors.Is(err, provider.ErrDenied):
		return provider.Hint(err, `the token may have expired, or needs: path %q { capabilities = ["create", "read", "update", "patch"] }`, unescape(strings.TrimPrefix(s.data(), "/v1/")))
	case answered && answer.Status == http.StatusServiceUnavailable:
		return provider.Hint(err, "the server is sealed or in standby; to see which, run: vault status")
	}
	return err
}

// escape escapes each name of a path.
func escape(path string) string {
	names := strings.Split(path, "/")
	for i, name := range names {
		names[i] = url.PathEscape(name)
	}
	return strings.Join(names, "/")
}

func unescape(path string) string {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return plain
}
