# Everything here sets itself up: Go and make are all that a fresh machine needs.
GO      ?= go
BIN     := bin/credctl
# Smaller, and so faster to start: functions are aligned to 4 bytes, and HTTP/2 is
# left out, which the program does not speak with or without the tag.
LDFLAGS := -s -w -funcalign=4
TAGS    := nethttpomithttp2
# Inlining makes a tenth of the program, and matters where much is read: in JSON, in what
# turns it into rows, and in most of the standard library, but not in what is rarely or
# never called.
COLD    := net/... crypto/tls crypto/x509 text/... html/... encoding/xml encoding/json encoding/asn1 encoding/csv \
	mime/... math/big log/... regexp/... fmt os/... io/fs path/... compress/... context flag encoding/pem encoding/base32 container/... internal/poll internal/syscall/... vendor/golang.org/x/... \
	$(addprefix crypto/,rsa ecdsa ecdh ed25519 elliptic hpke $(addprefix internal/fips140/,rsa ecdsa ecdh mlkem drbg tls12 tls13 nistec/... edwards25519/...))
GCFLAGS := all=-l std= $(addsuffix =-l,$(COLD)) github.com/go-json-experiment/json/...= \
	$(patsubst %,github.com/credctl/credctl/internal/%/...=,provider output visible)
# One build cache for programs, tests, and linters: without cgo, as what is released, and
# without data for debuggers, which is a quarter of what the compiler does.
export CGO_ENABLED := 0
export GOFLAGS := $(shell $(GO) env GOFLAGS) -gcflags=all=-dwarf=false
# What compiles, links and reads code, and the tests, collect less garbage: a fifth of what
# they take. All that is built runs as it does elsewhere.
HASTY   := GOGC=400
# The race detector needs a C compiler; without one the tests run without it.
RACE    := $(shell command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race)
RACING  := $(if $(RACE),CGO_ENABLED=1)
# Files of tests are in memory, where there is room; what is built is not, and so the
# tests themselves do not get GOTMPDIR. What go vet finds is a matter of `make lint`.
MEMORY   = $(or $(shell .ci/memory),$(or $(TMPDIR),/tmp))
TEST     = $(HASTY) GORACE="atexit_sleep_ms=0" GOTMPDIR=$(or $(TMPDIR),/tmp) TMPDIR=$(MEMORY) $(GO) test -vet=off -ldflags=-w -exec 'env -u GOTMPDIR'
# Many of them wait for a process or a server: more at once than there are processors.
LIMITS   = -parallel 16 -timeout 14m
# Packages that start something beside what they do, or whose tests do, run with the race
# detector. In the others it would find nothing, and their tests take it four times as long.
BESIDE  := \bgo func|\bgo [a-z.]+\(|\.Go\(|AfterFunc\(|\.Parallel\(|httptest\.|sandbox\.Start|synctest\.
TESTED   = $(sort $(dir $(shell find internal -name '*_test.go' -not -path '*/testdata/*')))
RACED    = $(if $(RACE),$(filter $(TESTED),$(sort $(dir $(shell grep -rlE '$(BESIDE)' --include='*.go' internal)))))
# Tests of the whole program start it thousands of times, mostly as a program of its own,
# which has failpoints and no race detector. These run it within the tests, and it does
# several things at once there: only these run with the race detector.
CONCURRENT := AuditInEveryFormat AuditExitStatuses AVendorThatCannotBeListedIsNotJudged AListWithoutAnyToken AListWithoutOneToken \
	StatusOfAVendorThatIsDown StatusOfAVendorOfOneProfile StatusOfEveryProfile ResultsInTheOrderGiven ResultsStream Selection UpdateMany \
	AnInterruptBeginsNothingMore ABrokenPipeBeginsNothingMore SeveralWaitForAMinute AProfileWithoutItsToken ListOfSeveralProfiles OneOfTheListedFails \
	AllThatFailAreNamed ListOfANamedVendor ListSelects APolicyAtOnce APolicyIsReadWholeOrNotAtAll APolicyRunsATokenCommandOnce \
	AnInterruptEndsTheWaitForProvisioning AnInterruptEndsTheWaitForAFile AFileThatNobodyWrites NothingWaitsForStandardInputForEver \
	APersonSeesHowFarItIs APersonIsAsked LoginAtATerminal OneVendorOfAllThatIsDown AListingThatFailsHalfWayIsLeftOpen AReadIsRepeated \
	SeveralSecretsAreShownALineEach AnInterruptedCreateGetsItsAnswer ASecondInterruptEndsAtOnce AnInterruptedListEnds AResultThatNeverEnds \
	AnAnswerThatComesWhileTheProgramIsStopped SeveralAtOnceRemarkAtOnce StateInDatabase TheAuditTrailHasEveryChange
empty   :=
AT_ONCE := ^Test($(subst $(empty) $(empty),|,$(strip $(CONCURRENT))))$$|^TestScripts$$/^(list|delete)$$
# Simulations of thousands of rotations, each of which does one thing at a time: the race
# detector takes three times as long for them. All other tests of packages run with it.
SIMULATED := ^(TestF1KilledAnywhere(Once|Twice)|TestF1AnyFaultsAnyDeaths|TestF8EveryFaultIsAnError|TestNothingIsSentThatTheJournalDoesNotHave)$$
# Programs that are built to be run a few times: their compilation takes half as long
# without optimization. What they have from the standard library is that of the tests.
ONCE    := -gcflags=all='-N -l -dwarf=false' -gcflags=std=-dwarf=false
# What reads code is optimized.
LINT    := bin/golangci-lint
READING := $(addsuffix =-dwarf=false,golang.org/x/tools/... honnef.co/go/tools/... github.com/golangci/golangci-lint/...)

# A mutant that makes a loop endless is found by time alone.
MUTANTS := journal fsafe deliver rotation provider/rest
MUTATE  := $(GO) tool -modfile=.ci/tools/go.mod gremlins unleash --workers 1 --timeout-coefficient 5 \
	--invert-logical --invert-loopctrl --invert-assignments --threshold-efficacy 85

.PHONY: all build test test-packages test-races test-program test-concurrent test-simulated fuzz lint fmt linter systems cover mutants bench demo dev new-vendor docs packages snapshot check hooks help clean

all: build

build: ## the program, into bin/
	@echo building $(BIN)
	@$(HASTY) CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -ldflags "$(LDFLAGS)" $(addprefix -gcflags=,$(GCFLAGS)) -o $(BIN) ./cmd/credctl

test: ## every test; nothing has to be running
	@$(MAKE) --no-print-directory -k -j2 test-program $(if $(RACE),test-races test-concurrent test-simulated) test-packages # each waits at times

test-packages:
	$(TEST) -p 4 $(LIMITS) $(addprefix ./,$(filter-out $(RACED),$(TESTED)))

test-races:
	$(RACING) $(TEST) $(RACE) -p 4 $(LIMITS) -skip '$(SIMULATED)' $(addprefix ./,$(RACED))

test-program:
	$(TEST) $(LIMITS) $(if $(RACE),-skip '$(AT_ONCE)') ./cmd/credctl

test-concurrent:
	$(RACING) $(TEST) $(RACE) $(LIMITS) -run '$(AT_ONCE)' ./cmd/credctl

test-simulated:
	$(TEST) $(LIMITS) -run '$(SIMULATED)' ./internal/rotation

bin/versitygw: .ci/versitygw/go.mod ## the S3 server that one test needs, and is skipped without
	.ci/lean versitygw github.com/versity/versitygw
	$(HASTY) $(GO) build $(ONCE) -modfile=bin/.src/versitygw.mod -o $@ github.com/versity/versitygw/cmd/versitygw

bin/vaultkv: .ci/vaultkv/go.mod .ci/vaultkv/main.go ## the engine of Vault that one test needs, and is skipped without
	.ci/lean vaultkv github.com/hashicorp/vault/sdk
	cd .ci/vaultkv && $(HASTY) $(GO) build $(ONCE) -modfile=../../bin/.src/vaultkv.mod -o ../../$@ .

bin/sops: .ci/sops/go.mod ## SOPS itself, which one test needs, and is skipped without
	.ci/lean sops github.com/getsops/sops/v3
	$(HASTY) $(GO) build $(ONCE) -modfile=bin/.src/sops.mod -o $@ github.com/getsops/sops/v3/cmd/sops

bin/wine: .ci/wine ## what runs programs for Windows, where Wine is installed; tests are skipped without it
	.ci/wine

bin/audit: .ci/audittools ## the schema of SARIF and axe-core, which tests of the audit need, and are skipped without
	.ci/audittools

lint: linter ## the linters, at the versions of .ci/tools; go vet is one of them
	$(HASTY) GOMEMLIMIT=4GiB $(LINT) run ./...

fmt: linter ## format as the linters want it
	$(LINT) fmt ./...

linter:
	@.ci/lean tools github.com/golangci/golangci-lint/v2
	@.ci/linters bin/.src/tools
	@$(HASTY) $(GO) build $(ONCE) $(addprefix -gcflags=,$(READING)) -modfile=bin/.src/tools.mod -o $(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

systems: ## what does not compile on other systems, tests too
	@cd .ci/tools && $(HASTY) $(GO) build $(ONCE) $(addprefix -gcflags=,$(READING)) -o ../../bin/typecheck .
	$(HASTY) bin/typecheck darwin/arm64 windows/amd64 freebsd/amd64

fuzz: ## new inputs for every fuzz target, 30 seconds each; the known ones run with the tests
	.ci/fuzz 30s

cover: ## tests with coverage, over all packages; fails where a package has less than 85 %
	@mkdir -p bin
	$(TEST) -tags failpoint $(LIMITS) -coverpkg=./cmd/...,./internal/... -coverprofile=bin/coverage.out ./...
	.ci/cover bin/coverage.out

mutants: ## which changes to the code no test notices, in the packages that must not lose a key; takes hours
	@mkdir -p bin
	for p in $(MUTANTS); do $(MUTATE) --output bin/mutants-$$(basename $$p).json ./internal/$$p || bad=1; done; test -z "$$bad"

bench: build ## the figures and pictures of docs/performance.md; its files are in memory, except where disk syncs are measured
	TMPDIR=$(MEMORY) $(GO) run ./internal/bench -credctl $(BIN) -pictures docs
	$(GO) test ./cmd/credctl -run '^$$' -bench BenchmarkHosts -benchtime 3x

demo: build ## list, create, generate, rotate and delete at all four vendors, in the sandbox
	@./docs/demo.sh $(BIN)

dev: build ## a shell with the sandbox, and a fresh credctl on the PATH
	@PATH="$(CURDIR)/bin:$$PATH" $(BIN) sandbox -- "$${SHELL:-sh}"

new-vendor: ## the skeleton of a vendor: make new-vendor NAME=acme
	@.ci/new-vendor "$(NAME)"

docs: build ## the pages under docs/ that are made from the program
	rm -rf docs/commands && $(BIN) docs markdown docs/commands
	$(BIN) docs schema docs/schema

packages: ## the packages for this machine, into dist/, twice to compare; installs, runs and removes them
	.ci/release/twice dist
	.ci/release/try dist

snapshot: ## all that a release has, into dist/, twice to compare; takes half an hour
	.ci/release/snapshot

check: lint test ## what CI runs

hooks: ## checks before each commit, in this checkout
	git config core.hooksPath .ci/hooks

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

clean: ## remove what was built
	rm -rf bin dist
