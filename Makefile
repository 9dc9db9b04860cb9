.DEFAULT_GOAL := help

# Passed on: `make demo ARGS="--once"`.
ARGS ?=

# In this order: the quickest to fail first.
TEST_STEPS := setup fmt-check proto deps lint unit doc fuzz-briefly demo-once

step = @printf '\n==> %s\n' '$(1)'

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Try the service with a simulated Genesys Cloud; ARGS=--once plays every scenario
	@scripts/setup.sh rust c-compiler
	@cargo build --locked
	@cargo run --locked --quiet -- demo $(ARGS)

.PHONY: test
test: ## Run every check; this is what CI runs
	@start=$$(date +%s); \
	for step in $(TEST_STEPS); do \
		$(MAKE) --no-print-directory "$$step" || \
			{ printf '\n==> failed at `make %s` after %s s\n' "$$step" $$(($$(date +%s) - start)); exit 1; }; \
	done; \
	printf '\n==> all passed in %s s\n' $$(($$(date +%s) - start))

.PHONY: check
check: fmt-check ## Run the fast checks: format, lint and unit tests of the library
	$(call step,lint the library)
	@cargo clippy --locked --lib -- -D warnings
	$(call step,unit tests)
	@cargo test --locked --lib

.PHONY: bench
bench: ## Compare our listener, layers, doors and answers with a bare tonic call
	$(call step,benchmark)
	@cargo bench --locked --bench replay $(ARGS)

.PHONY: bench-store
bench-store: ## Compare the Redis store with redis-benchmark, and our connection with others
	@scripts/setup.sh redis
	$(call step,benchmark of the store)
	@cargo bench --locked --bench store $(ARGS)

.PHONY: mirror-hour
mirror-hour: ## Measure the mirror over a simulated hour of 5,000 conversations; takes 15 minutes
	$(call step,an hour of the mirror)
	@cargo test --locked --release --test mirror_hour -- --ignored --nocapture

.PHONY: fmt
fmt: ## Format code and contract
	@scripts/setup.sh rust buf
	@cargo fmt --all
	@cargo fmt --manifest-path fuzz/Cargo.toml
	@tools/node_modules/.bin/buf format --write

.PHONY: setup
setup: ## Install what is missing to build and check
	$(call step,set up)
	@scripts/setup.sh

.PHONY: fmt-check
fmt-check:
	$(call step,format)
	@cargo fmt --all --check
	@cargo fmt --manifest-path fuzz/Cargo.toml --check

.PHONY: proto
proto: ## Check the protobuf contract: style, and that no client breaks
	$(call step,protobuf contract)
	@scripts/check-proto.sh

.PHONY: deps
deps: ## Check the dependencies: licences, duplicates, origins
	$(call step,dependencies)
	@scripts/check-dependencies.sh

.PHONY: lint
lint: ## Run clippy on everything, and without the demo as the image is built
	$(call step,lint)
	@cargo clippy --locked --workspace --all-targets -- -D warnings
	@cargo clippy --locked --no-default-features -- -D warnings

# Most of them wait, for timeouts and for what comes late: more of them than cores run well at once.
.PHONY: unit
unit: ## Run all tests
	$(call step,tests)
	@RUST_TEST_THREADS=$${RUST_TEST_THREADS:-4} cargo test --locked --workspace

.PHONY: fuzz
fuzz: ## Fuzz what reads bytes of others; SECONDS_EACH=600 for longer, ARGS=door for one target
	$(call step,fuzz)
	@scripts/fuzz.sh $(ARGS)

.PHONY: fuzz-briefly
fuzz-briefly:
	$(call step,fuzz briefly)
	@SECONDS_EACH=5 scripts/fuzz.sh

.PHONY: doc
doc: ## Build the API documentation; a broken link fails
	$(call step,documentation)
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

.PHONY: demo-once
demo-once:
	$(call step,demo)
	@cargo run --locked --quiet -- demo --once </dev/null

.PHONY: clean
clean: ## Remove everything that was built or installed here
	@cargo clean
	@rm -rf fuzz/target fuzz/corpus fuzz/artifacts
	@rm -rf .tools tools/node_modules tests/contract/node_modules tests/web/node_modules tests/web/gen
