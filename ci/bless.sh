#!/usr/bin/env bash
# Writes every generated file of the project from its sources. Read the difference
# before you commit it: ci/check.sh only asks whether the files are fresh.
# With --list, prints the generated files and folders instead.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1-}" = --list ]; then
    printf '%s\n' harness/exec/README.md fuzz/Cargo.toml fuzz/fuzz_targets packs/sources/SHA256SUMS golden reports/CHECKS.md \
        corpus/seeds fuzz/THREATS.md fuzz/options harness/runner/tests/contract packs/conforming/scenarios-*/golden
    exit
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# bless TEST [FILTER…]: runs one test program, which writes its generated files.
bless() {
    echo "blessing: $*"
    if ! BLESS=1 INSTA_UPDATE=always INSTA_OUTPUT=none \
        cargo test --quiet --workspace --locked --test "$1" -- "${@:2}" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "error: the test program $1 fails while it writes its files; see above." >&2
        echo "Files that were generated before are deleted: git checkout -- \$(ci/bless.sh --list)" >&2
        exit 1
    fi
}

ci/fuzz-bins.sh
ci/pack-sums.sh >packs/sources/SHA256SUMS
# NB: files are deleted first, so that none survives that nothing generates any
# more. reports/CHECKS.md stays: the runner includes it when it is compiled.
find golden -name '*.snap' -delete
rm -rf fuzz/options fuzz/THREATS.md harness/runner/tests/contract
bless conformance ::golden
bless conformance catalogue::fresh
# The example deletes generated seeds and keeps those that people wrote.
cargo run --quiet --locked --package provision-fuzz-guests --example seed_corpus
bless suite
bless cli contract errors::each
