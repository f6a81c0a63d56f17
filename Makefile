.DEFAULT_GOAL := help
GO := $(shell command -v go || echo /usr/local/go/bin/go)
# A checkout of another user's, or without git, cannot be stamped.
STAMP := $(shell git status >/dev/null 2>&1 || echo -buildvcs=false)
LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: help run build test check fuzz fault bench bench-peers bench-micro clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## the sandbox: provider on http://localhost:8080, sample services on http://localhost:8090 (ARGS: more flags)
	bin/vhod sandbox $(ARGS)

build: ## bin/vhod
	$(GO) build $(STAMP) -o bin/vhod ./cmd/vhod

test: ## every test, on both engines and in a browser (GO_PACKAGES, GO_TEST_FLAGS, TEST_TIMEOUT)
	@.ci/test

check: bin/golangci-lint ## format, lint, vet, module files (GO_PACKAGES)
	@.ci/check

fuzz: ## each fuzz target, FUZZTIME (30s) long (GO_PACKAGES)
	@.ci/fuzz

fault: ## what was acknowledged is there after faults, on both engines (FAULT_FLAGS; bin/fault --help)
	@.ci/fault

bench: ## what requests and flows cost, over HTTP, on both engines (BENCH_FLAGS; bin/bench --help)
	@.ci/bench

bench-peers: ## node-oidc-provider and Glewlwyd beside ours, as ratios (BENCH_FLAGS)
	@.ci/bench-peers

bench-micro: ## the Go benchmarks, on both engines (GO_PACKAGES, BENCH)
	@.ci/bench-micro

clean: ## removes what was built; the sandbox's data in var/ stays
	rm -rf bin

# The linter has a module of its own: what it depends on is no dependency of ours.
bin/golangci-lint: .lint/go.mod .lint/go.sum
	$(GO) -C .lint build -buildvcs=false -o ../bin/golangci-lint $(LINT)
	@touch $@
