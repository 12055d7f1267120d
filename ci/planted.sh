#!/usr/bin/env bash
# Plants a bug at each boundary, one at a time, and requires the target of the
# boundary to find it within SECONDS_EACH (60), starting from the seeds alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/fuzz-lib.sh
FUZZ_PROFILE=debug
need_cargo_fuzz

# A folder of its own, so that no other build links a crate with a planted bug.
export CARGO_TARGET_DIR=${PLANTED_TARGET_DIR:-$PWD/target/planted}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for target in ${TARGETS:-$(targets)}; do
    if ! grep -rq "planted_bug = \"$target\"" harness; then
        echo "error: no bug is planted for $target" >&2
        status=1
        continue
    fi
    # NB: cargo does not rebuild when the environment of a wrapper changes, so the
    # sources have to look new. A wrapper path for each bug would rebuild as well,
    # but would keep the crates of every bug in the target folder.
    touch harness/*/src/lib.rs fuzz/*/src/lib.rs
    # Without optimisation: most of the time goes into building.
    PLANTED_BUG=$target cargo "+$FUZZ_TOOLCHAIN" fuzz build --dev -s none "$target" >"$work/build.log" 2>&1 || {
        tail -n 20 "$work/build.log" >&2
        exit 1
    }
    mkdir -p "$work/$target"
    readarray -t flags < <(flags "$target")
    started=$(date +%s)
    if fuzz "$target" "$work/$target" "corpus/seeds/$target" "${flags[@]}" \
        -max_total_time="${SECONDS_EACH:=60}" "-artifact_prefix=$work/" >"$work/log" 2>&1; then
        echo "MISSED  $target: the planted bug was not found in $SECONDS_EACH s" >&2
        status=1
    elif ! grep -q 'panicked at\|ERROR: AddressSanitizer' "$work/log"; then
        tail -n 20 "$work/log" >&2
        echo "error: $target ended without saying what it found" >&2
        status=1
    else
        echo "found   $target after $(($(date +%s) - started)) s: $(grep -A1 'panicked at' "$work/log" | tail -1 | cut -c1-100)"
    fi
done
exit $status
