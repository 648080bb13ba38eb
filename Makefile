# make demo   everything from a fresh clone: set-up, sandbox, five CRMs, from Python and Node
# make test   formatting, lints, types, Rust, Python, Node, contract, installed packages
# make help   the other commands

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .setup
BENCH := .bench
CHAOS := .chaos
SOURCES := .sources
RELEASE := .release
DOCS := .docs
SPARK := .spark
RECIPES := .recipes
PYTHONS := .pythons
SANITIZED := target/sanitized
OFFLINE := target/offline
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
MSRV_TARGET := target/msrv
PROPTEST_CASES ?= 1000
# How wheel and npm-pack build: develop builds in half the time (Cargo.toml).
PROFILE ?= release
# Named as napi's tool names it, so that both packages share what they compile.
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

RUST_CORE := $(shell find core/src sandbox/src sandbox/openapi.json facts -type f) Cargo.toml Cargo.lock core/Cargo.toml sandbox/Cargo.toml
RUST_PYTHON := $(RUST_CORE) $(shell find bindings-python/src -type f) bindings-python/Cargo.toml pyproject.toml
RUST_NODE := $(RUST_CORE) $(shell find bindings-node/src -type f) bindings-node/Cargo.toml bindings-node/build.rs package.json
PYTHON_FACE := $(shell find bindings-python/python -name '*.py' -o -name '*.pyi' -o -name py.typed)
NODE_FACE := $(shell find bindings-node/ts -type f) $(wildcard tsconfig*.json)

.PHONY: help docs version public-api release-check check-workflow setup demo pictures notebook-pictures test test-page lint types test-rust test-msrv test-properties test-fuzz test-sanitized test-chaos test-python test-node test-sources test-sources-lean test-redis test-spark test-recipes test-install test-bundlers test-runtimes test-runtimes-lean test-pythons test-typescript wheel npm-pack manylinux sdist release sbom audit format clean \
	bench bench-quick bench-ready bench-engine bench-csv bench-keyed bench-memory bench-pacing bench-crowd bench-processes bench-strays bench-scale bench-checking

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMPS)/python $(STAMPS)/node ## a ready .venv/ and a built Node package; nothing outside the repository changes

demo: setup ## the whole job against the sandbox, checked against what its CRMs hold
	$(BIN)/python examples/demo/demo.py
	node examples/demo/demo.mjs
	$(BIN)/python examples/demo/crash.py

# Python's and Node's tests wait for answers, and environments for downloads, more than they compute: side by side they
# take half the time.
test: setup ## everything that must hold
	$(MAKE) --no-print-directory --jobs 2 --output-sync=line lint types
	$(MAKE) --no-print-directory --jobs 4 --output-sync=line test-rust test-python test-node test-sources-lean
	$(MAKE) --no-print-directory $(if $(CHROMIUM),test-page,no-page)
	$(MAKE) --no-print-directory PROFILE=develop test-install
	@echo "make test: all checks passed"

test-fuzz: setup ## five minutes for each reader of what outsiders write, then both encoders (needs nightly Rust and cargo-fuzz)
	cd fuzz && for target in $$(cargo +nightly fuzz list); do \
		mkdir -p corpus/$$target; \
		cargo +nightly fuzz run $$target corpus/$$target seeds/$$target -- -max_total_time=300 -max_len=40000; \
	done
	$(BIN)/pytest tests/python/test_encode.py --hypothesis-profile long --timeout 0
	FAST_CHECK_RUNS=200000 node --test tests/node/encode.test.mjs

test-sanitized: setup ## Rust's and Python's tests with AddressSanitizer (needs nightly Rust and gcc's libasan)
	scripts/test_sanitized.sh $(HOST) $(SANITIZED) $(BIN)

test-chaos: setup $(CHAOS)/python ## long: soak, crowds, kills of a keyed journal, a real proxy and nginx, OpenAPI; CHECKS="soak" for some (needs nginx)
	# glibc would keep what answers of 16 MiB were read into, an arena for each thread, and hide what grows.
	MALLOC_MMAP_THRESHOLD_=262144 PYTHONPATH=bindings-python/python \
		$(CHAOS)/venv/bin/python tests/chaos/run.py $(CHECKS)

lint: setup ## formatting and lints of all languages
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package graph8-crm --all-targets --all-features --locked -- -D warnings
	for features in "" gzip journal; do \
		cargo clippy --package graph8-crm --no-default-features --features "$$features" --locked -- -D warnings; \
	done
	RUSTDOCFLAGS="-D warnings" cargo doc --package graph8-crm --no-deps --all-features --locked
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python scripts/generate_records.py --check
	$(BIN)/python scripts/generate_standard_fields.py --check
	$(BIN)/python scripts/generate_options.py --check
	$(BIN)/python scripts/generate_graph8_rows.py --check
	$(BIN)/python scripts/generate_sources.py --check
	$(BIN)/python scripts/list_licences.py --check
	$(BIN)/python scripts/version.py
	npm run --silent lint

types: setup ## what a type checker sees, and that stubs match the built modules
	$(BIN)/mypy
	$(BIN)/basedpyright
	# It looks for the package where the first python of PATH has it, and PySpark need not be there.
	PYTHONPATH="$(abspath bindings-python/typings)" PATH="$(abspath $(BIN)):$$PATH" $(BIN)/basedpyright --verifytypes graph8_crm --ignoreexternal | grep completeness
	$(BIN)/python bindings-python/generate_stubs.py --check
	npm run --silent typecheck
	npm run --silent check:package
	$(BIN)/python scripts/public_api.py --check

# A debug build with optimized crates around the properties (Cargo.toml): a build of its own took longer than it saved.
test-rust: ## core and sandbox, contract cases included; PROPTEST_CASES of each property
	PROPTEST_CASES=$(PROPTEST_CASES) cargo test --workspace --locked

test-msrv: ## the oldest Rust that Cargo.toml claims (needs that toolchain: rustup toolchain install 1.89)
	cargo +$(MSRV) check --locked --workspace --all-features --target-dir $(MSRV_TARGET)

test-properties: ## 1,000,000 cases of each property, for hours
	PROPTEST_CASES=1000000 cargo test --release --locked --package graph8-crm --all-features --lib

test-python: setup ## pytest, contract cases included
	$(BIN)/pytest

test-node: setup ## node --test, contract cases included
	npm test --silent

test-sources: setup ## pandas 2.2 to 3, polars, pyarrow, duckdb and others, each version in an environment of its own
	$(BIN)/python tests/sources/run.py

test-sources-lean: setup ## the same, of the newest versions and of none
	$(BIN)/python tests/sources/run.py --lean

test-redis: setup ## a rate limit shared by a Redis, and pushes while it is away (needs redis-server or valkey-server: apt-get install redis-server)
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo 'make test-redis needs redis-server: apt-get install redis-server' >&2; exit 1; }
	cargo test --locked --package graph8-crm --features redis --lib pace::redis -- --include-ignored
	$(BIN)/pytest tests/python/test_redis.py
	node --test tests/node/redis.test.mjs

test-spark: setup ## PySpark's frames and streams: local, by Connect and on a small cluster, with what dies in it (needs Java 17; ARGUMENTS=--local for the first part)
	PYTHONPATH=tests $(BIN)/python tests/spark/run.py $(ARGUMENTS)

test-recipes: setup ## the recipes of docs/recipes, each with its framework, what fails or dies in it, and counts at both ends (BullMQ's needs redis-server; ONLY="ray light" for some)
	PYTHONPATH=tests $(BIN)/python tests/recipes/run.py $(ONLY)

# One file after the other: each has a browser.
test-page: setup ## the sandbox's page in headless Chromium (needs it: Debian's chromium, or CHROMIUM=/path/to/it)
	@test -n "$(CHROMIUM)" || { echo "test-page needs Chromium: install it (Debian: chromium), or give CHROMIUM=/path/to/it" >&2; exit 1; }
	CHROMIUM="$(CHROMIUM)" PYTHON="$(abspath $(BIN)/python)" node --test --test-concurrency 1 tests/page/*.test.mjs

.PHONY: no-page
no-page:
	@echo "make test: there is no Chromium, so the sandbox's page was NOT tested (Debian: apt-get install chromium)"

pictures: setup ## docs/pictures/ anew (needs Chromium and pngquant)
	PICTURES=1 CHROMIUM="$(CHROMIUM)" PYTHON="$(abspath $(BIN)/python)" node --test tests/page/looks.test.mjs
	pngquant --force --ext .png --speed 1 64 docs/pictures/*.png

notebook-pictures: ## docs/pictures/notebook-* anew (needs Chromium, and a NOTEBOOK_PYTHON with nbconvert, ipykernel, the table libraries and graph8-crm)
	$(NOTEBOOK_PYTHON) scripts/photograph_notebook.py

docs: $(STAMPS)/docs $(STAMPS)/docs-site $(STAMPS)/node_modules ## site/: the guides and the reference of all three languages, every link followed
	# What is documented from earlier builds would come along.
	rm -rf target/doc site
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --package graph8-crm --no-deps --all-features --locked
	docs-site/node_modules/.bin/typedoc --options docs-site/typedoc.json --logLevel Warn
	$(DOCS)/bin/python docs-site/collect.py target/typedoc target/doc target/docs
	# Not --quiet: it takes the warnings away that --strict counts.
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict
	$(DOCS)/bin/python docs-site/check_site.py site
	$(if $(CHROMIUM),CHROMIUM="$(CHROMIUM)" node --test tests/site/*.test.mjs,@echo "make docs: there is no Chromium, so the site was not looked at in one")

test-bundlers: PROFILE = develop
test-bundlers: npm-pack ## apps built by nft, ncc, esbuild, webpack, rollup, rolldown, vite and Next.js, each run (ONLY="next" for some)
	node tests/bundlers/run.mjs $(ONLY)

test-runtimes: setup ## Node's tests in Node 20 to 26, Bun and Deno (ONLY="bun deno" for some)
	node tests/runtimes/run.mjs $(ONLY)

test-runtimes-lean: setup ## a part of them in two of those
	node tests/runtimes/run.mjs --lean

test-pythons: PROFILE = develop
test-pythons: wheel ## Python's tests with the wheel in CPython 3.10 to 3.14 and 3.14t, those that can be had (ONLY="3.10 3.14t" for some)
	$(BIN)/python tests/pythons/run.py $(ONLY)

test-typescript: setup ## the types in TypeScript 5.4 to the newest
	node tests/typescript/run.mjs

test-install: wheel npm-pack ## each package installed into an empty environment, pushing a record from there
	$(BIN)/python tests/install/check.py

bench: bench-ready ## both packages and the engine beside other HTTP clients, into bench/RESULTS.md (Python 3.11+)
	PYTHONPATH=bindings-python/python $(BENCH)/venv/bin/python bench/run.py

bench-quick: bench-ready ## whether make bench works, in seconds
	PYTHONPATH=bindings-python/python $(BENCH)/venv/bin/python bench/run.py --quick

bench-checking: bench-ready ## checks beside validators of the same rules, printed
	PYTHONPATH=bindings-python/python $(BENCH)/venv/bin/python bench/run.py --only checking node-checking --out /dev/stdout

# Both packages once more, whatever the stamps say: a debug build must not be measured.
bench-ready: setup $(BENCH)/python $(BENCH)/node
	$(BIN)/maturin develop --release --locked --target $(HOST)
	npm run --silent build:native:release
	cargo build --release --locked --package graph8-bench

bench-engine: ## the engine beside a bare HTTP loop, and with a journal
	cargo run --release --locked --package graph8-bench -- engine

bench-csv: ## what reading a CSV file of 1 GB costs, and its memory
	cargo run --release --locked --package graph8-bench -- csv --rows 10500000 --rounds 1

bench-keyed: ## what a journal of 1,000,000 keys costs, its file and its memory
	cargo run --release --locked --package graph8-bench -- keyed

bench-memory: setup ## resident memory of a push of 10,000,000 records, in each language
	cargo run --release --locked --package graph8-bench -- memory
	$(BIN)/python bench/flat.py

bench-pacing: ## three minutes of real time under four rate limits
	cargo run --release --locked --package graph8-bench -- pacing

bench-crowd: ## three minutes of real time for 3, 8 and 10 processes that share nothing but a limit
	cargo run --release --locked --package graph8-bench -- crowd

bench-processes: setup ## three minutes of real time each for 4 Python and 4 Node processes that share two limits by a file, and by a Redis (ARGUMENTS="--store file --seconds 60")
	$(BIN)/python bench/processes.py $(ARGUMENTS)

bench-strays: ## how often a create takes an answer that is not its own, by what comes when
	cargo run --release --locked --package graph8-bench -- strays

# As many files as may be open: each client has a connection of its own, and each push a journal.
bench-scale: ## 1, 100 and 10,000 organisations: a night on a simulated clock, a sync in real time, 1,000 clients in a process
	ulimit -n "$$(ulimit -H -n)" && cargo run --release --locked --package graph8-bench -- scale

wheel: $(STAMPS)/python ## dist/*.whl
	rm -f dist/*.whl
	$(BIN)/maturin build --profile $(PROFILE) --locked --compression-level 9 --target $(HOST) --out dist

npm-pack: $(STAMPS)/node ## dist/*.tgz: the package, and that of this platform with its addon
	npm run --silent build:native:$(PROFILE)
	$(BIN)/python scripts/pack_node.py

# Zig links against the symbols of any glibc, and has a C compiler of its own; both are Python packages.
manylinux: $(STAMPS)/release $(STAMPS)/node ## dist/: the same for Linux, as it is released: built with Zig for glibc 2.17 (manylinux2014)
	rm -f dist/*.whl
	PATH="$(abspath $(RELEASE)/bin):$$PATH" maturin build --release --locked --compression-level 9 --zig --compatibility manylinux2014 --target $(HOST) --out dist
	PATH="$(abspath $(RELEASE)/bin):$$PATH" npm run --silent build:native:portable -- --target $(HOST).2.17 -- --locked
	$(BIN)/python scripts/pack_node.py --addons target/portable

sdist: $(STAMPS)/release ## dist/*.tar.gz: the Python package as source
	rm -f dist/*.tar.gz
	$(RELEASE)/bin/maturin sdist --out dist

release: audit release-check ## dist/: what a release has, checked (needs what audit needs)

# As they are released: where there is glibc, for its version 2.17.
release-check: $(STAMPS)/release sdist sbom ## all packages built as for a release: versions, licences, sizes, symbols, SBOMs, each tried in an empty environment; the workflow
	$(MAKE) --no-print-directory $(if $(findstring linux-gnu,$(HOST)),manylinux,wheel npm-pack)
	$(RELEASE)/bin/python scripts/check_release.py
	$(RELEASE)/bin/python -m abi3audit --strict dist/*.whl
	$(BIN)/python tests/install/check.py --sdist
	$(MAKE) --no-print-directory check-workflow
	@echo "make release-check: all checks passed"

check-workflow: $(STAMPS)/release ## .github/workflows/ by its schema, and by a linter of their security, offline
	$(RELEASE)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(RELEASE)/bin/zizmor --offline --no-progress .github/workflows

sbom: $(STAMPS)/venv ## dist/*.cdx.json: what is compiled into each package
	$(BIN)/python scripts/write_sboms.py

audit: $(STAMPS)/node_modules ## licences, bans, sources, builds that download, advisories of what is shipped (needs cargo-deny, util-linux)
	cargo deny --workspace --all-features check bans licenses sources
	! grep -n '"hasInstallScript": true' package-lock.json
	# Every build script once more, where there is no network.
	cargo fetch --quiet --locked
	rm -rf $(OFFLINE)
	unshare --map-root-user --net cargo check --quiet --offline --locked --workspace --all-features --target-dir $(OFFLINE)
	npm audit --omit=dev
	cargo deny --workspace --all-features check advisories

version: ## writes VERSION to all its places: make version VERSION=0.2.0
	$(PYTHON) scripts/version.py $(VERSION)

public-api: setup ## tests/api/ anew, after a change of the public interface that is meant
	$(BIN)/python scripts/public_api.py

format: setup ## rewrite all files in the settled format
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	npm run --silent format

clean: ## remove everything that was built
	rm -rf target $(VENV) $(STAMPS) $(BENCH) $(CHAOS) $(SOURCES) $(PYTHONS) .bundlers .runtimes .typescript $(RELEASE) $(DOCS) site docs-site/node_modules $(SPARK) $(RECIPES) node_modules bench/node/node_modules dist

$(STAMPS)/tools: scripts/check_tools.sh
	@mkdir -p $(STAMPS)
	@scripts/check_tools.sh $(PYTHON)
	@touch $@

$(STAMPS)/venv: requirements-dev.txt | $(STAMPS)/tools
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(STAMPS)/release: requirements-release.txt | $(STAMPS)/tools
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-release.txt
	@touch $@

$(STAMPS)/docs: requirements-docs.txt | $(STAMPS)/tools
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	@touch $@

$(STAMPS)/docs-site: docs-site/package.json docs-site/package-lock.json | $(STAMPS)/tools
	npm install --prefix docs-site --no-save --ignore-scripts --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/python: $(STAMPS)/venv $(RUST_PYTHON) $(PYTHON_FACE)
	$(BIN)/maturin develop --profile develop --locked --target $(HOST)
	@touch $@

$(STAMPS)/node_modules: package.json package-lock.json | $(STAMPS)/tools
	# Not "npm ci": it refuses a lock file that lists the optional packages of one platform only.
	npm install --no-save --ignore-scripts --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/node: $(STAMPS)/node_modules $(RUST_NODE) $(NODE_FACE)
	npm run --silent build
	@touch $@

$(BENCH)/python: bench/requirements.txt | $(STAMPS)/tools
	$(PYTHON) -m venv $(BENCH)/venv
	$(BENCH)/venv/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

$(CHAOS)/python: tests/chaos/requirements.txt | $(STAMPS)/tools
	$(PYTHON) -m venv $(CHAOS)/venv
	$(CHAOS)/venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/chaos/requirements.txt
	@touch $@

$(BENCH)/node: bench/node/package.json bench/node/package-lock.json | $(STAMPS)/tools
	@mkdir -p $(BENCH)
	npm install --prefix bench/node --no-save --ignore-scripts --silent --no-audit --no-fund
	@touch $@
