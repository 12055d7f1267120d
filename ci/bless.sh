#!/usr/bin/env bash
# Writes everything that is generated: golden plans, the check catalogue, the
# threat model and the options of the fuzz targets, their [[bin]] sections and
# seeds, and the frozen outputs that other people's scripts rely on. Read the
# difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/fuzz-bins.sh
find golden -name '*.snap' -delete
# NB: a trial that writes may fail, and some of these packs fail on purpose. The
# difference that git shows decides, not these runs.
export BLESS=1 INSTA_UPDATE=always INSTA_OUTPUT=none
bless() { cargo test --quiet --workspace --locked --test "$@" >/dev/null 2>&1 || true; }
bless conformance -- ::golden
bless conformance -- catalogue::fresh
bless suite
bless cli -- contract
cargo run --quiet --locked --package provision-fuzz-guests --example seed_corpus
