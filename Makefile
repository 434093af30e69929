# Everything here sets itself up: Go and make are all that a fresh machine needs.
GO      ?= go
BIN     := bin/credctl
# Smaller, and so faster to start: functions are aligned to 16 bytes, and HTTP/2
# is left out, which the program does not speak with or without the tag.
LDFLAGS := -s -w -funcalign=16
TAGS    := nethttpomithttp2
# The race detector needs a C compiler; without one the tests run without it.
RACE    := $(shell command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race)
LINT    := $(GO) tool -modfile=.ci/tools/go.mod golangci-lint

.PHONY: all build test lint fmt cover bench demo docs check clean

all: build

build: ## the program, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -ldflags "$(LDFLAGS)" -o $(BIN) ./cmd/credctl

test: ## every test; nothing has to be running
	$(GO) test $(RACE) -timeout 14m ./...

bin/versitygw: .ci/versitygw/go.mod ## the S3 server that one test needs, and is skipped without
	$(GO) build -modfile=$< -o $@ github.com/versity/versitygw/cmd/versitygw

lint: ## the linters, at the versions of .ci/tools
	$(GO) vet ./...
	$(LINT) run ./...

fmt: ## format as the linters want it
	$(LINT) fmt ./...

cover: ## tests with coverage, over all packages
	$(GO) test -coverpkg=./... -coverprofile=coverage.out ./...
	$(GO) tool cover -func=coverage.out | tail -n 1

bench: build ## the figures of docs/performance.md, side by side
	$(GO) run ./internal/bench -credctl $(BIN)

demo: build ## list, create, generate, rotate and delete at all four vendors, in the sandbox
	@./docs/demo.sh $(BIN)

docs: build ## the pages under docs/ that are made from the program
	rm -rf docs/commands && $(BIN) docs markdown docs/commands
	$(BIN) docs schema docs/schema

check: lint test ## what CI runs

clean:
	rm -rf bin dist coverage.out
