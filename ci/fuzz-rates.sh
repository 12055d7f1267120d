#!/usr/bin/env bash
# Holds the rates of two targets against those of targets that do nothing else,
# on the same inputs, alternately: `archive_bytes` against an empty target on inputs
# of 1 kB, `step_input` on the noop pack against an instance and a call.
#
# Only the walker has a bar, 0.30, on bytes that are no archive. The script reports
# the rates on truncated and valid archives without a bar: the target then checks
# each record, runs three other readers and packs the archive again.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/fuzz-lib.sh
need_cargo_fuzz
: "${RUNS:=500}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo "+$FUZZ_TOOLCHAIN" fuzz build -O
mkdir "$work/bytes" "$work/cut" "$work/archives" "$work/inputs"
for file in packs/sources/built/*.wasm; do
    tail -c 1024 "$file" >"$work/bytes/$(basename "$file")"
done
for file in corpus/seeds/archive_bytes/*; do
    head -c 1024 "$file" >"$work/cut/$(basename "$file")"
done
# Valid archives of up to 1 kB.
find corpus/seeds/archive_bytes -size -1024c -exec cp {} "$work/archives" \;
# The first fixture is the noop pack.
n=0
for file in corpus/seeds/step_output/*; do
    n=$((n + 1))
    printf '\0\0' | cat - "$file" >"$work/inputs/$n"
done

# rate TARGET FOLDER: executions a second, each file as it is and often; the
# median of three series.
rate() {
    local _
    for _ in 1 2 3; do
        fuzz "$1" "$2"/* -runs="$RUNS" -artifact_prefix="$work/" 2>&1 |
            awk '/^Executed/ { n++; ms += $4 } END { print n * '"$RUNS"' * 1000 / (ms ? ms : 1) }'
    done | sort -n | sed -n 2p
}

status=0
# hold TARGET BASELINE FOLDER [BAR]
hold() {
    local ours floor
    ours=$(rate "$1" "$3")
    floor=$(rate "$2" "$3")
    awk -v t="$1" -v b="$2" -v o="$ours" -v f="$floor" -v bar="${4-0}" -v k="$(basename "$3")" 'BEGIN {
        printf "%-14s %9d/s   %-14s %9d/s   %.2f (%s) on %s\n", t, o, b, f, o / f, bar ? "bar " bar : "no bar", k
        exit o / f < bar }' || status=1
}
hold archive_bytes baseline_empty "$work/bytes" 0.30
hold archive_bytes baseline_empty "$work/cut"
hold archive_bytes baseline_empty "$work/archives"
hold step_input baseline_call "$work/inputs" 0.60
exit $status
