#!/usr/bin/env bash
# Measures what is promised about speed, as ratios within one run, and fails
# where a median is beyond its bar. Needs a machine that has nothing else to do.
set -euo pipefail
cd "$(dirname "$0")/.."

# What an earlier run measured must not be taken for this one's.
rm -rf "${CARGO_TARGET_DIR:-target}/criterion"
# Steps first, by themselves: they take microseconds, and feel what ran before.
cargo bench --workspace --locked --bench step -- --noplot
cargo bench --workspace --locked --bench archive -- --noplot
cargo bench --workspace --locked --bench suite
