#!/usr/bin/env bash
# Measures what is promised about speed, as ratios within one run, and fails
# if a median is beyond its bar. Needs a machine that has nothing else to do.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# Results of an earlier run must not count as results of this one.
rm -rf "${CARGO_TARGET_DIR:-target}/criterion"
failed=0
# Every bench runs, also if a bar before it is missed.
bench() { cargo bench --workspace --locked --bench "$@" || failed=1; }
# Steps first, by themselves: they take microseconds, and feel what ran before.
bench step -- --noplot
bench archive -- --noplot
bench suite
# The crate alone: it needs no Wasmtime.
cargo bench --package provision-apply --features embedded --locked --bench cost || failed=1
cargo build --release --locked --bin greentic-provision || failed=1
bench floor
exit "$failed"
