#!/usr/bin/env bash
# What takes longer than a change may wait for: the differential run over more
# than 100 000 archives, the bench that bounds memory and time of each malformed
# idea, a run without each of the checks, and ten minutes of each fuzz target (MINUTES says otherwise).
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# Four properties, each over this many archives.
step "differential run: 4 x ${CASES:=30000} archives"
PROPTEST_CASES=$CASES cargo test --release --locked --workspace --test mutations

step 'time and memory of each malformed idea'
cargo bench --locked --workspace --bench mutations

step 'each check removed'
ci/mutations.sh

if ! cargo fuzz --version >/dev/null 2>&1; then
    echo 'SKIPPED: fuzzing; cargo-fuzz is not installed (cargo install cargo-fuzz --locked)' >&2
    exit 0
fi
for target in $(cargo fuzz list --fuzz-dir fuzz); do
    step "fuzz $target, ${MINUTES:=10} minutes"
    flags=(-max_total_time=$((MINUTES * 60)) -max_len=8192 -rss_limit_mb=2048 -print_final_stats=1)
    dictionary=fuzz/dictionaries/$target.dict
    [ -e "$dictionary" ] && flags+=("-dict=$dictionary")
    mkdir -p "fuzz/corpus/$target"
    cargo +nightly fuzz run -O "$target" "fuzz/corpus/$target" "corpus/seeds/$target" -- "${flags[@]}"
done
