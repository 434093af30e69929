// Command vaultkv is the key-value engine of Vault, version 2, over HTTP at the mount
// secret/, for tests: the real engine, with no server around it. It takes every token,
// prints its address, and ends with its standard input.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/sdk/logical"
)

func main() {
	ctx := context.Background()
	storage := &logical.InmemStorage{}
	engine, err := kv.VersionedKVFactory(ctx, &logical.BackendConfig{
		StorageView: storage, System: &logical.StaticSystemView{}, BackendUUID: "5c3a5b6e-8f0f-4c1e-9a1e-2f1d3b4c5d6e",
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := engine.Initialize(ctx, &logical.InitializationRequest{Storage: storage}); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + l.Addr().String())
	go func() { log.Fatal(http.Serve(l, server{engine, storage})) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

type server struct {
	engine  logical.Backend
	storage logical.Storage
}

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/secret/")
	if !ok {
		answer(w, http.StatusForbidden, map[string]any{"errors": []string{"permission denied"}})
		return
	}
	operations := map[string]logical.Operation{
		http.MethodGet: logical.ReadOperation, http.MethodPost: logical.UpdateOperation, http.MethodPut: logical.UpdateOperation,
		http.MethodPatch: logical.PatchOperation, http.MethodDelete: logical.DeleteOperation,
	}
	req := &logical.Request{Operation: operations[r.Method], Path: path, Storage: s.storage, Data: map[string]any{}, Headers: r.Header}
	if r.Method == http.MethodPatch && r.Header.Get("Content-Type") != "application/merge-patch+json" {
		answer(w, http.StatusUnsupportedMediaType, map[string]any{"errors": []string{"PATCH requires application/merge-patch+json"}})
		return
	}
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(&req.Data); err != nil && !errors.Is(err, io.EOF) {
		answer(w, http.StatusBadRequest, map[string]any{"errors": []string{err.Error()}})
		return
	}
	for name, values := range r.URL.Query() {
		req.Data[name] = values[0]
	}
	if req.Operation == logical.UpdateOperation {
		if found, exists, err := s.engine.HandleExistenceCheck(r.Context(), req); err == nil && found && !exists {
			req.Operation = logical.CreateOperation
		}
	}
	resp, err := s.engine.HandleRequest(r.Context(), req)
	status, err := logical.RespondErrorCommon(req, resp, err)
	switch {
	case err != nil && status == 0:
		status = http.StatusInternalServerError
		fallthrough
	case err != nil:
		said := []string{}
		if status != http.StatusNotFound {
			said = append(said, err.Error())
		}
		answer(w, status, map[string]any{"errors": said})
	case status == http.StatusNotFound:
		answer(w, status, map[string]any{"errors": []string{}})
	case resp == nil:
		w.WriteHeader(http.StatusNoContent)
	case resp.Data[logical.HTTPStatusCode] != nil:
		code, _ := resp.Data[logical.HTTPStatusCode].(int)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		switch body := resp.Data[logical.HTTPRawBody].(type) {
		case string:
			_, _ = io.WriteString(w, body)
		case []byte:
			_, _ = w.Write(body)
		}
	default:
		answer(w, http.StatusOK, map[string]any{"data": resp.Data})
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
