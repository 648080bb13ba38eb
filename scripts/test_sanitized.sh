#!/usr/bin/env bash
# Rust's and Python's tests with AddressSanitizer: test_sanitized.sh HOST TARGET_DIR VENV_BIN
set -euo pipefail

host=$1 target=$2 bin=$3
export RUSTFLAGS=-Zsanitizer=address

# Without the tests whose limits of time or memory a sanitized debug build can't keep, or that read all of it.
ASAN_OPTIONS=allocator_may_return_null=1 \
	cargo +nightly test --locked --package graph8-crm --all-features --target "$host" --target-dir "$target" \
	--lib --test it -- --skip hostile:: --skip faults::every_fault --skip secrets::memory

cargo +nightly build --locked --package graph8-crm-python --target "$host" --target-dir "$target"
rm -rf "$target/python" && mkdir "$target/python"
cp -r bindings-python/python/graph8_crm "$target/python"
cp "$target/$host/debug/lib_graph8_crm.so" "$target/python/graph8_crm/_graph8_crm.abi3.so"

LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PYTHONMALLOC=malloc PYTHONPATH="$target/python" \
	"$bin/pytest" --ignore tests/python/test_hostile_service.py -k "not huge_record"
